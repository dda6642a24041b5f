# %% [markdown]
# # ReRoPE
#
# ReRoPE and Leaky ReRoPE leave frequencies alone and bend the distance: near keys are seen at their distance $D$, those
# beyond a window $w$ at $\rho(D) = w + (D - w)/k$, or at $w$ for all of them. Two pairs of rotations compute it. Most
# published slips about it are ones of sign and of direction, which no picture of the map shows.
#
# $D = i - j$ is how far the key $j$ stands before the query $i$. $\rho$ is `refpos.symbolic.attention.distance`, logits
# are those of `refpos.symbolic.attention.score`.

# %%
import numpy as np
import sympy as sp
from pictures import canvas, drawn

import refpos
from refpos import Attention, Dense, Frequencies, ReRope, Rotary
from refpos.symbolic import rotation
from refpos.symbolic.attention import distance, score

D, i, j = sp.symbols("D i j", real=True)
w, k = sp.symbols("w k", positive=True)
ladder = Frequencies((0, 0))
query, key = sp.symbols("q1:5", real=True), sp.symbols("k1:5", real=True)


def pieces(factor, window=4):
    """The two pieces of the map, near and far."""
    (near, _), (far, _) = distance(D, ReRope(window, factor)).args
    return near, far


def vanishes(expression):
    """Whether an expression in sines and cosines is zero: in exponentials it is a polynomial, and is expanded."""
    return all(sp.expand(one.rewrite(sp.exp)) == 0 for one in sp.Matrix([expression]))


def logit(angle):
    """The logit of a query and a key that are turned by R of that relative position, before it is scaled."""
    turned = rotation(Rotary(ladder), 4, angle) * sp.Matrix(key)
    return (sp.Matrix([query]) * turned)[0]


# %% [markdown] tags=["rerope-map"]
# ## The map of distances
#
# **Theorem** (`rerope-map`). $\rho(D) = D$ for $D < w$ and $w + (D - w)/k$ beyond is continuous, with slope 1 and then
# $1/k$. At $k = 1$ it is $D$, and for $k \to \infty$ it is $\min(D, w)$. So Leaky ReRoPE at $k = 1$ is RoPE, and ReRoPE
# is its limit.
#
# *Source:* Su, kexue.fm/archives/9708.
#
# Both pieces are $w$ at $D = w$.

# %% tags=["rerope-map"]
far_map = w + (D - w) / k  # flip: far_map = D / k
for factor, window in ((2, 4), (16, 512)):
    near, far = pieces(factor, window)
    assert near == D
    assert sp.expand(far - far_map.subs({w: window, k: factor})) == 0
assert sp.simplify(far_map.subs(D, w)) == w
assert far_map.diff(D) == 1 / k
assert sp.simplify(far_map.subs(k, 1)) == D
assert sp.limit(far_map, k, sp.oo) == w
assert pieces(None) == (D, 4)
x = [[1.0, 0.0]]
seen = refpos.scores(x, x, [9], [0], Attention(Rotary(Frequencies((0,))), scale=1.0, rectify=ReRope(4, 2)))
assert abs(seen - float(sp.cos(sp.Rational(13, 2)))).max() < 1e-15
assert [distance(one, ReRope(4, 2)) for one in range(10)] == [
    0,
    1,
    2,
    3,
    4,
    *(4 + sp.Rational(n, 2) for n in range(1, 6)),
]

# %% tags=["rerope-map"]
figure, axes = canvas(width=6, height=2.4)
for label, factor in (("k = 1, RoPE", 1), ("k = 2", 2), ("k = 4", 4), ("k infinite, ReRoPE", None)):
    axes.plot(range(13), [float(distance(one, ReRope(4, factor))) for one in range(13)], label=label)
axes.set_xlabel("distance")
axes.set_ylabel("position difference seen")
axes.legend()
drawn(figure)

# %% [markdown] tags=["rerope-min"]
# **Theorem** (`rerope-min`). With $D = i - j$, the exponent of $R$ at generation is $\max(j - i, (j - i + w)/k - w)$
# for all $D$ if and only if $k \ge 1$, and the $\min$ of both if and only if $k \le 1$: that is
# $\rho(D) = \min(D, w + (D - w)/k)$ and $\max(D, w + (D - w)/k)$. For $k < 1$ the published $\max$ takes the wrong one
# on both sides of the window.
#
# *Source:* Su, kexue.fm/archives/9708, the form for decoding; $k < 1$ is the inverse map of
# 9728.
#
# The difference of the two pieces is $(D - w)(1 - 1/k)$. For $k > 1$ it has the sign of $D - w$, for $k < 1$ the other
# one.

# %% tags=["rerope-min"]
gap = sp.factor(D - far_map)
assert sp.expand(gap - (D - w) * (1 - 1 / k)) == 0
assert sp.expand(far_map + ((j - i + w) / k - w).subs(j, i - D)) == 0
lesser = sp.Min  # flip: lesser = sp.Max
samples = (0, 1, 3, 4, 5, 9, 100)
for factor in (2, 16):
    given = ReRope(4, factor)
    assert all(distance(one, given) == lesser(one, pieces(factor)[1].subs(D, one)) for one in samples)
for factor in (0.5, 0.0625):
    given = ReRope(4, factor)
    assert all(distance(one, given) == sp.Max(one, pieces(factor)[1].subs(D, one)) for one in samples)
    wrong = [one for one in samples if distance(one, given) != sp.Min(one, pieces(factor)[1].subs(D, one))]
    assert wrong == [one for one in samples if one != 4]

# %% [markdown] tags=["rerope-inverse"]
# **Theorem** (`rerope-inverse`). The maps of $k$ and $1/k$, with the same window, are inverse to each other. So a model
# that was trained with $1/k$ and is run with plain RoPE sees at the distance $D$ what it has learned for $\rho_k(D)$,
# which is nearer where $k > 1$ and $D > w$.
#
# *Source:* Su, kexue.fm/archives/9728, Inverse Leaky ReRoPE.
#
# A distance beyond the window stays beyond it, since $\rho(D) - w$ has the sign of $D - w$. In training the distance
# $\rho_k(D)$ was seen as the position difference $\rho_{1/k}(\rho_k(D)) = D$.

# %% tags=["rerope-inverse"]
inverse = 1 / k  # flip: inverse = k
twice = far_map.subs(k, inverse).subs(D, far_map)
assert sp.simplify(twice - D) == 0
assert sp.simplify((far_map - w) / (D - w)) == 1 / k
assert sp.expand((D - far_map) - (D - w) * (1 - 1 / k)) == 0
for one in (0, 2, 4, 7, 100):
    there = distance(one, ReRope(4, 16))
    assert distance(there, ReRope(4, 0.0625)) == one
    trained = Attention(Rotary(ladder), scale=1.0, rectify=ReRope(4, 0.0625))
    plain = score((1, 0, 0, 0), (1, 0, 0, 0), one, 0, Attention(Rotary(ladder), scale=1.0))
    assert score((1, 0, 0, 0), (1, 0, 0, 0), there, 0, trained) == plain

# %% [markdown] tags=["rerope-rotations"]
# ## Two pairs of rotations
#
# **Theorem** (`rerope-rotations`). Let $R$ be any rotary operator. The near logit is
# $(R_i q) \cdot (R_j k) = q^\top R_{-D}\, k$, and the far one
# $(R_{w + (i-w)/k}\, q) \cdot (R_{j/k}\, k) = q^\top R_{-\rho(D)}\, k$ with $\rho(D) = w + (D - w)/k$. Taken by
# $D < w$, they are $q^\top R_{-\rho(D)}\, k$ for every $D$.
#
# *Source:* Su, kexue.fm/archives/9708, and bojone/rerope.
#
# Queries and keys are turned twice, at positions that each of them knows, so that keys can be kept in a cache.

# %% tags=["rerope-rotations"]
attention = Attention(Rotary(ladder), scale=1.0, rectify=ReRope(4, 2))
(near, near_where), (far, _) = score(query, key, i, j, attention).args
side = 1  # flip: side = -1
assert near_where == (i - j < 4)
assert vanishes(near - logit(-side * (i - j)))
assert vanishes(far - logit(-side * (4 + (i - j - 4) / 2)))

plane = Rotary(Dense(axes=1, planes=1))
turned = rotation(plane, 2, w + (i - w) / k).T * rotation(plane, 2, j / k)
assert vanishes(turned - rotation(plane, 2, -side * far_map.subs(D, i - j)))

one, other = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[4.0, 1.0, -2.0, 3.0]])
for at in (2, 4, 30):
    seen = float(distance(at, ReRope(4, 2)))
    want = one @ refpos.rotate(other, [-seen], Rotary(ladder)).T
    assert abs(refpos.scores(one, other, [at], [0], attention) - want).max() < 1e-13

# %% [markdown] tags=["rerope-limits"]
# **Theorem** (`rerope-limits`). At $k = 1$ both logits are the same, that of RoPE. For $k \to \infty$ the far logit is
# that of a query turned by $w$ and a key that is not turned: $q^\top R_{-w}\, k$.
#
# *Source:* Su, kexue.fm/archives/9708.
#
# With no factor `refpos` takes $1/k = 0$: no key is turned at a position, so a far key needs no rotation at all.

# %% tags=["rerope-limits"]
pace = 1  # flip: pace = 2
one_pace = Attention(Rotary(ladder), scale=1.0, rectify=ReRope(4, pace))
rope = score(query, key, i, j, Attention(Rotary(ladder), scale=1.0))
assert score(query, key, i, j, one_pace) == rope
infinite = Attention(Rotary(ladder), scale=1.0, rectify=ReRope(4))
_, (beyond, _) = score(query, key, i, j, infinite).args
assert not beyond.has(i, j)
assert vanishes(beyond - logit(-4))
rate = sp.Symbol("rate", nonnegative=True)  # 1/k
assert vanishes(turned.subs(k, 1 / rate).subs(rate, 0) - rotation(plane, 2, -w))

# %% [markdown] tags=["rerope-sign"]
# **Erratum** (`rerope-sign`). Published: the far logit of ReRoPE is $(R^w q)^\top k = q^\top R^w k$; it is false: for
# $q = (1, 0)$ and $k = (0, 1)$ in one plane of frequency 1 the left-hand side is $\sin w$ and the right-hand side
# $-\sin w$; corrected: $(R^w q)^\top k = q^\top R^{-w} k$.
#
# *Source:* Su, kexue.fm/archives/9708, the second logit of ReRoPE; the code has $-\sin$ at generation, which is right.
#
# A rotation is transposed to its inverse. With the printed sign far keys are seen as if they stood after the query.

# %% tags=["rerope-sign"]
x, y = sp.Matrix([1, 0]), sp.Matrix([0, 1])
R = rotation(Rotary(Frequencies((0,))), 2, w)
back = rotation(Rotary(Frequencies((0,))), 2, -w)  # flip: back = rotation(Rotary(Frequencies((0,))), 2, w)
printed = (x.T * R * y)[0]
assert ((R * x).T * y)[0] == sp.sin(w)
assert printed == -sp.sin(w)
assert ((R * x).T * y)[0] == (x.T * back * y)[0]
unit = Attention(Rotary(Frequencies((0,))), scale=1.0, rectify=ReRope(4))
_, (specified, _) = score(list(x), list(y), i, j, unit).args
assert specified == (x.T * back * y)[0].subs(w, 4)
assert refpos.scores([[1.0, 0.0]], [[0.0, 1.0]], [100], [0], unit)[0, 0] < 0 < float(-sp.sin(4))

# %% [markdown] tags=["rerope-one-pair"]
# **Theorem** (`rerope-one-pair`). One pair of rotations does not suffice: let $w \ge 1$ be an integer and $A_i$, $B_j$
# square matrices of one size. If $A_i^\top B_j = R_{-\rho(i - j)}$ for all integers $i \ge j$, then $\omega (1 - 1/k)$
# is a multiple of $2\pi$ for every frequency $\omega$. For $\omega = 1$ and any rational $k \ne 1$, or $k = \infty$, it
# is not.
#
# *Source:* derived here; that attention is computed twice is remarked in Su, kexue.fm/archives/9708.
#
# $A_i^\top B_j\, (A_{i+1}^\top B_j)^{-1} A_{i+1}^\top B_{j+1} = A_i^\top B_{j+1}$ whatever $A$ and $B$ are. So the
# angle of $2\rho$ at the middle of three distances is that of the sum of its neighbours, up to whole turns. At the
# window it is off by the bend of the map, $1 - 1/k$. That is why a cache of keys turned once cannot be used.

# %% tags=["rerope-one-pair"]
A_i, A_next, B_j, B_next = (sp.MatrixSymbol(name, 2, 2) for name in ("A_i", "A_next", "B_j", "B_next"))
chain = A_i.T * B_j * (A_next.T * B_j).I * A_next.T * B_next
assert chain.doit() == A_i.T * B_next
bend = (w - 1) - 2 * w + (w + 1 / k)  # flip: bend = (w - 1) - 2 * w + (w + 1)
assert sp.simplify(far_map.subs(D, w + 1) - w) == 1 / k
assert sp.expand(bend - (1 / k - 1)) == 0
rational = sp.Symbol("r", rational=True, nonzero=True)
assert (rational / (2 * sp.pi)).is_integer is False
assert all((1 - 1 / sp.sympify(pace)).is_nonzero for pace in (2, 16, sp.Rational(1, 16), sp.oo))

# %% [markdown] tags=["rerope-interpolation"]
# **Erratum** (`rerope-interpolation`). Published: the matrix of relative positions of interpolation by $k$ at the
# length $L$ has a last row that begins $(L-1)/k, (L-1)/k, \dots$; it is false: along a row the entries fall by $1/k$;
# corrected: $(L-1)/k, (L-2)/k, \dots, 1/k, 0$.
#
# *Source:* Su, kexue.fm/archives/9708, the matrix of position interpolation.
#
# The entry in row $i$ and column $j$ is $(i - j)/k$: the distance of `Linear(k)`.

# %% tags=["rerope-interpolation"]
length = sp.Symbol("L", integer=True, positive=True)
column = 1  # flip: column = 0
entry = (i - j) / k
last_row = entry.subs(i, length - 1)
assert sp.simplify(last_row.subs(j, 0) - (length - 1) / k) == 0
assert sp.simplify(last_row.subs(j, column) - (length - 2) / k) == 0
assert sp.simplify(last_row.subs(j, 0) - last_row.subs(j, column)) == 1 / k
interpolated = Rotary(Frequencies((0, 0), scaling=refpos.Linear(8)))
told = score(query, key, i, j, Attention(interpolated, scale=1.0))
assert vanishes(told - logit(-entry.subs(k, 8)))
