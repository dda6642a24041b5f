# %% [markdown]
# # Rotary embedding: queries and keys are turned, scores see differences
#
# Rotary position embedding turns pairs of features of a query by angles that grow with its position, and those of a key
# alike. The score of the two, an inner product, then depends on how far apart they stand and not on where. This
# notebook shows why, what else follows from turning, and that nothing else would do: an encoding that is relative and
# continuous is this one, seen in another basis.
#
# Everything is shown for one plane, that is one pair of features; the first section shows that nothing more is needed.
# %%
import numpy as np
import sympy as sp
from pictures import canvas, drawn

from refpos import Dense, Frequencies, Rotary, planes, rotate
from refpos.catalogue import ANGLES
from refpos.symbolic import angles, rotation
from refpos.variants.planes import width

m, n, t = sp.symbols("m n t", real=True)
PLANE = Rotary(Frequencies((0,)))


def expanded(matrix):
    """Write sines and cosines of sums as those of the terms, and sin² as 1 − cos²."""
    square = {sp.sin(t) ** 2: 1 - sp.cos(t) ** 2}
    return matrix.applyfunc(lambda one: sp.expand_trig(one).expand().subs(square).expand())


# %% [markdown] tags=["rope-blocks"]
# ## A rotation is made of planes
#
# **Theorem** (`rope-blocks`). Call a rotary variant *plain* if it writes each pair where it read it, takes cosine and
# sine of a pair from one angle, and has no growth; let its magnitude be 1. List the features of plane 0, then those of
# plane 1 and so on, then those that pass through. In this order
# $R(p) = \operatorname{diag}(R_{\varphi_0}, \dots, R_{\varphi_{K-1}}, I)$, and such matrices are multiplied and
# transposed block by block, with the product of the blocks' determinants.
#
# *Source:* Su et al., RoFormer, arXiv:2104.09864v5, eq. 15, for neighbouring features; the other pairings as in the
# catalogue.
#
# The order exists if no feature belongs to two planes. That is counting, and it is counted for every entry of the
# catalogue. The matrix that `refpos.symbolic` makes of a description is then put in this order, for each pairing, with
# features before and after.
# %% tags=["rope-blocks"]
rotary = [one.variant for one in ANGLES.values() if isinstance(one.variant, Rotary)]
in_place = [one for one in rotary if one.write is None and one.columns == "paired"]
for variant in in_place:
    read, written, columns = planes(variant, width(variant))
    order = [feature for pair in read for feature in pair]
    assert read == written
    assert len(set(order)) == len(order) == 2 * len(read)
    assert columns == tuple((k, k) for k in range(len(read)))
assert len(rotary) > len(in_place) > len(rotary) - 10
# %% tags=["rope-blocks"]
AXIAL = Frequencies((0, 0, 1, 1), base=100.0, ladder="per-axis")
for variant in (
    Rotary(AXIAL, "half"),
    Rotary(AXIAL, "interleaved", offset=1),  # flip: Rotary(AXIAL, "interleaved", columns="tiled"),
    Rotary(AXIAL, "blocked", sign=-1),
):
    d, position = width(variant) + 1, (m, n)
    order = [feature for pair in planes(variant, d).read for feature in pair]
    order += [feature for feature in range(d) if feature not in order]
    phi = variant.sign * angles([position], AXIAL)
    blocks = [rotation(PLANE, 2, one) for one in phi]
    assert rotation(variant, d, position).extract(order, order) == sp.diag(*blocks, sp.eye(d - 2 * len(phi)))
# %% [markdown] tags=["rope-blocks"]
# Of block-diagonal matrices it is enough to look at two blocks of any contents, since all blocks but the first are one
# block-diagonal matrix, by induction. Sizes do not matter to the argument; two by two and three by three are shown.
# %% tags=["rope-blocks"]
A, C = (sp.Matrix(2, 2, sp.symbols(f"{name}:4")) for name in "ac")
B, D = (sp.Matrix(3, 3, sp.symbols(f"{name}:9")) for name in "bd")
left, right = sp.diag(A, B), sp.diag(C, D)
product, transposed = left * right, left.T
assert product == sp.diag(A * C, B * D)
assert transposed == sp.diag(A.T, B.T)
assert sp.expand(left.det(method="berkowitz") - A.det() * B.det()) == 0
# %% [markdown] tags=["rope-relativity"]
# ## Scores see differences of positions
#
# **Theorem** (`rope-relativity`). For a plain variant (`rope-blocks`) of magnitude 1 and all real positions, of one
# axis or several, $R(m)^\top R(n) = R(n - m)$; so $\langle R(m) q, R(n) k \rangle = q^\top R(n - m)\, k$. A magnitude
# $g$ multiplies the planes of $R(m)^\top R(n)$ by $g^2$. Where cosine and sine of one pair come from different columns
# this is false.
#
# *Source:* Su et al., RoFormer, arXiv:2104.09864v5, eq. 16.
#
# In one plane this is the addition theorem. The angles $\varphi_k(p) = \sum_a p_a \omega_{ak}$ are linear in the
# position, so the angle of a difference is the difference of angles.
# %% tags=["rope-relativity"]
turned = rotation(PLANE, 2, n)  # flip: turned = rotation(PLANE, 2, -n)
assert expanded(rotation(PLANE, 2, m).T * turned - rotation(PLANE, 2, n - m)) == sp.zeros(2)
# %% tags=["rope-relativity"]
there, here = sp.Matrix(sp.symbols("n:3", real=True)), sp.Matrix(sp.symbols("m:3", real=True))
apart = there - here  # flip: apart = there + here
dense = Dense(axes=3, planes=2)
phi_there, phi_here, phi_apart = (angles([tuple(one)], dense) for one in (there, here, apart))
assert (phi_there - phi_here - phi_apart).expand() == sp.zeros(1, 2)
# %% tags=["rope-relativity"]
g = 2
louder = Rotary(Frequencies((0,)), attention_factor=float(g))  # flip: louder = Rotary(Frequencies((0,)))
scores = rotation(louder, 2, m).T * rotation(louder, 2, n)
assert expanded(scores - g**2 * rotation(PLANE, 2, n - m)) == sp.zeros(2)
# %% tags=["rope-relativity"]
PAIRS = Frequencies((0, 0), base=100.0)
columns = "tiled"  # flip: columns = "paired"
crossed = {p: rotation(Rotary(PAIRS, "interleaved", columns=columns), 4, p) for p in (sp.pi, 2 * sp.pi)}
assert sp.simplify((crossed[sp.pi].T * crossed[2 * sp.pi] - crossed[sp.pi])[0, 0]) != 0
# %% [markdown] tags=["rope-relativity"]
# The scores of one query and one key, moved over twelve positions each: every diagonal has one colour.
# %% tags=["rope-relativity"]
turning = Rotary(Frequencies((0,) * 8))
q, k = np.random.default_rng(1).standard_normal((2, 1, 16))
places = np.arange(12)
turned_q, turned_k = (rotate(np.repeat(x, 12, axis=0), places, turning) for x in (q, k))
logits = turned_q @ turned_k.T
assert np.allclose(logits[1:, 1:], logits[:-1, :-1], rtol=0, atol=1e-12)
assert not np.allclose(logits[1:, :], logits[:-1, :], rtol=0, atol=1e-1)
figure, axes = canvas(width=3.2, height=2.6)
axes.pcolormesh(places, places, logits, cmap="RdBu", edgecolors="none")
axes.set(xlabel="position of the key", ylabel="of the query", aspect="equal")
axes.invert_yaxis()
drawn(figure)
# %% [markdown] tags=["rope-orthogonality"]
# ## Lengths are kept
#
# **Theorem** (`rope-orthogonality`). For a plain variant (`rope-blocks`) of magnitude 1, and also where pairs are
# written elsewhere than they are read, $R(p)^\top R(p) = I$ for every position: queries and keys keep their lengths.
# With a magnitude $g$ each plane has $g^2 I$. Where cosine and sine of one pair come from different columns this is
# false.
#
# *Source:* Su et al., RoFormer, arXiv:2104.09864v5, section 3.2.2; the mismatched columns: V-JEPA 2, as in the
# catalogue.
#
# It is the case $m = n$ of relativity, and here shown by itself: $\cos^2 + \sin^2 = 1$ in each plane.
# %% tags=["rope-orthogonality"]
turn = rotation(PLANE, 2, t)  # flip: turn = rotation(PLANE, 2, t) + rotation(PLANE, 2, -t)
assert expanded(turn.T * turn) == sp.eye(2)
loud = rotation(louder, 2, t)
assert expanded(loud.T * loud) == g**2 * sp.eye(2)
# %% tags=["rope-orthogonality"]
paired = Rotary(PAIRS, "interleaved")  # flip: paired = Rotary(PAIRS, "interleaved", columns="tiled")
tiled = Rotary(PAIRS, "interleaved", columns="tiled")
one, other = (rotation(variant, 4, sp.pi) for variant in (paired, tiled))
assert sp.simplify(one.T * one) == sp.eye(4)
assert sp.simplify((other.T * other)[0, 0]) != 1
moved = rotation(Rotary(PAIRS, "interleaved", write="half"), 4, t)
assert sp.simplify(moved.T * moved) == sp.eye(4)
# %% [markdown] tags=["rope-determinant"]
# ## Nothing is mirrored
#
# **Theorem** (`rope-determinant`). For a plain variant (`rope-blocks`) of magnitude 1, $\det R(p) = 1$ at every
# position; with magnitude $g$ on $K$ planes it is $g^{2K}$. Where pairs are written elsewhere than they are read it is
# multiplied by the sign of that permutation of features, and may be $-1$.
#
# *Source:* Su et al., RoFormer, arXiv:2104.09864v5, section 3.2.2 (a rotation matrix).
#
# The determinant is the product of those of the planes, each $\cos^2 + \sin^2$.
# %% tags=["rope-determinant"]
c, s = sp.cos(t), sp.sin(t)
determinant = rotation(PLANE, 2, t).det()  # flip: determinant = (rotation(PLANE, 2, t) * sp.diag(1, -1)).det()
assert sp.expand(determinant - c**2 - s**2) == 0
assert sp.trigsimp(determinant) == 1
K = 3
many = rotation(Rotary(Frequencies((0,) * K, base=8.0), attention_factor=float(g)), 2 * K, t)
assert sp.simplify(many.det(method="berkowitz")) == g ** (2 * K)
# %% tags=["rope-determinant"]
write = "half"  # flip: write = None
elsewhere = rotation(Rotary(PAIRS, "interleaved", write=write), 4, t)
assert sp.trigsimp(sp.expand(elsewhere.det(method="berkowitz"))) == -1
# %% [markdown] tags=["rope-group"]
# ## One position after the other
#
# **Theorem** (`rope-group`). For a plain variant (`rope-blocks`) of magnitude 1, $R(m) R(n) = R(m + n)$, $R(0) = I$ and
# $R(-p) = R(p)^{-1}$: positions act as a one-parameter group. Where pairs are written elsewhere than they are read this
# is false, though relativity holds up to $R(0)$: $R(m)^\top R(n) = R(0)^\top R(n - m)$.
#
# *Source:* Su et al., RoFormer, arXiv:2104.09864v5, eq. 15; pairs written elsewhere: DeepSeek-V3, as in the catalogue.
#
# Keys in a cache may therefore be moved by turning them again.
# %% tags=["rope-group"]
step = rotation(PLANE, 2, n)  # flip: step = rotation(PLANE, 2, n).T
assert expanded(rotation(PLANE, 2, m) * step - rotation(PLANE, 2, m + n)) == sp.zeros(2)
assert rotation(PLANE, 2, 0) == sp.eye(2)
assert expanded(rotation(PLANE, 2, t) * rotation(PLANE, 2, -t)) == sp.eye(2)
# %% tags=["rope-group"]
moved = Rotary(PAIRS, "interleaved", write="half")  # flip: moved = Rotary(PAIRS, "interleaved")
at = {p: rotation(moved, 4, p) for p in (0, m, n, n - m)}
assert at[0] != sp.eye(4)
assert at[0] * at[0] != at[0]
assert expanded(at[m].T * at[n] - at[0].T * at[n - m]) == sp.zeros(4)
# %% [markdown] tags=["rope-exponential"]
# ## The general form
#
# **Theorem** (`rope-exponential`). Let $R(p)$ be real matrices, differentiable in a real $p$, with $R(0) = I$. Then
# $R(m)^\top R(n) = R(n - m)$ for all real $m, n$ if and only if $R(p) = e^{pB}$ with $B^\top = -B$. For one plane $B =
# \omega J$, $J$ the quarter turn.
#
# *Source:* Su, kexue.fm 8397 (that it suffices) and 9403 (the general form); positions near 0 are needed for the
# converse.
#
# Compare derivatives at 0. With $R^{(k)}(0) = A_k$ the coefficient of $m^i n^j$ says $A_i^\top A_j = (-1)^i A_{i+j}$.
#
# *If.* With $A_k = B^k$ and $B^\top = -B$ both sides are $(-B)^i B^j$.
#
# *Only if.* Of these, $i = 1, j = 0$ says $A_1^\top = -A_1$, and $i = 1$ says $A_{j+1} = -A_1^\top A_j = A_1 A_j$: with
# $B = A_1$ every $A_k$ is $B^k$. Differentiability is enough for them all: deriving by $m$ at $m = 0$ gives
# $B^\top R(n) = -R'(n)$, so $R' = B R$.
# %% tags=["rope-exponential"]
DEGREE = 5
B = sp.Symbol("B", commutative=False)
coefficients = sp.symbols(f"A:{DEGREE + 1}", commutative=False)
distance = n - m  # flip: distance = n + m
powers = {A_k: B**k for k, A_k in enumerate(coefficients)}
right = sum(A_k * distance**k / sp.factorial(k) for k, A_k in enumerate(coefficients)).expand()
for i in range(3):
    for j in range(3):
        found = right.coeff(m, i).coeff(n, j) * sp.factorial(i) * sp.factorial(j)
        assert sp.expand(found - (-1) ** i * coefficients[i + j]) == 0
        assert sp.expand(found.subs(powers) - (-B) ** i * B**j) == 0
# %% tags=["rope-exponential"]
omega = sp.Symbol("omega", positive=True)
R = rotation(Rotary(Dense(axes=1, planes=1)), 2, t).subs(sp.IndexedBase(sp.Symbol("omega", real=True))[0, 0], omega)
J = sp.Matrix([[0, -1], [1, 0]])  # flip: J = sp.Matrix([[0, 1], [1, 0]])
assert J.T == -J
assert R.diff(t) == (omega * J * R).expand()
assert R.subs(t, 0) == sp.eye(2)
# %% [markdown] tags=["rope-skew-planes"]
# ## Every skew matrix is made of planes
#
# **Theorem** (`rope-skew-planes`). For every real $B = -B^\top$ there is an orthogonal $P$ with $P^\top B P =
# \operatorname{diag}(\theta_1 J, \dots, \theta_r J, 0)$, $\theta_k > 0$. So $e^{pB} = P
# \operatorname{diag}(R_{p\theta_1}, \dots, R_{p\theta_r}, I) P^\top$: every encoding of `rope-exponential` is a rotary
# one in another basis. (Queries and keys are turned by one matrix there. Encodings that treat them differently, as
# xPos, can have relative scores without being of this kind.)
#
# *Source:* Su, kexue.fm 9403; the real normal form of a skew matrix is textbook (Gantmacher, The Theory of Matrices I,
# IX.13).
#
# By induction. If $B \ne 0$, then $-B^2 = B^\top B$ is symmetric, not zero, and $x^\top(-B^2)x = |Bx|^2 \ge 0$, so it
# has an eigenvector $v$ of length 1 with eigenvalue $\theta^2 > 0$. Put $u = Bv/\theta$, so that $Bv = \theta u$.
# Everything else follows from one identity, $x^\top B y = -y^\top B x$:
#
# - $v^\top B v = 0$, so $u \perp v$;
# - $|u|^2 = |Bv|^2/\theta^2 = v^\top(-B^2)v/\theta^2 = 1$;
# - $Bu = B^2 v/\theta = -\theta v$;
# - if $w \perp u, v$ then $v^\top B w = -w^\top B v = -\theta\, w^\top u = 0$ and
#   $u^\top B w = -w^\top B u = \theta\, w^\top v = 0$: $B$ keeps the complement of the plane, on which it is a smaller
#   skew matrix.
#
# The identity is bilinear, one term for each pair of entries; it is checked for $d \le 8$, and of other $d$ there is
# nothing new.
# %% tags=["rope-skew-planes"]
for d in range(2, 9):
    lower = sp.Matrix(d, d, lambda i, j: sp.Symbol(f"b{i}_{j}") if i > j else 0)
    skew = lower - lower.T  # flip: skew = lower + lower.T
    x, y = (sp.Matrix(sp.symbols(f"{name}:{d}")) for name in "xy")
    assert sp.expand((x.T * skew * y + y.T * skew * x)[0]) == 0
    assert sp.expand((x.T * (-skew * skew) * x)[0] - (skew * x).dot(skew * x)) == 0
# %% [markdown] tags=["rope-skew-planes"]
# Now an example, from $B$ alone. This one multiplies quaternions, from the left by $i + 2j + 2k$ and from the right by
# $2i + 3j + 6k$; its planes turn by $7 + 3$ and $7 - 3$.
# %% tags=["rope-skew-planes"]
below = sp.Matrix([[0, 0, 0, 0], [3, 0, 0, 0], [5, -4, 0, 0], [8, 1, -1, 0]])
B = below - below.T
columns, rates = [], []
for square in sorted((-B * B).eigenvals(), reverse=True):
    v = (-B * B - square * sp.eye(4)).nullspace()[0].normalized()
    rates.append(sp.sqrt(square))
    columns += [v, B * v / rates[-1]]  # flip: columns += [v, -B * v / rates[-1]]
P = sp.Matrix.hstack(*columns)
assert sp.simplify(P.T * P) == sp.eye(4)
assert sp.simplify(P.T * B * P) == sp.diag(*(rate * J for rate in rates))
assert len(rates) == 2
assert min(rates) > 0
# %% tags=["rope-skew-planes"]
E = P * sp.diag(*(rotation(PLANE, 2, rate * t) for rate in rates)) * P.T
assert (E.diff(t) - B * E).expand() == sp.zeros(4)
assert sp.simplify(E.subs(t, 0)) == sp.eye(4)
# %% [markdown] tags=["rope-integers"]
# ## Integer positions
#
# **Theorem** (`rope-integers`). Let $R_n$ be real matrices, $n$ integer, $R_0$ invertible. Then
# $R_m^\top R_n = R_{n-m}$ for all $m, n$ if and only if $R_n = R_1^n$ with $R_1$ orthogonal. $R_1$ may be a reflection,
# and is then no $e^B$ with real $B$; and without the condition on $R_0$ the claim is false.
#
# *Source:* after Su, kexue.fm 10862, which attributes the converse to 8397; that post shows that it suffices.
#
# $m = n = 0$: $R_0 = R_0^\top R_0$ is symmetric, so $R_0 = R_0^2$, and being invertible it is $I$. $m = n = 1$:
# $R_1^\top R_1 = R_0 = I$. $m = 1$: $R_n = R_1 R_{n-1}$. The first step is checked by eliminating: of $2 \times 2$
# matrices, $R_0^\top R_0 = R_0$ and $\det R_0 \ne 0$ leave one.
# %% tags=["rope-integers"]
w, *entries = sp.symbols("w r:4")
R0 = sp.Matrix(2, 2, entries)
wanted = [*(R0.T * R0 - R0), w * R0.det() - 1]  # flip: wanted = [*(R0.T * R0 - R0), w - 1]
basis = sp.groebner(wanted, w, *entries, order="lex")
assert set(basis.exprs) == {w - 1, entries[0] - 1, entries[1], entries[2], entries[3] - 1}
# %% tags=["rope-integers"]
third = sp.Rational(1, 3)
turn, mirror = third * sp.Matrix([[2, -1, 2], [2, 2, -1], [-1, 2, 2]]), sp.diag(1, 1, -1)
for R1 in (turn, mirror, turn * mirror):
    R = {k: R1**k for k in range(-4, 5)}  # flip: R = {k: R1 ** abs(k) for k in range(-4, 5)}
    assert all(R[i].T * R[j] == R[j - i] for i in range(-2, 3) for j in range(-2, 3))
assert (turn * mirror).det() == -1
# %% [markdown] tags=["rope-integers"]
# A real $e^B$ has determinant $e^{\operatorname{tr} B} > 0$, so a reflection is none. A projection that stands for
# every $R_n$ satisfies all the equations too, and it is not $R_1^n$ for $n = 0$.
# %% tags=["rope-integers"]
still = sp.diag(1, 0)
assert still.T * still == still
assert still**0 != still
