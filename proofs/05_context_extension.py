# %% [markdown]
# # Context extension
#
# A model trained with positions up to $L$ is to read texts up to $L' = sL$. Every method turns the frequencies
# $\theta_k = b^{-2k/d}$ into $\theta'_k = m_k \theta_k$, and differs from the others only in the multipliers $m_k$:
# from 1, where a plane is left as it is, to $1/s$, where its positions are interpolated. So each claim here is one
# about $m_k$, taken from the formula that `refpos show` prints and `refpos.omega` works through.
#
# $d = 2K$ is the width that is turned, $k$ from 0 to $K - 1$ a plane.

# %%
import numpy as np
import sympy as sp
from pictures import canvas, drawn

import refpos
from refpos import (
    CATALOGUE,
    NTK,
    Attention,
    ByIndex,
    ByParts,
    Dense,
    DynamicNTK,
    Frequencies,
    InverseRoot,
    Linear,
    LogCount,
    LongRope,
    MixedRadix,
    Mscale,
    PerPlane,
    Radix,
    RootLog,
    Rotary,
    at_length,
)
from refpos.symbolic import evaluate, formula, magnitude, omega, rotation
from refpos.symbolic.attention import score
from refpos.symbolic.radix import digits
from refpos.symbolic.scaling import names
from refpos.symbolic.symbols import LEARNED, PLANE, WIDTH, primed

k, d, b = PLANE, WIDTH, primed("b", positive=True)
symbols = names(Linear(8))
s, q, L, alpha, beta = symbols.s, symbols.q, symbols.L, symbols.alpha, symbols.beta
p, m, n, t = sp.symbols("p m n t", real=True)
last = {k: d / 2 - 1}


def equations(scaling):
    """The equations of a scaled ladder, each by the name of what it defines."""
    return {one.lhs.name: one.rhs for one in formula(Frequencies((0,) * 4, scaling=scaling))}


def same_power(one, other):
    """Whether two products of powers of positive symbols are equal: their logarithms are polynomials."""
    return sp.simplify(sp.expand_log(sp.log(one) - sp.log(other), force=True)) == 0


theta = equations(Linear(8))["theta_k"]

# %% [markdown] tags=["extension-pi"]
# ## Position interpolation
#
# **Theorem** (`extension-pi`). With $m_k = 1/s$ for every plane, the operator at position $p$ is the old one at $p/s$.
# So it is relative, and positions below $sL$ are turned as positions below $L$ were.
#
# *Source:* Chen et al., Position Interpolation, arXiv 2306.15595, and YaRN, arXiv 2309.00071v2, equations (10) and
# (11).
#
# The angle is the product of position and frequency; whichever of the two is divided. An implementation may do either,
# and has one rounding more where it divides positions.

# %% tags=["extension-pi"]
divided = p / 8  # flip: divided = p / 4
plain, interpolated = (Rotary(Frequencies((0,) * 4, scaling=one)) for one in ((), Linear(8)))
assert equations(Linear(8))["m_k"] == 1 / s
assert rotation(interpolated, 8, p) == rotation(plain, 8, divided)
relative = rotation(interpolated, 8, m).T * rotation(interpolated, 8, n) - rotation(plain, 8, (n - m) / 8)
assert relative.applyfunc(lambda one: sp.expand(one.rewrite(sp.exp))) == sp.zeros(8)
features = np.ones((1, 8))
assert abs(refpos.rotate(features, [1000], interpolated) - refpos.rotate(features, [125], plain)).max() < 1e-14

# %% [markdown] tags=["extension-digits"]
# ## Digits, and what is not like them
#
# **Erratum** (`extension-digits`). Published: the waves of RoPE are the digits of $n$ in the base $\beta = b^{2/d}$,
# and only the floor makes a difference; it is false: digit number $m$ has the period $\beta^m$ in $n$, and
# $\cos(n / \beta^{m-1})$ the period $2\pi \beta^{m-1}$, which are equal only for $\beta = 2\pi$; corrected: it is an
# analogy, in which each wave runs $\beta$ times as slowly as the one before.
#
# *Source:* Su, kexue.fm/archives/9675, RoPE as a base-$\beta$ encoding.
#
# The digit is $\lfloor n / \beta^{m-1} \rfloor \bmod \beta$. Both are functions of $n/\beta^{m-1}$; one comes back
# after $\beta$, the other after $2\pi$. For LLaMA $\beta = 10000^{1/64} \approx 1.15$.

# %% tags=["extension-digits"]
radix, place = sp.symbols("beta m", positive=True)
digit_period = radix**place  # flip: digit_period = radix ** (place - 1) * 2 * sp.pi
wave_period = 2 * sp.pi * radix ** (place - 1)
assert sp.solve(sp.simplify(digit_period / wave_period) - 1, radix) == [2 * sp.pi]
hexadecimal = Radix((16,) * 3)
assert digits(1749, hexadecimal) == (5, 13, 6)
for step in (1, 2):
    found = [digits(one, hexadecimal)[step - 1] for one in range(2 * 16**step)]
    assert found[: 16**step] == found[16**step :]
    assert found[16 ** (step - 1)] != found[0]
assert evaluate(sp.Integer(10_000) ** sp.Rational(1, 64), 10) < 2

# %% [markdown] tags=["extension-ntk"]
# ## NTK-aware scaling
#
# **Theorem** (`extension-ntk`). With $m_k = s^{-2k/(d-2)}$ the first plane is left exactly as it was and the last one
# is divided by exactly $s$. It is the ladder of the base $b' = b\, s^{d/(d-2)}$, each step of which is
# $\lambda = s^{2/(d-2)}$ times as long as before.
#
# *Source:* bloc97's NTK-aware scaling as in YaRN, arXiv 2309.00071v2, equations (14) to (16).
#
# The exponent is 0 at $k = 0$ and $-1$ at $k = d/2 - 1$, which is why $d - 2$ stands there and not $d$.

# %% tags=["extension-ntk"]
m_k = equations(NTK(8))["m_k"]
grown = b * s ** (d / (d - 2))  # flip: grown = b * s ** ((d - 2) / d)
assert m_k.subs(k, 0) == 1
assert sp.simplify(m_k.subs(last)) == 1 / s
assert same_power(m_k * theta, theta.subs(b, grown))
step = (m_k * theta / (m_k * theta).subs(k, k + 1)).simplify()
assert same_power(step, b ** (2 / d) * s ** (2 / (d - 2)))
for factor, published in ((2, "20221.2617"), (4, "40889.9424"), (8, "82684.6226")):
    value = evaluate(grown.subs({b: 10_000, s: factor, d: 128}), 20)
    assert abs(value - sp.Rational(published)) < sp.Rational(1, 10**4)
    ours, theirs = (
        refpos.omega(Frequencies((0,) * 64, base=base, scaling=one))[0]
        for base, one in ((10_000.0, NTK(factor)), (float(value), ()))
    )
    assert abs(ours / theirs - 1).max() < 1e-14

# %% [markdown] tags=["extension-old"]
# **Erratum** (`extension-old`). Published: the change of base from 10000 to $10000 s$ is NTK-aware scaling; it is
# false: it divides the last frequency by $s^{(d-2)/d}$, at $d = 128$ and $s = 8$ by 7.744 and not by 8; corrected:
# NTK-aware scaling has the base $10000\, s^{d/(d-2)}$.
#
# *Source:* Su, kexue.fm/archives/9675, the change of base.
#
# The catalogue has both, `ntk-rope-old` and `ntk-aware`. The difference is small and shows in no test at short context.

# %% tags=["extension-old"]
power = 1  # flip: power = d / (d - 2)
old = theta.subs(b, b * s**power) / theta
assert old.subs(k, 0) == 1
assert same_power(old.subs(last), s ** (-(d - 2) / d))
exponent = sp.simplify(sp.expand_log(sp.log(old.subs(last)), force=True) / sp.log(s))
assert sp.solve(exponent + 1, d) == []
ratio = evaluate(1 / old.subs(last).subs({s: 8, d: 128, b: 10_000}), 20)
assert abs(ratio - sp.Rational("7.744")) < sp.Rational(1, 1000)

# %% [markdown] tags=["extension-highest"]
# **Erratum** (`extension-highest`). Published: under the change of base the highest frequency goes from $n/\beta$ to
# $n/(\beta\lambda)$, which is close to it; it is false: the list of the same text begins with $n/\beta^0 = n$, which
# stays exactly as it is; corrected: the highest frequency does not change, the second goes from $n/\beta$ to
# $n/(\beta\lambda)$.
#
# *Source:* Su, kexue.fm/archives/9675, high frequencies are extrapolated.
#
# That the fastest plane stays is what the method is for.

# %% tags=["extension-highest"]
highest = 0  # flip: highest = 1
second = (m_k * theta).subs(k, 1)
assert (m_k * theta).subs(k, highest) == theta.subs(k, highest) == 1
assert same_power(1 / second, b ** (2 / d) * s ** (2 / (d - 2)))

# %% [markdown] tags=["extension-mixed"]
# ## A mixed radix
#
# **Theorem** (`extension-mixed`). With $m_k = s^{-x^q}$, $x = 2(k + 1)/d$, the last plane is divided by $s$ for every
# $q$. At $q = 0$ it is position interpolation, at $q = 1$ it is NTK-RoPE-fixed,
# $\theta'_k = \lambda^{-1} (\beta \lambda)^{-k}$ with $\lambda = s^{2/d}$ and $\beta = b^{2/d}$; for $0 < q < 1$ every
# multiplier lies between those of the two.
#
# *Source:* Su, kexue.fm/archives/9706, NTK-RoPE-mixed, where $\lambda_1 \cdots \lambda_m = e^{a m^q}$ with
# $a (d/2)^q = \ln s$.
#
# The logarithm of $m_k$ is $-x^q \ln s$ with $0 < x \le 1$, and $x^q$ falls in $q$ from 1 to $x$, since its derivative
# is $x^q \ln x \le 0$.

# %% tags=["extension-mixed"]
mixed = equations(MixedRadix(8, 0.5))["m_k"]
rung = sp.Symbol("m", integer=True, positive=True)
a = sp.log(s) / (d / 2) ** q
assert same_power(1 / mixed.subs(k, rung - 1), sp.exp(a * rung**q))
fixed_exponent = 1  # flip: fixed_exponent = sp.Rational(5, 8)
step, spread = b ** (2 / d), s ** (2 / d)
assert mixed.subs(q, 0) == 1 / s
assert same_power(mixed.subs(q, fixed_exponent) * theta, 1 / (spread * (step * spread) ** k))
assert sp.simplify(mixed.subs(last)) == 1 / s
x = sp.Symbol("x", positive=True)
assert sp.diff(x**q, q) == x**q * sp.log(x)
share = sp.Interval.Lopen(0, 1)
assert sp.solveset(sp.log(p) <= 0, p, share) == share
assert same_power(mixed, s ** -((2 * (k + 1) / d) ** q))

# %% [markdown] tags=["extension-mixed"]
# With $d = 128$, $s = 8$ and $q = 5/8$, what each plane is divided by:

# %% tags=["extension-mixed"]
at = {d: 128, s: 8, q: sp.Rational(5, 8)}
for row, published in ((1, "1.16713896"), (2, "1.26916225"), (32, "3.85106996"), (64, "8")):
    value = 1 / evaluate(mixed.subs(k, row - 1).subs(at), 20)
    assert abs(value - sp.Rational(published)) < sp.Rational(1, 10**8)
    plain, scaled = (refpos.omega(Frequencies((0,) * 64, scaling=one))[0] for one in ((), MixedRadix(8, 0.625)))
    assert abs((plain / scaled)[row - 1] - float(published)) < 1e-8

# %% [markdown] tags=["extension-condition"]
# **Erratum** (`extension-condition`). Published: $\lambda_1 \ge \lambda_2 \ge \dots \ge 1$ holds for
# $\lambda_1 \cdots \lambda_m = e^{a m^q}$ where $a > 0$ and $q \le 1$; it is false: for $q = -1$ it is
# $\lambda_2 = e^{-a/2} < 1$; corrected: it holds if and only if $0 \le q \le 1$, with $a > 0$.
#
# *Source:* Su, kexue.fm/archives/9706, the condition on $a$ and $b$.
#
# $\ln \lambda_m = a (m^q - (m-1)^q)$. At $m = 2$ it is $a(2^q - 1)$, negative for $q < 0$, and greater than
# $\ln \lambda_1 = a$ for $q > 1$. Between, $m^q$ rises ever more slowly: its derivative $q m^{q-1}$ is not negative and
# falls.

# %% tags=["extension-condition"]
exponent = sp.Symbol("q", real=True)
condition = sp.Interval(0, 1)  # flip: condition = sp.Interval(-sp.oo, 1)
second_step = 2**exponent - 1
holds = sp.solveset(second_step >= 0, exponent, sp.S.Reals) & sp.solveset(second_step <= 1, exponent, sp.S.Reals)
assert holds == condition
rise = sp.diff(x**exponent, x)
slowing = sp.diff(x**exponent, x, 2)
assert sp.simplify(rise / x ** (exponent - 1)) == exponent
assert sp.factor(sp.simplify(slowing / x ** (exponent - 2))) == exponent * (exponent - 1)
assert second_step.subs(exponent, -1) == -sp.Rational(1, 2)
first, second = mixed.subs(k, 0), mixed.subs(k, 1)
assert same_power(first / second, (1 / first) ** second_step.subs(exponent, q))

# %% [markdown] tags=["extension-by-parts"]
# ## NTK by parts
#
# **Theorem** (`extension-by-parts`). Let a plane make $r_k = L\theta_k/2\pi$ turns in the original length and let
# $\alpha < \beta$. With $m_k = \gamma + (1 - \gamma)/s$, $\gamma = (r_k - \alpha)/(\beta - \alpha)$ cut off at 0 and 1:
# planes of more than $\beta$ turns stay as they are, those of less than $\alpha$ are divided by $s$, and $m_k$ is a
# continuous function of $r_k$. For $s > 1$ it rises from $1/s$ to 1; at $s = 1$ nothing changes.
#
# *Source:* YaRN, arXiv 2309.00071v2, equations (17) to (20).
#
# The ramp is made of three pieces, which agree where they meet.

# %% tags=["extension-by-parts"]
parts = equations(ByParts(16, 4096, 1, 32))
r, ramp, gamma = symbols.turns, symbols.t, symbols.gamma
assert parts["r_k"] == L * primed("theta", 0, "_k", positive=True) / (2 * sp.pi)
assert sp.simplify(parts["t_k"] - (r - alpha) / (beta - alpha)) == 0
(below, _), (above, _), (between, _) = parts["gamma_k"].args
assert parts["gamma_k"].subs(ramp, -sp.Rational(1, 9)) == below == 0
assert parts["gamma_k"].subs(ramp, sp.Rational(10, 9)) == above == 1
assert between.subs(ramp, parts["t_k"]).subs(r, alpha) == below
assert sp.simplify(between.subs(ramp, parts["t_k"]).subs(r, beta)) == above

assert sp.simplify(parts["t_k"].diff(r) * (beta - alpha)) == 1
blend = parts["m_k"]
untouched, stretched = 1, 0  # flip: untouched, stretched = 0, 1
assert blend.subs(gamma, untouched) == 1
assert blend.subs(gamma, stretched) == 1 / s
assert sp.simplify(blend.diff(gamma) - (1 - 1 / s)) == 0
assert sp.simplify(blend.subs(s, 1)) == 1

# %% [markdown] tags=["extension-ramps"]
# ## Two ramps are called YaRN
#
# **Theorem** (`extension-ramps`). The ramp of YaRN's code, without truncation and where its bounds are not clamped, is
# $\gamma = \ln(r/\alpha) / \ln(\beta/\alpha)$: linear in the logarithm of the turns, while the paper's is linear in the
# turns. Both agree at the ends, and the code's is greater everywhere between. So they are different functions: with
# $d = 128$, $b = 10^4$, $L = 4096$, $s = 16$ and the truncation of the code plane 30 has $\gamma = 8/13$ by the code
# and 0.2482 by the paper, and plane 38 keeps 3.04 times as much of its frequency.
#
# *Source:* YaRN, arXiv 2309.00071v2, equation (18), and jquesnelle/yarn, `LlamaYaRNScaledRotaryEmbedding`.
#
# The code ramps over the index, $\gamma = 1 - (k - c(\beta))/(c(\alpha) - c(\beta))$, where $c(r)$ is the index of the
# plane that makes $r$ turns; and $c$ is linear in $\ln r$. The difference of both is zero at $\alpha$ and $\beta$ and
# bends down, since its second derivative is that of a logarithm.

# %% tags=["extension-ramps"]
code = equations(ByIndex(16, 4096, truncate=False))
turns = sp.Symbol("r", positive=True)
index = sp.solve(sp.expand_log(sp.log(turns) - sp.log(L / (2 * sp.pi)) + 2 * k * sp.log(b) / d), k)[0]
unclamped = {symbols.low: code["c_low"], symbols.high: code["c_high"]}
low_turns, high_turns = sp.symbols("alpha beta", positive=True)
found = code["t_k"].subs(unclamped).subs({alpha: low_turns, beta: high_turns}).subs(k, index)
by_code = 1 - sp.simplify(sp.expand_log(found, force=True))
by_log = sp.log(turns / low_turns) / sp.log(high_turns / low_turns)
by_turns = (turns - low_turns) / (high_turns - low_turns)
linear_in_log = sp.simplify(sp.expand_log(by_code - by_log, force=True))
assert linear_in_log == 0
ahead = by_log - by_turns  # flip: ahead = by_turns - by_log
assert [sp.simplify(ahead.subs(turns, one)) for one in (low_turns, high_turns)] == [0, 0]
assert sp.simplify(ahead.diff(turns, 2) * turns**2 * sp.log(high_turns / low_turns)) == -1

# %% tags=["extension-ramps"]
paper_entry, code_entry = (CATALOGUE[name].variant.frequencies for name in ("yarn-paper", "yarn-code"))
by_paper, by_yarn = (
    [one / sp.Integer(10) ** -sp.Rational(j, 16) for j, one in enumerate(omega(entry))]
    for entry in (paper_entry, code_entry)
)
weights = [[(one - sp.Rational(1, 16)) * sp.Rational(16, 15) for one in ladder] for ladder in (by_paper, by_yarn)]
plane = 30  # flip: plane = 31
assert sp.simplify(weights[1][plane]) == sp.Rational(8, 13)
assert abs(evaluate(weights[0][plane], 12) - sp.Rational("0.2482")) < sp.Rational(1, 10**4)
kept = [evaluate(one / other, 12) for one, other in zip(by_yarn[20:47], by_paper[20:47], strict=True)]
assert kept.index(max(kept)) + 20 == 38
assert abs(max(kept) - sp.Rational("3.0414")) < sp.Rational(1, 10**4)

# %% [markdown] tags=["extension-ramps"]
# What is kept of each frequency, by every method at $s = 16$:

# %% tags=["extension-ramps"]
methods = {
    "interpolation": Linear(16),
    "NTK-aware": NTK(16),
    "NTK-mixed": MixedRadix(16, 0.625),
    "YaRN, paper": paper_entry.scaling,
    "YaRN, code": code_entry.scaling,
}
unscaled = refpos.omega(Frequencies((0,) * 64))
figure, axes = canvas(width=6, height=2.8)
for label, scaling in methods.items():
    ratio = (refpos.omega(Frequencies((0,) * 64, scaling=scaling)) / unscaled)[0]
    assert abs(ratio[-1] - 1 / 16) < 1e-15
    axes.plot(ratio, label=label)
axes.set_xlabel("plane")
axes.set_ylabel("multiplier")
axes.legend()
drawn(figure)

# %% [markdown] tags=["extension-base"]
# **Erratum** (`extension-base`). Published: $r(d) = L / \lambda_d = L / (2\pi b'^{\,2d/|D|})$ with the scaled base
# $b' = b\, s^{|D|/(|D|-2)}$; it is false: then plane 40 of 64 at $b = 10^4$, $L = 4096$, $s = 16$ makes 0.35 turns and
# is only interpolated, where the wavelength defined before gives 2.06 turns and a blend; corrected:
# $r(d) = L / (2\pi b^{2d/|D|})$ with the original base.
#
# *Source:* YaRN, arXiv 2309.00071v2, equation (17).
#
# What is counted is turns that were seen in training, where the base was $b$.

# %% tags=["extension-base"]
counted = b  # flip: counted = grown
r_k = parts["r_k"].subs(primed("theta", 0, "_k", positive=True), theta)
at = {k: 40, d: 128, L: 4096}
meant = evaluate(r_k.subs(b, counted).subs({**at, b: 10_000, s: 16}), 12)
printed = evaluate(r_k.subs(b, grown).subs({**at, b: 10_000, s: 16}), 12)
assert abs(meant - sp.Rational("2.0615")) < sp.Rational(1, 10**4)
assert printed < sp.Rational(36, 100) < 1 < meant < 32
kept = (meant - 1) / 31
assert abs(weights[0][40] - kept) < sp.Rational(1, 10**9)

# %% [markdown] tags=["extension-llama"]
# ## Llama 3
#
# **Theorem** (`extension-llama`). The scaling of Llama 3 is NTK by parts with $(\alpha, \beta) = (1, 4)$: the same
# function for every base, width, length and factor.
#
# *Source:* meta-llama/llama-models, `apply_scaling`; YaRN, arXiv 2309.00071v2, equations (17) to (20).
#
# The code speaks of wavelengths $\lambda = 2\pi/\theta$, so that $r = L/\lambda$: its three cases are
# $\lambda < L/\beta$, $\lambda > L/\alpha$ and the rest.

# %% tags=["extension-llama"]
frequency, wavelength = sp.symbols("theta lambda", positive=True)
low, high = 1, 4  # flip: low, high = 1, 5
smooth = (L / wavelength - low) / (high - low)
meta = (1 - smooth) * frequency / s + smooth * frequency
our_turns = parts["r_k"].subs(primed("theta", 0, "_k", positive=True), 2 * sp.pi / wavelength)
assert our_turns == L / wavelength
llama = CATALOGUE["llama-3.1"].variant.frequencies
(given,) = llama.scalings
limits = {alpha: sp.Integer(int(given.low)), beta: sp.Integer(int(given.high))}
ours = blend.subs(gamma, parts["t_k"]).subs(limits).subs(r, our_turns) * frequency
assert sp.simplify(meta - ours) == 0
assert [sp.simplify(smooth.subs(wavelength, L / one)) for one in (low, high)] == [0, 1]


def apply_scaling(frequency, factor=8, low=1, high=4, length=8192):
    """The scaling of meta-llama/llama-models, line by line."""
    wavelength = 2 * np.pi / frequency
    if wavelength < length / high:
        return frequency
    if wavelength > length / low:
        return frequency / factor
    smooth = (length / wavelength - low) / (high - low)
    return (1 - smooth) * frequency / factor + smooth * frequency


original = refpos.omega(Frequencies((0,) * 64, base=500_000.0))[0]
theirs = np.array([apply_scaling(one, low=low, high=high) for one in original])
assert abs(theirs / refpos.omega(llama)[0] - 1).max() < 1e-14

# %% [markdown] tags=["extension-mscale"]
# ## YaRN's magnitude is a temperature
#
# **Theorem** (`extension-mscale`). Where all features turn and cosine and sine are both multiplied by
# $g = 0.1 \ln s + 1$, every logit is multiplied by $g^2$: it is softmax of $q \cdot k / (t \sqrt d)$ with
# $\sqrt{1/t} = g$, at no cost. The same comes of a scale of $g^2/\sqrt d$ without any magnitude. At $s = 1$ it is 1.
# Where some features pass through, the magnitude is no temperature, and the scale still is.
#
# *Source:* YaRN, arXiv 2309.00071v2, equations (21) and (22); the scale is that of DeepSeek-V3.
#
# $g$ commutes with rotations, and stands in queries and in keys.

# %% tags=["extension-mscale"]
ladder = Frequencies((0, 0))
query, key = sp.symbols("q1:5", real=True), sp.symbols("k1:5", real=True)
g = sp.log(16) / 10 + 1  # flip: g = sp.log(16) / 10
assert magnitude(Mscale(16)) == sp.expand_log(g, force=True)
assert magnitude(Mscale(1)) == 1
bare = score(query, key, m, n, Attention(Rotary(ladder)))
sharpened = score(query, key, m, n, Attention(Rotary(ladder, attention_factor=Mscale(16))))
scaled = score(query, key, m, n, Attention(Rotary(ladder), scale=InverseRoot(magnitude=Mscale(16))))
assert sp.expand(sharpened - sp.expand_log(g) ** 2 * bare) == 0
assert sp.expand(scaled - sharpened) == 0
turning = 1  # flip: turning = 2
part = [
    score(query, key, m, n, Attention(Rotary(Frequencies((0,) * turning), attention_factor=one), scale=two))
    for one, two in ((1.0, InverseRoot()), (Mscale(16), InverseRoot()), (1.0, InverseRoot(magnitude=Mscale(16))))
]
assert sp.expand(part[1] - sp.expand_log(g) ** 2 * part[0]) != 0
assert sp.expand(part[2] - sp.expand_log(g) ** 2 * part[0]) == 0
x = np.ones((1, 4))
cold, warm = (
    refpos.scores(x, x, [7], [2], Attention(Rotary(ladder, attention_factor=one)))[0, 0] for one in (1.0, Mscale(16))
)
assert abs(warm / cold - float(g) ** 2) < 1e-14

# %% [markdown] tags=["extension-dynamic"]
# ## What depends on the length
#
# **Theorem** (`extension-dynamic`). Dynamic NTK at the length $n$ is NTK-aware scaling by $s(n) = f n/L - (f - 1)$ for
# $n > L$, and nothing up to $n = L$. It is continuous there, since $s(L) = 1$; with $f = 1$ it is $s = n/L$; and at
# twice the length it is $s = f + 1$, not $f$.
#
# *Source:* YaRN, arXiv 2309.00071v2, §3.3, for $f = 1$, and jquesnelle/yarn, `LlamaDynamicScaledRotaryEmbedding`, for
# $f$.
#
# What a configuration calls its factor is $f$.

# %% tags=["extension-dynamic"]
f = sp.Symbol("f", positive=True)
stretch = f * n / L - (f - 1)  # flip: stretch = f * n / L
assert sp.simplify(stretch.subs(n, L)) == 1
assert sp.simplify(stretch.subs(f, 1)) == n / L
assert sp.simplify(stretch.subs(n, 2 * L)) == f + 1
for factor in (1, 2, 4):
    dynamic = Frequencies((0,) * 4, scaling=DynamicNTK(factor, 2048))
    assert at_length(dynamic, 1000) == at_length(dynamic, 2048) == Frequencies((0,) * 4)
    for length in (2049, 4096, 5000):
        expected = stretch.subs({f: factor, n: length, L: 2048})
        assert at_length(dynamic, length).scalings == (NTK(float(expected)),)
    assert omega(Frequencies((0,) * 4, scaling=NTK(1))) == omega(at_length(dynamic, 2048))

# %% [markdown] tags=["extension-cache"]
# **Theorem** (`extension-cache`). A key that was turned with frequency $\omega$ meets a query turned with $\omega'$ at
# an angle that grows by $(\omega - \omega') t$ when both are shifted by a real $t$. So logits are relative if and only
# if all keys of a cache are turned with the frequencies of the query: whoever changes frequencies with the length has
# to turn the cache anew.
#
# *Source:* YaRN, arXiv 2309.00071v2, §3.3, the remark on the key-value cache; derived here.
#
# It concerns dynamic NTK at every step beyond $L$, and LongRoPE at the step from short to long factors.

# %% tags=["extension-cache"]
lone = Rotary(Dense(axes=1, planes=1))
w, v = sp.symbols("omega omega'", positive=True)
now, then = ({LEARNED[0, 0]: one} for one in (v, w))
product = rotation(lone, 2, m).subs(now).T * rotation(lone, 2, n).subs(then)
drift = (w - v) * t  # flip: drift = (w + v) * t
moved = product.subs({m: m + t, n: n + t}, simultaneous=True)
assert (moved - product * rotation(lone, 2, 1).subs(LEARNED[0, 0], drift)).applyfunc(
    lambda one: sp.expand(one.rewrite(sp.exp))
) == sp.zeros(2)
assert sp.solve(drift.diff(t), w) == [v]

growing = Rotary(Frequencies((0, 0), scaling=DynamicNTK(1, 64)))
first, second = (at_length(growing, one) for one in (64, 256))
x = np.ones((1, 4))
cached, anew = (
    [(refpos.rotate(x, [60 + one], second) * refpos.rotate(x, [50 + one], by)).sum() for one in (0, 140)]
    for by in (first, second)
)
assert abs(anew[0] - anew[1]) < 1e-14
assert abs(cached[0] - cached[1]) > 0.1

# %% [markdown] tags=["extension-longrope"]
# ## LongRoPE
#
# **Theorem** (`extension-longrope`). LongRoPE divides each frequency by a number of its own, and every method above is
# a choice of these numbers: $\lambda_k = 1/m_k$. Its magnitude is
# $g = \sqrt{1 + \ln s / \ln L} = \sqrt{\ln L' / \ln L}$, so that logits are multiplied by $\log_L L'$, which is the
# temperature of log-n scaling at $n = L'$. Up to $n = L$ its short factors are used, beyond that its long ones.
#
# *Source:* Ding et al., LongRoPE, arXiv 2402.13753, and its code for Phi-3, transformers 5.23.0,
# `_compute_longrope_parameters`; log n: Su, kexue.fm/archives/8823.
#
# $\ln L + \ln s = \ln L'$, that is all.

# %% tags=["extension-longrope"]
assert equations(PerPlane((1,) * 4))["m_k"] == 1 / symbols.divisor
for divisors, method in (((8, 8, 8, 8), Linear(8)), ((1, 4, 16, 64), NTK(64))):
    own, other = (omega(Frequencies((0,) * 4, scaling=one)) for one in (PerPlane(divisors), method))
    assert own == other

extended = s * L  # flip: extended = s + L
root = sp.sqrt(1 + sp.log(s) / sp.log(L))
assert sp.simplify(sp.expand_log(root**2 * sp.log(L) - sp.log(extended), force=True)) == 0
assert magnitude(RootLog(32, 4096)) == sp.sqrt(sp.Rational(17, 12))
phi = score([1, 0], [1, 0], m, n, Attention(Rotary(Frequencies((0,)), attention_factor=RootLog(32, 4096))))
log_n = score([1, 0], [1, 0], m, n, Attention(Rotary(Frequencies((0,))), temperature=LogCount(4096, counted=32 * 4096)))
assert sp.simplify(sp.expand_log(phi - log_n)) == 0

# %% tags=["extension-longrope"]
short, long = (1.0, 1.5), (2.0, 8.0)
described = Frequencies((0, 0), scaling=LongRope(short, long, 4096))
switch = 4096  # flip: switch = 4097
assert at_length(described, switch).scalings == (PerPlane(short),)
assert at_length(described, switch + 1).scalings == (PerPlane(long),)
