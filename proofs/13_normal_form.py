# %% [markdown]
# # The normal form: when two encodings are the same function
#
# Encodings are described in many words: a base, a ladder, a pairing, scalings. Whether two descriptions compute the
# same function is decided by writing each as a sum of exponentials of position,
# $L(p) = \sum_\lambda M_\lambda e^{\lambda \cdot p}$, with the exponents distinct and the matrices not zero. This
# notebook shows that the sum is unique, what it is for a plane, what it forgets (and should forget), what changes when
# positions are integers, and how many values of an unknown implementation determine it.
# %%
from itertools import permutations

import numpy as np
import sympy as sp
from pictures import canvas, drawn

from refpos import Bands, Dense, Frequencies, Rotary, Sinusoidal, XPos, normal_form, same
from refpos.symbolic import embed, rotation

p, s = sp.symbols("p s", real=True)
c = sp.symbols("c:6")
z = sp.symbols("z:6")


def unit(i, d):
    """Return the basis vector e_i."""
    return sp.Matrix(d, 1, lambda row, _: int(row == i))


def vandermonde(of):
    """Return the product of all differences."""
    return sp.prod(of[j] - of[i] for j in range(len(of)) for i in range(j))


# %% [markdown] tags=["normal-independence"]
# ## Characters are independent
#
# **Theorem** (`normal-independence`). Functions $e^{\lambda \cdot p}$ with distinct $\lambda \in \mathbb{C}^A$ are
# linearly independent on $\mathbb{R}^A$. So two sums $\sum_\lambda M_\lambda e^{\lambda \cdot p}$ are the same function
# if and only if they have the same exponents and, at each, the same matrix.
#
# *Source:* Artin, Galois Theory, theorem 12, for characters of any group; the second sentence is applied to every entry
# of the difference.
#
# Suppose a relation $r(p) = \sum_{j} c_j \chi_j(p) = 0$ with as few characters as possible, all $c_j \ne 0$. One term
# alone is never zero, so there are two, and an $a$ with $\chi_1(a) \ne \chi_2(a)$. Then $r(p + a) - \chi_1(a) r(p) =
# \sum_{j \ge 2} c_j (\chi_j(a) - \chi_1(a)) \chi_j(p)$ is a shorter relation, and its coefficient at $\chi_2$ is not
# zero: a contradiction. This works for real and for integer positions, of any number of axes. The step, for three
# characters on two axes:
# %% tags=["normal-independence"]
position, shift = sp.Matrix(sp.symbols("p:2", real=True)), sp.Matrix(sp.symbols("a:2", real=True))
rates = [sp.Matrix(sp.symbols(f"lambda{j}_:2")) for j in range(3)]


def chi(j, at):
    """Return a character at a position."""
    return sp.exp(rates[j].dot(at))


def relation(at):
    """Return the sum at a position."""
    return sum(c[j] * chi(j, at) for j in range(3))


shorter = relation(position + shift) - chi(0, shift) * relation(position)  # flip: shorter = relation(position + shift)
due = sum(c[j] * (chi(j, shift) - chi(0, shift)) * chi(j, position) for j in (1, 2))
assert sp.powsimp(sp.expand(shorter - due)) == 0
# %% [markdown] tags=["normal-independence"]
# The same on one axis without a contradiction: derivatives of $\sum c_j e^{\lambda_j p}$ at 0 are a linear system for
# the $c_j$ whose determinant is $\prod_{i<j} (\lambda_j - \lambda_i)$. It is checked for up to five; for more, both
# sides are the same polynomial in the last $\lambda$, of the same zeros and the same leading coefficient, which is the
# smaller determinant.
# %% tags=["normal-independence"]
for count in range(1, 6):
    lam = sp.symbols(f"lambda:{count}")
    waves = [sp.exp(one * p) for one in lam]  # flip: waves = [sp.exp(one**2 * p) for one in lam]
    system = sp.Matrix(count, count, lambda i, j, waves=waves: waves[j].diff(p, i).subs(p, 0))
    assert sp.expand(system.det(method="berkowitz") - vandermonde(lam)) == 0
# %% tags=["normal-independence"]
linear, power = (Frequencies((0, 0), base=one) for one in (16.0, 17.0))
forms = [normal_form(Rotary(one), 4) for one in (linear, Bands((0, 0), 1.0, 0.25), power)]
assert str(same(forms[0], forms[1])) == "same"
assert str(same(forms[0], forms[2])) == "different"
# %% [markdown] tags=["normal-plane"]
# ## What a plane is
#
# **Theorem** (`normal-plane`). A plane that reads features $(a, b)$ and writes $(c, d)$ at the frequency $\omega$ with
# magnitude $g e^{\rho p}$ is $M e^{\lambda p} + \bar M e^{\bar\lambda p}$ with $\lambda = \rho + i\omega$ and $M =
# \tfrac{g}{2} (e_c - i e_d)(e_a + i e_b)^\top$; turned in the other sense, with both signs of $i$ reversed. A sine and
# a cosine are the same sum with $-\tfrac{i}{2}$ and $\tfrac{1}{2}$ for $M$.
#
# *Source:* Euler; the form in which `refpos.exact.normal` keeps variants.
#
# $\cos \varphi = \tfrac12 e^{i\varphi} + \tfrac12 e^{-i\varphi}$ and $\sin \varphi = -\tfrac{i}{2} e^{i\varphi} +
# \tfrac{i}{2} e^{-i\varphi}$, put into the two equations of a plane. The operator is that of `refpos.symbolic`, and
# features are written elsewhere than they are read.
# %% tags=["normal-plane"]
for sense in (1, -1):
    variant = Rotary(Frequencies((0, None)), "interleaved", write="half", sign=sense, attention_factor=3.0)
    (a, b), (c_, d_) = (0, 1), (0, 2)
    i = sense * sp.I  # flip: i = -sense * sp.I
    M = sp.Rational(3, 2) * (unit(c_, 4) - i * unit(d_, 4)) * (unit(a, 4) + i * unit(b, 4)).T
    sum_ = M * sp.exp(sp.I * p) + M.conjugate() * sp.exp(-sp.I * p)
    still = rotation(variant, 4, p) - rotation(variant, 4, p).applyfunc(lambda one: one if one.has(p) else 0)
    assert (rotation(variant, 4, p) - still - sum_).applyfunc(lambda one: sp.expand(one.rewrite(sp.exp))) == sp.zeros(4)
# %% tags=["normal-plane"]
zeta = sp.Rational(2, 7)
growing = rotation(Rotary(Frequencies((0,)), growth=XPos(scale_base=1.0)), 2, p)
rho = sp.log(zeta)  # flip: rho = -sp.log(zeta)
M = (unit(0, 2) - sp.I * unit(1, 2)) * (unit(0, 2) + sp.I * unit(1, 2)).T / 2
sum_ = (M * sp.exp(sp.I * p) + M.conjugate() * sp.exp(-sp.I * p)) * sp.exp(rho * p)
assert sp.simplify(growing - sum_).applyfunc(lambda one: sp.simplify(one.rewrite(sp.exp))) == sp.zeros(2)
# %% tags=["normal-plane"]
row = embed(p, Sinusoidal(Frequencies((0,))))
half = sp.Rational(1, 2)
M = sp.Matrix([[-sp.I * half, half]])  # flip: M = sp.Matrix([[sp.I * half, half]])
sum_ = M * sp.exp(sp.I * p) + M.conjugate() * sp.exp(-sp.I * p)
assert (row - sum_).applyfunc(lambda one: sp.expand(one.rewrite(sp.exp))) == sp.zeros(1, 2)
# %% [markdown] tags=["normal-orientation"]
# ## What is forgotten: names
#
# **Theorem** (`normal-orientation`). Two planes that turn are the same function if and only if they are $(a, b; c, d)$
# at $\omega$ and $(b, a; d, c)$ at $-\omega$, or do not differ at all. The order of planes is lost, and nothing else:
# planes of disjoint features are read off the sum, even where their frequencies agree.
#
# *Source:* derived here, from `normal-independence`.
#
# Both are $M e^{i\omega p}$ and its conjugate, and $M(b, a; d, c) = \overline{M(a, b; c, d)}$. Conversely, of $M$ at
# $\omega > 0$ the entries $(c, a)$ and $(d, b)$ are real and positive, $(c, b)$ is $i$ times positive, $(d, a)$ is $-i$
# times positive: the row whose entries are $1$ and $i$ is $c$, and the column of its $1$ is $a$. It is counted on four
# features: no two of the 144 planes share an $M$, and each shares its conjugate with one. Planes of disjoint features
# fill disjoint entries.
# %% tags=["normal-orientation"]
pairs = list(permutations(range(4), 2))


def matrix(a, b, c, d):
    """Return M of a plane, of magnitude 2."""
    return sp.ImmutableMatrix((unit(c, 4) - sp.I * unit(d, 4)) * (unit(a, 4) + sp.I * unit(b, 4)).T)


found = {matrix(*read, *write): (*read, *write) for read in pairs for write in pairs}
assert len(found) == len(pairs) ** 2
for M, (a, b, c_, d_) in found.items():
    turned = (b, a, d_, c_)  # flip: turned = (b, a, c_, d_)
    assert found[M.conjugate()] == turned
# %% tags=["normal-orientation"]
plane = Rotary(Dense(1, 1))
other = Rotary(Dense(1, 1), sign=-1)  # flip: other = Rotary(Dense(1, 1))
there, back = (normal_form(by, 2, learned={"omega": [[rate]]}) for by, rate in ((plane, 0.5), (other, -0.5)))
assert str(same(there, back)) == "same"
# %% [markdown] tags=["normal-still"]
# ## Planes that stand still have no pairing
#
# **Theorem** (`normal-still`). A plane with $\omega = 0$ is two copies, of $a$ to $c$ and of $b$ to $d$, both times
# $g$. So of several such planes, with one magnitude, the pairing cannot be told, by any means; on integer positions
# neither that of planes with $\omega = \pi$, which are the copies times $(-1)^p$.
#
# *Source:* derived here; such planes are in use (partial rotation, padding of frequencies with zeros).
#
# $M + \bar M$ is real: $g (e_c e_a^\top + e_d e_b^\top)$. Which of the copies were called a pair is in no entry.
# %% tags=["normal-still"]
M = matrix(0, 1, 2, 3)
M_still = M + M.conjugate()  # flip: M_still = M - M.conjugate()
assert M_still == 2 * (unit(2, 4) * unit(0, 4).T + unit(3, 4) * unit(1, 4).T)
# %% tags=["normal-still"]
learned = sp.IndexedBase(sp.Symbol("omega", real=True))
standing = {learned[0, 0]: 0, learned[0, 1]: 0}  # flip: standing = {learned[0, 0]: 1, learned[0, 1]: 0}
one, other = (rotation(Rotary(Dense(1, 2), pairing), 4, p).subs(standing) for pairing in ("half", "interleaved"))
assert one == other == sp.eye(4)
# %% tags=["normal-still"]
half_turns = Dense(1, 2, unit="half-turn")
rates = [[1.0, 1.0]]  # flip: rates = [[1.0, 0.5]]
forms = {
    lattice: [
        normal_form(Rotary(half_turns, pairing), 4, lattice=lattice, learned={"omega": rates})
        for pairing in ("half", "interleaved")
    ]
    for lattice in (True, False)
}
assert forms[True][0] == forms[True][1]
assert forms[False][0] != forms[False][1]
n = sp.Symbol("n", integer=True)
turn = rotation(Rotary(Frequencies((0,), unit="half-turn")), 2, n)
assert turn == (-1) ** n * sp.eye(2)
# %% [markdown] tags=["normal-integers"]
# ## Integer positions forget whole turns
#
# **Theorem** (`normal-integers`). On integer positions two exponents are the same character if and only if they differ
# by $2\pi i$ times integers, axis by axis. So two sums agree on the integers if and only if they have the same matrices
# once $\omega$ is taken modulo $2\pi$ and what falls together is added up.
#
# *Source:* Artin, as above, for the group of integers; modulo $2\pi$ is the aliasing of sampling.
#
# A character of the integers is $n \mapsto z^n$, known by $z = e^\lambda$. Distinct $z$ are independent as before, here
# with the values at $0, 1, \dots$ in place of derivatives: the determinant is $\prod (z_j - z_i)$. And
# $e^\lambda = e^\mu$ says that $\lambda - \mu$ is a multiple of $2\pi i$.
# %% tags=["normal-integers"]
for count in range(1, 6):
    places = range(count)  # flip: places = [2 * place for place in range(count)]
    system = sp.Matrix([[z[j] ** place for j in range(count)] for place in places])
    assert sp.expand(system.det(method="berkowitz") - vandermonde(z[:count])) == 0
# %% tags=["normal-integers"]
omega, whole = sp.Symbol("omega", real=True), sp.Symbol("k", integer=True)
more = omega + 2 * sp.pi * whole  # flip: more = omega + sp.pi * whole
assert sp.expand(sp.exp(sp.I * n * more) - sp.exp(sp.I * n * omega)).simplify() == 0
# %% tags=["normal-integers"]
rates = [[0.5], [2.5]]  # flip: rates = [[0.5], [1.5]]
alike = {
    lattice: [
        normal_form(Rotary(Dense(1, 1, unit="half-turn")), 2, lattice=lattice, learned={"omega": [rate]})
        for rate in rates
    ]
    for lattice in (True, False)
}
assert str(same(*alike[True])) == "same"
assert str(same(*alike[False])) == "different"
# %% [markdown] tags=["normal-integers"]
# Two cosines that are one encoding to whoever looks at integers only:
# %% tags=["normal-integers"]
line, dots, rate = np.linspace(0, 6, 241), np.arange(7), 0.9
figure, axes = canvas(width=6, height=1.8)
axes.plot(line, np.cos(rate * line), label=r"$\cos\, \omega p$")
axes.plot(line, np.cos((2 * np.pi + rate) * line), linewidth=0.8, label=r"$\cos\, (\omega + 2\pi) p$")
axes.plot(dots, np.cos(rate * dots), "o", color="#333333", markersize=4)
axes.set(xlabel="position", yticks=[-1, 0, 1], ylim=(-1.2, 1.2))
axes.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.3))
drawn(figure)
# %% [markdown] tags=["normal-probing"]
# ## What probing determines
#
# **Theorem** (`normal-probing`). $L(p)$ applied to the basis vectors gives all entries of $L(p)$. An entry that is a
# sum of at most $N$ characters with coefficients not zero is known from its values at $p = 0, \dots, 2N - 1$, exponents
# modulo $2\pi i$; no number of integer positions tells more. $2N - 1$ values do not suffice for $N = 2$.
#
# *Source:* Prony, 1795, for the determination; the rest from `normal-integers`.
#
# Two sums of at most $N$ characters that agree there differ by a sum of at most $2N$ that is zero at $2N$ consecutive
# positions, and by the determinant of the last section such a sum has no coefficients but zero. How to find it: with
# $f_p = \sum_j c_j z_j^p$ of exactly $N$ the Hankel matrix $H = (f_{i+j})_{i,j<N}$ is
# $V \operatorname{diag}(c) V^\top$, $V$ being the system of the last section, so
# $\det H = \prod c_j \prod (z_j - z_i)^2 \ne 0$. The polynomial $\prod (x - z_j)$ is then the only one of degree $N$
# and leading coefficient 1 whose coefficients annihilate $N + 1$ consecutive values, for it solves a system with the
# matrix $H$ and right sides up to $f_{2N-1}$. Its zeros are the $z_j$, and the $c_j$ follow linearly.
# %% tags=["normal-probing"]
for N in range(1, 4):
    known = range(N)  # flip: known = range(N - 1)
    f = [sum(c[j] * z[j] ** power for j in known) for power in range(2 * N)]
    H = sp.Matrix(N, N, lambda i, j, f=f: f[i + j])
    assert sp.expand(H.det(method="berkowitz") - sp.prod(c[:N]) * vandermonde(z[:N]) ** 2) == 0
    x = sp.Symbol("x")
    monic = sp.Poly(sp.prod(x - one for one in z[:N]), x).all_coeffs()[::-1]
    assert all(sp.expand(sum(monic[i] * f[i + start] for i in range(N + 1))) == 0 for start in range(N))
# %% [markdown] tags=["normal-probing"]
# One value less: $1, 0, -1$ are the first values of $\cos(\pi p/2)$, and of another sum of two characters, which has
# $z = \tfrac12 (1 \pm \sqrt{-3})$ in place of $\pm i$.
# %% tags=["normal-probing"]
angle = sp.pi / 3  # flip: angle = sp.pi / 2
first = [sp.cos(sp.pi * p / 2).subs(p, k) for k in range(4)]
second = [(sp.cos(angle * p) - sp.sin(angle * p) / sp.sqrt(3)).subs(p, k) for k in range(4)]
assert first[:3] == second[:3]
assert first[3] != second[3]
