# %% [markdown]
# # Does RoPE decay, and how large must its base be?
#
# Two claims are repeated wherever RoPE is explained: that its scores decay with the distance, and that a longer context
# needs a base above a bound. The first rests on a bound that is true and says less. The second rests on a sum of
# cosines that may be negative, and on a table of bases some of which do not do what they are listed for. Whoever
# chooses a base, or tests one, should know both.

# %%
from fractions import Fraction

import numpy as np
import sympy as sp
from pictures import canvas, drawn

from refpos import Attention, Dense, Frequencies, Rotary, exact, omega, rotate, scores
from refpos.symbolic import rotation
from refpos.symbolic.attention import score

m, n, t = sp.symbols("m n t", real=True)
PLANES = 3
ROTARY = Rotary(Dense(axes=1, planes=PLANES), pairing="interleaved")
w = list(rotation(ROTARY, 2 * PLANES, 1).diagonal()[::2])
w = [one.args[0] for one in w]
DOT = Attention(ROTARY, scale=1.0)


def ladder(base, planes=64):
    """Return the cosines' arguments per step, base^(-k/planes)."""
    return omega(Frequencies((0,) * planes, base=float(base)))[0]


# %% [markdown] tags=["abel-bound"]
# ## Summation by parts
#
# **Theorem** (`abel-bound`). Let $h_l = q_l \bar k_l$ be the products of the planes as complex numbers, $K$ of them,
# $h_K = 0$, and $S_l = \sum_{j < l} e^{\mathrm{i}(m-n)\omega_j}$. Then the score is $\mathrm{Re} \sum_l h_l
# e^{\mathrm{i}(m-n)\omega_l} = -\mathrm{Re} \sum_l S_{l+1}(h_{l+1} - h_l)$, and so at most $\max_l |h_{l+1} - h_l|
# \cdot \sum_l |S_{l+1}|$ in magnitude, where $l$ runs to $K - 1$ and so $|h_{K-1}|$ counts.
#
# *Source:* Su et al., RoFormer, arXiv 2104.09864v5, section 3.4.3, equations (35) to (37); kexue.fm/archives/8265.
#
# Why: $h_l(S_{l+1} - S_l) + S_{l+1}(h_{l+1} - h_l) = h_{l+1}S_{l+1} - h_l S_l$. Summed over $l$ the right side
# telescopes to $h_K S_K - h_0 S_0 = 0$. One step holds for any $l$, so the sum does for any $K$. Then the triangle
# inequality.

# %% tags=["abel-bound"]
h, S = sp.IndexedBase("h"), sp.IndexedBase("S")
k = sp.Symbol("k", integer=True)
one_step = h[k] * (S[k + 1] - S[k]) + S[k + 1] * (h[k + 1] - h[k])
assert sp.expand(one_step - (h[k + 1] * S[k + 1] - h[k] * S[k])) == 0

ends = {h[PLANES]: 0, S[0]: 0}  # flip: ends = {S[0]: 0}
left = sum(h[one] * (S[one + 1] - S[one]) for one in range(PLANES))
right = -sum(S[one + 1] * (h[one + 1] - h[one]) for one in range(PLANES))
assert sp.expand((left - right).subs(ends)) == 0

# %% [markdown] tags=["abel-bound"]
# That the score is this sum, with $q_l$ and $k_l$ the pairs of features of plane $l$ as complex numbers:

# %% tags=["abel-bound"]
a, b = sp.symbols("a0:6", real=True), sp.symbols("b0:6", real=True)
pairs = [(a[2 * p] + sp.I * a[2 * p + 1]) * (b[2 * p] - sp.I * b[2 * p + 1]) for p in range(PLANES)]
waves = [sp.cos((m - n) * one) + sp.I * sp.sin((m - n) * one) for one in w]
total = sp.re(sp.expand(sum(one * wave for one, wave in zip(pairs, waves, strict=True))))
logit = score(a, b, m, n, DOT)
assert sp.expand(sp.expand_trig(sp.expand(total - logit))) == 0

# %% tags=["abel-bound"]
rng = np.random.default_rng(10)
frequencies = ladder(10_000)
turned = Attention(Rotary(Frequencies((0,) * 64), pairing="interleaved"), scale=1.0)
q, key = rng.standard_normal((2, 1, 128))
products = (q[0, ::2] + 1j * q[0, 1::2]) * (key[0, ::2] - 1j * key[0, 1::2])
steps = np.abs(np.diff(np.append(products, 0))).max()
distances = np.arange(0, 2000, 50)
sums = np.abs(np.exp(1j * distances[:, None] * frequencies).cumsum(axis=1)).sum(axis=1)
logits = scores(np.repeat(q, len(distances), axis=0), key, distances, [0], turned)[:, 0]
assert (np.abs(logits) <= steps * sums * (1 + 1e-12)).all()

# %% [markdown] tags=["abel-mean"]
# ## The bound comes back
#
# **Theorem** (`abel-mean`). The mean $f(m) = \frac1K \sum_{k=1}^{K} |S_k(m)|$, whose decline is shown as the decay of
# RoPE, is $(K + 1)/2$ at $m = 0$, its maximum; but it does not tend to zero. For two planes it is periodic, with period
# $2\pi/(\omega_0 - \omega_1)$.
#
# *Source:* Su et al., RoFormer, arXiv 2104.09864v5, section 3.4.3 and figure 2; kexue.fm/archives/8265.
#
# Why: $|S_k| \le k$, with equality where all terms are 1, and $|S_1| = 1$ always, so $f \ge 1/K$. For two planes
# $|S_2|^2 = 2 + 2\cos((\omega_0 - \omega_1) m)$. For more, the vector of all $e^{\mathrm{i} m \omega_k}$ comes back as
# near to ones as one likes (Kronecker), only later.

# %% tags=["abel-mean"]
K = sp.Symbol("K", integer=True, positive=True)
assert sp.simplify(sp.summation(k, (k, 1, K)) / K - (K + 1) / 2) == 0

partial = [sum(sp.exp(sp.I * m * one) for one in w[:count]) for count in (1, 2)]
squares = [sp.expand(one * sp.conjugate(one)) for one in partial]
assert squares[0] == 1
assert sp.simplify(squares[1] - (2 + 2 * sp.cos((w[0] - w[1]) * m)).rewrite(sp.exp).expand()) == 0
period = 2 * sp.pi / (w[0] - w[1])  # flip: period = sp.pi / (w[0] - w[1])
assert sp.simplify(2 + 2 * sp.cos(sp.expand((w[0] - w[1]) * (m + period))) - 2 - 2 * sp.cos((w[0] - w[1]) * m)) == 0

# %% tags=["abel-mean"]
decay = np.abs(np.exp(1j * np.arange(400)[:, None] * frequencies).cumsum(axis=1)).mean(axis=1)
assert decay[0] == 32.5
assert decay.argmax() == 0
assert np.abs(decay[[1, 10, 50]] - [31.538166, 17.954137, 12.629452]).max() < 1e-6
assert (np.diff(decay) > 0).any()

# %% [markdown] tags=["rope-decay"]
# **Erratum** (`rope-decay`). Published: RoPE has "a long-term decay property [...], which means the inner-product will
# decay when the relative position increase"; it is false of inner products: for any distance $r$ and any $q$, the key
# $k = R_r q$ has its largest score at the distance $r$; corrected: what is proved is the bound above, on the magnitude
# of scores, which does not fall steadily either.
#
# *Source:* Su et al., RoFormer, arXiv 2104.09864v5, section 3.3.
#
# Why: $q^\top R_m^\top R_r q = \sum_k |q_k|^2 \cos((m - r)\omega_k)$, and no cosine exceeds the 1 that it has at $m =
# r$.

# %% tags=["rope-decay"]
r = sp.Symbol("r", positive=True)
towards = r  # flip: towards = -r
key_of = rotation(ROTARY, 6, towards) * sp.Matrix(a)
logit = score(a, list(key_of), m, 0, DOT)
lengths = [a[2 * p] ** 2 + a[2 * p + 1] ** 2 for p in range(PLANES)]
waves = sum(one * sp.cos((m - r) * wave) for one, wave in zip(lengths, w, strict=True))
assert sp.expand(sp.expand_trig(sp.expand(logit - waves))) == 0
assert sp.expand(waves.subs(m, r) - sum(lengths)) == 0
assert all(one.is_nonnegative for one in lengths)

# %% tags=["rope-decay"]
apart = 300
q = rng.standard_normal((1, 128))
rotary = Rotary(Frequencies((0,) * 64))
found = scores(np.repeat(q, 600, axis=0), rotate(q, [apart], rotary), np.arange(600), [0], Attention(rotary, scale=1.0))
assert found[:, 0].argmax() == apart

# %% tags=["rope-decay"]
figure, axes = canvas(width=6, height=2.4)
axes.plot(decay * found.max() / decay[0], label=r"the mean $f(m)$, scaled")
axes.plot(found[:400, 0], label=r"the score of $k = R_{300}\, q$")
axes.set_xlabel(r"distance $m$")
axes.legend()
drawn(figure)

# %% [markdown] tags=["base-expectation"]
# ## A key like the query, and any other
#
# **Theorem** (`base-expectation`). Let the features of $q$ be independent with mean $\mu$ and variance $\sigma^2$,
# those of $k$ likewise and independent of $q$, and $\tilde q = q + \varepsilon$ with noise of mean zero that is
# independent of $q$. Then $E[q^\top R_m \tilde q] = 2(\mu^2 + \sigma^2) \sum_i \cos m\omega_i$, and
# $E[q^\top R_m \tilde q - q^\top R_m k] = 2\sigma^2 f_b(m)$ with $f_b(m) = \sum_i \cos m\omega_i$: for $\sigma \ne 0$
# a key like the query scores no less on average than any other, at all distances below $L$, if and only if
# $f_b(m) \ge 0$ for all $m < L$.
#
# *Source:* Su, kexue.fm/archives/10122; Men et al., Base of RoPE Bounds Context Length, arXiv 2405.14591.
#
# Why: $E[q^\top R q] = \mathrm{tr}(R\, E[q q^\top])$ with $E[q q^\top] = \sigma^2 I + \mu^2 \mathbf 1 \mathbf 1^\top$.
# The trace of a plane is $2\cos$, and so is the sum of its four entries, as the sines cancel.

# %% tags=["base-expectation"]
mu, sigma = sp.symbols("mu sigma", real=True)
R = rotation(ROTARY, 6, m)
ones = sp.ones(6, 6)
same = sigma**2 * sp.eye(6) + mu**2 * ones  # flip: same = sigma**2 * sp.eye(6)
other = mu**2 * ones
cosines = sum(sp.cos(m * one) for one in w)
assert sp.expand((R * same).trace() - 2 * (mu**2 + sigma**2) * cosines) == 0
assert sp.expand((R * same).trace() - (R * other).trace() - 2 * sigma**2 * cosines) == 0

# %% tags=["base-expectation"]
feature = np.ones((1, 128))
logits = scores(np.repeat(feature, 50, axis=0), feature, np.arange(50), [0], turned)[:, 0]
assert np.abs(logits - 2 * np.cos(np.arange(50)[:, None] * frequencies).sum(axis=1)).max() < 1e-11

# %% [markdown] tags=["base-integral"]
# **Erratum** (`base-integral`). Published: $f_b(m) \approx \int_0^1 \cos(m b^{-t})\,\mathrm dt$, and from it a base of
# about "$2L$" for a length $L$; it is false by a factor: the integral is the limit of the mean, $f_b(m)/(d/2)$;
# corrected: it is $(\mathrm{Ci}(m) - \mathrm{Ci}(m/b))/\ln b$. If $\mathrm{Ci}(m)$ is dropped, it is not negative for
# all real $0 < m < L$ if and only if $b \ge L/x_0 = 1.622\,L$, with $x_0 = 0.6165$ the first zero of Ci; and
# $\mathrm{Ci}(m)$, which is negative for some $m$, may not be dropped near the bound.
#
# *Source:* Su, kexue.fm/archives/10122, the section on the asymptotic estimate.
#
# Why: $\frac{\mathrm d}{\mathrm dx} \mathrm{Ci}(x) = \cos(x)/x$, so $-\mathrm{Ci}(m b^{-t})/\ln b$ has the derivative
# $\cos(m b^{-t})$ in $t$. $\mathrm{Ci}$ grows from $-\infty$ up to $\pi/2$ and is negative below $x_0$, so $m/b \le
# x_0$.

# %% tags=["base-integral"]
base, x = sp.symbols("b x", positive=True)
antiderivative = -sp.Ci(m * base**-t) / sp.log(base)  # flip: antiderivative = -sp.Ci(m * base**-t)
assert sp.simplify(sp.diff(antiderivative, t) - sp.cos(m * base**-t)) == 0

assert sum(sp.cos(m * one).subs(m, 0) for one in w) == PLANES  # d/2, where the integral is 1

zero = sp.Rational("0.6165054856")  # flip: zero = sp.Rational("0.5")
tenth = sp.Rational(1, 10**10)
assert sp.Ci(zero - tenth).evalf(30) < 0 < sp.Ci(zero + tenth).evalf(30)
assert sp.diff(sp.Ci(x), x) == sp.cos(x) / x  # positive below pi/2, so that there is one zero there
assert abs(1 / zero - sp.Rational("1.622")) < sp.Rational(1, 10**3)
assert sp.Ci(4).evalf(30) < 0

# %% tags=["base-integral"]
big = 1_000_000.0
mean = np.cos(4 * ladder(big, 4096)).mean()
integral = float((sp.Ci(4) - sp.Ci(4 / sp.Integer(big))).evalf(20) / sp.log(sp.Integer(big)).evalf(20))
assert abs(mean - integral) < 1e-3

# %% [markdown] tags=["base-table"]
# **Erratum** (`base-table`). Published: bases of at least $1.2 \cdot 10^4$, $2.7 \cdot 10^4$, $2.3 \cdot 10^5$ and $4.9
# \cdot 10^6$ for 2k, 4k, 16k and 128k tokens (heads of 128 features, k = 1024); it is false of these very numbers: they
# are rounded, and $f_b(m) < 0$ for some $m$ below the length with each of them; corrected: for 2k tokens 11,588 will do
# and 11,587 will not, and 12,000, to which the table rounds, fails at $m = 1800$.
#
# *Source:* Su, kexue.fm/archives/10122, the table of least bases.
#
# Why: below, the sum of 64 cosines at one position is bracketed by integers to 40 bits (`refpos.exact`), so its sign is
# certain.


# %% tags=["base-table"]
def bracket(position, at):
    """Return bounds of f_b(m) for 64 planes."""
    cos, _ = exact.rotary.cos_sin(position, Rotary(Frequencies((0,) * 64, base=float(at))), 40)
    return sum(map(lower, cos)), sum(map(upper, cos))


def lower(one):
    return one if isinstance(one, Fraction) else Fraction(one.mid - one.rad, 2**one.scale)


def upper(one):
    return one if isinstance(one, Fraction) else Fraction(one.mid + one.rad, 2**one.scale)


published = {2: 12_000, 4: 27_000, 16: 230_000, 128: 4_900_000}
worst = {2: 1800, 4: 4080, 16: 15604, 128: 130_474}  # flip: worst = {2: 1700, 4: 4080, 16: 15604, 128: 0}
for length, at in published.items():
    assert worst[length] < 1024 * length
    assert bracket(worst[length], at)[1] < 0

# %% [markdown] tags=["base-table"]
# That 11,588 does for all $m < 2048$ follows in float64, as the sum is off by less than $10^{-9}$: an angle of at most
# 2048 is rounded by less than $2^{-41}$.


# %% tags=["base-table"]
def least(at, length):
    """Return the least f_b(m) below a length."""
    return np.cos(np.arange(length)[:, None] * ladder(at)).sum(axis=1).min()


assert least(11_588, 2048) > 0.01
assert bracket(1788, 11_587)[1] < 0

# %% [markdown] tags=["base-up-set"]
# **Theorem** (`base-up-set`). $b^*(L) = \inf\{b : f_b(m) \ge 0 \text{ for all } m < L\}$ bounds the bases that do from
# below only: a base above one that does may fail. For 128 features and $L = 1024$ the base 4,300 does and 4,400 does
# not; the whole numbers that do are no interval without end, here a window from 4,294 to 4,330 and later 10,000 among
# others. So each base has to be tried at each position.
#
# *Source:* Su, kexue.fm/archives/10122, who finds that bisection fails; Men et al., Base of RoPE Bounds Context Length,
# arXiv 2405.14591, for $b^*$; the witnesses are ours.
#
# Why: a larger base makes all planes slower. Each cosine at a fixed $m$ then moves along its wave, some up, some down.

# %% tags=["base-up-set"]
does, fails = 4300, 4400  # flip: does, fails = 4300, 4310
assert least(does, 1024) > 0.2
assert bracket(951, fails)[1] < 0
assert fails > does
assert all(least(at, 1024) > 1e-3 for at in (*range(4294, 4331), 10_000))
assert bracket(1009, 4293)[1] < 0
assert bracket(950, 4331)[1] < 0

# %% tags=["base-up-set"]
figure, axes = canvas(width=6, height=2.4)
end = np.arange(900, 1024)
for at in (4300, 4400, 10_000):
    axes.plot(end, np.cos(end[:, None] * ladder(at)).sum(axis=1), label=f"b = {at:,}")
axes.axhline(0, color="#333333", linewidth=0.8)
axes.set_xlabel("distance $m$")
axes.set_ylim(-2, 24)
axes.set_ylabel("$f_b(m)$")
axes.legend(loc="upper right", ncols=3)
drawn(figure)

# %% [markdown] tags=["partial-rotation"]
# ## Half a rotation never prefers another key
#
# **Theorem** (`partial-rotation`). If $r$ of $K$ planes are turned and the others stand still, the sum is
# $f(m) = K - r + \sum_{i < r} \cos m\omega_i \ge K - 2r$: not negative for all $m$, and all frequencies, if
# $r \le K/2$. If $r > K/2$, there are frequencies and an $m$ with $f(m) < 0$.
#
# *Source:* Su, kexue.fm/archives/10122, the remark on partial rotation; that half is the limit is ours.
#
# Why: a plane that stands still adds 1 and the others at least $-1$ each. With equal frequencies all are $-1$ at once.


# %% tags=["partial-rotation"]
def total_of(turning, planes):
    """Return f for so many turning planes, of symbolic frequencies, among all."""
    part = Rotary(Dense(axes=1, planes=turning))
    return rotation(part, 2 * planes, m).trace() / 2


planes = 6
limit = planes / 2  # flip: limit = planes / 2 + 1
for turning in range(1, planes + 1):
    matrix = total_of(turning, planes)
    cosines = sorted(matrix.atoms(sp.cos), key=str)
    least_of_all = matrix.subs(dict.fromkeys(cosines, -1))
    assert len(cosines) == turning
    assert all(sp.diff(matrix.subs(one, x), x) == 1 for one in cosines)
    assert least_of_all == planes - 2 * turning
    assert (least_of_all >= 0) == (turning <= limit)

# %% tags=["partial-rotation"]
far = np.concatenate([np.arange(4096), 2 ** np.arange(12, 40)])
feature = np.ones((1, 8))
for turning, negative in ((2, False), (3, True), (4, True)):
    part = Attention(Rotary(Frequencies((0,) * turning, base=100.0)), scale=1.0)
    logits = scores(np.repeat(feature, len(far), axis=0), feature, far, [0], part)
    assert (logits < 0).any() == negative
