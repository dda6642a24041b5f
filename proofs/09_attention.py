# %% [markdown]
# # Rotation beyond queries and keys
#
# Attention has other places for a rotation: values and outputs (VO-RoPE), features behind a low-rank projection (MLA),
# and attention without a softmax. What each of them allows follows from one identity, $R_i^\top R_j = R_{j-i}$. It
# decides whether a cache can hold turned keys, whether two weight matrices can be merged ahead of time, and whether a
# layer can be run as a recurrence with a state of constant size.

# %%
import numpy as np
import sympy as sp

from refpos import Alibi, Attention, Dense, Frequencies, LinearAttention, Rotary, XPos, attend, rotate, scores
from refpos.symbolic import rotation
from refpos.symbolic.attention import carried, score

i, j = sp.symbols("i j", real=True)
ANY = sp.Wild("a")
PLANES = Rotary(Dense(axes=1, planes=2), pairing="interleaved")


def spread(matrix):
    """Write cosines and sines of sums as polynomials in those of the terms, with no square of a sine."""
    found = sp.Matrix(matrix).applyfunc(lambda one: sp.expand(sp.expand_trig(sp.expand(one))))
    return found.replace(sp.sin(ANY) ** 2, 1 - sp.cos(ANY) ** 2).expand()


# %% [markdown] tags=["vo-rope-offset"]
# ## A value is turned by its offset
#
# **Theorem** (`vo-rope-offset`). If values are turned by their positions and outputs turned back by theirs, then
# $o_i = R_i^\top \sum_j a_{ij} R_j v_j = \sum_j a_{ij} R_{j-i} v_j$: whatever the weights $a_{ij}$, beside them
# positions enter by their offsets only. If outputs are not turned back, this is false.
#
# *Source:* Su, kexue.fm/archives/10862, the identity that defines VO-RoPE.
#
# Why: the sum is linear in the values, so one pair $(i, j)$ is enough. Matrices of rotation are block-diagonal with one
# block for each plane, and products of such matrices are made block by block; so one plane is enough, with any
# frequency. There it is the addition theorem.

# %% tags=["vo-rope-offset"]
sides = ("value", "output")  # flip: sides = ("value",)
turned = carried(i, j, Attention(PLANES, rotate=sides), 4)
assert spread(turned - rotation(PLANES, 4, j - i)) == sp.zeros(4)

apart = [(a, b) for a in range(4) for b in range(4) if a // 2 != b // 2]
assert all(turned[a, b] == 0 for a, b in apart)

turned_once = ("query", "key", "value")  # flip: turned_once = ("query", "key")
absolute = carried(i, j, Attention(PLANES, rotate=turned_once), 4)
moved = spread(absolute.subs({i: i + 1, j: j + 1}, simultaneous=True) - absolute)
assert moved != sp.zeros(4)
assert spread(turned.subs({i: i + 1, j: j + 1}, simultaneous=True) - turned) == sp.zeros(4)

# %% tags=["vo-rope-offset"]
rng = np.random.default_rng(9)
rotary = Rotary(Frequencies((0,) * 2))
q, k, v = rng.standard_normal((3, 6, 4))
back = Attention(rotary, rotate=("value", "output"))
near, far = (attend(q, k, v, np.arange(6) + shift, np.arange(6) + shift, back) for shift in (0, 40))
assert np.abs(near - far).max() < 1e-13

# %% [markdown] tags=["vo-rope-recurrence"]
# ## VO-RoPE as a recurrence
#
# **Theorem** (`vo-rope-recurrence`). With weights $a_{ij} = g^{i-j}$ for $j \le i$ and else 0, VO-RoPE is $o_i = g\,
# R_1^\top o_{i-1} + v_i$: in the complex numbers of one plane $o_i = g\, e^{-\mathrm{i}\omega} o_{i-1} + v_i$, a linear
# recurrence with a complex decay.
#
# *Source:* Su, kexue.fm/archives/10862, section on linear attention and recurrences.
#
# Why: the weight and turn of every $v_j$, $j < i$, are those it had one step before, times $g R_1^\top$; and $R_i^\top
# R_i = I$ for the new one.

# %% tags=["vo-rope-recurrence"]
g = sp.Symbol("g", positive=True)
weight = g ** (i - j)
step = g * rotation(PLANES, 4, 1).T  # flip: step = g * rotation(PLANES, 4, 1)
whole = Attention(PLANES, rotate=("value", "output"))
now = weight * carried(i, j, whole, 4)
before = now.subs(i, i - 1)
assert spread((now - step * before) / weight).applyfunc(sp.powsimp).expand() == sp.zeros(4)
assert carried(i, i, whole, 4).applyfunc(sp.trigsimp) == sp.eye(4)

# %% [markdown] tags=["vo-rope-recurrence"]
# By induction from $o_0 = v_0$. Below, five steps in one plane as complex numbers, with $z = e^{-\mathrm{i}\omega}$:
# row and column of the plane's matrix are the real and the imaginary part.

# %% tags=["vo-rope-recurrence"]
z = sp.Symbol("z")
values = sp.symbols("v0:5")
state = sp.S.Zero
for at, one in enumerate(values):
    state = g * z * state + one
    assert sp.expand(state - sum(g ** (at - b) * z ** (at - b) * values[b] for b in range(at + 1))) == 0
real, imaginary = sp.symbols("x y", real=True)
omega = sp.Symbol("omega", real=True)
one_plane = Rotary(Frequencies((0,)))
pair = rotation(one_plane, 2, omega).T * sp.Matrix([real, imaginary])
product = sp.expand((sp.cos(omega) - sp.I * sp.sin(omega)) * (real + sp.I * imaginary))
assert sp.expand(pair[0] + sp.I * pair[1] - product) == 0

# %% [markdown] tags=["vo-rope-recurrence"]
# A bias of ALiBi makes such weights, but for the divisor of the softmax.

# %% tags=["vo-rope-recurrence"]
decay = np.exp(-(2.0**-8))
v = rng.standard_normal((1, 6, 2))
none = np.zeros((1, 6, 2))
causal = np.tri(6, dtype=bool)
biased = Attention(one_plane, bias=Alibi(heads=1), rotate=("value", "output"))
found = attend(none, none, v, np.arange(6), np.arange(6), biased, mask=causal[None])[0]
state = 0j
for at in range(6):
    state = decay * np.exp(-1j) * state + complex(*v[0, at])
    assert abs(complex(*found[at]) * sum(decay**m for m in range(at + 1)) - state) < 1e-14

# %% [markdown] tags=["vo-rope-exponential"]
# **Erratum** (`vo-rope-exponential`). Published: weights $e^{s_{ij}} / \sum_j e^{s_{ij}}$ with "$s_{ij} = \exp(q_i^\top
# c_j)$"; it is false as attention: one exponential too many, and weights that change where all logits grow by the same;
# corrected: $s_{ij} = (R_i q_i)^\top (R_j c_j)$, without an exponential.
#
# *Source:* Su, kexue.fm/archives/10862, the formulas with shared keys and values.
#
# Why: a softmax does not see a number that is added to all logits, as it cancels. An exponential of an exponential
# does.

# %% tags=["vo-rope-exponential"]
logits = [sp.S.Zero, sp.log(2)]


def weights(values):
    return [sp.simplify(sp.exp(one) / sum(map(sp.exp, values))) for one in values]


shift = sp.log(3)
given = logits  # flip: given = [sp.exp(one) for one in logits]
assert weights(given) == [sp.Rational(1, 3), sp.Rational(2, 3)]
assert weights([one + shift for one in given]) == weights(given)
twice = weights([sp.exp(one) for one in logits])
assert sp.simplify(twice[0] - 1 / (1 + sp.E)) == 0
assert sp.simplify(weights([sp.exp(one + shift) for one in logits])[0] - twice[0]) != 0

# %% tags=["vo-rope-exponential"]
shared = Attention(one_plane, scale=1.0, rotate=("query", "key", "value", "output"))
keys = np.array([[1.0, 0.0], [1.0 + np.log(2), 0.0]])
outputs = attend(np.array([[1.0, 0.0]]), rotate(keys, [0, 0], one_plane), np.eye(2), [0], [0, 0], shared)
assert np.abs(outputs - [[1 / 3, 2 / 3]]).max() < 1e-15

# %% [markdown] tags=["mla-absorption"]
# ## Two projections in one
#
# **Theorem** (`mla-absorption`). Where nothing stands between them, the projections of queries and of keys can be
# merged: $(x W_q)(c W_k)^\top = (x\, W_q W_k^\top)\, c^\top$ for all sizes. So a cache needs to hold the latent rows
# $c$ only. A logit of MLA is the sum of such a product over the features without positions and of a turned product over
# the others.
#
# *Source:* DeepSeek-V2, arXiv 2405.04434, section 2.1.2; Su, kexue.fm/archives/10091 and 10907.
#
# Why: $(c W_k)^\top = W_k^\top c^\top$, and products are associative. A rotation with an offset is block-diagonal with
# the identity as its first block.

# %% tags=["mla-absorption"]
D, latent, width = sp.symbols("D l r", integer=True, positive=True)
x, c = sp.MatrixSymbol("x", 1, D), sp.MatrixSymbol("c", 1, latent)
W_q, W_k = sp.MatrixSymbol("W_q", D, width), sp.MatrixSymbol("W_k", latent, width)
assert (x * W_q) * (c * W_k).T == (x * (W_q * W_k.T)) * c.T

q, k = sp.symbols("q0:4", real=True), sp.symbols("k0:4", real=True)
start = -2  # flip: start = 0
partial = Attention(Rotary(Dense(axes=1, planes=1), offset=start), scale=1.0)
alone = Attention(Rotary(Dense(axes=1, planes=1)), scale=1.0)
plain = score(q[:2], k[:2], i, j, Attention(scale=1.0))
turned = score(q[2:], k[2:], i, j, alone)
assert sp.expand(score(q, k, i, j, partial) - plain - turned) == 0
assert not plain.free_symbols & {i, j}

# %% tags=["mla-absorption"]
W, up = rng.standard_normal((12, 8)), rng.standard_normal((5, 8))
rows, cache, common = rng.standard_normal((6, 12)), rng.standard_normal((6, 5)), rng.standard_normal((6, 4))
shared = rng.standard_normal((12, 4))
queries = np.concatenate([rows @ W, rows @ shared], axis=1)
keys = np.concatenate([cache @ up, common], axis=1)
tail = Attention(Rotary(Frequencies((0,) * 2), offset=-4), scale=1.0)
logits = scores(queries, keys, np.arange(6), np.arange(6), tail)
only = scores(rows @ shared, common, np.arange(6), np.arange(6), Attention(Rotary(Frequencies((0,) * 2)), scale=1.0))
assert np.abs(logits - (rows @ (W @ up.T) @ cache.T + only)).max() < 1e-12

# %% [markdown] tags=["mla-rope-blocks"]
# ## A rotation keeps the projections apart
#
# **Theorem** (`mla-rope-blocks`). With a rotation between the projections the merged matrix is $M_t = W_q R_t W_k^\top$
# of the offset $t$. If all frequencies of the planes are positive and distinct, $M_t$ is the same for all real $t$ only
# if it is zero: there is nothing to absorb.
#
# *Source:* Su, kexue.fm/archives/10091, on why RoPE and MLA are not compatible; the condition is ours.
#
# Why: $M_t = \sum_k (\cos(\omega_k t) A_k + \sin(\omega_k t) B_k)$, entry by entry a linear combination of functions
# that are independent, together with the constant 1. If the sum is constant all $A_k$ and $B_k$ vanish. Independence:
# the Wronskian at $t = 0$ is a Vandermonde determinant in the $-\omega_k^2$, for any number of planes; below it is
# worked out for up to three.

# %% tags=["mla-rope-blocks"]
t = sp.Symbol("t", real=True)
between = t  # flip: between = 0 * t
W_q, W_k = (sp.Matrix(2, 2, sp.symbols(f"{name}0:4", real=True)) for name in "qk")
merged = W_q * rotation(one_plane, 2, between) * W_k.T
A, B = W_q * W_k.T, W_q * sp.Matrix([[0, -1], [1, 0]]) * W_k.T
assert sp.expand(merged - sp.cos(t) * A - sp.sin(t) * B) == sp.zeros(2)

for count in (1, 2, 3):
    w = sp.symbols(f"w0:{count}", positive=True)
    waves = [sp.S.One, *(f(one * t) for one in w for f in (sp.cos, sp.sin))]
    table = sp.Matrix([[sp.diff(one, t, order).subs(t, 0) for one in waves] for order in range(2 * count + 1)])
    apart = sp.prod(w[b] ** 2 - w[a] ** 2 for a in range(count) for b in range(a + 1, count)) ** 2
    assert sp.expand(sp.expand(table.det()) ** 2 - (sp.prod(w) ** 3 * apart) ** 2) == 0

# %% tags=["mla-rope-blocks"]
whole = scores(rows @ W, cache @ up, np.arange(6), np.arange(6), Attention(Rotary(Frequencies((0,) * 4)), scale=1.0))
assert np.abs(whole - rows @ (W @ up.T) @ cache.T).max() > 1
assert np.abs(np.diag(whole) - np.diag(rows @ (W @ up.T) @ cache.T)).max() < 1e-12  # the offset is 0 there

# %% [markdown] tags=["linear-rope-recurrence"]
# ## RoPE in linear attention
#
# **Theorem** (`linear-rope-recurrence`). The weights $(R_i \varphi_i)^\top (R_j \psi_j) = \varphi_i^\top R_{j-i}
# \psi_j$ of linear attention depend on offsets only, and $\sum_{j \le i} (R_i \varphi_i)^\top (R_j \psi_j)\, v_j^\top =
# (R_i \varphi_i)^\top S_i$ with $S_i = S_{i-1} + (R_i \psi_i) v_i^\top$: a recurrence with a state of constant size.
#
# *Source:* Su et al., RoFormer, arXiv 2104.09864v5, section 3.3 and equation (19).
#
# Why: what stands at $i$ and what stands at $j$ are apart before the product is made, so the sum over $j$ can go on
# without knowing $i$. A softmax of the product does not come apart like this.

# %% tags=["linear-rope-recurrence"]
q, k = sp.symbols("q0:4", real=True), sp.symbols("k0:4", real=True)
dot = Attention(PLANES, scale=1.0)
forth = j - i  # flip: forth = j + i
expected = (sp.Matrix([q]) * rotation(PLANES, 4, forth) * sp.Matrix(k))[0]
assert sp.expand(sp.expand_trig(sp.expand(score(q, k, i, j, dot) - expected))) == 0

phi = sp.Matrix(4, 3, sp.symbols("a0:12", real=True))
psi = sp.Matrix(4, 3, sp.symbols("b0:12", real=True))
v = sp.Matrix(3, 2, sp.symbols("c0:6", real=True))
state = sp.zeros(4, 2)
for at in range(3):
    state = state + rotation(PLANES, 4, at) * psi[:, at] * v[at, :]
    asked = (rotation(PLANES, 4, at) * phi[:, at]).T * state
    terms = (score(list(phi[:, at]), list(psi[:, b]), at, b, dot) * v[b, :] for b in range(at + 1))
    assert (asked - sum(terms, sp.zeros(1, 2))).expand() == sp.zeros(1, 2)

# %% [markdown] tags=["linear-rope-sign"]
# ## Why the divisor is not turned
#
# **Theorem** (`linear-rope-sign`). In one plane the turned weight of $\varphi$ and $\psi$ at the offset with
# $\omega t = \pi$ is $-\varphi^\top \psi$: negative, where the plain weight is positive. A divisor made of turned
# weights may be zero; the divisor $\sum_j \varphi_i^\top \psi_j$ of plain ones is positive wherever
# $\varphi, \psi > 0$.
#
# *Source:* Su et al., RoFormer, arXiv 2104.09864v5, equation (19) and the text after it.
#
# Why: half a turn is $-I$. By continuity the weight is zero at some smaller offset.

# %% tags=["linear-rope-sign"]
a0, a1, b0, b1 = sp.symbols("a0 a1 b0 b1", positive=True)
half_turn = sp.pi  # flip: half_turn = 2 * sp.pi
one = Attention(one_plane, scale=1.0)
plain = score((a0, a1), (b0, b1), 0, 0, one)
assert plain.is_positive
assert sp.expand(score((a0, a1), (b0, b1), half_turn, 0, one) + plain) == 0
assert score((a0, a1), (a0, a1), sp.pi / 2, 0, one) == 0

# %% tags=["linear-rope-sign"]
linear = LinearAttention(one_plane)
assert scores([[3.0, 3.0]], [[3.0, 3.0]], [3], [0], linear)[0, 0] < 0
outputs = attend([[3.0, 3.0]], [[3.0, 3.0]], [[1.0]], [3], [0], linear)
assert np.abs(outputs - np.cos(3.0)).max() < 1e-15  # the divisor is the plain weight

# %% [markdown] tags=["linear-only-relative"]
# **Erratum** (`linear-only-relative`). Published: RoPE "is at present the only relative position encoding that can be
# used with linear attention"; as a property of RoPE, whatever else was known at the time, it is false: anything that is
# a product of a factor at $i$ and a factor at $j$ will do; corrected: so does xPos, whose weights are RoPE's times a
# decay $\zeta_k^{(i-j)/B}$ in each plane, and so does a decay alone, $e^{-\lambda i} \varphi_i$ and
# $e^{\lambda j} \psi_j$.
#
# *Source:* Su, kexue.fm/archives/8265, abstract ("目前唯一一种可用于线性Attention的相对位置编码").
#
# Why: growth of queries and of keys is inverse, so that their product depends on the offset alone.

# %% tags=["linear-only-relative"]
growth = XPos(scale_base=8.0)  # flip: growth = XPos(scale_base=9.0)
grown = Attention(Rotary(Frequencies((0,)), growth=growth), scale=1.0)
q, k = q[:2], k[:2]
zeta = sp.Rational(2, 7)
rope = score(q, k, i, j, Attention(one_plane, scale=1.0))
difference = score(q, k, i, j, grown) - rope * zeta ** ((i - j) / 8)
assert sp.expand(sp.powsimp(sp.expand(difference), force=True)) == 0

rate = sp.Symbol("lambda", positive=True)
lead = -rate * i  # flip: lead = rate * i
faded = sp.exp(lead) * sp.Matrix([q]) * sp.exp(rate * j) * sp.Matrix(k)
assert sp.simplify(faded[0] - sp.exp(-rate * (i - j)) * (sp.Matrix([q]) * sp.Matrix(k))[0]) == 0

# %% tags=["linear-only-relative"]
decaying = LinearAttention(Rotary(Frequencies((0,) * 2), growth=XPos(8.0)))
q, k = rng.standard_normal((2, 6, 4))
near, far = (scores(q, k, np.arange(6) + shift, np.arange(6) + shift, decaying) for shift in (0, 9))
assert np.abs(near - far).max() < 1e-12
