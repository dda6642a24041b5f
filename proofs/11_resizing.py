# %% [markdown]
# # Resizing a table of positions
#
# A table learned on one grid is used on another. Every framework calls that interpolation, and no two of them do the
# same: a checkpoint that is resized by another convention gives other features, without an error. What all conventions
# share is proved first, then that they differ, and by how much.

# %%
from itertools import combinations, product

import numpy as np
import sympy as sp
from pictures import canvas, drawn
from sympy.physics.quantum import TensorProduct

from refpos import CATALOGUE, Factorised, Resize, Table, lookup, resize
from refpos.spec.kernels import weights as spec_weights
from refpos.symbolic.kernels import a, kernel, keys, weights, x

RULES = {
    "vit": CATALOGUE["vit-resize"].variant,
    "deit": CATALOGUE["deit-resize"].variant,
    "timm": CATALOGUE["timm-resize"].variant,
    "dino": CATALOGUE["dino-resize"].variant,
    "half-pixel": CATALOGUE["dpt-resize"].variant,
}
SIZES = [(1, 4), (4, 1), (4, 6), (4, 2), (5, 5), (6, 4)]

# %% [markdown] tags=["resize-cubic"]
# ## The cubic has one free number
#
# **Theorem** (`resize-cubic`). Two cubics $k$ on $[0, 1]$ and $l$ on $[1, 2]$ that interpolate ($k(0) = 1$, $k(1) =
# l(1) = l(2) = 0$), are even and smooth ($k'(0) = 0$, $k'(1) = l'(1)$, $l'(2) = 0$) are determined by the slope $a$ at
# 1: $k = (a + 2)x^3 - (a + 3)x^2 + 1$ and $l = ax^3 - 5ax^2 + 8ax - 4a$.
#
# *Source:* Keys, Cubic Convolution Interpolation for Digital Image Processing, IEEE TASSP 29 (1981), equations 5 to 9.
#
# Why: eight coefficients, seven conditions. PyTorch takes $a = -3/4$, and with antialias, as Pillow, $a = -1/2$.

# %% tags=["resize-cubic"]
near, far = keys()
c = sp.symbols("c0:8")
inner, outer = (sum(one * x**power for power, one in enumerate(part)) for part in (c[:4], c[4:]))
values = [inner.subs(x, 0) - 1, inner.subs(x, 1), outer.subs(x, 1), outer.subs(x, 2)]
slopes = [sp.diff(inner, x).subs(x, 0), sp.diff(inner - outer, x).subs(x, 1), sp.diff(outer, x).subs(x, 2)]
conditions = values + slopes  # flip: conditions = values + slopes[:2]
(found,) = sp.linsolve(conditions, c)
free = set().union(*(one.free_symbols for one in found))
assert len(free) == 1
assert sp.expand(near - ((a + 2) * x**3 - (a + 3) * x**2 + 1)) == 0
assert sp.expand(far - (a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a)) == 0
solved = dict(zip(c, found, strict=True))
(slope,) = sp.solve(sp.diff(outer, x).subs(solved).subs(x, 1) - a, free.pop(), dict=True)
assert sp.expand(inner.subs(solved).subs(slope) - near) == 0
assert sp.expand(outer.subs(solved).subs(slope) - far) == 0

# %% tags=["resize-cubic"]
figure, axes = canvas(width=6, height=2.4)
at = np.linspace(-2.5, 2.5, 501)
named = {"linear": "half-pixel", "cubic, $a = -3/4$": "deit", "cubic, $a = -1/2$": "timm"}
for label, name in named.items():
    rule = RULES[name]
    axes.plot(at, [float(kernel(sp.Rational(float(one)), rule)) for one in at], label=label)
axes.set_xlabel("distance from the sample")
axes.legend()
drawn(figure)

# %% [markdown] tags=["resize-row-sums"]
# ## Rows sum to one, and constants are kept
#
# **Theorem** (`resize-row-sums`). Each row of $W$ sums to one: for the linear kernel and for the cubic with any $a$, at
# any point between samples, edges included, and with antialias. So $W \mathbf 1 = \mathbf 1$: a constant table stays.
#
# *Source:* Keys, IEEE TASSP 29 (1981), section on the conditions at the nodes; the edges are those of PyTorch,
# UpSampleKernel.cpp.
#
# Why: a point at the fraction $f$ between two samples sees four of them, and $k(1+f) + k(f) + k(1-f) + k(2-f) = 1$
# identically in $f$ and $a$. A sample beyond the edge hands its whole weight to the sample of the edge. With antialias
# the weights are divided by their sum.

# %% tags=["resize-row-sums"]
f = sp.Symbol("f")
first = 1 + f  # flip: first = 1 - f
taps = {-1: far.subs(x, first), 0: near.subs(x, f), 1: near.subs(x, 1 - f), 2: far.subs(x, 2 - f)}
assert sp.expand(sum(taps.values())) == 1
hats = {0: 1 - f, 1: 1 - (1 - f)}
assert sp.expand(sum(hats.values())) == 1

for (old, new), rule in product(SIZES, RULES.values()):
    assert weights(old, new, rule) * sp.ones(old, 1) == sp.ones(new, 1)

# %% tags=["resize-row-sums"]
constant = np.full((1 + 14 * 14, 3), 0.375)
for rule in RULES.values():
    assert np.abs(resize(constant, (14, 14), (24, 10), rule, prefix=1) - 0.375).max() < 1e-15

# %% [markdown] tags=["resize-identity"]
# ## At equal size nothing changes
#
# **Theorem** (`resize-identity`). For $n' = n$ and no offset, $W$ is the identity, for every kernel and alignment.
#
# *Source:* elementary; timm, layers/pos_embed.py, resample_abs_pos_embed, returns early instead.
#
# Why: the points are $(i + \frac12)\frac nn - \frac12 = i$, or $i\frac{n-1}{n-1} = i$ with shared corners, and the
# kernels are 1 at 0 and 0 at all other integers. The stretch of antialias is $\max(n/n', 1) = 1$.

# %% tags=["resize-identity"]
i = sp.Symbol("i", integer=True)
n = sp.Symbol("n", integer=True, positive=True)
half = sp.Rational(1, 2)  # flip: half = sp.Rational(1, 3)
assert sp.expand((i + half) * n / n - sp.Rational(1, 2)) == i
assert [near.subs(x, 0), near.subs(x, 1), far.subs(x, 1), far.subs(x, 2)] == [1, 0, 0, 0]
plain = [rule for name, rule in RULES.items() if name != "dino"]
for rule, size in product(plain, (1, 2, 5)):
    assert weights(size, size, rule) == sp.eye(size)
    assert (spec_weights(size, size, rule) == np.eye(size)).all()

# %% [markdown] tags=["dino-offset"]
# **Erratum** (`dino-offset`). Published: "we add a small number to avoid floating point error in the interpolation",
# 0.1 to each new side; it is false that it only keeps rounding away: it is a factor in the step, and moves sample $i$
# by $(i + \frac12)\frac{n}{n'} \cdot \frac{0.1}{n' + 0.1}$, up to a tenth of a new sample; corrected: it is another
# map, not the identity at equal size (the code then does not resize), and rows made with and without it differ.
#
# *Source:* facebookresearch/dino, vision_transformer.py, interpolate_pos_encoding, comment.
#
# Why: what is a scale factor $(n' + 0.1)/n$ to the caller is the step $n/(n' + 0.1)$ from one point to the next.

# %% tags=["dino-offset"]
new = sp.Symbol("N", integer=True, positive=True)
offset = sp.Rational(1, 10)  # flip: offset = sp.Integer(0)
moved = (i + half) * n / new - (i + half) * n / (new + offset)
assert sp.simplify(moved - (i + half) * n / new * sp.Rational(1, 10) / (new + sp.Rational(1, 10))) == 0
last = moved.subs(i, new - 1).subs({n: 14, new: 24})
assert sp.Rational(5, 100) < last < sp.Rational(6, 100)
assert weights(5, 5, RULES["dino"]) != sp.eye(5)
assert weights(4, 6, RULES["dino"]) != weights(4, 6, RULES["deit"])

# %% tags=["dino-offset"]
with_it, without = (spec_weights(14, 24, RULES[name]) for name in ("dino", "deit"))
assert 0.02 < np.abs(with_it - without).max() < 0.2
table = np.arange(25.0)[:, None]
assert (resize(table, (5, 5), (5, 5), RULES["dino"]) == table).all()

# %% [markdown] tags=["resize-separable"]
# ## Rows and columns in either order
#
# **Theorem** (`resize-separable`). Resizing a grid is $W_y \otimes W_x$ on its cells, row by row: $(W_y \otimes I)(I
# \otimes W_x) = W_y \otimes W_x = (I \otimes W_x)(W_y \otimes I)$. So axes may be resized one after the other in either
# order, and an axis that keeps its size is not touched. Where rows of both sum to one, so do these.
#
# *Source:* PyTorch, UpSampleKernel.cpp, separable kernels; the identity is that of Kronecker products.
#
# Why: $(A \otimes B)(C \otimes D) = AC \otimes BD$. It holds entry by entry, below for matrices of free symbols.

# %% tags=["resize-separable"]
W_y = sp.Matrix(3, 2, sp.symbols("u0:6"))
W_x = sp.Matrix(2, 3, sp.symbols("v0:6"))
identity = sp.eye(2)  # flip: identity = 2 * sp.eye(2)
whole = TensorProduct(W_y, W_x)
rows_last = TensorProduct(W_y, identity) * TensorProduct(sp.eye(2), W_x)
columns_last = TensorProduct(sp.eye(3), W_x) * TensorProduct(W_y, sp.eye(3))
assert (rows_last - whole).expand() == sp.zeros(6, 6)
assert (columns_last - whole).expand() == sp.zeros(6, 6)
assert (whole * sp.ones(6, 1) - TensorProduct(W_y * sp.ones(2, 1), W_x * sp.ones(3, 1))).expand() == sp.zeros(6, 1)

# %% tags=["resize-separable"]
table = np.random.default_rng(11).standard_normal((4 * 5, 3))
for rule in RULES.values():
    both = np.kron(spec_weights(4, 6, rule), spec_weights(5, 3, rule)) @ table
    assert np.abs(resize(table, (4, 5), (6, 3), rule) - both).max() < 1e-13

# %% [markdown] tags=["resize-lines"]
# ## Who keeps a ramp
#
# **Theorem** (`resize-lines`). Without antialias and away from the edges a table that is linear in the position is kept
# by the linear kernel, and by the cubic if and only if $a = -1/2$; the error of the cubic is $f(1-f)(2f-1)(2a+1)$ of a
# step, 0.048 at most for $a = -3/4$. Shared corners with the linear kernel keep a ramp up to the edges. With antialias
# and fewer samples even the linear kernel does not keep it.
#
# *Source:* Keys, IEEE TASSP 29 (1981), section on the choice of $a$; the error for other $a$ is ours.
#
# Why: $\sum_m m\, k(m - f)$ over the four samples should be $f$.

# %% tags=["resize-lines"]
places = (-1, 0, 1, 2)  # flip: places = (-2, -1, 0, 1)
four = (far.subs(x, 1 + f), near.subs(x, f), near.subs(x, 1 - f), far.subs(x, 2 - f))
mean = sum(place * weight for place, weight in zip(places, four, strict=True))
off = sp.expand(mean - f)
assert sp.expand(off - f * (1 - f) * (2 * f - 1) * (2 * a + 1)) == 0
assert sp.solve(off, a) == [sp.Rational(-1, 2)]
hats = {0: 1 - f, 1: 1 - (1 - f)}
assert sp.expand(sum(place * weight for place, weight in hats.items())) == f

steepest = sp.solve(sp.diff(f * (1 - f) * (2 * f - 1), f), f)
error = [sp.Abs(off.subs({a: sp.Rational(-3, 4), f: one})) for one in steepest]
assert [sp.simplify(one - sp.sqrt(3) / 36) for one in error] == [0, 0]
assert sp.Rational(48, 1000) < sp.sqrt(3) / 36 < sp.Rational(49, 1000)

# %% tags=["resize-lines"]
for old, new in ((4, 6), (6, 4), (5, 9)):
    ramp = sp.Matrix(range(old))
    exact = sp.Matrix([sp.Rational(i * (old - 1), new - 1) for i in range(new)])
    assert weights(old, new, RULES["vit"]) * ramp == exact
ramp = spec_weights(14, 24, RULES["deit"]) @ np.arange(14.0)
meant = (np.arange(24) + 0.5) * 14 / 24 - 0.5
assert 0.03 < np.abs(ramp - meant)[3:-3].max() < 0.049
fewer = weights(14, 8, Resize("linear", antialias=True)) * sp.Matrix(range(14))
assert fewer[3] != (3 + sp.Rational(1, 2)) * sp.Rational(14, 8) - sp.Rational(1, 2)
kept = spec_weights(14, 24, Resize("cubic", a=-0.5)) @ np.arange(14.0)
assert np.abs(kept - meant)[3:-3].max() < 1e-13

# %% [markdown] tags=["resize-conventions"]
# ## Five conventions, five maps
#
# **Theorem** (`resize-conventions`). Shared corners (ViT in JAX), half-pixel centres with the linear kernel, with the
# cubic (DeiT, MAE), with the cubic and antialias (timm), with the cubic and an offset (DINO): any two differ, for more
# samples and for fewer. The squares $0, 1, 4, 9$ become six, and two, different rows.
#
# *Source:* google-research/vision_transformer, checkpoint.py; timm, layers/pos_embed.py; facebookresearch/deit,
# main.py; facebookresearch/dinov2, interpolate_pos_encoding.
#
# Why: one exact witness is enough for each pair.

# %% tags=["resize-conventions"]
squares = sp.Matrix([0, 1, 4, 9])
compared = RULES  # flip: compared = {**RULES, "timm": RULES["deit"]}
for new in (6, 2):
    rows = {name: tuple(weights(4, new, rule) * squares) for name, rule in compared.items()}
    assert all(rows[one] != rows[other] for one, other in combinations(rows, 2))
assert tuple(weights(4, 6, RULES["vit"]) * squares) == tuple(map(sp.Rational, ("0", "3/5", "8/5", "17/5", "6", "9")))
halves = tuple(map(sp.Rational, ("0", "1/2", "3/2", "7/2", "13/2", "9")))
assert tuple(weights(4, 6, RULES["half-pixel"]) * squares) == halves
assert tuple(weights(4, 2, RULES["deit"]) * squares) == (sp.Rational(7, 32), sp.Rational(217, 32))

# %% tags=["resize-conventions"]
for one, other in combinations(RULES.values(), 2):
    assert np.abs(spec_weights(14, 24, one) - spec_weights(14, 24, other)).max() > 0.03

# %% [markdown] tags=["resize-antialias"]
# ## Antialias is not only for fewer samples
#
# **Theorem** (`resize-antialias`). For more samples than before the stretch of antialias is 1, and with the linear
# kernel the flag changes nothing. With the cubic of PyTorch it does: it changes $a$ from $-3/4$ to $-1/2$, and the
# edges, where weights are divided by their sum in place of a repeated sample.
#
# *Source:* PyTorch, UpSampleKernel.cpp: a = -0.75, but -0.5 with antialias; timm, layers/pos_embed.py, sets the flag.
#
# Why: a hat function of width 1 has no weight beyond the edge but what the sample of the edge lacks. A cubic has two
# lobes.

# %% tags=["resize-antialias"]
smooth, sharp = Resize("linear", antialias=True), Resize("linear")
more = ((1, 4), (4, 6), (5, 5), (5, 8))  # flip: more = ((1, 4), (6, 4))
assert all(weights(old, new, smooth) == weights(old, new, sharp) for old, new in more)
at_edges = True  # flip: at_edges = False
flagged, plain = Resize("cubic", a=-0.5, antialias=at_edges), Resize("cubic", a=-0.5)
edge, inner = 0, 3
assert weights(5, 8, flagged)[edge, :] != weights(5, 8, plain)[edge, :]
assert weights(5, 8, flagged)[inner, :] == weights(5, 8, plain)[inner, :]
assert weights(5, 8, plain)[inner, :] != weights(5, 8, RULES["deit"])[inner, :]
assert np.abs(spec_weights(14, 24, RULES["timm"]) - spec_weights(14, 24, RULES["deit"])).max() > 0.03

# %% [markdown] tags=["pix2struct-sum"]
# **Erratum** (`pix2struct-sum`). Published: in Pix2Struct "positional embeddings of size [maxLen, maxLen] are learned,
# and indexed with (x, y) coordinates of each patch"; it is false of the released code, which adds a row of one table
# and a row of another; corrected: such sums are the tables with $T_{yx} - T_{y'x} - T_{yx'} + T_{y'x'} = 0$ for all
# rows and columns, of dimension $h + w - 1$ and not $h w$ in each feature.
#
# *Source:* Dehghani et al., NaViT, arXiv 2307.06304, section 2.1; google-research/pix2struct, models.py, PatchEmbed.
#
# Why: in a sum $r_y + c_x$ all four terms cancel. Conversely $r_y = T_{y0}$ and $c_x = T_{0x} - T_{00}$ give back a
# table that fulfils the condition. The map $(r, c) \mapsto r_y + c_x$ has the kernel of constants moved from one to the
# other.

# %% tags=["pix2struct-sum"]
rows, columns = sp.symbols("r0:3"), sp.symbols("k0:4")
combine = sp.Add  # flip: combine = sp.Mul
added = sp.Matrix(3, 4, lambda y, x: combine(rows[y], columns[x]))
corners = list(product(combinations(range(3), 2), combinations(range(4), 2)))
for (y, y2), (left, right) in corners:
    assert sp.expand(added[y, left] - added[y2, left] - added[y, right] + added[y2, right]) == 0
assert added.reshape(12, 1).jacobian([*rows, *columns]).rank() == 3 + 4 - 1
joint = sp.Matrix(3, 4, lambda y, x: sp.Symbol(f"t{y}{x}"))
fulfilled = {joint[y, x]: joint[y, 0] + joint[0, x] - joint[0, 0] for y in range(1, 3) for x in range(1, 4)}
given_back = sp.Matrix(3, 4, lambda y, x: joint[y, 0] + joint[0, x] - joint[0, 0])
assert (joint - given_back).subs(fulfilled) == sp.zeros(3, 4)
assert joint != given_back

# %% tags=["pix2struct-sum"]
variant = CATALOGUE["pix2struct"].variant
small = Factorised((3, 4), 2, combine=variant.combine)
rng = np.random.default_rng(12)
tables = {name: rng.standard_normal(shape) for name, shape in small.learned.items()}
grid = lookup([[0, 0], [2, 0], [0, 3], [2, 3]], small, learned=tables)
assert np.abs(grid[0] - grid[1] - grid[2] + grid[3]).max() < 1e-15
one_table = {"table": rng.standard_normal((3, 4, 2))}
grid = lookup([[0, 0], [2, 0], [0, 3], [2, 3]], Table((3, 4), 2), learned=one_table)
assert np.abs(grid[0] - grid[1] - grid[2] + grid[3]).max() > 0.1
