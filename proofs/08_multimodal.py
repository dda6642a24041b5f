# %% [markdown]
# # Text and images in one sequence
#
# A multimodal model gives each token several coordinates, and each plane of features reads one of them. Three questions
# decide whether a text model can be turned into such a model and what the images then look like from the text. Is text
# still what it was? Does the text after an image stand as far from it as the text before? And does the text see all
# patches alike? The rules are `refpos.place`; their formulas are in `refpos.symbolic`.

# %%
from itertools import product
from math import gcd

import numpy as np
import sympy as sp

from refpos import CATALOGUE, CircleRope, Dense, Frequencies, Image, MRope, RopeTie, Rotary, Text, Video, place, rotate
from refpos.symbolic import angles as angles_of
from refpos.symbolic import formula, omega, rotation
from refpos.symbolic import positions as rules
from refpos.symbolic.positions import DIVISOR, LAST, RADIUS, RATE, THETA, C, F, H, R, T, W, X, Y
from refpos.symbolic.symbols import AXIS, AXIS_WIDTH, RANK

n, s, t, K = sp.symbols("n s t K", real=True)

# %% [markdown] tags=["mrope-text"]
# ## Text is one-dimensional, whatever the sections
#
# **Theorem** (`mrope-text`). Let text stand at $(n, \dots, n)$. Then an encoding with frequencies $\Omega$ of shape
# $(A, K)$ turns plane $k$ by $n \sum_a \Omega_{ak}$: it is a one-dimensional encoding. If each plane reads one axis and
# all axes share one ladder, it is the one-dimensional encoding with that ladder, for any division of the planes into
# sections, chunked or interleaved. With ladders counted per axis it is another encoding.
#
# *Source:* Qwen2-VL, arXiv 2409.12191, section 2.1 ("functionally equivalent to 1D-RoPE"); the condition on the ladder
# is ours.
#
# Why: the angle is linear in the position, $\varphi_k = \sum_a p_a \Omega_{ak}$, and all $p_a$ are $n$. On a shared
# ladder $\Omega_{ak} = [a_k = a]\, m_k\, b^{-k/K}$ has one non-zero entry in each column, and this entry counts $k$
# among all planes: no axis occurs in it. Per axis it is $b^{-j/K_a}$ with $j$ the rank of the plane on its axis.

# %% tags=["mrope-text"]
text = (n, n, n)  # flip: text = (n, n, n + 1)
dense = angles_of([text], Dense(axes=3, planes=4))
summed = n * sp.ones(1, 3) * omega(Dense(axes=3, planes=4))
assert sp.expand(dense - summed) == sp.zeros(1, 4)

ladder = "shared"  # flip: ladder = "per-axis"
frequency = formula(Frequencies((0, 1, 2), ladder=ladder))[0].rhs
assert not frequency.free_symbols & {AXIS, AXIS_WIDTH, RANK}

line = rotation(Rotary(Frequencies((0,) * 4)), 8, n)
sections = [one for one in product(range(3), repeat=4) if set(one) == {0, 1, 2}]
assert len(sections) == 36
for axes in sections:
    assert rotation(Rotary(Frequencies(axes, ladder=ladder)), 8, text) == line

other = rotation(Rotary(Frequencies((0, 1, 1, 2), ladder="per-axis")), 8, text)
assert other != line

# %% [markdown] tags=["mrope-text"]
# The entries of the catalogue that share a ladder, chunked (Qwen2-VL) and interleaved (Qwen3-VL), at a text position.

# %% tags=["mrope-text"]
rng = np.random.default_rng(8)
for name in ("qwen2-vl", "qwen3-vl"):
    variant = CATALOGUE[name].variant
    flat = Rotary(Frequencies((0,) * 64, base=variant.frequencies.base))
    x = rng.standard_normal((1, 128))
    assert (rotate(x, [[1000, 1000, 1000]], variant) == rotate(x, [1000], flat)).all()

# %% [markdown] tags=["mrope-asymmetry"]
# ## M-RoPE enters an image by one step and leaves it by others
#
# **Theorem** (`mrope-asymmetry`). Under M-RoPE the first patch stands $(1, 1, 1)$ after the text before it, and the
# text after it stands $(M - T + 1,\, M - h + 1,\, M - w + 1)$ after the last patch, with $M = \max(T, h, w)$. The two
# agree if and only if $T = h = w$: for an image ($T = 1$) only if it is a single patch.
#
# *Source:* QwenLM/Qwen3-VL, rope2d.py, get_rope_index_2; the comparison is that of kexue.fm/archives/10040.
#
# Why: each coordinate of the way out is 1 exactly where its side is the longest.

# %% tags=["mrope-asymmetry"]
where = rules.mrope()
first = {F: 1, R: 1, C: 1}
last = {F: T, R: H, C: W}  # flip: last = {F: 1, R: H, C: W}
into = [one.rhs.subs(first) - LAST for one in where[:3]]
out = [where[3].rhs - one.rhs.subs(last) for one in where[:3]]
assert into == [1, 1, 1]
assert [sp.expand(one) for one in out] == [sp.Max(T, H, W) + 1 - side for side in (T, H, W)]

for sides in product(range(1, 4), repeat=3):
    numbers = [one.subs(dict(zip((T, H, W), sides, strict=True))) for one in out]
    assert (numbers == into) == (len(set(sides)) == 1)

# %% tags=["mrope-asymmetry"]
video = Video(3, 2, 4)
found = place([Text(4), video, Text(1)], MRope(merge=1))
assert (found[4] - found[3]).tolist() == [1, 1, 1]
assert (found[-1] - found[-2]).tolist() == [2, 3, 1]

# %% [markdown] tags=["rope-tie-symmetry"]
# ## RoPE-Tie: out of an image as into it
#
# **Theorem** (`rope-tie-symmetry`). Let the token before an image of $h \times w$ patches stand at $(L, L)$, patch $(r,
# c)$ at $(L + s r, L + t c)$, and the next text at $(K, K)$. The first patch is as far from the token before it as the
# next text from the last patch if and only if $(h + 1) s = (w + 1) t$ and $K = L + (h + 1) s$.
#
# *Source:* Su, RoPE-Tie, kexue.fm/archives/10040.
#
# Why: into the image the way is $(s, t)$. Out of it, it is $(K - L - s h,\, K - L - t w)$. Two linear equations remain.

# %% tags=["rope-tie-symmetry"]
patch = (LAST + s * R, LAST + t * C)
way_in = [one.subs({R: 1, C: 1}) - LAST for one in patch]
end = {R: H, C: W}  # flip: end = {R: W, C: H}
way_out = [K - one.subs(end) for one in patch]
(found,) = sp.linsolve([a - b for a, b in zip(way_in, way_out, strict=True)], [s, K])
assert sp.simplify(found[0] * (H + 1) - t * (W + 1)) == 0
assert sp.simplify(found[1] - (LAST + t * (W + 1))) == 0

for form in ("integer", "smallest", "equivalent"):
    down, right = rules.STEPS[form]
    assert sp.simplify((H + 1) * down - (W + 1) * right) == 0
    assert sp.simplify(rules.tie(form)[2].rhs - (LAST + (W + 1) * right)) == 0

# %% [markdown] tags=["rope-tie-symmetry"]
# The example of the post: three columns and two rows after text up to position 3.

# %% tags=["rope-tie-symmetry"]
sides = {H: 2, W: 3, LAST: 3}
y, x, following = (one.rhs.subs(sides) for one in rules.tie("integer"))
grid = [[int(y.subs(R, r)), int(x.subs(C, c))] for r in (1, 2) for c in (1, 2, 3)]
assert grid == [[7, 6], [7, 9], [7, 12], [11, 6], [11, 9], [11, 12]]
assert following == 15
assert place([Text(4), Image(2, 3), Text(1)], RopeTie("integer"))[4:].tolist() == [*grid, [15, 15]]

# %% [markdown] tags=["rope-tie-integers"]
# **Theorem** (`rope-tie-integers`). The solutions in positive integers are the multiples of $s = (w + 1)/g$,
# $t = (h + 1)/g$ with $g = \gcd(h + 1, w + 1)$, and $K = L + (h + 1)(w + 1)/g$ for the least of them. The published
# $s = w + 1$, $t = h + 1$ is the simplest that has one formula for all sides; it is the least only where $g = 1$.
#
# *Source:* Su, RoPE-Tie, kexue.fm/archives/10040, section on symmetry, for $g = 1$; the rest is ours.
#
# Why: with $a = (h + 1)/g$ and $b = (w + 1)/g$ the condition is $a s = b t$. As $a$ and $b$ have no common divisor, $b$
# divides $s$ (Euclid), and $s = b m$, $t = a m$. A square image has $g = h + 1$: steps of one will do.

# %% tags=["rope-tie-integers"]
down, right = rules.STEPS["smallest"]
assert (down, right) == ((W + 1) / DIVISOR, (H + 1) / DIVISOR)
for h, w in product(range(1, 9), repeat=2):
    g = gcd(h + 1, w + 1)  # flip: g = gcd(h, w)
    solutions = [(a, b) for a in range(1, 20) for b in range(1, 20) if (h + 1) * a == (w + 1) * b]
    least = tuple(int(one.subs({H: h, W: w, DIVISOR: g})) for one in (down, right))
    assert solutions[0] == least
    assert all((a % least[0], b % least[1]) == (0, 0) for a, b in solutions)
published = tuple(int(one.subs({H: 3, W: 5})) for one in rules.STEPS["integer"])
assert published == (6, 4)
assert place([Image(3, 5)], RopeTie("smallest"))[0].tolist() == [2, 1]  # from L = -1: steps 3 and 2

# %% [markdown] tags=["rope-tie-equivalence"]
# ## As long as its tokens
#
# **Theorem** (`rope-tie-equivalence`). If an image shall also be as long as its $w h$ tokens, $K = L + w h + 1$, there
# is one solution: $s = (w h + 1)/(h + 1)$ and $t = (w h + 1)/(w + 1)$.
#
# *Source:* Su, RoPE-Tie, kexue.fm/archives/10040, section on equivalence.
#
# Why: $K$ is given, and each of the two equations above then has one unknown.

# %% tags=["rope-tie-equivalence"]
length = W * H + 1  # flip: length = W * H
conditions = [LAST + (H + 1) * s - K, LAST + (W + 1) * t - K, K - LAST - length]
(found,) = sp.linsolve(conditions, [s, t, K])
assert all(sp.simplify(a - b) == 0 for a, b in zip(found, rules.STEPS["equivalent"], strict=False))
assert sp.simplify(found[2] - rules.tie("equivalent")[2].rhs) == 0
assert [one.subs({H: 2, W: 3, LAST: 3}) for one in found] == [sp.Rational(7, 3), sp.Rational(7, 4), 10]

placed = place([Text(4), Image(2, 3), Text(1)], RopeTie("equivalent"))
assert placed[-1].tolist() == [10, 10]
assert placed[4].tolist() == [float(3 + sp.Rational(7, 3)), float(3 + sp.Rational(7, 4))]

# %% [markdown] tags=["rope-tie-unit"]
# ## Steps of one
#
# **Theorem** (`rope-tie-unit`). Let steps be of one and the image be moved instead, patch $(r, c)$ at $(L + a + r, L +
# b + c)$. Equal gaps on both sides and $K = L + w h + 1$ have one solution: $a = h(w - 1)/2$ and $b = w(h - 1)/2$,
# which may be halves.
#
# *Source:* derived from the conditions of Su, RoPE-Tie-v2, kexue.fm/archives/10352.
#
# Why: the gap before the rows is $a + 1$, after them $K - L - a - h$; so $2a = w h - h$.

# %% tags=["rope-tie-unit"]
a, b = sp.symbols("a b", real=True)
gap_y = (K - LAST - a - H) - (a + 1)  # flip: gap_y = (K - LAST - a - H) - a
gap_x = (K - LAST - b - W) - (b + 1)
(found,) = sp.linsolve([gap_y, gap_x, K - LAST - W * H - 1], [a, b, K])
y, x, following = (one.rhs for one in rules.tie("unit"))
assert sp.expand(LAST + found[0] + R - y) == 0
assert sp.expand(LAST + found[1] + C - x) == 0
assert sp.expand(found[2] - following) == 0
assert place([Text(4), Image(2, 3), Text(1)], RopeTie("unit"))[4].tolist() == [6, 5.5]

# %% [markdown] tags=["circle-distance"]
# ## Circle-RoPE: every patch is as far from every token of text
#
# **Theorem** (`circle-distance`). Circle-RoPE puts the patches about a point $(c, c, c)$ at $(c, c, c) + P$, with $P$
# in the plane across $(1, 1, 1)$. For $\delta = 0$ (dff_rate) the squared distance to a token of text at
# $(c + \tau, c + \tau, c + \tau)$ is $3\tau^2 + \rho^2$ for every patch. For $\delta > 0$ it differs from patch to
# patch, as among those of 3 by 5 at $\delta = \frac12$.
#
# *Source:* Wang et al., Circle-RoPE, arXiv 2505.16416v2, abstract; lose4578/CircleRoPE, circle_rope.py.
#
# Why: the coordinates of $P$ add up to 0, so $P$ is orthogonal to the diagonal, and by Pythagoras the distance is made
# of $\sqrt 3\, \tau$ along it and $|P|$ across, which is the radius if nothing of the grid is mixed in.

# %% tags=["circle-distance"]
tau = sp.Symbol("tau", real=True)
P = rules.circle()
assert sp.expand(sum(P)) == 0
square = sum((tau - one) ** 2 for one in P)
mixed_in = 0  # flip: mixed_in = sp.Rational(1, 10)
on_circle = sp.expand(square.subs(RATE, mixed_in)).subs(sp.cos(THETA) ** 2, 1 - sp.sin(THETA) ** 2)
assert sp.expand(on_circle - (3 * tau**2 + RADIUS**2)) == 0
assert sp.diff(square, X).subs({RATE: sp.Rational(1, 2), THETA: 0, X: 0, Y: 0}) != 0

# %% tags=["circle-distance"]
patches = place([Image(3, 5)], CircleRope(merge=1))
distances = np.linalg.norm(patches - 5.0, axis=1)
assert np.ptp(distances) < 1e-13
mixed = place([Image(3, 5)], CircleRope(merge=1, dff_rate=0.5))
assert np.ptp(np.linalg.norm(mixed - 5.0, axis=1)) > 0.1

# %% [markdown] tags=["circle-phase"]
# **Erratum** (`circle-phase`). Published: equal distances (a Per-Token Distance of 0) are "a sufficient condition to
# eliminate the geometric attention bias induced by RoPE"; it is false: RoPE turns each difference of coordinates by the
# frequencies of its own axis and sees no Euclidean distance, so that patches of equal content at equal distance have
# different scores; corrected: for text at the centre and features that are alike and of length one in each plane,
# scores agree all around the circle to second order in the radius if and only if $\sum_k \omega_k^2$ is the same for
# the planes of each axis; at sixth order they differ for all frequencies.
#
# *Source:* Wang et al., Circle-RoPE, arXiv 2505.16416, abstract.
#
# Why: let queries and keys be alike and of length one in each plane. The score of text at the centre and the patch at
# $P$ is $\sum_a \sum_{k \in a} \cos(\omega_k P_a)$, whose second order is $-\frac12 \sum_a W_a P_a^2$ with
# $W_a = \sum_{k \in a} \omega_k^2$. On the circle $P_a^2$ differ from patch to patch while their sum does not. At sixth
# order the weights are $V_a = \sum_{k \in a} \omega_k^6$, and the wave of six periods around the circle is the same in
# each $P_a^6$, so that $V_0 + V_1 + V_2 > 0$ multiplies it. Twelve equal steps around the circle, with signs in turn,
# pick it out.

# %% tags=["circle-phase"]
w0, w1, w2 = sp.symbols("w0:3", positive=True)
on_circle = P.subs(RATE, 0)
tables = rotation(Rotary(Dense(axes=3, planes=3)), 6, tuple(on_circle))
own = {one: (w0, w1, w2)[k] if axis == k else sp.S.Zero for (axis, k), one in np.ndenumerate(omega(Dense(3, 3)))}
score = sum(tables.subs(own)[k, k] for k in range(3))
second = sp.expand(sp.diff(score, RADIUS, 2).subs(RADIUS, 0))
assert sp.expand(second + sum(w**2 * one**2 for w, one in zip((w0, w1, w2), on_circle, strict=True)) / RADIUS**2) == 0

angles = ((0, sp.pi / 2), (sp.pi / 4, -sp.pi / 4))
apart = [sp.expand(second.subs(THETA, one) - second.subs(THETA, other)) for one, other in angles]
assert sp.expand(apart[0] - (2 * w0**2 - w1**2 - w2**2) / 3) == 0
assert sp.expand(apart[1] - (w1**2 - w2**2) / sp.sqrt(3)) == 0  # both are zero only if all three are equal
equal = {w1: w0, w2: w0}  # flip: equal = {w1: w0, w2: 2 * w0}
assert sp.simplify(second.subs(equal) + w0**2) == 0

angle_in = [sp.Rational(1, 3), sp.Rational(1, 2)]
sixth = sum((one / RADIUS) ** 6 for one in on_circle)
assert [sixth.subs(THETA, sp.pi * one) for one in angle_in] == [sp.Rational(1, 4), sp.Rational(11, 36)]
v0, v1, v2 = sp.symbols("v0:3", positive=True)
signs = (1, -1)  # flip: signs = (1, 1)
weighted = sum(v * (one / RADIUS) ** 6 for v, one in zip((v0, v1, v2), on_circle, strict=True))
steps = sum(signs[at % 2] * weighted.subs(THETA, at * sp.pi / 6) for at in range(12)) / 12
assert sp.expand(steps + (v0 + v1 + v2) / 108) == 0

# %% [markdown] tags=["circle-phase"]
# The ladder of Qwen2-VL has the fast planes for time and the slow ones for columns. Text at the centre of the circle
# then scores patches of equal content so:

# %% tags=["circle-phase"]
patches = place([Image(2, 2)], CircleRope(merge=1))
one = np.ones((4, 128))
turned = rotate(one, patches, CATALOGUE["qwen2-vl"].variant)
scores = (turned * np.ones(128)).sum(axis=1)
assert np.ptp(np.linalg.norm(patches, axis=1)) < 1e-13
assert np.ptp(scores) > 10

# %% [markdown] tags=["circle-collision"]
# **Erratum** (`circle-collision`). Published: the circle is reached "while preserving intra-image spatial structure";
# it is false where the angle is that of sight alone (alpha = 1): the patches of the least and of the greatest angle
# share one place, and so do the middle patch of an odd grid and the patch to its right; corrected: with alpha = 0,
# where angles count the patches, all places are distinct.
#
# *Source:* Wang et al., Circle-RoPE, arXiv 2505.16416, abstract; lose4578/CircleRoPE, circle_rope.py.
#
# Why: angles of sight are stretched so that the least is $0$ and the greatest $2\pi$, which is the same point of the
# circle. The middle has no angle; the code takes atan2(0, 0), which is 0. Counted angles are $2\pi i/(hw)$ with $i <
# hw$.


# %% tags=["circle-collision"]
def points(h, w, alpha):
    angles = (one[THETA] for one in rules.angles(h, w, CircleRope(alpha=alpha, merge=1)))
    return [(sp.simplify(sp.cos(one)), sp.simplify(sp.sin(one))) for one in angles]


share = 1.0  # flip: share = 0.5
seen = points(2, 2, share)
assert seen[0] == seen[2]
assert len(set(seen)) == 3
odd = [one[THETA] for one in rules.angles(3, 3, CircleRope(alpha=share, merge=1))]
assert odd[4] == odd[5]

counted = [one[THETA] / (2 * sp.pi) for one in rules.angles(3, 5, CircleRope(alpha=0.0, merge=1))]
assert counted == [sp.Rational(i, 15) for i in range(15)]

places = place([Image(2, 2)], CircleRope(alpha=1.0, merge=1))
assert np.abs(places[0] - places[2]).max() < 1e-13

# %% [markdown] tags=["qwen-time-steps"]
# **Erratum** (`qwen-time-steps`). Published: "0, 50, 100" as the times of three temporal patches of two seconds each,
# at 25 tokens a second; it is false of the code that the text documents: it counts 2 tokens a second and gives 0, 4, 8;
# corrected: patch $i$ stands at $\lfloor i r \rfloor$ with $r$ tokens a patch, in steps of $\lfloor r \rfloor$ or
# $\lceil r \rceil$, which are even if and only if $r$ is an integer.
#
# *Source:* QwenLM/Qwen3-VL, rope2d.py, get_rope_index_25, docstring and body.
#
# Why: $\lfloor (i+1) r \rfloor - \lfloor i r \rfloor$ differs from $r$ by less than one. If all steps were one integer
# $k$, then $\lfloor i r \rfloor = i k$ for all $i$, and dividing by $i$ gives $r = k$ in the limit.


# %% tags=["qwen-time-steps"]
def times(rate, fps, count):
    video = Video(count, 2, 2, fps=fps)
    return [int(one) for one in place([video], MRope(tokens_per_second=rate))[:, 0]]


code = CATALOGUE["qwen2.5-vl-positions"].variant  # flip: code = CATALOGUE["qwen2.5-omni-positions"].variant
docstring = CATALOGUE["qwen2.5-vl-positions-docstring"].variant
assert times(docstring.tokens_per_second, 0.5, 3) == [0, 50, 100]
assert times(code.tokens_per_second, 0.5, 3) == [0, 4, 8]

i = sp.Symbol("i", integer=True, nonnegative=True)
r = sp.Rational(7, 5)  # flip: r = sp.Integer(2)
uneven = [sp.floor((i + 1) * r).subs(i, one) - sp.floor(i * r).subs(i, one) for one in range(5)]
assert uneven == [1, 1, 2, 1, 2]
assert all(abs(one - r) < 1 for one in uneven)
whole = sp.Symbol("r", integer=True)  # flip: whole = sp.Symbol("r", positive=True)
assert sp.expand(sp.floor(sp.expand((i + 1) * whole)) - sp.floor(i * whole)) == whole
assert times(2.0, 1 / 0.75, 4) == [0, 1, 3, 4]  # r = 3/2
