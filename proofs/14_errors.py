# %% [markdown]
# # The error model: how far an honest implementation may be off
#
# `refpos check` judges by a bound that is derived, not chosen: $r\,(\gamma_\kappa \Theta + \gamma_b + \dots)$ for a
# pair of length $r$ turned by angles of size $\Theta$. Here $\kappa$ counts the roundings in the angle, which depend on
# how frequencies are made, and $b$ those in the arithmetic after it. This notebook derives the counts, shows that
# counting to first order is enough, and ends with the rounding of golden values: why one file of float64 serves every
# narrower format, and how the usual way through float32 spoils it.
# %%
from fractions import Fraction

import sympy as sp
from pictures import canvas, drawn

from refpos import NTK, Bands, ByIndex, ByParts, Dense, Frequencies, Linear, MixedRadix, Rotary
from refpos.exact.formats import BFLOAT16, FLOAT32, NARROW, decoded, direct, rounded, to_odd
from refpos.oracle.roundings import kappa
from refpos.oracle.roundoff import gamma
from refpos.symbolic import omega, rotation

u, n = sp.symbols("u n", positive=True)
b, p, k, K, lam = sp.symbols("b p k K lambda", positive=True)
delta = sp.symbols("delta:9", real=True)


def count(made):
    """Return how many roundings are in a number, to first order: the sum of what each weighs."""
    exact = dict.fromkeys(delta, 0)
    weights = [sp.simplify(sp.log(made).diff(one).subs(exact)) for one in delta]
    return sp.simplify(sum(map(sp.Abs, weights)).subs(sp.Abs(sp.log(b)), sp.log(b)))


def times(*several):
    """Return the product of 1 + δ."""
    return sp.prod(1 + one for one in several)


# %% [markdown] tags=["error-gamma"]
# ## Roundings are counted
#
# **Theorem** (`error-gamma`). Let $0 \le nu < 1$. A product of $n$ factors $1 + \delta$ or $1/(1 + \delta)$ with
# $|\delta| \le u$ is $1 + \theta$ with $|\theta| \le \gamma_n = nu/(1 - nu)$. The count may be any real $n \ge 1$;
# below 1, other than 0, the statement is false.
#
# *Source:* Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, lemma 3.1, for whole $n$.
#
# The product lies between $(1 - u)^n$ and $(1 - u)^{-n}$, as $1 + u \le 1/(1 - u)$. Bernoulli's inequality $(1 - u)^n
# \ge 1 - nu$ makes that $1 - nu$ at least, and $1/(1 - nu) = 1 + \gamma_n$ at most. The inequality: both sides are
# equal at $u = 0$, and the derivative of the difference is $n(1 - (1 - u)^{n-1})$, which is not negative if $n \ge 1$.
# %% tags=["error-gamma"]
most = 1 / (1 - n * u)  # flip: most = 1 / (1 - u) ** n
assert sp.simplify(most - 1 - n * u / (1 - n * u)) == 0
assert sp.factor(1 / (1 - u) - (1 + u)) == -(u**2) / (u - 1)
assert sp.factor(n * u / (1 - n * u) - n * u) == -(n**2) * u**2 / (n * u - 1)
# %% tags=["error-gamma"]
left = (1 - u) ** n  # flip: left = (1 + u) ** n
gap = left - (1 - n * u)
assert gap.subs(u, 0) == 0
assert sp.simplify(gap.diff(u) - n * (1 - (1 - u) ** (n - 1))) == 0
assert gap.subs({n: sp.Rational(1, 2), u: sp.Rational(3, 4)}) == sp.Rational(-1, 8)
assert gamma(2, 0.25) == 1
# %% [markdown] tags=["error-angle"]
# ## What an error of the angle does
#
# **Theorem** (`error-angle`). $|R(\theta + \delta) x - R(\theta) x| = 2 |\sin(\delta/2)|\,|x| \le |\delta|\,|x|$ for a
# pair $x$, to all orders.
#
# *Source:* derived here.
#
# The chord of an arc is not longer than the arc. In symbols, $|R(\theta + \delta)x - R(\theta)x|^2 = (2 - 2 \cos
# \delta)\,|x|^2$.
# %% tags=["error-angle"]
theta, d = sp.symbols("theta delta_", real=True)
pair = sp.Matrix(sp.symbols("x_a x_b", real=True))
plane = Rotary(Frequencies((0,)))
off = theta + d  # flip: off = theta - 2 * d
moved = (rotation(plane, 2, off) - rotation(plane, 2, theta)) * pair
chord = 4 * sp.sin(d / 2) ** 2 * pair.dot(pair)
assert sp.simplify(moved.dot(moved) - chord) == 0
arc = d - 2 * sp.sin(d / 2)
assert arc.subs(d, 0) == 0
assert sp.simplify(arc.diff(d) - 2 * sp.sin(d / 4) ** 2) == 0
# %% [markdown] tags=["error-arithmetic"]
# ## Arithmetic after the angle: b
#
# **Theorem** (`error-arithmetic`). With correctly rounded tables $y_c = x_a c - x_b s$ is off by at most $\gamma_3 r$,
# $r = |(x_a, x_b)|$; with a magnitude $g \ne 1$, rounded and multiplied into the table, by $\gamma_5\, g r$; a sinusoid
# by $\gamma_1$. No smaller multiple of $r$ serves: at $x_a : x_b = c : -s$ the bound on the terms is $r$.
#
# *Source:* derived here; the model is Higham's, as above.
#
# Each of the two terms has one rounding of the table, one of its product and one of the sum. Together at most
# $\gamma_3 (|x_a c| + |x_b s|)$, and by Cauchy and $c^2 + s^2 = 1$ that bracket is at most $r$: the difference of
# squares is a square.
# %% tags=["error-arithmetic"]
x_a, x_b = sp.symbols("x_a x_b", positive=True)
c, s = sp.cos(theta), sp.sin(theta)
term = x_a * c * times(*delta[:3])  # flip: term = x_a * c * times(*delta[:3]) ** 2
assert count(term) == 3
magnified = c * (1 + delta[0]) * (K * (1 + delta[1])) * (1 + delta[2])  # flip: magnified = c * (1 + delta[0])
scaled = x_a * magnified * times(*delta[3:5])
assert count(scaled) == 5
# %% tags=["error-arithmetic"]
written = rotation(plane, 2, theta) * sp.Matrix([x_a, x_b])
assert list(written) == [x_a * c - x_b * s, x_a * s + x_b * c]
assert count(c * (1 + delta[0])) == 1
bracket = x_a * c + x_b * s  # flip: bracket = x_a * c + 2 * x_b * s
assert sp.simplify(x_a**2 + x_b**2 - bracket**2 - (x_a * s - x_b * c) ** 2) == 0
assert sp.simplify(bracket.subs({x_a: c, x_b: s})) == 1
# %% [markdown] tags=["error-orders"]
# ## First order is enough
#
# **Theorem** (`error-orders`). Let a frequency have $n$ plain roundings, and $m \le n$, one after the other, in an
# exponent $x$ of $e^{-x}$, $|x| = \lambda$. Then its relative error is at most $\gamma_\kappa$ with
# $\kappa = n + m\lambda$, whenever $\kappa u < 1$: what was counted to first order holds to all.
#
# *Source:* derived here.
#
# The exponent is off by at most $\lambda((1 + u)^m - 1)$, so the logarithm of the largest factor is $-n \ln(1 - u) +
# \lambda ((1 + u)^m - 1)$. It has to be shown that this is at most $-\ln(1 - \kappa u) = \sum_j \kappa^j u^j / j$.
# Compare coefficients of $u^j$: $n/j + \lambda \binom{m}{j}$ on the left, $(n + m\lambda)^j / j$ on the right, which is
# at least $(n^j + j n^{j-1} m \lambda)/j$. And $n \le n^j$, while $\binom{m}{j} \le m \cdot m^{j-1} \le m\, n^{j-1}$.
# The smallest factor is the reciprocal of the largest, hence at least $1 - \kappa u$.
# %% tags=["error-orders"]
for m in range(1, 5):
    inside = (1 + u) ** m - 1  # flip: inside = (1 + u) ** (m + 1) - 1
    worst = sp.series(-n * sp.log(1 - u), u, 0, 7).removeO() + lam * sp.expand(inside)
    bound = sp.series(-sp.log(1 - (n + m * lam) * u), u, 0, 7).removeO()
    spare = sp.expand((bound - worst).subs(n, m + K))
    assert spare.coeff(u, 1) == 0
    assert all(min(sp.Poly(spare.coeff(u, j), lam, K).coeffs()) >= 0 for j in range(2, 7))
# %% [markdown] tags=["error-orders"]
# That $n \ge m$ was used by putting $n = m + K$ with $K \ge 0$: every coefficient is then a polynomial in $\lambda$ and
# $K$ without a negative sign. Six orders are shown; the argument above is for all.
# %% [markdown] tags=["error-power"]
# ## Frequencies by powers
#
# **Theorem** (`error-power`). An angle $p\, b^{-k/K}$ by a power, its reciprocal and a product has $\kappa = 4 + 2
# \delta \lambda$, with $\lambda = \tfrac{k}{K} \ln b$, and $\delta = 0$ where $K$ is a power of two, else 1.
#
# *Source:* derived here, for `refpos.oracle.roundings`; a library's power is taken to be within one unit in the last
# place, two roundings.
#
# The exponent is $k$ times the rounded $1/K$: two roundings, none where $K$ is a power of two. Each turns $b^{-e}$ into
# $b^{-e} e^{-\lambda \delta}$, so it weighs $\lambda$. The power has 2, the reciprocal and the product with the
# position 1 each.
# %% tags=["error-power"]
e = k / K * times(delta[0], delta[1])  # flip: e = k / K * times(delta[0])
angle = p * (1 / (b**e * times(delta[2], delta[3])) * (1 + delta[4])) * (1 + delta[5])
LAMBDA = k / K * sp.log(b)
assert sp.simplify(count(angle).subs(b, sp.exp(lam)) - (4 + 2 * LAMBDA).subs(b, sp.exp(lam))) == 0
exact_e = angle.subs({delta[0]: 0, delta[1]: 0})
assert count(exact_e) == 4


def agrees(counted, idiom, planes=6, base=512.0, **more):
    """Say whether a count is what `refpos` takes for every plane of a ladder."""
    taken = kappa(Frequencies((0,) * planes, base=base, **more), idiom)
    due = [counted.subs({k: at, K: planes, b: base}) for at in range(planes)]
    return all(abs(float(one) - other) < 1e-9 for one, other in zip(due, taken, strict=True))


assert agrees(4 + 2 * LAMBDA, "power")
assert agrees(sp.Integer(4), "power", planes=8)
# %% [markdown] tags=["error-log"]
# ## Frequencies by exponentials
#
# **Theorem** (`error-log`). An angle $p \exp(-\tfrac{k}{K} \ln b)$, or by the reciprocal of the exponential, has
# $\kappa = 4 + 2(1 + \delta)\lambda$.
#
# *Source:* derived here, for `refpos.oracle.roundings`; $\ln b$ is taken to be rounded once.
#
# The argument has the two roundings of the exponent, one for the constant $\ln b$ and one for the product: each weighs
# $\lambda$. The exponential has 2.
# %% tags=["error-log"]
exponent, logarithm = k / K * times(delta[0], delta[1]), sp.log(b) * (1 + delta[2])
argument = exponent * logarithm * (1 + delta[3])  # flip: argument = exponent * logarithm
by_log = p * (1 / (sp.exp(argument) * times(delta[4], delta[5])) * (1 + delta[6])) * (1 + delta[7])
assert sp.simplify((count(by_log) - 4 - 4 * LAMBDA).subs(b, sp.exp(lam))) == 0
assert sp.simplify((count(by_log.subs({delta[0]: 0, delta[1]: 0})) - 4 - 2 * LAMBDA).subs(b, sp.exp(lam))) == 0
assert agrees(4 + 4 * LAMBDA, "log")
assert agrees(4 + 2 * LAMBDA, "log", planes=8)
# %% [markdown] tags=["error-recurrence"]
# ## Frequencies by recurrence
#
# **Theorem** (`error-recurrence`). An angle by $k$ multiplications with the step $b^{-1/K}$ has $\kappa = 1 + 3k +
# \delta \lambda$ at most.
#
# *Source:* derived here, for `refpos.oracle.roundings`.
#
# The step is a power, 2, of the once rounded exponent $1/K$, $\lambda/k$; the $k$-th frequency is the $k$-th power of
# it, so has $k$ times that, and $k - 1$ products; one more with the position. In all $3k + \lambda$ for $k \ge 1$, and
# 1 for $k = 0$. The rounded step is one number, so its errors add up $k$ times and do not cancel.
# %% tags=["error-recurrence"]
step = b ** (-(1 + delta[0]) / K) * times(delta[1], delta[2])  # flip: step = b ** (-(1 + delta[0]) / K)
for steps in range(1, 5):
    made = p * step**steps * (1 + delta[3]) ** steps
    counted = count(made).subs(b, sp.exp(lam))
    assert sp.simplify(counted - (3 * steps + steps * lam / K)) == 0
assert agrees(1 + 3 * k + LAMBDA, "recurrence")
assert agrees(1 + 3 * k, "recurrence", planes=8)
# %% [markdown] tags=["error-recurrence"]
# The count of each recipe over the 48 planes of a ladder of base 500,000. Recurrence is the worst from the first planes
# on, but at slow planes, where $\Theta$ is small, this costs little.
# %% tags=["error-recurrence"]
ladder = Frequencies((0,) * 48, base=500_000.0)
figure, axes = canvas(width=5, height=2.2)
for idiom in ("power", "log", "recurrence"):
    axes.plot(kappa(ladder, idiom), label=idiom)
axes.set(xlabel="plane", ylabel=r"$\kappa$", yscale="log")
axes.legend()
drawn(figure)
# %% [markdown] tags=["error-scaling"]
# ## Stretched frequencies
#
# **Theorem** (`error-scaling`). Division by a factor adds 2 to $\kappa$. A base multiplied by $s^{K/(K-1)}$ adds at
# most $3 + |\ln m_k|$, $m_k = s^{-k/(K-1)}$, to the count with the $\lambda$ of the new base. A blend
# $\gamma \omega + (1 - \gamma) \omega/s$ with a ramp $\gamma$ of two roundings adds at most 3 and
# $2 \max(\omega, \omega/s)/\omega'$, $\omega'$ being the blend.
#
# *Source:* derived here, for `refpos.oracle.roundings`.
#
# *Base.* Power 2 and product 1, each weighing the exponent $e = k/K \le 1$; the exponent $K/(K-1)$, rounded once,
# weighs $e \tfrac{K}{K-1} \ln s = |\ln m_k|$. *Blend.* The first term has product and sum, the second also $1 -
# \gamma$, the division and $s$: $2\gamma\omega + 5(1 - \gamma)\omega/s$. Two roundings of $\gamma$ move the blend by
# $2\gamma|\omega - \omega/s|$. With $\omega = 1$ and $t = 1/s$ the claim is linear in $\gamma$, so it holds if it holds
# at both ends, for $t \le 1$ and for $t \ge 1$.
# %% tags=["error-scaling"]
f = sp.Symbol("s", positive=True)
divided = b / (f * (1 + delta[0])) * (1 + delta[1])  # flip: divided = b / f * (1 + delta[1])
assert count(divided) == 2
assert agrees(4 + 2 * LAMBDA + 2, "power", scaling=Linear(2.5))
# %% tags=["error-scaling"]
power = K / (K - 1) * (1 + delta[0])  # flip: power = 1 + delta[0]
new_base = b * (f**power * times(delta[1], delta[2])) * (1 + delta[3])
weights = [sp.simplify((-k / K * sp.log(new_base)).diff(one).subs(dict.fromkeys(delta, 0))) for one in delta[:4]]
multiplier = -k / (K - 1) * sp.log(f)
assert sp.simplify(weights[0] - multiplier) == 0
assert weights[1:] == [-k / K] * 3
grown = (4 + 2 * (LAMBDA - multiplier) + 3 - multiplier).subs(f, 4)
assert agrees(grown, "power", scaling=NTK(4.0))
# %% tags=["error-scaling"]
ramp, t, more = sp.symbols("gamma t q", nonnegative=True)
for apart, largest, range_ in ((1 - t, 1, t / (1 + t)), (t - 1, t, 1 + t)):
    blend = ramp + (1 - ramp) * t
    left = 2 * ramp + 5 * (1 - ramp) * t + 2 * ramp * apart
    spare = sp.expand(3 * blend + 2 * largest - left)  # flip: spare = sp.expand(blend + 2 * largest - left)
    assert sp.degree(spare, ramp) <= 1
    ends = [sp.together(spare.subs({ramp: end}).subs(t, range_)) for end in (0, 1)]
    assert all(min(sp.Poly(sp.numer(one), t).coeffs()) >= 0 for one in ends)


# %% [markdown] tags=["error-ramp"]
# ## Ramps
#
# **Theorem** (`error-ramp`). Let $\gamma = (r - low)/(high - low)$ with $r = L\omega/2\pi$ of $c$ roundings, the bounds
# exact. Then an error of $r$ moves the blend $\omega' = \gamma\omega + (1 - \gamma)\omega/s$ by at most $c\,
# \tfrac{r}{high - low}\, \tfrac{\max(\omega, \omega/s)}{\omega'}$ roundings: turns count $\kappa + 2$, the $\kappa$ of
# $\omega$ without the product with the position, and three more.
#
# *Source:* derived here, for `refpos.oracle.roundings`; the ramp is that of YaRN, arXiv:2309.00071v2, eqs. 17 to 20.
#
# One rounding of $r$ moves $\gamma$ by $r/(high - low)$ of a rounding, and $\gamma$ moves the blend by $\omega -
# \omega/s$, in size at most the larger of the two. The turns are made as $L/(2\pi/\omega)$: the constant $2\pi$, and
# two divisions.
# %% tags=["error-ramp"]
L, w, low, high = sp.symbols("L omega low high", positive=True)
turns = L / (2 * sp.pi * (1 + delta[1]) / (w * (1 + delta[0])) * (1 + delta[2])) * (1 + delta[3])  # flip: turns = L * w
assert count(turns) == 4
r = sp.Symbol("r", positive=True)
ramp_of = (r * (1 + delta[0]) - low) / (high - low)
blended = ramp_of * w + (1 - ramp_of) * w / f
moved = blended.diff(delta[0])
assert sp.simplify(moved - r / (high - low) * (w - w / f)) == 0
assert sp.simplify(w - (w - w / f)).is_positive
assert sp.simplify(w / f - (w / f - w)).is_positive
# %% tags=["error-ramp"]
parts = ByParts(8.0, 64, 1.0, 3.0)
plain, stretched = (omega(Frequencies((0,) * 6, base=512.0, scaling=scaling)) for scaling in ((), parts))
before = kappa(Frequencies((0,) * 6, base=512.0), "power")
after = kappa(Frequencies((0,) * 6, base=512.0, scaling=parts), "power")
ratios = [float(one) for one in 64 * plain / (2 * sp.pi)]
blending = [at for at in range(6) if 1 < ratios[at] < 3]
assert blending
for at in range(6):
    share = float(plain[at] / stretched[at])
    of_ramp = (before[at] + 2) * ratios[at] / 2 + 2  # flip: of_ramp = before[at] + 2
    assert abs(after[at] - before[at] - 3 - (at in blending) * of_ramp * share) < 1e-9
# %% [markdown] tags=["error-index"]
# ## Ramps over the index
#
# **Theorem** (`error-index`). Let $\gamma = 1 - R$ with $R = (k - low)/(high - low)$, as the code of YaRN has it. Where
# the bounds are integers, the blend adds at most 3 and $2 \max(\omega, \omega/s)/\omega'$, and twice the latter for
# $s < 1$. Where they are rounded numbers, $\rho = 2(low + high)/(high - low)$ times
# $\max(\omega, \omega/s)/\omega'$ more are enough.
#
# *Source:* derived here, for `refpos.oracle.roundings`; the ramp is that of the code of YaRN, jquesnelle/yarn.
#
# $R$ has a division and, where the bounds are no integers, two differences; each bound is off by a rounding. The bounds
# weigh $1 - R$ and $R$, together $k$. Then $1 - R$ is rounded, and moves the blend by $\gamma|\omega - \omega/s|$. What
# all this exceeds $\rho$ by, $3R - 2$ at most, is left over in the inequality of the blend, which is linear in $R$.
# %% tags=["error-index"]
place = sp.Symbol("k", positive=True)
bounds = [low * (1 + delta[0]), high * (1 + delta[1])]  # flip: bounds = [low * (1 + delta[0]), high]
height = (place - bounds[0]) * (1 + delta[2]) / ((bounds[1] - bounds[0]) * (1 + delta[3])) * (1 + delta[4])
still = dict.fromkeys(delta, 0)
R = sp.Symbol("R", nonnegative=True)
there = {place: low + R * (high - low)}
weighed = [sp.simplify(height.diff(one).subs(still).subs(there)) for one in delta[:5]]
by_bounds = sp.simplify(-weighed[0] - weighed[1])
assert sp.simplify(by_bounds - (low + R * (high - low)) / (high - low)) == 0
assert weighed[2:] == [R, -R, R]
width, rho = sp.Symbol("D", positive=True), 2 * (low + high) / (high - low)
excess = sp.simplify((by_bounds + 2 * R - rho - (3 * R - 2)).subs(high, low + width))
assert sp.simplify(excess + 3 * low / width) == 0
# %% tags=["error-index"]
for apart, allowed, range_ in ((1 - t, 2, t / (1 + t)), (t - 1, 4 * t, 1 + t)):
    blend = (1 - R) + R * t
    left = 2 * (1 - R) + 5 * R * t + (R + (1 - R)) * apart
    for more in (0, (3 * R - 2) * apart):
        spare = sp.expand(3 * blend + allowed - left - more)  # flip: spare = sp.expand(blend + allowed - left - more)
        assert sp.degree(spare, R) <= 1
        ends = [sp.together(spare.subs({R: end}).subs(t, range_)) for end in (0, 1)]
        assert all(min(sp.Poly(sp.numer(one), t).coeffs()) >= 0 for one in ends)
# %% tags=["error-index"]
for truncate in (True, False):
    indexed = ByIndex(8.0, 4096, truncate=truncate)
    ladders = [Frequencies((0,) * 16, scaling=one) for one in ((), indexed)]
    (plain, stretched), (before, after) = (list(map(one, ladders)) for one in (omega, lambda one: kappa(one, "power")))
    first, last = (float(16 * sp.log(4096 / (2 * sp.pi * turns_)) / sp.log(10_000)) for turns_ in (32, 1))
    first, last = (int(first), int(last) + 1) if truncate else (first, last)
    blending = [at for at in range(16) if first < at < last]
    assert blending
    extra = 0.0 if truncate else 2 * (first + last) / (last - first)
    for at in range(16):
        share = float(plain[at] / stretched[at])
        assert abs(after[at] - before[at] - 3 - (at in blending) * (2 + extra) * share) < 1e-9
# %% [markdown] tags=["error-radix"]
# ## A mixed radix
#
# **Theorem** (`error-radix`). A multiplier $m_k = \exp(-x^q \ln s)$ with $x^q = (k + 1)^q / K^q$, $q$ and $k$ exact,
# adds at most $4 + 7 |\ln m_k|$ to $\kappa$.
#
# *Source:* derived here, for `refpos.oracle.roundings`; the multiplier is that of Su, kexue.fm/archives/9706.
#
# In the exponent are two powers of 2 roundings each, their quotient, $\ln s$ and its product: 7, each of which weighs
# the exponent. The factor $s$ itself weighs $x^q \le 1$, the exponential 2 and the product with the frequency 1.
# %% tags=["error-radix"]
q, x = sp.symbols("q x", positive=True)
parts_of = (k + 1) ** q * times(*delta[:2]) / (K**q * times(*delta[2:4])) * (1 + delta[4])
inside = parts_of * sp.log(f * (1 + delta[7])) * times(*delta[5:7])  # flip: inside = parts_of * sp.log(f)
weights = [sp.simplify(inside.diff(one).subs(dict.fromkeys(delta, 0))) for one in delta[:8]]
share = (k + 1) ** q / K**q
assert all(sp.simplify(one**2 - (share * sp.log(f)) ** 2) == 0 for one in weights[:7])
assert sp.simplify(weights[7] - share) == 0
assert count(x * times(*delta[:2]) * (1 + delta[2])) == 3
assert agrees(
    4 + 2 * LAMBDA + 4 + 7 * share.subs(q, sp.Rational(1, 2)) * sp.log(4), "power", scaling=MixedRadix(4, 0.5)
)
# %% [markdown] tags=["error-bands"]
# ## Bands
#
# **Theorem** (`error-bands`). Bands $low\,(high/low)^t$, $t = j/(n-1)$, by a power have
# $\kappa = 5 + t(1 + 2\delta\Delta)$ with $\Delta = |\ln(high/low)|$; by a line between the logarithms, those being of
# another base first, $4 + 3(1 - t)|\ln low| + 3t|\ln high| + 3t\Delta + |\ln\omega|$; bands
# $\omega = low + t(high - low)$ have $3 + 3t|high - low|/\omega$ at most, which is less than 6 where they rise. Learned
# frequencies over $A$ axes have $\kappa = A + 1$; half turns and turns have 2 more.
#
# *Source:* derived here, for `refpos.oracle.roundings`.
#
# The power has 2, the products with $low$ and with the position 1 each. Both ends are rounded: $low$ weighs $1 - t$ and
# $high$ weighs $t$, 1 together. The ratio is rounded, $t$; its exponent has two roundings, none where $n - 1$ is a
# power of two. Of a line: the two ends, each logarithm with its 2 and the change of base, the difference, its division
# and the product, the sum; then the exponential 2. A learned frequency is rounded once, and its term of the sum over
# axes has a product and at most $A - 1$ sums. The constant $\pi$ is rounded, and multiplied.
# %% tags=["error-bands"]
j, N = sp.symbols("j N", positive=True)
h = sp.Symbol("h", positive=True)  # ln(high/low), of bands that rise
bottom, top = low * (1 + delta[0]), low * sp.exp(h) * (1 + delta[1])
exponent = j / N * times(delta[2], delta[3])  # flip: exponent = j / N * times(delta[2], delta[3]) ** 2
made = p * (bottom * ((top / bottom) * (1 + delta[4])) ** exponent * times(delta[5], delta[6]) * (1 + delta[7]))
weights = [sp.simplify(sp.log(made * (1 + delta[8])).diff(one).subs(dict.fromkeys(delta, 0))) for one in delta]
assert sp.simplify(weights[0] - (1 - j / N)) == 0
assert weights[1] == j / N
assert sp.simplify(sum(weights) - (5 + j / N * (1 + 2 * h))) == 0
rising = Bands((0,) * 7, 1.0, 8.0)
due = [5 + at / 6 * (1 + 2 * sp.log(8)) for at in range(7)]
assert all(abs(float(one) - other) < 1e-9 for one, other in zip(due, kappa(rising, "power"), strict=True))
# %% tags=["error-bands"]
a, t = sp.symbols("a t", positive=True)  # ln low, of bands from above 1


def line(start, end, *inner):
    """Return start + t (end − start), with roundings of the difference, its division, the product and the sum."""
    return (start + t * (end - start) * times(*inner[:3])) * times(*inner[3:])


def weighed(expression, weighing):
    """Return what each rounding moves an expression by."""
    return [sp.expand(expression.diff(one).subs(dict.fromkeys(delta, 0))) for one in weighing]


logarithms = line(a * (1 + delta[0]), (a + h) * (1 + delta[1]), *delta[2:6])  # flip: logarithms = line(a, a + h)
start, end, *steps, whole = weighed(logarithms, delta[:6])
assert (start, end) == (sp.expand((1 - t) * a), sp.expand(t * (a + h)))
assert steps == [t * h] * 3
assert whole == a + t * h
due = 4 + 3 * (start + end) + sum(steps) + whole
taken = kappa(Bands((0,) * 7, 2.0, 16.0), "log")
given = {a: sp.log(2), h: sp.log(8)}
assert all(abs(float(due.subs(given).subs(t, sp.Rational(at, 6))) - taken[at]) < 1e-9 for at in range(7))
# %% tags=["error-bands"]
climb = sp.Symbol("climb", positive=True)  # high − low
straight = line(low * (1 + delta[0]), (low + climb) * (1 + delta[1]), *delta[2:6])
moved = weighed(straight, delta[:6])
reached = low + t * climb  # flip: reached = low
assert sp.expand(moved[0] + moved[1] - reached) == 0
assert sp.expand(sum(moved[2:5]) - 3 * t * climb) == 0
assert sp.expand(moved[5] - reached) == 0
assert sp.simplify(1 - t * climb / reached).is_positive
falling = kappa(Bands((0, 0, 0), 4.0, 1.0, spacing="linear"), "power")
assert falling.tolist() == [6, 6, 3 + 3 * 3 / 1]
# %% tags=["error-bands"]
for axes in (1, 2, 3):
    learned = w * (1 + delta[0])  # flip: learned = w
    term = p * learned * (1 + delta[1]) * times(*delta[2 : axes + 1])
    assert count(term) == axes + 1
    assert set(kappa(Dense(axes, 4), "power")) == {axes + 1}
    assert set(kappa(Dense(axes, 4, unit="turn"), "power")) == {axes + 3}


# %% [markdown] tags=["round-to-odd"]
# ## One master for all formats
#
# **Theorem** (`round-to-odd`). Let a value be rounded to odd with $P$ digits: cut off, and the last digit set if
# anything was cut off. Then rounding this to nearest with $p \le P - 2$ digits gives the value itself rounded to
# nearest, once. So a master in float64 ($P = 53$) serves every narrower format. With $p = P - 1$ that is false.
#
# *Source:* Boldo and Melquiond, Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd,
# 2008, theorem 1.
#
# Rounding to nearest at $p$ digits depends on three things: the first $p$ digits, the next one, and whether anything
# but zeros comes after. The first $p + 1 \le P - 1$ digits of a master are those of the value. If anything comes after
# them in the value then either it is in a digit of the master, or it was cut off and the last digit is set. The three
# things are finitely many cases: with $p = 3$, all values of 9 digits show each of them, and $P = 5$ suffices while
# $P = 4$ does not.
# %% tags=["round-to-odd"]
def odd(value, digits):
    """Return a whole value rounded to odd, as a whole number again."""
    cut = max(value.bit_length() - digits, 0)
    kept = value >> cut
    sticky = kept << cut != value  # flip: sticky = False
    return (kept | sticky) << cut


def nearest(value, digits):
    """Return a whole value rounded to nearest, ties to even."""
    cut = max(value.bit_length() - digits, 0)
    return round(Fraction(value, 2**cut)) * 2**cut


values = range(1, 2**9)
assert all(nearest(odd(one, 5), 3) == nearest(one, 3) for one in values)
assert all(nearest(odd(one, 6), 3) == nearest(one, 3) for one in values)
assert [one for one in values if nearest(odd(one, 4), 3) != nearest(one, 3)]
# %% [markdown] tags=["round-to-odd"]
# The same of the real formats, at values next to the points where rounding changes its mind: the middle between two
# neighbours, and a little beside it.
# %% tags=["round-to-odd"]
for target in NARROW:
    middle = Fraction(2 ** (target.precision + 1) + 1, 2**target.precision)
    for beside in (0, 1, -1):
        value = middle + Fraction(beside, 2**60)  # flip: value = middle + Fraction(beside, 2**60) * 2**9
        assert decoded(direct(to_odd(value), target), target) == rounded(value, target)
        assert beside == 0 or to_odd(value) != float(middle)
        assert beside == 0 or float(value) == float(middle)
# %% [markdown] tags=["round-twice"]
# ## Not through float32
#
# **Theorem** (`round-twice`). Rounding to nearest with $P$ digits and then with $p < P$ is not rounding to nearest with
# $p$, for any $2 \le p < P$: at $1 + 2^{-p} + 2^{-P-1}$ the two differ. So a master that is converted to bfloat16 by
# way of float32, as libraries do, may be off by a unit.
#
# *Source:* Figueroa, When is double rounding innocuous?, 1995 (for which operations it is); of conversions, the golden
# files' README.
#
# With $P$ digits the spacing above 1 is $2^{1-P}$ and the last term, a quarter of it, is lost. What is left is halfway
# between 1 and its neighbour $1 + 2^{1-p}$, and goes to the even one, 1. But the value is above the middle. Rounded to
# odd, the last term would have left its trace.
# %% tags=["round-twice"]
for P in range(3, 12):
    for digits in range(2, P):
        whole = 2 ** (P + 1)
        value = whole + whole // 2**digits + 1  # flip: value = whole + whole // 2**digits
        assert nearest(value, digits) == whole + whole // 2 ** (digits - 1)
        assert nearest(nearest(value, P), digits) == whole
# %% tags=["round-twice"]
value = 1 + Fraction(1, 2**8) + Fraction(1, 2**25)  # flip: value = 1 + Fraction(1, 2**8)
once, twice = rounded(value, BFLOAT16), rounded(Fraction(rounded(value, FLOAT32)), BFLOAT16)
assert (once, twice) == (1 + 2**-7, 1.0)
assert decoded(direct(to_odd(value), BFLOAT16), BFLOAT16) == once
