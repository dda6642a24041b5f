# %% [markdown]
# # Pairings: which features turn together
#
# A checkpoint says nothing about which features its rotary encoding pairs: neighbours $(2k, 2k + 1)$, or features half
# the width apart, $(k, k + K)$. Two programs that disagree load the same weights without complaint and compute
# something else. This notebook shows in what sense the two are the same encoding, what has to be permuted when weights
# move from one to the other, and that permuting only a part of it, or turning only queries the right way, does not do.
# %%
import numpy as np
import sympy as sp

from refpos import Attention, Dense, Frequencies, RmsNorm, Rotary, planes, rotate
from refpos.symbolic import rotation
from refpos.symbolic.attention import score
from refpos.variants.rotary import PAIRINGS

m, n, t = sp.symbols("m n t", real=True)


def halves(K):
    """Return Π, the matrix that takes neighbours to halves: features 2k and 2k + 1 become k and k + K."""
    found = sp.zeros(2 * K)
    for k in range(K):
        found[k, 2 * k] = found[k + K, 2 * k + 1] = 1
    return found


def expanded(matrix):
    """Write sines and cosines of sums as those of the terms."""
    return matrix.applyfunc(lambda one: sp.expand_trig(one).expand())


# %% [markdown] tags=["pairing-conjugate"]
# ## One encoding in two orders
#
# **Theorem** (`pairing-conjugate`). Of two variants that write pairs where they read them and differ only in their
# pairing each is the other with features permuted, there and back:
# $R_{\text{half}}(p) = \Pi\, R_{\text{neighbours}}(p)\, \Pi^\top$ at every position, with $\Pi$ the permutation that
# takes $2k$ to $k$ and $2k + 1$ to $k + K$.
#
# *Source:* EleutherAI, Rotary Embeddings: A Relative Revolution, 2021, which uses both; the conversion is that of
# transformers, `convert_llama_weights_to_hf.py`.
#
# A plane reads and writes its two features by the same two equations whatever these features are called, so an operator
# is known once the pairs are. It is therefore enough that $\Pi$ takes the pairs of one to those of the other, plane by
# plane: this is counting, and done for up to 64 planes, with features before and after. The matrices themselves are
# compared for up to four.
# %% tags=["pairing-conjugate"]
for K in range(1, 65):
    line = Frequencies((0,) * K)
    apart, near = (planes(Rotary(line, pairing, offset=1), 2 * K + 2).read for pairing in ("half", "interleaved"))
    moved = {1 + 2 * k: 1 + k for k in range(K)} | {2 + 2 * k: 1 + k + K for k in range(K)}
    assert apart == tuple((moved[a], moved[b]) for a, b in near)
    assert sorted(moved) == sorted(moved.values())
# %% tags=["pairing-conjugate"]
for K in range(1, 5):
    half, neighbours = (rotation(Rotary(Dense(1, K), pairing), 2 * K, t) for pairing in ("half", "interleaved"))
    Pi = halves(K)
    assert Pi * Pi.T == sp.eye(2 * K)
    back = Pi.T  # flip: back = Pi if K > 2 else Pi.T
    assert half == Pi * neighbours * back
    assert (half == neighbours) == (K == 1)
# %% [markdown] tags=["pairing-conjugate"]
# The same for all pairings that `refpos` knows, on two axes: with features in the order of planes there is one matrix.
# %% tags=["pairing-conjugate"]
axial = Frequencies((0, 0, 1, 1), base=100.0, ladder="per-axis")
by_planes = []
for pairing in PAIRINGS:
    variant = Rotary(axial, pairing)
    order = [feature for pair in planes(variant, 8).read for feature in pair]  # flip: order = range(8)
    by_planes.append(rotation(variant, 8, (m, n)).extract(order, order))
assert by_planes[0] == by_planes[1] == by_planes[2]
assert len(by_planes) == 3
# %% [markdown] tags=["pairing-scores"]
# ## Queries and keys have to agree
#
# **Theorem** (`pairing-scores`). Let queries be turned by $Q(p)$ and keys by $T(p)$, both orthogonal and the identity
# at $p = 0$. If the scores $\langle Q(m) q, T(n) k \rangle$ depend on $n - m$ only, for all $q$ and $k$, then
# $Q(p) = T(p)$ at every $p$. So queries in halves with keys in neighbours are not relative for any width above 2 if
# anything turns at all, while either pairing for both is.
#
# *Source:* derived here; the mistake is as old as the two layouts (for one, Dao-AILab/flash-attention, pull request
# 546).
#
# At $m = n = p$ the score is that at $m = n = 0$: $q^\top Q(p)^\top T(p) k = q^\top k$ for all $q, k$, so
# $Q(p)^\top T(p) = I$, and multiplying by $Q(p)$ gives $T(p) = Q(p)$. That two pairings differ as soon as there are two
# planes is seen on one entry: the first feature is turned with the second in one and not in the other.
# %% tags=["pairing-scores"]
both = [rotation(Rotary(Dense(1, 2), pairing), 4, t) for pairing in ("half", "interleaved")]
Q, T = both  # flip: Q, T = both[0], both[0]
scores = Q.T * T
assert expanded(Q.T * Q).applyfunc(sp.trigsimp) == sp.eye(4)
assert expanded(T.T * T).applyfunc(sp.trigsimp) == sp.eye(4)
assert scores.subs(t, 0) == sp.eye(4)
assert Q[0, 1] == 0
assert T[0, 1] != 0
# %% tags=["pairing-scores"]
for K in range(2, 65):
    apart, near = (planes(Rotary(Frequencies((0,) * K), pairing), 2 * K).read for pairing in ("half", "interleaved"))
    assert set(apart).isdisjoint(near)
# %% [markdown] tags=["pairing-scores"]
# A witness: the score of one query and one key at the same place, which must not depend on the place.
# %% tags=["pairing-scores"]
line = Frequencies((0, 0), base=100.0)
q, k = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[2.0, -1.0, 1.0, 0.0]])


def at(place, query, key):
    """Return the score at one place, by the pairings of query and key."""
    one, other = Rotary(line, query), Rotary(line, key)
    return (rotate(q, [place], one) * rotate(k, [place], other)).sum()


assert abs(at(5, "half", "half") - at(0, "half", "half")) < 1e-12
assert abs(at(5, "half", "interleaved") - at(0, "half", "interleaved")) > 1
# %% [markdown] tags=["pairing-weights"]
# ## Moving weights
#
# **Theorem** (`pairing-weights`). Scores with halves of $q = W_q x$ and $k = W_k y$ are those with neighbours of
# $\Pi^\top q$ and $\Pi^\top k$. So the rows of $W_q$ and $W_k$, and their biases, are permuted, each head for itself;
# values and outputs stay. Weights for neighbours become weights for halves by $\Pi$, which in row-major memory is
# `view(heads, K, 2, D).transpose(1, 2)`. For more than two planes $\Pi$ is not its own inverse.
#
# *Source:* transformers, `convert_llama_weights_to_hf.py`, `permute`.
#
# $\langle R_H(m) q, R_H(n) k \rangle = \langle \Pi R_I(m) \Pi^\top q, \Pi R_I(n) \Pi^\top k \rangle = \langle R_I(m)
# \Pi^\top q, R_I(n) \Pi^\top k \rangle$, for $\Pi$ keeps inner products.
# %% tags=["pairing-weights"]
K = 3
x, y = (sp.Matrix(sp.symbols(f"{name}:2")) for name in "xy")
W_q, W_k = (sp.Matrix(2 * K, 2, sp.symbols(f"{name}:{4 * K}")) for name in "uv")
half, neighbours = (Rotary(Frequencies((0,) * K, base=8.0), pairing) for pairing in ("half", "interleaved"))
Pi = halves(K)
V_q, V_k = Pi.T * W_q, Pi.T * W_k  # flip: V_q, V_k = Pi.T * W_q, W_k
by_halves = (rotation(half, 2 * K, m) * W_q * x).dot(rotation(half, 2 * K, n) * W_k * y)
by_neighbours = (rotation(neighbours, 2 * K, m) * V_q * x).dot(rotation(neighbours, 2 * K, n) * V_k * y)
assert sp.expand(by_halves - by_neighbours) == 0
# %% [markdown] tags=["pairing-weights"]
# The published line of code, on rows that hold their own numbers. A test of width 4 does not see the inverse in its
# place: there $\Pi = \Pi^\top$.
# %% tags=["pairing-weights"]
for K in range(1, 33):
    rows = np.arange(2 * K)
    viewed = rows.reshape(K, 2).T.reshape(-1)  # flip: viewed = rows.reshape(2, K).T.reshape(-1)
    moved = (halves(K) * sp.Matrix(rows)).T.tolist()[0] if K < 9 else [*range(0, 2 * K, 2), *range(1, 2 * K, 2)]
    assert viewed.tolist() == moved
    assert (viewed[viewed].tolist() == rows.tolist()) == (K <= 2)
# %% [markdown] tags=["pairing-weights"]
# Each head for itself, and keys by the number of their own heads: eight rows permuted as one head are not eight rows
# permuted as two.
# %% tags=["pairing-weights"]
each = sp.diag(halves(2), halves(2))  # flip: each = halves(4)
heads = {one: sp.diag(*[rotation(Rotary(Dense(1, 2), one), 4, t)] * 2) for one in ("half", "interleaved")}
assert heads["half"] == each * heads["interleaved"] * each.T
# %% [markdown] tags=["pairing-norm"]
# ## Normalised queries and keys
#
# **Theorem** (`pairing-norm`). Let queries and keys be divided by their root mean square and multiplied by gains
# $\gamma > 0$ before they are turned. Then scores are kept when weights *and gains* are permuted by $\Pi^\top$. With
# the gains left as they are they change for some queries and keys, unless $\Pi^\top \gamma = \gamma$: the gains of
# exchanged features are equal.
#
# *Source:* derived here, for models with normalised queries and keys; the normalisation is Zhang and Sennrich,
# arXiv:1910.07467, eq. 4.
#
# The mean of squares does not depend on the order of features, so $N(\Pi^\top x) = \Pi^\top N(x)$; and
# $\operatorname{diag}(\Pi^\top \gamma)\, \Pi^\top = \Pi^\top \operatorname{diag}(\gamma)$. With gains left the
# matrix of the scores of $N(q)$ and $N(k)$ has other entries. At equal positions it is diagonal, with the squares of
# the gains in another order, and positive numbers are known by their squares.
# %% tags=["pairing-norm"]
K = 2
q, k, gain = (sp.Matrix(sp.symbols(f"{name}:{2 * K}", positive=True)) for name in ("q", "k", "gamma"))
half, neighbours = (Rotary(Frequencies((0,) * K, base=100.0), pairing) for pairing in ("half", "interleaved"))
Pi = halves(K)
new_gain = Pi.T * gain  # flip: new_gain = gain
scaled = sp.diag(*new_gain) * Pi.T
assert scaled == Pi.T * sp.diag(*gain)
assert sp.expand((Pi.T * q).dot(Pi.T * q) - q.dot(q)) == 0
# %% tags=["pairing-norm"]
attentions = [Attention(rotary=one, normalise=RmsNorm()) for one in (half, neighbours)]
one = score(list(q), list(k), m, n, attentions[0])
other = score(list(Pi.T * q), list(Pi.T * k), m, n, attentions[1])
assert sp.simplify(one - other) == 0
# %% tags=["pairing-norm"]
turned = {by: (rotation(by, 2 * K, m).T * rotation(by, 2 * K, m)).applyfunc(sp.trigsimp) for by in (half, neighbours)}
due = sp.diag(*gain) * turned[half] * sp.diag(*gain)
kept, left = (Pi * sp.diag(*one) * turned[neighbours] * sp.diag(*one) * Pi.T for one in (new_gain, gain))
assert kept == due
assert left - due == sp.diag(*(one**2 - other**2 for one, other in zip(Pi * gain, gain, strict=True)))
assert (sp.diag(*gain) * Pi.T - Pi.T * sp.diag(*gain)).subs(gain[1], gain[2]) == sp.zeros(2 * K)
# %% [markdown] tags=["pairing-sense"]
# ## The other sense
#
# **Theorem** (`pairing-sense`). Let $M$ reverse the second feature of every pair. Turning the other way is
# $R(-p) = M R(p) M$: scores of the other sense are those of mirrored queries and keys. For given queries and keys with
# pairs $(q_a, q_b)$ and $(k_a, k_b)$ the scores of both senses at $m$ and $n$ differ by
# $2 \sum (q_b k_a - q_a k_b) \sin \omega (n - m)$, one term for each pair.
#
# *Source:* derived here. Both senses are in use: the sign is a field of the catalogue's entries.
#
# So a model trained with one sense is one trained with the other after $M$ is multiplied into $W_q$ and $W_k$, and no
# model at all if it is not. In one plane the score is $q \cdot k \cos\omega(n - m)$ and a term that changes its sign.
# %% tags=["pairing-sense"]
plane, other = (Rotary(Frequencies((0,)), sign=sign) for sign in (1, -1))
M = sp.diag(1, -1)  # flip: M = sp.diag(-1, -1)
assert rotation(other, 2, t) == rotation(plane, 2, -t)
assert rotation(other, 2, t) == M * rotation(plane, 2, t) * M
assert sp.eye(2) == M * M
# %% tags=["pairing-sense"]
q, k = (sp.Matrix(sp.symbols(f"{name}:2", real=True)) for name in "qk")
one, reverse = ((rotation(by, 2, m) * q).dot(rotation(by, 2, n) * k) for by in (plane, other))
apart = sp.expand_trig(2 * sp.sin(n - m) * (q[1] * k[0] - q[0] * k[1]))  # flip: apart = 0
assert sp.expand(sp.expand_trig(one - reverse) - apart) == 0
assert apart.subs({m: 0, n: sp.pi / 2, q[0]: 1, q[1]: 0, k[0]: 0, k[1]: 1}) == -2
