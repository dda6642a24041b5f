# %% [markdown]
# # Several axes
#
# A patch has a row and a column, a video patch a time as well. A rotary encoding of several axes is
# $R_p = \exp(p_1 B_1 + \dots + p_A B_A)$ with skew matrices $B_a$. This notebook says when such an operator is
# relative, what all of them look like, and when positions can be recovered from it. The answer is the algebra that
# `refpos` is built on: a matrix $\Omega$ of frequencies, a row for each axis and a column for each plane.
#
# Positions are in the order (y, x), rows before columns.

# %%
import numpy as np
import sympy as sp
from pictures import canvas, drawn

import refpos
from refpos import Dense, Frequencies, Rotary
from refpos.symbolic import angles, omega, rotation
from refpos.symbolic.frequencies import mixed
from refpos.symbolic.symbols import LEARNED

x, y, s, t, a, theta = sp.symbols("x y s t a theta", real=True)
J = sp.Matrix([[0, -1], [1, 0]])
zero = sp.zeros(2)


def vanishes(matrix):
    """Whether an expression in sines and cosines is zero: in exponentials it is a polynomial, and is expanded."""
    return all(sp.expand(one.rewrite(sp.exp)) == 0 for one in sp.Matrix([matrix]))


def skew(*above):
    """The skew matrix of four dimensions with these entries above its diagonal, row by row."""
    a12, a13, a14, a23, a24, a34 = above
    half = sp.Matrix([[0, a12, a13, a14], [0, 0, a23, a24], [0, 0, 0, a34], [0, 0, 0, 0]])
    return half - half.T


def about(axis, angle):
    """The rotation of space about a unit vector: the exponential of the angle times its skew matrix."""
    turn = sp.Matrix(3, 3, lambda i, j: -sum(sp.LeviCivita(i, j, k) * axis[k] for k in range(3)))
    return sp.eye(3) + sp.sin(angle) * turn + (1 - sp.cos(angle)) * turn**2


# %% [markdown] tags=["axes-commute"]
# ## Relative means that generators commute
#
# **Theorem** (`axes-commute`). Let $B_1, \dots, B_A$ be real skew matrices and $R_p = \exp(\sum_a p_a B_a)$. Then
# $R_p^\top R_q = R_{q - p}$ for all real $p, q$ if and only if the $B_a$ commute.
#
# *Source:* Su, kexue.fm/archives/8397, for two axes; both directions are shown here.
#
# *If it is relative, they commute.* Take $p = (x, 0)$ and $q = (0, y)$: then
# $e^{-x B_1} e^{y B_2} = e^{-x B_1 + y B_2}$ for all real $x, y$. The coefficient of $xy$ is $-B_1 B_2$ on the left and
# $-(B_1 B_2 + B_2 B_1)/2$ on the right.

# %% tags=["axes-commute"]
A, B = sp.symbols("A B", commutative=False)


def exponential(generator):
    """The series of the exponential up to the second order, beyond which no term has x y."""
    return 1 + generator + generator**2 / 2


left = exponential(-x * A) * exponential(y * B)  # flip: left = exponential(-x * A + y * B)
right = exponential(-x * A + y * B)
gap = sp.expand(left - right).diff(x).diff(y).subs({x: 0, y: 0})
assert sp.expand(gap - (B * A - A * B) / 2) == 0

# %% [markdown] tags=["axes-commute"]
# *If they commute, it is relative.* Commuting skew matrices have the same planes: by the spectral theorem there is one
# orthogonal $P$ such that each $B_a$ is $P \operatorname{diag}(\omega_{a1} J, \dots, \omega_{aK} J)\, P^\top$, with a
# zero at the end where $d$ is odd. So $R_p$ is, up to $P$, the rotary operator with frequencies $\Omega$: below it
# solves the differential equation of the exponential. It is relative because it is so in each plane, where angles add
# up, and a product of block-diagonal matrices is block-diagonal. Of more than two axes take any two.

# %% tags=["axes-commute"]
two = Rotary(Dense(axes=2, planes=2), pairing="interleaved")
plane = Rotary(Dense(axes=2, planes=1))
generators = [sp.diag(*(LEARNED[axis, k] * J for k in range(2)), unpack=True) for axis in range(2)]
along = rotation(two, 4, (y * t, x * t))
assert vanishes(along.diff(t) - (y * generators[0] + x * generators[1]) * along)
assert along.subs(t, 0) == sp.eye(4)
assert generators[0] * generators[1] == generators[1] * generators[0]
assert along == sp.diag(
    *(
        rotation(plane, 2, (y * t, x * t)).subs(
            {LEARNED[axis, 0]: LEARNED[axis, k] for axis in range(2)}, simultaneous=True
        )
        for k in range(2)
    )
)

v, w = sp.symbols("v w", real=True)
here, there = rotation(plane, 2, (y, x)), rotation(plane, 2, (v, w))
offset = (v - y, w - x)  # flip: offset = (v + y, w + x)
assert vanishes(here.T * there - rotation(plane, 2, offset))

learned = {"omega": [[0.3, -1.1], [0.7, 0.2]]}
(q, k), (moved_q, moved_k) = (
    [refpos.rotate(np.ones((1, 4)), [at], two, learned=learned) for at in places]
    for places in (([2, 5], [4, -1]), ([9, 8], [11, 2]))
)
assert abs((q * k).sum() - (moved_q * moved_k).sum()) < 1e-14

# %% [markdown] tags=["axes-commute"]
# A witness that it fails otherwise, as in an encoding whose generators are learned freely: quarter turns of space about
# two axes. $R_{1,0}^\top R_{0,1}$ turns by $120°$, and $R_{-1,1}$, a turn about the diagonal between, by $90° \sqrt 2$.

# %% tags=["axes-commute"]
quarter = sp.pi / 2
both = about((0, 0, 1), quarter).T * about((1, 0, 0), quarter)
diagonal = (1 / sp.sqrt(2), 0, -1 / sp.sqrt(2))
once = about(diagonal, quarter * sp.sqrt(2))
for axis in ((0, 0, 1), (1, 0, 0), diagonal):
    curve = about(axis, t)
    assert (curve.diff(t) - curve.diff(t).subs(t, 0) * curve).applyfunc(sp.trigsimp) == sp.zeros(3)
assert sp.trace(both) == 0
assert sp.simplify(sp.trace(once) - (1 + 2 * sp.cos(sp.pi / sp.sqrt(2)))) == 0
assert sp.trace(once) < -sp.Rational(1, 5)

# %% [markdown] tags=["axes-exponentials"]
# **Theorem** (`axes-exponentials`). That $A$ and $B$ commute is sufficient for $e^A e^B = e^{A+B}$ and not necessary.
# It is necessary where $e^{sA} e^{tB} = e^{sA + tB}$ for all real $s, t$.
#
# *Source:* Su, kexue.fm/archives/8397, who has the direction right; the counterexample is a standard one.
#
# Sufficient: in the series of the product, terms of commuting matrices are collected as those of numbers. Not
# necessary: below $e^A = e^B = e^{A+B} = I$, since all have distinct eigenvalues $0$ and a multiple of $2\pi i$, and
# halves of them show the difference at once. Necessary for all $s, t$: the coefficients of $st$ are $AB$ and
# $(AB + BA)/2$.

# %% tags=["axes-exponentials"]
turn = 2 * sp.pi * sp.I
one = turn * sp.Matrix([[0, 0], [0, 1]])
other = turn * sp.Matrix([[0, 1], [0, 1]])  # flip: other = turn * sp.Matrix([[0, 0], [0, 3]])
assert one * other != other * one
assert one.exp() == other.exp() == (one + other).exp() == sp.eye(2)
halves = (one / 2).exp() * (other / 2).exp()
assert halves != ((one + other) / 2).exp()
mixed_terms = exponential(s * A) * exponential(t * B) - exponential(s * A + t * B)
assert sp.expand(sp.expand(mixed_terms).diff(s).diff(t).subs({s: 0, t: 0}) - (A * B - B * A) / 2) == 0

# %% [markdown] tags=["axes-integers"]
# ## Integers are another matter
#
# **Theorem** (`axes-integers`). On integer positions $R_p = e^{p_1 B_1} e^{p_2 B_2}$ can be relative though $B_1$ and
# $B_2$, both skew, do not commute: it is so where both exponentials are $I$. The operator $e^{p_1 B_1 + p_2 B_2}$ with
# the same generators is not relative even there.
#
# *Source:* derived here; the condition on real positions is that of Su, kexue.fm/archives/8397.
#
# Whole turns of space about two axes. Each is the identity at every integer, and the identity is relative. At quarter
# steps the product is not. The sum of both, at $(1, 1)$, is a turn about a third axis by $2\pi\sqrt 2$.

# %% tags=["axes-integers"]
whole = 2 * sp.pi  # flip: whole = 3 * sp.pi
m, n = sp.symbols("m n", integer=True)
upright, level = about((0, 0, 1), whole * m), about((1, 0, 0), whole * n)
assert upright == level == sp.eye(3)
spin = [sp.diff(about(axis, t), t).subs(t, 0) for axis in ((0, 0, 1), (1, 0, 0))]
assert spin[0] * spin[1] != spin[1] * spin[0]


def stepped(p, q):
    """The product of both turns at real positions."""
    return about((0, 0, 1), whole * p) * about((1, 0, 0), whole * q)


step = sp.Rational(1, 4)
assert stepped(step, step).T * stepped(0, step) != stepped(-step, 0)
summed = about((1 / sp.sqrt(2), 0, 1 / sp.sqrt(2)), 2 * sp.pi * sp.sqrt(2))
assert sp.trace(summed) < 3

# %% [markdown] tags=["axes-skew"]
# **Erratum** (`axes-skew`). Published: from $(e^{mB})^\top e^{nB} = e^{(n-m)B}$ it follows by the
# Baker-Campbell-Hausdorff formula that $B^\top = -B$; it is false for integer positions: $B = P (2\pi J) P^{-1}$ with
# $P = \begin{pmatrix} 1 & 1 \\ 0 & 1 \end{pmatrix}$ is not skew, and $e^{nB} = I$; corrected: it follows for real
# positions near 0, and for integers what follows is that $e^B$ is orthogonal.
#
# *Source:* Su, kexue.fm/archives/9403, completeness of RoPE.
#
# On real positions the derivative at $m = n = 0$ along $m$ is $B^\top = -B$, without any formula. For integers
# $m = n = 1$ says $(e^B)^\top e^B = I$.

# %% tags=["axes-skew"]
P = sp.Matrix([[1, 1], [0, 1]])  # flip: P = sp.Matrix([[1, 0], [0, 1]])
generator = P * (2 * sp.pi * J) * P.inv()
curve = P * rotation(Rotary(Frequencies((0,))), 2, 2 * sp.pi * t) * P.inv()
assert vanishes(curve.diff(t) - generator * curve)
assert curve.subs(t, 0) == sp.eye(2)
assert generator.T + generator != zero
assert curve.subs(t, n) == sp.eye(2)
at_quarter = curve.subs(t, sp.Rational(1, 4))
assert at_quarter.T * at_quarter != sp.eye(2)

b11, b12, b21, b22 = sp.symbols("b11 b12 b21 b22")
general = sp.Matrix([[b11, b12], [b21, b22]])
first_order = (sp.eye(2) + s * general.T) * sp.eye(2) - (sp.eye(2) - s * general)
assert sp.solve(list(first_order.diff(s)), [b11, b12, b22]) == {b11: 0, b12: -b21, b22: 0}

# %% [markdown] tags=["axes-powers"]
# **Erratum** (`axes-powers`). Published: for an orthogonal $O$ with determinant $-1$, written $O = O_+ I_-$ with
# $I_- = \operatorname{diag}(-1, 1, \dots)$ and $O_+ = e^B$, one has $O^n = (O_+ I_-)^n = I_-^n e^{nB}$; it is false:
# for $O = \operatorname{Rot}(\theta) \operatorname{diag}(-1, 1)$ the square is $I$, and the right-hand side is
# $\operatorname{Rot}(2\theta)$; corrected:
# $O^n = P \operatorname{diag}(\operatorname{Rot}(n\theta_i), (\pm 1)^n) P^\top$.
#
# *Source:* Su, kexue.fm/archives/9403, completeness of RoPE.
#
# The two factors need not commute, and here they do not. What is true is the normal form of an orthogonal matrix:
# planes that turn, and lines that are kept or reversed. Powers of it are taken inside $P$. So a relative operator of
# integers may also change a sign at odd positions.

# %% tags=["axes-powers"]
turned = rotation(Rotary(Frequencies((0,))), 2, theta)
mirror = sp.diag(-1, 1)  # flip: mirror = sp.diag(-1, -1)
flipped = turned * mirror
assert vanishes(flipped**2 - sp.eye(2))
assert not vanishes(mirror**2 * turned.subs(theta, 2 * theta) - flipped**2)
half_way = turned.subs(theta, theta / 2)
assert vanishes(flipped - half_way * sp.diag(-1, 1) * half_way.T)

# %% tags=["axes-powers"]
basis = about((0, 0, 1), s) * about((1, 0, 0), t)
mixed_sign = basis * sp.diag(turned, -1) * basis.T
assert vanishes(basis * basis.T - sp.eye(3))
for count in (2, 3):
    power = basis * sp.diag(turned.subs(theta, count * theta), (-1) ** count) * basis.T
    at = {s: sp.atan2(3, 4), t: sp.atan2(5, 12)}
    assert vanishes((mixed_sign.subs(at) ** count - power.subs(at)).expand())

# %% [markdown] tags=["axes-ansatz"]
# ## Two axes in four dimensions
#
# **Theorem** (`axes-ansatz`). Let $B_1$ have the entries $(1, b, c \mid 0, 0, 0)$ and $B_2$ the entries
# $(0, 0, 0 \mid d, e, f)$ above the diagonal, row by row. They commute if and only if $d = cf$ and $e = -bf$. Then
# $B_1 B_2 = 0$: they turn two planes that are orthogonal to each other, by $x \rho$ and $y f \rho$ with
# $\rho^2 = 1 + b^2 + c^2$. The standard choice is $b = c = 0$, $f = 1$.
#
# *Source:* Su, kexue.fm/archives/8397, the ansatz for 2-D RoPE.
#
# The commutator has linear entries in $d, e, f$. A skew matrix of rank 2 with $B^3 = -\rho^2 B$ turns one plane at the
# frequency $\rho$ and leaves the rest alone.

# %% tags=["axes-ansatz"]
b, c, d, e, f = sp.symbols("b c d e f", real=True)
B1, B2 = skew(1, b, c, 0, 0, 0), skew(0, 0, 0, d, e, f)
commutator = B1 * B2 - B2 * B1
solution = {d: c * f, e: -b * f}  # flip: solution = {d: c * f, e: b * f}
assert sp.solve(list(commutator), [d, e], dict=True) == [solution]
solved = B2.subs(solution)
assert (B1 * solved).expand() == sp.zeros(4)
rho2 = 1 + b**2 + c**2
assert (B1**3 + rho2 * B1).expand() == sp.zeros(4)
assert (solved**3 + f**2 * rho2 * solved).expand() == sp.zeros(4)
assert B1.rank() == solved.rank() == 2

standard = rotation(Rotary(Frequencies((1, 0), ladder="per-axis"), pairing="interleaved", sign=-1), 4, (y, x))
plain = {b: 0, c: 0, f: 1}
assert vanishes(standard.diff(x) - B1.subs(plain) * standard)
assert vanishes(standard.diff(y) - solved.subs(plain) * standard)

# %% [markdown] tags=["axes-split"]
# **Erratum** (`axes-split`). Published: without loss of generality the six entries are split between $B_1$ and $B_2$ as
# above; it is false: both of those have rank 2, while the generators of RoPE-Mixed, $\operatorname{diag}(a_1 J, a_2 J)$
# and $\operatorname{diag}(b_1 J, b_2 J)$, have rank 4 and commute; corrected: up to an orthogonal change of basis the
# commuting pairs in four dimensions are exactly these, for all $a_1, a_2, b_1, b_2$, and positions can be recovered
# near each other if and only if $a_1 b_2 \ne a_2 b_1$.
#
# *Source:* Su, kexue.fm/archives/8397, "without loss of generality"; Heo et al., RoPE-ViT, arXiv 2403.13298v2, for
# RoPE-Mixed.
#
# Rank does not change with the basis. A vector of positions that turns neither plane solves two linear equations with
# the determinant $a_1 b_2 - a_2 b_1$.

# %% tags=["axes-split"]
a1, a2, b1, b2 = sp.symbols("a1 a2 b1 b2", positive=True)
mixed_1, mixed_2 = (sp.diag(one * J, other * J) for one, other in ((a1, a2), (b1, b2)))
assert mixed_1 * mixed_2 == mixed_2 * mixed_1
outside = mixed_1  # flip: outside = mixed_1.subs(a2, 0)
assert outside.rank() == mixed_2.rank() == 4
assert skew(1, b, c, 0, 0, 0).rank() == 2
turns = angles([(y, x)], Dense(axes=2, planes=2)).subs(
    dict(zip([LEARNED[0, 0], LEARNED[0, 1], LEARNED[1, 0], LEARNED[1, 1]], [b1, b2, a1, a2], strict=True))
)
assert turns == sp.Matrix([[a1 * x + b1 * y, a2 * x + b2 * y]])
assert sp.expand(turns.jacobian([x, y]).det()) == a1 * b2 - a2 * b1

# %% [markdown] tags=["axes-rank"]
# ## How many axes fit
#
# **Theorem** (`axes-rank`). If $R_p = \exp(\sum_a p_a B_a)$ is relative and real positions of $A$ axes can be recovered
# from it, even only nearby, then $\lfloor d/2 \rfloor \ge A$. So two real axes have no
# such encoding in two or three dimensions.
#
# *Source:* rank of $\mathfrak{so}(d)$; Su, kexue.fm/archives/8397, shows the case of three dimensions; arXiv 2504.06308
# states it in general.
#
# The generators commute, so they share their $K = \lfloor d/2 \rfloor$ planes, and $\Omega$ is an $A \times K$ matrix.
# If $A > K$ some $p \ne 0$ has $\Omega^\top p = 0$; no plane turns anywhere on the line through $p$. For $A = K + 1$
# that $p$ is made of the minors of $\Omega$. For three dimensions there is a direct argument: the commutator of two
# turns is the turn about their cross product.

# %% tags=["axes-rank"]
for K in (1, 2, 3):
    Omega = omega(Dense(axes=K + 1, planes=K))
    minors = [Omega[[row for row in range(K + 1) if row != axis], :].det() for axis in range(K + 1)]
    still = [(-1) ** axis * minor for axis, minor in enumerate(minors)]  # flip: still = minors
    turned_by = angles([[t * one for one in still]], Dense(axes=K + 1, planes=K))
    assert turned_by.expand() == sp.zeros(1, K)

u1, u2, u3, w1, w2, w3 = sp.symbols("u1:4 w1:4", real=True)
first, second = sp.Matrix([u1, u2, u3]), sp.Matrix([w1, w2, w3])
bracket = first.hat() * second.hat() - second.hat() * first.hat()
assert (bracket - first.cross(second).hat()).expand() == sp.zeros(3)

# %% [markdown] tags=["axes-rank"]
# That no more can be had by another choice: the skew matrices that commute with
# $\operatorname{diag}(\theta_1 J, \dots, \theta_K J)$, all $\theta_k^2$ different and not zero, are only those of the
# same planes. Checked for $d \le 8$ by counting the
# solutions; the rest follows block by block, since $\theta_i J X = \theta_j X J$ has the determinant
# $(\theta_i^2 - \theta_j^2)^2$, and the last row of an odd $d$ has $\theta_i J x = 0$.

# %% tags=["axes-rank"]
theta_i, theta_j = sp.symbols("theta_i theta_j")
X = sp.Matrix(2, 2, sp.symbols("x11 x12 x21 x22"))
equations = list(theta_i * J * X - theta_j * X * J)
assert sp.factor(sp.Matrix(equations).jacobian(list(X)).det()) == (theta_i - theta_j) ** 2 * (theta_i + theta_j) ** 2
assert (theta_i * J).det() == theta_i**2

for d_ in range(2, 9):
    planes = d_ // 2
    torus = sp.diag(*((k + 1) * J for k in range(planes)), *([0] if d_ % 2 else []))
    places = [(i, j) for i in range(d_) for j in range(i)]
    columns = []
    for i, j in places:
        single = sp.zeros(d_)
        single[i, j], single[j, i] = 1, -1
        columns.append(list(torus * single - single * torus))
    assert len(places) - sp.Matrix(columns).rank() == planes

# %% [markdown] tags=["axes-recover"]
# ## When positions can be recovered
#
# **Theorem** (`axes-recover`). $R_p = R_q$ if and only if $\Omega^\top (p - q)$ is $2\pi$ times a vector of integers.
# So real positions near each other can be told apart if and only if $\Omega$ has rank $A$. Where frequencies are
# algebraic numbers, as those of a ladder in radians with a rational base are before scalings that count turns, integer
# positions that are any distance apart can be told apart if and only if no integer $\delta \ne 0$ has
# $\Omega^\top \delta = 0$.
#
# *Source:* RoPE-ViT, arXiv 2403.13298v2, for the encodings; the condition is derived here.
#
# A plane comes back where its angle is a multiple of $2\pi$. (A scaling by turns, as that of Llama 3, brings $\pi$ into
# the frequencies.) If all angles are less than $2\pi$ apart they must be equal, and $\Omega^\top (p - q) = 0$ has no
# other solution than 0 if and only if the rank is $A$. If $\Omega$ is algebraic and $\delta$ an integer vector, an
# angle $2\pi n$ with $n \ne 0$ would make $\pi$ algebraic.

# %% tags=["axes-recover"]
apart = sp.cos(theta) - 1
assert sp.solveset(apart, theta, sp.Interval.Ropen(0, 2 * sp.pi)) == {0}
assert sp.pi.is_transcendental
axial = Frequencies((0, 0, 1, 1), base=100.0, ladder="per-axis")
assert all(entry.is_algebraic for entry in omega(axial))
assert omega(axial).rank() == 2
own, shared = Dense(axes=2, planes=2), Dense(axes=2, planes=1)
given = {LEARNED[0, 0]: 1, LEARNED[1, 0]: 2, LEARNED[0, 1]: 3}
parallel = {**given, LEARNED[1, 1]: 6}  # flip: parallel = {**given, LEARNED[1, 1]: 7}
assert omega(own).subs({**given, LEARNED[1, 1]: 7}).rank() == 2
assert omega(own).subs(parallel).rank() == 1
assert rotation(Rotary(own), 4, (2 * t, -t)).subs(parallel) == sp.eye(4)

# %% [markdown] tags=["axes-recover"]
# RoPE-Mixed at initialisation: the planes $j$ and $j + K/2$ of a head have the determinant $-m_j^2$ whatever the angle
# of the head, so every head tells positions near each other apart.

# %% tags=["axes-recover"]
(head,) = mixed([a], 4, 10)
for j in range(2):
    pair = head[:, [j, j + 2]]
    assert sp.trigsimp(pair.det()) == -((sp.Integer(10) ** -sp.Rational(2 * j, 4)) ** 2)

# %% [markdown] tags=["axes-range"]
# **Erratum** (`axes-range`). Published: $x$ can be recovered from $\operatorname{Rot}(x\theta)$; it is false for real
# $x$, where $x$ and $x + 2\pi/\theta$ have one matrix, and for integers where $\theta/\pi$ is rational; corrected: it
# can be recovered among real $x$ of a range shorter than $2\pi/\theta$, and among integers if and only if $\theta/\pi$
# is irrational.
#
# *Source:* Su, kexue.fm/archives/8397, the requirement of reversibility.
#
# With frequencies in radians the integers are safe in exact arithmetic: $x\theta = 2\pi n$ would make $\pi$ algebraic.
# With frequencies in turns, as some vision models have them, they are not, and the range counts.

# %% tags=["axes-range"]
lone = Rotary(Dense(axes=1, planes=1))
period = 2 * sp.pi / LEARNED[0, 0]  # flip: period = sp.pi / LEARNED[0, 0]
assert (rotation(lone, 2, x + period) - rotation(lone, 2, x)).applyfunc(sp.expand_trig).expand() == zero
seventh = rotation(lone, 2, n).subs(LEARNED[0, 0], 2 * sp.pi * sp.Rational(3, 7))
assert [place for place in range(1, 15) if seventh.subs(n, place) == sp.eye(2)] == [7, 14]
for place in range(1, 50):
    assert (place / (2 * sp.pi)).is_rational is False
    assert sp.cos(place) != 1

# %% [markdown] tags=["axes-one-plane"]
# **Erratum** (`axes-one-plane`). Published: a 2 by 2 rotation has one parameter, so two coordinates cannot be recovered
# from it; it is false on the integer grid: $\operatorname{Rot}(x + y \sqrt 2)$ is different at all points of
# $\mathbb Z^2$; corrected: it is true of real coordinates, and on the grid of a plane with $\omega_x, \omega_y$ such
# that $\omega_x, \omega_y, 2\pi$ are dependent over the rationals.
#
# *Source:* Su, kexue.fm/archives/8397, why two dimensions do not suffice.
#
# A single pair of RoPE-Mixed is such a plane. From $x + y\sqrt 2 = 2\pi n$ with $n \ne 0$ it would follow that $\pi$ is
# algebraic; with $n = 0$, that $\sqrt 2 = -x/y$ is rational. In floating point the grid is finite, and so is the
# distance between the images.

# %% tags=["axes-one-plane"]
column, row = sp.symbols("x y", integer=True)
whole_turns = sp.Symbol("n", integer=True, nonzero=True)
irrational = sp.sqrt(2)  # flip: irrational = sp.Integer(2)
phase = angles([(row, column)], shared).subs({LEARNED[0, 0]: irrational, LEARNED[1, 0]: 1})[0]
assert phase == column + row * sp.sqrt(2)
assert (phase / (2 * whole_turns)).is_algebraic
assert sp.pi.is_algebraic is False
assert (-column / whole_turns).is_rational
assert irrational.is_rational is False

cells = np.stack(np.mgrid[:32, :32], axis=-1).reshape(-1, 2)
images = refpos.rotate(np.tile([1.0, 0.0], (1024, 1)), cells, Rotary(shared), learned={"omega": [[2**0.5], [1.0]]})
assert len(np.unique(images.round(6), axis=0)) == 1024

# %% [markdown] tags=["axes-axial"]
# ## Axial and Mixed
#
# **Theorem** (`axes-axial`). Axial RoPE is RoPE-Mixed with $\Omega = \begin{pmatrix} f & 0 \\ 0 & f \end{pmatrix}$:
# each plane is turned by one axis.
#
# *Source:* Heo et al., RoPE-ViT, arXiv 2403.13298v2, §3.2, and naver-ai/rope-vit, `models/vit_rope.py`.
#
# So one implementation of the dense case checks both.

# %% tags=["axes-axial"]
dense = Dense(axes=2, planes=4)
ladder = [sp.Integer(1), sp.Rational(1, 10)]
filled = sp.Matrix([[*ladder, 0, 0], [0, 0, *ladder]])  # flip: filled = sp.Matrix([[*ladder, 0, 0], [*ladder, 0, 0]])
values = {LEARNED[axis, k]: filled[axis, k] for axis in range(2) for k in range(4)}
assert rotation(Rotary(dense), 8, (y, x)).subs(values) == rotation(Rotary(axial), 8, (y, x))
one, at, given = np.arange(1.0, 9.0)[None], [[2, 1]], np.array(filled.tolist(), dtype=float)
assert (refpos.rotate(one, at, Rotary(dense), learned={"omega": given}) == refpos.rotate(one, at, Rotary(axial))).all()

# %% [markdown] tags=["axes-turned"]
# **Theorem** (`axes-turned`). At initialisation a head of RoPE-Mixed is Axial RoPE in coordinates turned by the angle
# $a$ of that head, $x' = x \cos a + y \sin a$ and $y' = -x \sin a + y \cos a$. The frequency vectors of planes $j$ and
# $j + K/2$ are orthogonal and of one length, $m_j$.
#
# *Source:* naver-ai/rope-vit, `models/vit_rope.py`, `init_random_2d_freqs`.
#
# Read the angles of the planes as scalar products of a frequency vector with the position.

# %% tags=["axes-turned"]
x_turned = x * sp.cos(a) + y * sp.sin(a)  # flip: x_turned = x * sp.cos(a) - y * sp.sin(a)
y_turned = -x * sp.sin(a) + y * sp.cos(a)
columns_first = Frequencies((1, 1, 0, 0), base=10.0, ladder="per-axis")
straight = angles([(y_turned, x_turned)], columns_first)
assert (sp.Matrix([[y, x]]) * head - straight).expand() == sp.zeros(1, 4)
for j in range(2):
    one, other = head[:, j], head[:, j + 2]
    assert (one.T * other).expand()[0] == 0
    m_j = sp.Integer(10) ** -sp.Rational(2 * j, 4)
    assert sp.trigsimp(one.dot(one)) == sp.trigsimp(other.dot(other)) == m_j**2

# %% [markdown] tags=["axes-turned"]
# The frequency vectors of two heads, each a cross: one at $a = 0$, which is axial, one at $a = 0.6$.

# %% tags=["axes-turned"]
heads = refpos.spec.frequencies.mixed([0.0, 0.6], 16)
lengths = np.hypot(*heads.transpose(1, 0, 2))
assert abs(lengths[0] - lengths[1]).max() < 1e-15

figure, axes = canvas(width=3, height=3)
for one, label in zip(heads, ("a = 0", "a = 0.6"), strict=True):
    axes.plot(one[1], one[0], marker="o", linestyle="", label=label)
axes.set_xlabel("along x")
axes.set_ylabel("along y")
axes.set_aspect("equal")
axes.legend()
drawn(figure)

# %% [markdown] tags=["axes-index"]
# **Erratum** (`axes-index`). Published: the frequencies of an axis are $\theta_t = 100^{-t/(d_{head}/4)}$ with
# $t \in \{0, 1, \dots, d_{head}/4\}$; it is false: that is $d_{head}/4 + 1$ frequencies an axis, and with two axes two
# more planes than a head has; corrected: $t$ ends at $d_{head}/4 - 1$.
#
# *Source:* Heo et al., RoPE-ViT, arXiv 2403.13298v2, the definition of $\theta_t$ for axial frequencies; the code has
# `[: (dim // 4)]`.
#
# It is the same slip as counting sinusoids to $d/2$. The last frequency would be exactly $1/100$, which no released
# model has.

# %% tags=["axes-index"]
printed = range(64 // 4 + 1)
corrected = range(64 // 4)  # flip: corrected = printed
assert 2 * len(printed) == 64 // 2 + 2
assert 2 * len(corrected) == 64 // 2
rope_vit = omega(Frequencies((1, 0) * 16, base=100.0, ladder="per-axis"))
assert rope_vit.cols == 64 // 2
assert set(rope_vit.row(0)) - {0} == {sp.Integer(100) ** -sp.Rational(one, 16) for one in corrected}
assert sp.Rational(1, 100) not in set(rope_vit)
