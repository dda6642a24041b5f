# %% [markdown]
# # Sinusoidal encodings
#
# A sinusoidal encoding adds to the features of a token a row of sines and cosines of its position, each pair with a
# frequency of its own. What follows from that is exact: a shift is a rotation, and the inner product of two rows knows
# only how far apart they stand. What is often added, that this product decays to nothing with the distance, is true of
# an integral and false of every encoding. Somebody who tests an implementation needs to know which is which.
#
# Rows are those of `refpos.symbolic.embed`. One plane is a sine and its cosine; $d = 2K$ features are $K$ planes.

# %%
from itertools import pairwise

import numpy as np
import sympy as sp
from pictures import canvas, drawn

import refpos
from refpos import Dense, Frequencies, Rotary, Sinusoidal
from refpos.symbolic import embed, evaluate, formula, omega, rotation

p, q, t, u = sp.symbols("p q t u", real=True)
x, b = sp.symbols("x b", positive=True)
ladder = Frequencies((0,) * 4)
transformer = Sinusoidal(ladder)


def vanishes(expression):
    """Whether an expression in sines and cosines is zero: in exponentials it is a polynomial, and is expanded."""
    entries = sp.Matrix([expression])
    return all(sp.expand(one.rewrite(sp.exp)) == 0 for one in entries)


def waves(d, distance, base=10_000):
    """The inner product of two rows, from the frequencies of the specification."""
    return sum(sp.cos(distance * one) for one in omega(Frequencies((0,) * (d // 2), base=float(base))))


# %% [markdown] tags=["sinusoidal-shift"]
# ## A shift is a rotation
#
# **Theorem** (`sinusoidal-shift`). For every $t$ there is one matrix $M_t$ with $PE(p + t) = M_t\, PE(p)$ for all real
# $p$. It is orthogonal, and $M_t M_u = M_{t+u}$. Where the cosine of a plane stands before its sine, $M_t$ is the
# rotary operator $R_t$ with the same frequencies; where the sine stands first, it is $R_{-t} = R_t^\top$.
#
# *Source:* Vaswani et al., Attention Is All You Need, arXiv 1706.03762v7, §3.5, and Kazemnejad, Transformer
# Architecture: The Positional Encoding, the matrix $M$.
#
# One plane first, its frequency a symbol. The addition theorem of sine and cosine is all there is to it.

# %% tags=["sinusoidal-shift"]
plane = Dense(axes=1, planes=1)
sine_first, cosine_first = (Sinusoidal(plane, order=order) for order in ("interleaved", "interleaved-cos"))
R = rotation(Rotary(plane), 2, t)  # flip: R = rotation(Rotary(plane), 2, -t)
assert vanishes(embed(p + t, cosine_first).T - R * embed(p, cosine_first).T)
assert vanishes(embed(p + t, sine_first).T - R.T * embed(p, sine_first).T)
assert vanishes(R * R.T - sp.eye(2))
assert vanishes(R * R.subs(t, u) - R.subs(t, t + u))
assert p not in R.free_symbols

# %% [markdown] tags=["sinusoidal-shift"]
# With $d = 2K$ features $M_t$ is block-diagonal, a block for each plane, in the order in which the features are
# written. So each of the four layouts has its rotary operator, by pairing and sign.

# %% tags=["sinusoidal-shift"]
layouts = {
    "interleaved": ("interleaved", -1),  # flip: "interleaved": ("interleaved", 1),
    "interleaved-cos": ("interleaved", 1),
    "sin-cos": ("half", -1),
    "cos-sin": ("half", 1),
}
for order, (pairing, sign) in layouts.items():
    M = rotation(Rotary(ladder, pairing=pairing, sign=sign), 8, t)
    variant = Sinusoidal(ladder, order=order)
    assert p not in M.free_symbols
    assert vanishes(embed(p + t, variant).T - M * embed(p, variant).T)
    here, there = refpos.embed([3, 8], variant)
    moved = refpos.rotate(here[None], [5], Rotary(ladder, pairing=pairing, sign=sign))
    assert abs(moved - there).max() < 1e-15

# %% [markdown] tags=["sinusoidal-both"]
# ## Why both sine and cosine
#
# **Theorem** (`sinusoidal-both`). A sine alone cannot be shifted by a number: $\sin(x + k) = a \sin x$ for all real $x$
# only where $k$ is a multiple of $\pi$, and then $a = \cos k = \pm 1$.
#
# *Source:* the question is asked in Kazemnejad, Transformer Architecture: The Positional Encoding, FAQ.
#
# At $x = 0$ the equation says $\sin k = 0$; at $x = \pi/2$ it says $\cos k = a$. With sine and cosine of one plane the
# shift is linear for every $k$, as above.

# %% tags=["sinusoidal-both"]
y, k, a = sp.symbols("y k a", real=True)
claim = sp.sin(y + k) - a * sp.sin(y)  # flip: claim = sp.sin(y + k) - a * sp.sin(y) - sp.sin(k)
at_zero, at_quarter = claim.subs(y, 0), claim.subs(y, sp.pi / 2)
assert at_zero == sp.sin(k)
assert sp.solveset(at_zero, k, sp.Interval.Ropen(0, 2 * sp.pi)) == {0, sp.pi}
assert sp.expand_trig(at_quarter) == sp.cos(k) - a
assert all(vanishes(claim.subs({k: turn, a: sp.cos(turn)})) for turn in (-sp.pi, 0, sp.pi, 2 * sp.pi))

# %% [markdown] tags=["sinusoidal-product"]
# ## The inner product knows the distance only
#
# **Theorem** (`sinusoidal-product`). $PE(p) \cdot PE(q) = \sum_k \cos \omega_k (p - q)$. It is even in the distance
# $D = p - q$, at most $K = d/2$, and $K$ at $D = 0$; every row has the length $\sqrt K$; and
# $|PE(p) - PE(q)|^2 = 2 \sum_k (1 - \cos \omega_k D)$.
#
# *Source:* Su, kexue.fm/archives/8231, and Kazemnejad, Transformer Architecture: The Positional Encoding.
#
# Each plane adds $\sin a \sin b + \cos a \cos b = \cos(a - b)$, and planes are orthogonal to each other because they
# are written in different features. That it is at most $K$ is seen from
# $K - \sum_k \cos \omega_k D = 2 \sum_k \sin^2 (\omega_k D/2)$.

# %% tags=["sinusoidal-product"]
D = p - q  # flip: D = p + q
row, other = embed(p, transformer), embed(q, transformer)
product = (row * other.T)[0]
assert vanishes(product - waves(8, D))
assert product.subs({p: q, q: p}, simultaneous=True).expand() == product.expand()
assert sp.trigsimp((row * row.T)[0]) == 4
assert vanishes(4 - product - 2 * sum(sp.sin(one * D / 2) ** 2 for one in omega(ladder)))
apart = row - other
assert vanishes((apart * apart.T)[0] - 2 * sum(1 - sp.cos(one * D) for one in omega(ladder)))
learned = Dense(axes=1, planes=2)  # any frequencies, not those of a ladder only
free, other = embed(p, Sinusoidal(learned)), embed(q, Sinusoidal(learned))
assert vanishes((free * other.T)[0] - sum(sp.cos(one * D) for one in omega(learned)))

# %% [markdown] tags=["sinusoidal-product"]
# At $d = 128$ the products at distances 0 to 4 are these, to five digits.

# %% tags=["sinusoidal-product"]
published = ["64", "62.09368", "57.38186", "52.18623", "48.58603"]
rows = refpos.embed(range(5), Sinusoidal(Frequencies((0,) * 64)))
for distance, digits in enumerate(published):
    assert abs(evaluate(waves(128, distance), 20) - sp.Rational(digits)) < sp.Rational(1, 10**5)
    assert abs(rows[distance] @ rows[0] - float(digits)) < 1e-5

# %% [markdown] tags=["sinusoidal-diagonal"]
# **Theorem** (`sinusoidal-diagonal`). Where an inner product weights cosines by $a$ and sines by $c$,
# $a \cos m \cos n + c \sin m \sin n = \frac{a + c}{2} \cos(m - n) + \frac{a - c}{2} \cos(m + n)$. So it is a function
# of $m - n$ only where $a = c$.
#
# *Source:* Su, kexue.fm/archives/8231, the case of a diagonal $H$.
#
# This is what a projection learned between the two rows does: it brings the positions themselves back in.

# %% tags=["sinusoidal-diagonal"]
m, n, c = sp.symbols("m n c", real=True)
(cos_m, sin_m), (cos_n, sin_n) = (embed(one, Sinusoidal(Frequencies((0,)), order="cos-sin")) for one in (m, n))
weighted = a * cos_m * cos_n + c * sin_m * sin_n
relative, absolute = (a + c) / 2, (a - c) / 2  # flip: relative, absolute = (a - c) / 2, (a + c) / 2
assert vanishes(weighted - relative * sp.cos(m - n) - absolute * sp.cos(m + n))
drift = sp.diff(weighted.subs({m: m + t, n: n + t}), t).subs(t, 0)
assert vanishes(drift + (a - c) * sp.sin(m + n))
assert sp.solve(drift.subs({m: 1, n: 0}), a) == [c]

# %% [markdown] tags=["sinusoidal-wavelengths"]
# ## The wavelengths
#
# **Erratum** (`sinusoidal-wavelengths`). Published: "The wavelengths form a geometric progression from $2\pi$ to
# $10000 \cdot 2\pi$"; it is false: with the formula printed above that sentence the longest is
# $2\pi \cdot 10000^{1 - 2/d}$, which is less for every $d$; corrected: from $2\pi$ to $2\pi \cdot 10000^{1 - 2/d}$.
#
# *Source:* Vaswani et al., Attention Is All You Need, arXiv 1706.03762v7, §3.5.
#
# The exponent $2k/d$ runs to $k = d/2 - 1$, so it ends one step before 1. A ladder that reaches the base exactly has
# $d/2 - 1$ in the denominator; it is another encoding, `endpoint=True`, that some vision models use.

# %% tags=["sinusoidal-wavelengths"]
frequency = formula(transformer)[0].rhs
K, B = sp.Symbol("K", integer=True, positive=True), sp.Symbol("B", positive=True)
plane_k, width, base = (one for name in ("k", "d", "b") for one in frequency.free_symbols if one.name == name)
last = K - 1  # flip: last = K
longest = 2 * sp.pi / frequency.subs({plane_k: last, width: 2 * K, base: B})
assert sp.simplify(sp.log(longest / (2 * sp.pi)).expand(force=True) - (1 - 1 / K) * sp.log(B)) == 0
assert 2 * sp.pi / frequency.subs(plane_k, 0) == 2 * sp.pi
ratio = frequency.subs(plane_k, plane_k + 1) / frequency
assert sp.simplify(ratio).free_symbols == {width, base}
for d, digits in ((512, "9646.6162"), (128, "8659.6432")):
    times = evaluate(sp.Integer(10_000) ** (1 - sp.Rational(2, d)), 20)
    assert abs(times - sp.Rational(digits)) < sp.Rational(1, 10**4)
    assert times < 10_000
    slowest = refpos.omega(Frequencies((0,) * (d // 2)))[0, -1]
    assert abs(1 / slowest - float(digits)) < 1e-4
assert omega(Frequencies((0,) * 4, endpoint=True))[-1] == sp.Rational(1, 10_000)

# %% [markdown] tags=["sinusoidal-index"]
# **Erratum** (`sinusoidal-index`). Published: the row is
# $[\sin \omega_1 t, \cos \omega_1 t, \dots, \sin \omega_{d/2} t, \cos \omega_{d/2} t]$ with $\omega_k = 10000^{-2k/d}$;
# it is false: that row has no frequency 1 and ends at exactly $1/10000$, while the features $2k$ and $2k + 1$ of the
# same text begin with $\omega_0 = 1$; corrected: $k$ runs from 0 to $d/2 - 1$.
#
# *Source:* Kazemnejad, Transformer Architecture: The Positional Encoding, the definition of $\omega_k$ and the vector
# below it.
#
# The two rows are not the same set of frequencies in another order. RoFormer's own equation (15) counts from 1 as well,
# but writes $2(i - 1)/d$, which is right.

# %% tags=["sinusoidal-index"]
printed = [sp.Integer(10_000) ** -sp.Rational(2 * one, 8) for one in range(1, 5)]
corrected = range(4)  # flip: corrected = range(1, 5)
meant = [sp.Integer(10_000) ** -sp.Rational(2 * one, 8) for one in corrected]
assert 1 not in printed
assert printed[-1] == sp.Rational(1, 10_000)
assert meant == list(omega(ladder)) != printed
assert refpos.omega(ladder)[0, 0] == 1

# %% [markdown] tags=["sinusoidal-integral"]
# ## The closed form is that of an integral
#
# **Theorem** (`sinusoidal-integral`). $\int_0^1 \cos(x b^{-t})\, dt = \frac{\mathrm{Ci}(x) - \mathrm{Ci}(x/b)}{\ln b}$.
# The mean over the planes, $\frac1K \sum_k \cos(x b^{-k/K})$, is the left Riemann sum of that integral: it differs from
# it by at most $\frac{x}{K}(1 - \frac1b)$, for $x > 0$ and $b > 1$, so that the integral is its limit for
# $d \to \infty$ at fixed $x$. As functions of $x$ the two are not the same.
#
# *Source:* Su, kexue.fm/archives/8231, the integral; the closed form is derived here.
#
# $\mathrm{Ci}'(z) = \cos z / z$, so $-\mathrm{Ci}(x b^{-t}) / \ln b$ is an antiderivative. A left sum with $K$ steps is
# off by at most the total variation over $K$. Since $|\sin| \le 1$ the variation is at most
# $\int_0^1 x\, b^{-t} \ln b\, dt = x (1 - 1/b)$.

# %% tags=["sinusoidal-integral"]
z = x * b**-t  # flip: z = x * b**t
antiderivative = -sp.Ci(z) / sp.log(b)
assert sp.simplify(sp.diff(antiderivative, t) - sp.cos(x * b**-t)) == 0
closed = (sp.Ci(x) - sp.Ci(x / b)) / sp.log(b)
assert sp.simplify(antiderivative.subs(t, 1) - antiderivative.subs(t, 0) - closed) == 0
steepest = x * b**-t * sp.log(b)
assert sp.simplify(sp.diff(sp.cos(x * b**-t), t) - steepest * sp.sin(x * b**-t)) == 0
variation = -x * b**-t
assert sp.simplify(sp.diff(variation, t) - steepest) == 0
assert sp.expand(variation.subs(t, 1) - variation.subs(t, 0) - x * (1 - 1 / b)) == 0

# %% [markdown] tags=["sinusoidal-integral"]
# The values of the integral for $b = 10^4$, and at $d = 128$ how far the mean is from it: within the bound, and not
# zero.

# %% tags=["sinusoidal-integral"]
values = {1: "0.9739628", 10: "0.6823943", 100: "0.4367733", 1000: "0.1876906", 10**5: "0.0049354"}
for at, digits in values.items():
    limit = evaluate(closed.subs({x: at, b: 10_000}), 20)
    assert abs(limit - sp.Rational(digits)) < sp.Rational(1, 10**7)
    mean = evaluate(waves(128, at), 20) / 64
    assert sp.Rational(1, 1000) < abs(mean - limit) < at * sp.Rational(9999, 10_000) / 64

# %% [markdown] tags=["sinusoidal-recurrence"]
# ## For a fixed width it does not decay
#
# **Theorem** (`sinusoidal-recurrence`). For every $d$ and base, $\limsup_{D \to \infty} \sum_k \cos \omega_k D = K$
# over the integers: however far one goes, there are distances at which two rows are as close to each other as one
# likes.
#
# *Source:* Dirichlet's theorem on simultaneous approximation, applied to the sum of Su, kexue.fm/archives/8231.
#
# Cut each circle into $N$ arcs: among $N^K + 1$ multiples of a distance two have all their angles $\omega_k D / 2\pi$
# in the same arcs, so their difference $D$ has every angle within $2\pi/N$ of a whole turn, and
# $\cos \delta \ge 1 - \delta^2/2$. The pigeons do not say which $D$. Where $g = b^{2/d}$ is a whole number they need
# not: let $P/Q$ be a convergent of $2\pi$, so that $|P - 2\pi Q| < 1/Q$. At $D = g^{K-1} P$ the angle of plane $k$ is
# $g^{K-1-k} P$, which is $g^{K-1-k}(P - 2\pi Q)$ after whole turns. As $Q$ grows these go to zero, and the sum to $K$.

# %% tags=["sinusoidal-recurrence"]
delta = sp.Symbol("delta", real=True)
below = 1 - delta**2 / 2  # flip: below = 1 + delta**2 / 2
assert vanishes(sp.cos(delta) - below - (delta**2 / 2 - 2 * sp.sin(delta / 2) ** 2))
chord = sp.diff(delta - sp.sin(delta), delta)
assert chord == 1 - sp.cos(delta)  # never negative, so sin δ <= δ for δ >= 0, and 2 sin²(δ/2) <= δ²/2

# %% tags=["sinusoidal-recurrence"]
convergents = sp.continued_fraction_convergents(sp.continued_fraction_iterator(2 * sp.pi))
steps = list(omega(ladder))
sums = []
for _ in range(12):
    P, Q = next(convergents).as_numer_denom()
    assert abs(evaluate(P - 2 * sp.pi * Q, 20)) < 1 / Q
    far = 1000 * P  # flip: far = 1001 * P
    assert [one * far for one in steps] == [10 ** (3 - k) * P for k in range(4)]
    total = evaluate(sum(sp.cos(one * far) for one in steps), 30)
    assert total >= 4 - sum(10 ** (2 * j) for j in range(4)) / (2 * Q**2)
    sums.append(total)
assert far > 10**9
assert 4 - sums[-1] < sp.Rational(1, 10**6)

# %% [markdown] tags=["sinusoidal-recurrence"]
# In the picture the inner product at $d = 8$ is near its greatest value again at $D = 710\,000$, since
# $710 \approx 113 \cdot 2\pi$.

# %% tags=["sinusoidal-recurrence"]
around = np.arange(-40, 41)
origin = refpos.embed([0], transformer)[0]
rows = (refpos.embed(around + start, transformer) for start in (0, 710_000))
near, far = (row @ origin for row in rows)
assert abs(far - near).max() < 0.4
assert far.argmax() == near.argmax() == 40

figure, axes = canvas(width=6, height=2.4)
axes.plot(around, near, label="D near 0")
axes.plot(around, far, linestyle="--", label="D near 710 000")
axes.set_xlabel("distance, from 0 and from 710 000")
axes.set_ylabel("inner product, d = 8")
axes.legend()
drawn(figure)

# %% [markdown] tags=["sinusoidal-decay"]
# **Erratum** (`sinusoidal-decay`). Published: as $|m - n|$ grows, $\langle p_m, p_n \rangle$ tends to zero; read of the
# sum over planes it is false: for every fixed $d$ the product comes back to its greatest value, at $d = 8$ to 3.998 of
# 4 at the distance 710 000; corrected: the integral, the limit for $d \to \infty$, tends to zero as the distance grows.
#
# *Source:* Su, kexue.fm/archives/8231, remote decay.
#
# The two limits do not change places. $\mathrm{Ci}(x) \to 0$, so both terms of the closed form go; with finitely many
# planes nothing does.

# %% tags=["sinusoidal-decay"]
distance = 710_000  # flip: distance = 711_000
returned = evaluate(waves(8, distance), 20)
assert returned > sp.Rational(3998, 1000)
assert abs(evaluate(closed.subs({x: distance, b: 10_000}), 20)) < sp.Rational(2, 1000)
assert all(sp.limit(sp.Ci(x / one), x, sp.oo) == 0 for one in (1, 10_000))

# %% [markdown] tags=["sinusoidal-monotone"]
# **Erratum** (`sinusoidal-monotone`). Published: "the distance between neighboring time-steps are symmetrical and
# decays nicely with time"; read as "falls steadily" it is false: at $d = 128$ the inner product is greater at the
# distance 12 than at 11, and at $d = 512$ greater at 44 than at 43; corrected: it is symmetrical, largest at 0, and not
# monotone.
#
# *Source:* Kazemnejad, Transformer Architecture: The Positional Encoding, below the picture of dot products.
#
# A test that asks for a monotone inner product rejects correct code.

# %% tags=["sinusoidal-monotone"]
d = 128  # flip: d = 512
assert evaluate(waves(d, 12), 12) > evaluate(waves(d, 11), 12)
assert evaluate(waves(512, 44), 6) > evaluate(waves(512, 43), 6)
profile = refpos.embed(range(60), Sinusoidal(Frequencies((0,) * (d // 2)))) @ np.array([0.0, 1.0] * (d // 2))
assert all(one > other for one, other in pairwise(profile[:12]))
assert profile.argmax() == 0

figure, axes = canvas(width=6, height=2.4)
axes.plot(profile, marker=".")
axes.set_xlabel("distance")
axes.set_ylabel("inner product, d = 128")
drawn(figure)
