# %% [markdown]
# # Decay and biases: xPos, Sandwich, ALiBi, T5
#
# Some encodings do not only turn: they make a logit depend on the distance by a factor or by a term that is added. Each
# is simple, and each has a property that an implementation may or may not rely on: that only the ratio of two
# magnitudes counts, that a bias may forget its query, that a bucket is never used. Here are the conditions.
#
# Biases are those of `refpos.symbolic.bias`, $i$ is the position of the query and $j$ that of the key.

# %%
import numpy as np
import sympy as sp
from pictures import canvas, drawn

import refpos
from refpos import Alibi, Attention, Frequencies, Rotary, Sandwich, Sinusoidal, T5Buckets, XPos
from refpos.symbolic import embed, evaluate, rotation
from refpos.symbolic.bias import bias, bucket
from refpos.symbolic.magnitude import CENTRE, GROWN, POSITION, SCALE_BASE, WIDTH, ZETA, G, growth
from refpos.symbolic.symbols import PLANE

i, j, m, n = sp.symbols("i j m n", real=True)
D = sp.Symbol("D", nonnegative=True)
ladder = Frequencies((0, 0))
grown = Rotary(ladder, growth=XPos(512.0))


def vanishes(expression):
    """Whether an expression in sines and cosines is zero: in exponentials it is a polynomial, and is expanded."""
    return all(sp.expand(one.rewrite(sp.exp)) == 0 for one in sp.Matrix([expression]))


def softmax(logits):
    """The weights of a row of logits."""
    total = sum(sp.exp(one) for one in logits)
    return [sp.exp(one) / total for one in logits]


# %% [markdown] tags=["xpos-relative"]
# ## xPos
#
# **Theorem** (`xpos-relative`). With queries turned and multiplied by $\zeta_k^{(m - p_0)/B}$ and keys by
# $\zeta_k^{-(n - p_0)/B}$ in every plane, a logit is $\sum_k \zeta_k^{(m-n)/B}$ times that of RoPE in the plane $k$. It
# depends on $m - n$ alone; the centre $p_0$ drops out.
#
# *Source:* Sun et al., A Length-Extrapolatable Transformer, arXiv 2212.10554, and microsoft/torchscale,
# `xpos_relative_position.py`.
#
# A magnitude of a plane commutes with its rotation, so the two magnitudes are multiplied, and their exponents added.

# %% tags=["xpos-relative"]
zeta, magnitude_of_query = growth(1)
_, magnitude_of_key = growth(-1)
one_way = {POSITION: m, G: 1, SCALE_BASE: sp.Symbol("B", positive=True)}
other_way = {**one_way, POSITION: n}
both = magnitude_of_query.rhs.subs(one_way) * magnitude_of_key.rhs.subs(other_way)
distance = m - n  # flip: distance = n - m
assert sp.powsimp(both / ZETA ** (distance / one_way[SCALE_BASE])).simplify() == 1
assert magnitude_of_query.lhs == magnitude_of_key.lhs == GROWN
assert CENTRE in magnitude_of_query.rhs.free_symbols

# %% tags=["xpos-relative"]
product = rotation(grown, 4, m).T * rotation(grown, 4, n, "key")
plain = rotation(Rotary(ladder), 4, n - m)
decays = [zeta.rhs.subs({PLANE: k, WIDTH: 4}) ** (distance / 512) for k in range(2)]
assert [one.base for one in decays] == [sp.Rational(2, 7), sp.Rational(9, 14)]
assert vanishes(product - sp.diag(*decays, *decays) * plain)
centred = Rotary(ladder, growth=XPos(512.0, centre=1000.0))
moved = rotation(centred, 4, m).T * rotation(centred, 4, n, "key")
at = {m: 1234, n: 567}
assert sp.simplify((moved - product).subs(at)) == sp.zeros(4)
one = np.array([[1.0, 0.0, 0.0, 0.0]])
for variant in (grown, centred):
    logit = refpos.rotate(one, [1234], variant) @ refpos.rotate(one, [567], variant, side="key").T
    assert abs(logit - (2 / 7) ** (667 / 512) * np.cos(667)).max() < 1e-13

# %% [markdown] tags=["xpos-local"]
# **Theorem** (`xpos-local`). The factor of xPos is less than 1 for keys before the query and grows without bound for
# keys after it. So with a causal mask the size of every logit decays with the distance; but to 0, and not to $-\infty$
# as with a bias of ALiBi: the weight of a far key tends to that of a key whose logit is 0, and where $q \cdot k < 0$ it
# rises on the way.
#
# *Source:* Su, kexue.fm/archives/9431, which lists xPos, for a causal mask, with ALiBi as local attention; the limits
# are derived here.
#
# $\zeta_k$ runs from $2/7$ to less than 1, so every plane decays in one direction. A weight is an exponential of the
# logit. Where a bias takes a far key to $e^{-\infty}$, a factor takes it to $e^0$.

# %% tags=["xpos-local"]
k = sp.Symbol("k", nonnegative=True)
K, c = sp.symbols("K c", positive=True)
rate = zeta.rhs.subs({PLANE: k, WIDTH: 2 * K})
assert rate.subs(k, 0) == sp.Rational(2, 7)
assert sp.simplify(1 - rate - 5 * (K - k) / (7 * K)) == 0  # positive for k < K
factor = sp.Rational(2, 7) ** (D / 512)
sign = -1  # flip: sign = 1
logit = sign * c * factor
assert sp.limit(logit, D, sp.oo) == 0
assert sp.limit(factor.subs(D, -D), D, sp.oo) == sp.oo
assert sp.limit(bias(j + D, j, Alibi(heads=8))[0], D, sp.oo) == -sp.oo
weight = sp.exp(logit)
assert sp.limit(weight, D, sp.oo) == 1
assert weight.diff(D).is_positive

# %% [markdown] tags=["xpos-range"]
# **Theorem** (`xpos-range`). Counted from 0 with $B = 512$, the fastest growing plane of a key reaches the end of
# float16, 65504, at position 4532, and that of float32 at 36260. From a centre in the middle the reach is twice as
# long. So xPos cannot be computed for all lengths from one origin, though logits are the same for every one.
#
# *Source:* microsoft/torchscale, `xpos_relative_position.py`, which counts from the middle; derived here.
#
# $(7/2)^{n/512}$ is at most the greatest number $M$ of the format up to $n = 512 \ln M / \ln(7/2)$.

# %% tags=["xpos-range"]
fastest = 1 / rate.subs(k, 0)  # flip: fastest = 1 / rate.subs(k, K / 2)
formats = {65504: 4532, 2**128 - 2**104: 36260}
for greatest, position in formats.items():
    reach = 512 * sp.log(greatest) / sp.log(fastest)
    assert sp.floor(reach) == position
    assert evaluate(fastest ** sp.Rational(position, 512), 12) <= greatest
    assert evaluate(fastest ** sp.Rational(position + 1, 512), 12) > greatest

# %% [markdown] tags=["sandwich-concat"]
# ## Sandwich
#
# **Theorem** (`sandwich-concat`).
# $q \cdot k + \lambda\, p_i \cdot p_j = [q, \sqrt\lambda\, p_i] \cdot [k, \sqrt\lambda\, p_j]$, where $p$ are
# sinusoidal rows. The bias of Sandwich is $\lambda (p_i \cdot p_j - d/2)$, which after softmax is the same: so it is
# more features of queries and keys, for attention that knows no biases.
#
# *Source:* Chi et al., Sandwich, arXiv 2212.10356, and Su, kexue.fm/archives/9431.
#
# What differs is $\lambda d/2$, one number for all keys.

# %% tags=["sandwich-concat"]
width = 8
weight = sp.Symbol("lambda", positive=True)
rows = [embed(one, Sinusoidal(Frequencies((0,) * (width // 2)))) for one in (i, j)]
q, key = (sp.Matrix([sp.symbols(f"{name}1:4", real=True)]) for name in ("q", "k"))
spread = sp.sqrt(weight)  # flip: spread = weight
wide_q, wide_k = (sp.Matrix.hstack(one, spread * row) for one, row in zip((q, key), rows, strict=True))
inner = (rows[0] * rows[1].T)[0]
assert vanishes((wide_q * wide_k.T)[0] - (q * key.T)[0] - weight * inner)
(sandwich,) = bias(i, j, Sandwich(heads=1, width=width, maximum=1))
assert vanishes(sandwich - (inner - width // 2))
x, y, z, shift = sp.symbols("x y z shift", real=True)
assert all(
    sp.simplify(one - other) == 0
    for one, other in zip(softmax([x + shift, y + shift, z + shift]), softmax([x, y, z]), strict=True)
)

# %% [markdown] tags=["sandwich-direction"]
# **Erratum** (`sandwich-direction`). Published: $p_m \cdot p_n$ is on average monotonically increasing in $|m - n|$; it
# is false: it is greatest at the distance 0, and at $d = 128$ its means over distances 0 to 9, 10 to 99 and 100 to 999
# are 51.5, 32.7 and 16.6; corrected: it decreases on average, and not monotonically.
#
# *Source:* Su, kexue.fm/archives/9431, Sandwich; the same paragraph goes on as if it decreased.
#
# A bias with the printed direction would favour far keys.

# %% tags=["sandwich-direction"]
whole = Sandwich(heads=1, width=128, maximum=1)
profile = refpos.bias([0], range(1000), whole)[0, 0] + 64
before, after = profile[:10], profile[10:100]  # flip: before, after = profile[10:100], profile[:10]
means = [part.mean() for part in (before, after, profile[100:])]
assert means[0] > means[1] > means[2]
assert [round(one, 1) for one in means] == [51.5, 32.7, 16.6]
assert profile.argmax() == 0
assert (profile[1:] < 64).all()
(exact_bias,) = bias(0, 1, whole)
assert evaluate(exact_bias, 12) < -sp.Rational(19, 10)
assert profile[12] > profile[11]

# %% [markdown] tags=["alibi-keys"]
# ## ALiBi
#
# **Theorem** (`alibi-keys`). Where no query attends to a key after it, the bias $-\mu |i - j|$ gives the same weights
# as $+\mu j$, which knows nothing of the query, and as $\mu (j - j_{max})$: they differ by $-\mu i$ and by
# $\mu j_{max}$, each one number for all keys.
#
# *Source:* Press et al., ALiBi, arXiv 2108.12409, §3, and the codes of BLOOM and MPT.
#
# For $j \le i$ the distance is $i - j$, and softmax does not change when the same number is added to all logits of a
# row.

# %% tags=["alibi-keys"]
heads = 12
behind = j + D  # flip: behind = j - D
for own, from_origin, from_last in zip(
    *(bias(behind, j, Alibi(heads, reference=one)) for one in ("query", "origin", "last-key")), strict=True
):
    assert j not in sp.expand(own - from_origin).subs(D, i - j).expand().free_symbols
    assert j not in sp.expand(from_last - from_origin).free_symbols
    assert sp.expand(own - from_origin + (from_origin / j) * behind) == 0
x4, places = np.ones((heads, 4, 2)), np.arange(4)
causal = places <= places[:, None]
attended = [
    refpos.attend(
        x4, x4, x4 * places[:, None], places, places, Attention(bias=Alibi(heads, reference=one)), mask=causal
    )
    for one in ("query", "origin", "last-key")
]
assert np.ptp(attended, axis=0).max() < 1e-15
assert all(
    sp.simplify(one - other) == 0
    for one, other in zip(softmax([x + shift, y + shift, z + shift]), softmax([x, y, z]), strict=True)
)

# %% [markdown] tags=["alibi-sides"]
# **Theorem** (`alibi-sides`). Let there be a key that all queries see, as the first one under a causal mask. A bias
# $b_{ij}$ can be replaced by one of the key alone if and only if $b_{ij} - b_{i'j} - b_{ij'} + b_{i'j'} = 0$ for all
# queries $i, i'$ that see both keys $j, j'$. $-\mu |i - j|$ fails that where the interval between the queries overlaps
# that between the keys, and the Euclidean distance of a plane fails it even where all keys come before. Under masks
# without a common key the condition is not sufficient.
#
# *Source:* derived here; the bias of several axes is that of `refpos.Alibi`.
#
# A bias can be replaced where $b_{ij} = g(i) + h(j)$. With a key $o$ that all see take $g(i) = b_{io}$; then
# $h(j) = b_{ij} - b_{io}$ must not depend on $i$, and that is the condition at $j' = o$. Without one, three queries
# that see two each of three keys share no two keys, and yet six numbers are not $g(i) + h(j)$. Between the keys the
# double difference is $2\mu$ times the overlap of the two intervals. So an encoder, or a prefix that is seen both ways,
# needs the bias of the distance itself.

# %% tags=["alibi-sides"]
g, h = sp.Function("g"), sp.Function("h")


def double(b, one, other, first, second):
    """The double difference of a bias between two queries and two keys."""
    return b(one, first) - b(other, first) - b(one, second) + b(other, second)


def along(query, key):
    """The bias of the first of two heads, on a line."""
    return bias(query, key, Alibi(heads=2))[0]


def across(query, key):
    """The same on a plane."""
    return bias(query, key, Alibi(heads=2, axes=2))[0]


assert double(lambda query, key: g(query) + h(key), m, n, i, j) == 0
free = sp.Function("b")
common = sp.Symbol("o")
given_back = free(m, i) - free(m, common) - (free(n, i) - free(n, common))
assert double(free, m, n, i, common) == given_back
seen = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 0)]  # flip: seen = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)]
incidence = sp.Matrix(len(seen), 6, lambda row, one: int(one in (seen[row][0], 3 + seen[row][1])))
sights = [{key for query, key in seen if query == one} for one in range(3)]
assert incidence.rank() == len(seen) - 1  # one number of the six is not free
assert [len(sights[one] & sights[one - 1]) for one in range(3)] == [1, 1, 1]
queries = (5, 9)  # flip: queries = (2, 9)
assert double(along, *queries, 1, 4) == 0
assert double(along, 2, 9, 1, 4) == sp.Rational(1, 4)
slope = sp.Rational(1, 16)
assert along(9, 1) == -8 * slope
assert double(across, (2, 0), (2, 2), (0, 0), (0, 2)) == 2 * slope * (2 * sp.sqrt(2) - 2)

# %% [markdown] tags=["alibi-slopes"]
# **Theorem** (`alibi-slopes`). For $h = 2^a$ heads the slopes are $2^{-8r/h}$, $r = 1 \dots h$: a geometric sequence
# that begins with its ratio. The slopes of $h$ heads are every second of those of $2h$. For other numbers the code
# takes the slopes of the greatest power of 2 below, and fills up with every second of the next; these are not the
# sequence with ratio $2^{-8/h}$ that the paper gives for every $h$.
#
# *Source:* Press et al., ALiBi, arXiv 2108.12409, §3, and ofirpress/attention_with_linear_biases, `get_slopes`.
#
# With 12 heads the paper's first slope would be $2^{-2/3}$, the code's is $1/2$.


# %% tags=["alibi-slopes"]
def slopes(count):
    """The slopes of so many heads."""
    return [-one for one in bias(1, 0, Alibi(count))]


maximum = 8  # flip: maximum = 4
for count in (1, 2, 4, 8, 16):
    assert slopes(count) == [2 ** -sp.Rational(maximum * r, count) for r in range(1, count + 1)]
    assert slopes(count) == slopes(2 * count)[1::2]
    assert slopes(count + count // 2) == slopes(count) + slopes(2 * count)[0 : 2 * (count // 2) : 2]
papers = [2 ** -sp.Rational(8 * r, 12) for r in range(1, 13)]
assert slopes(12)[0] == sp.Rational(1, 2) != papers[0]
assert set(slopes(12)) != set(papers)

# %% [markdown] tags=["t5-partition"]
# ## T5
#
# **Theorem** (`t5-partition`). With $n$ buckets a side and $e = \lfloor n/2 \rfloor$ the buckets of T5 are intervals:
# on each side the bucket does not fall as the distance $r$ grows, each distance below $e$ has its own, and all
# distances from $D$ on share the last. So buckets are a partition of the integers.
#
# *Source:* Raffel et al., T5, arXiv 1910.10683, §2.1, and tensorflow/mesh, `_relative_position_bucket`.
#
# Beyond $e$ the bucket is $e + \lfloor (n - e) \ln(r/e) / \ln(D/e) \rfloor$, no more than $n - 1$. What stands in the
# floor rises with $r$, from 0 at $r = e$ to $n - e$ at $r = D$; floors and minima of what rises do not fall.

# %% tags=["t5-partition"]
r, e, b, reach = sp.symbols("r e n D", positive=True)
inside = (b - e) * sp.log(r / e) / sp.log(reach / e)
assert inside.subs(r, e) == 0
assert sp.simplify(inside.subs(r, reach)) == b - e
assert sp.simplify(inside.diff(r) * r * sp.log(reach / e)) == b - e

for given in (T5Buckets(heads=1), T5Buckets(heads=1, bidirectional=False), T5Buckets(heads=1, buckets=12, distance=20)):
    before, after = (refpos.index([0], range(0, way * 140, way), given)[0] for way in (-1, 1))
    assert (np.diff(before) >= 0).all()
    assert (before[: given.near] == range(given.near)).all()
    assert before[given.distance] == given.side - 1 == before.max()
    assert set(before.tolist()) == set(range(given.side))
    assert (after[1:] == (given.side + before[1:] if given.bidirectional else 0)).all()
    for one in (0, 1, given.near, given.near + 1, given.distance - 1, given.distance, 139):
        assert bucket(-one, given) == before[one]
        assert bucket(one, given) == after[one]
    written = sp.floor(
        (given.side - given.near)
        * sp.log(sp.Rational(50, given.near))
        / sp.log(sp.Rational(given.distance, given.near))
    )
    least = sp.Min(given.near + written, given.side - 1)  # flip: least = given.near + written + 1
    assert bucket(-50, given) == least

# %% [markdown] tags=["t5-partition"]
# The default, 32 buckets; the dotted line is bucket 16, which the next theorem is about.

# %% tags=["t5-partition"]
figure, axes = canvas(width=6, height=2.4)
offsets = range(-140, 141)
axes.step(offsets, refpos.index([0], offsets, T5Buckets(heads=1))[0], where="mid")
axes.axhline(16, linewidth=0.6, linestyle=":", color="#666666")
axes.set_xlabel("key − query")
axes.set_ylabel("bucket")
drawn(figure)

# %% [markdown] tags=["t5-unused"]
# **Theorem** (`t5-unused`). Where T5's buckets are bidirectional, $n$ a side, bucket $n$ of the $2n$ is never used: it
# would be that of a key after the query at the distance 0. By default it is bucket 16, and all others are used, so that
# 31 rows of 32 are ever learned.
#
# *Source:* Raffel et al., T5, arXiv 1910.10683, §2.1, "32 embeddings", and tensorflow/mesh,
# `_relative_position_bucket`.
#
# The upper half is for keys after the query, whose distance is at least 1, and the bucket of 1 is at least 1. A test of
# a table cannot see that row, and a checkpoint may hold anything in it.

# %% tags=["t5-unused"]
default = T5Buckets(heads=1)
used = set(refpos.index([0], range(-130, 131), default)[0].tolist())
unused = default.buckets // 2  # flip: unused = default.buckets // 2 + 1
assert set(range(32)) - used == {unused}
for count in (4, 8, 12, 20):
    smaller = T5Buckets(heads=1, buckets=count, distance=64)
    assert count // 2 not in refpos.index([0], range(-70, 71), smaller)
    assert bucket(1, smaller) > smaller.side

# %% [markdown] tags=["t5-integers"]
# **Theorem** (`t5-integers`). $\lfloor (n - e) \ln(r/e) / \ln(D/e) \rfloor \ge t$ if and only if
# $r^{n-e} \ge D^t e^{n-e-t}$, which is decided in integers. By default there is equality at the distances 16, 32 and
# 64, which open the buckets 10, 12 and 14, so that there the last place of a logarithm decides.
#
# *Source:* tensorflow/mesh, `_relative_position_bucket`, by a quotient of logarithms in float32; derived here.
#
# A floor is at least the integer $t$ where its argument is; multiply by $\ln(D/e) > 0$ and take exponentials. With
# $e = 8$ and $D = 128$ the bounds are $8 \cdot 16^{t/8} = 2^{3 + t/2}$, whole for even $t$.

# %% tags=["t5-integers"]
t = sp.Symbol("t", nonnegative=True)
left = (b - e) * sp.log(r) - (b - e) * sp.log(e)
right = t * sp.log(reach) - t * sp.log(e)
in_integers = sp.log(r ** (b - e)) - sp.log(reach**t * e ** (b - e - t))
assert sp.expand(sp.expand_log(in_integers - (left - right), force=True)) == 0
bounds = [8 * sp.Integer(16) ** sp.Rational(step, 8) for step in range(8)]
whole = {int(one): 8 + step for step, one in enumerate(bounds) if one.is_integer and step}
assert whole == {16: 10, 32: 12, 64: 14}
offset = 0  # flip: offset = -1
for one, opened in whole.items():
    assert bucket(-(one + offset), default) == opened
    assert bucket(-(one - 1), default) == opened - 1
    assert refpos.index([one - 1, one], [0], default).tolist() == [[opened - 1], [opened]]
