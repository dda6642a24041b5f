# %% [markdown]
# # Sines and cosines of a grid: one idea, several layouts
#
# Vision models write sines and cosines of the row and of the column of a patch. The codes look alike, and are copied
# from each other. Some give the same numbers in another order of channels, which a following linear layer can absorb if
# it is trained, but not if it is loaded; and some give other numbers. An implementer who takes one for the other fails
# in silence.

# %%
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import sympy as sp
from pictures import canvas, drawn

from refpos import CATALOGUE, Grid, Image, embed, place
from refpos.symbolic import embed as row_of
from refpos.symbolic import omega

y, x, y2, x2 = sp.symbols("y x y_2 x_2", real=True)


def sized(name, q):
    """Return a variant of the catalogue with q planes for each axis in place of its own number, without a prefix."""
    variant = CATALOGUE[name].variant
    order = dict.fromkeys(variant.frequencies.axes)
    axes = tuple(axis for axis in order for _ in range(q))
    return replace(variant, frequencies=replace(variant.frequencies, axes=axes), prefix=0)


def channels(name, q, at=(y, x)):
    """Return the channels of a patch as expressions in its row and its column."""
    return list(row_of(at, sized(name, q)))


# %% [markdown] tags=["sincos-timm-mae"]
# ## timm and MAE: the same channels in another order
#
# **Theorem** (`sincos-timm-mae`). The channels of timm's default and those of MAE are permutations of each other, one
# permutation for all positions, so on every grid. MAE writes all of the column, then all of the row; timm writes all
# sines, then all cosines, and in each the row first.
#
# *Source:* facebookresearch/mae, util/pos_embed.py; timm, layers/pos_embed_sincos.py, build_sincos2d_pos_embed.
#
# Why: both write $\sin \omega_j y$, $\cos \omega_j y$, $\sin \omega_j x$, $\cos \omega_j x$ for the same $\omega_j =
# 10000^{-j/q}$, $q = D/4$, each once. Channel $c$ of timm is channel $\pi(c)$ of MAE with $\pi$ in blocks of $q$: $(2,
# 0, 3, 1)$. Blocks are carried whole, so four blocks show it for any $q$.

# %% tags=["sincos-timm-mae"]
blocks = (2, 0, 3, 1)  # flip: blocks = (0, 2, 1, 3)
for q in (1, 2, 3, 8):
    mae, timm = channels("mae", q), channels("timm-sincos2d", q)
    assert len(set(mae)) == 4 * q
    assert timm == [mae[block * q + j] for block in blocks for j in range(q)]
assert channels("mae", 1) == [sp.sin(x), sp.cos(x), sp.sin(y), sp.cos(y)]
assert channels("timm-sincos2d", 1) == [sp.sin(y), sp.sin(x), sp.cos(y), sp.cos(x)]

# %% tags=["sincos-timm-mae"]
grid = place([Image(3, 5)], Grid())
rows = {name: embed(grid, sized(name, 4)) for name in ("mae", "moco-v3", "timm-sincos2d", "timm-sincos2d-interleaved")}
moved = rows["mae"].reshape(15, 4, 4)[:, list(blocks)].reshape(15, 16)
assert (moved == rows["timm-sincos2d"]).all()
assert (rows["mae"] != rows["timm-sincos2d"]).any()

# %% [markdown] tags=["sincos-timm-moco"]
# ## timm, interleaved, is MoCo v3
#
# **Theorem** (`sincos-timm-moco`). With interleave_sin_cos timm writes, channel for channel, what MoCo v3 means: sines
# and cosines of the row, then of the column. (The flag does not put a sine next to its cosine.)
#
# *Source:* timm, layers/pos_embed_sincos.py, build_sincos2d_pos_embed; facebookresearch/moco-v3, vits.py.
#
# Why: stacked on a new axis before the planes, so that each axis has all its sines, then all its cosines.

# %% tags=["sincos-timm-moco"]
interleaved = "timm-sincos2d-interleaved"  # flip: interleaved = "timm-sincos2d"
for q in (1, 2, 3, 8):
    assert channels(interleaved, q) == channels("moco-v3", q)
side_by_side = [
    one for pair in zip(channels("moco-v3", 2)[:2], channels("moco-v3", 2)[2:4], strict=True) for one in pair
]
assert channels(interleaved, 2)[:4] != side_by_side
assert (rows[interleaved] == rows["moco-v3"]).all()

# %% [markdown] tags=["sincos-moco-square"]
# ## MoCo v3 and MAE on square grids
#
# **Theorem** (`sincos-moco-square`). MoCo v3 at $(y, x)$ is MAE at $(x, y)$, and MAE at $(y, x)$ with its two halves
# swapped. The code of MoCo v3 gives token $t$ the pair $(\lfloor t/h \rfloor, t \bmod h)$, which is its $(y, x)$ on
# every square grid.
#
# *Source:* facebookresearch/moco-v3, vits.py, build_2d_sincos_position_embedding; facebookresearch/mae,
# util/pos_embed.py.
#
# Why: the halves are the two axes. Tokens are counted row by row, $t = y w + x$ with $x < w$, so $y = \lfloor t/w
# \rfloor$ and $x = t \bmod w$.

# %% tags=["sincos-moco-square"]
turned = (x, y)  # flip: turned = (y, x)
for q in (1, 2, 3, 8):
    moco, mae = channels("moco-v3", q), channels("mae", q)
    assert moco == channels("mae", q, turned)
    assert moco == mae[2 * q :] + mae[: 2 * q]


def by_columns(h, w):
    """Return the pair that MoCo v3's code gives each token: its grid is flattened column by column."""
    return [divmod(token, h) for token in range(h * w)]


for n in (1, 2, 3, 7):
    assert by_columns(n, n) == [tuple(one) for one in place([Image(n, n)], Grid())]

# %% [markdown] tags=["sincos-moco-grids"]
# **Erratum** (`sincos-moco-grids`). Published: a table for a grid of "h, w" patches, from a meshgrid of (grid_w,
# grid_h) that is flattened; it is false for $h \ne w$, both above 1: the table is in the order of columns and the
# tokens are in that of rows, and the table is then no permutation of MAE's channels; corrected: token $t$ stands at
# $(\lfloor t/w \rfloor, t \bmod w)$, and then halves are swapped on every grid.
#
# *Source:* facebookresearch/moco-v3, vits.py, build_2d_sincos_position_embedding.
#
# Why: follow each sine down the tokens to the first that is not 0. As $0 < \omega_j \le 1 < \pi$, it is where the
# coordinate is first 1. MAE's sines begin at the tokens 1 and $w$, those of the code at $h$ and 1. Sets of channels can
# agree only if these do. (No cosine can take the place: it begins with 1.)


# %% tags=["sincos-moco-grids"]
def beginnings(pairs):
    """Return the token at which each coordinate is first 1, which it is before it is more."""
    found = []
    for values in zip(*pairs, strict=True):
        assert all(later <= earlier + 1 for earlier, later in pairwise(values))
        found.append(values.index(1))
    return set(found)


grids = [(h, w) for h, w in product(range(2, 7), repeat=2) if h != w]  # flip: grids = [(h, h) for h in range(2, 7)]
for h, w in grids:
    mae_order = [divmod(token, w) for token in range(h * w)]
    assert beginnings(mae_order) == {1, w}
    assert beginnings(by_columns(h, w)) == {1, h}
    assert beginnings(mae_order) != beginnings(by_columns(h, w))
frequencies = list(omega(sized("moco-v3", 8).frequencies)[0, :8])
assert all(0 < one <= 1 for one in frequencies)

# %% tags=["sincos-moco-grids"]
wrong = embed(np.array(by_columns(3, 5), dtype=float), sized("moco-v3", 4))
halves_swapped = np.roll(rows["mae"], 8, axis=1)
assert (halves_swapped == rows["moco-v3"]).all()
assert np.abs(np.sort(wrong, axis=1) - np.sort(rows["mae"], axis=1)).max() > 0.1

# %% [markdown] tags=["sincos-mae-names"]
# **Erratum** (`sincos-mae-names`). Published: "use half of dimensions to encode grid_h", of the first half of MAE's
# channels, emb_h; it is false: that half holds the column; corrected: the first half depends on $x$ alone and the
# second, emb_w, on $y$ alone.
#
# *Source:* facebookresearch/mae, util/pos_embed.py, get_2d_sincos_pos_embed_from_grid, comment.
#
# Why: the grid is np.meshgrid(grid_w, grid_h), "here w goes first", so grid[0] counts columns.

# %% tags=["sincos-mae-names"]
entry = "mae"  # flip: entry = "moco-v3"
for q in (1, 2, 8):
    first, second = channels(entry, q)[: 2 * q], channels(entry, q)[2 * q :]
    assert set().union(*(one.free_symbols for one in first)) == {x}
    assert set().union(*(one.free_symbols for one in second)) == {y}
along_a_row, down_a_column = rows["mae"][0] - rows["mae"][1], rows["mae"][0] - rows["mae"][5]
assert (along_a_row[8:] == 0).all()
assert (down_a_column[:8] == 0).all()

# %% [markdown] tags=["sincos-big-vision"]
# **Erratum** (`sincos-big-vision`). Published: "Follows the MoCo v3 logic."; it is false of its numbers and of its
# order: frequencies are $10000^{-j/(q-1)}$ and not $10000^{-j/q}$, and columns come first; corrected: for $q \ge 2$ and
# more than one patch it is a permutation of the channels of none of MAE, MoCo v3 and timm, and for $q = 1$ it divides
# by 0.
#
# *Source:* google-research/big_vision, models/vit.py, posemb_sincos_2d, docstring.
#
# Why: its slowest frequency is $10000^{-1}$, below all others', which end at $10000^{-1+1/q}$. At a patch with $x = 1$
# or $y = 1$ the sine of that plane is not 0 and less than every sine there that is not 0 in the others, as the sine
# grows from 0 to 1; and cosines of at most 1 are above one half.

# %% tags=["sincos-big-vision"]
size = sp.Symbol("q", integer=True, positive=True)
top = size - 1  # flip: top = size
assert sp.simplify(sp.Integer(10000) ** -((size - 1) / top)) == sp.Rational(1, 10000)
assert top.subs(size, 1) == 0  # by which a lone plane's exponent would be divided
assert sp.simplify(sp.log(sp.Integer(10000) ** -((size - 1) / size) * 10000) - sp.log(10000) / size) == 0

for q in (2, 3, 8):
    ends = {name: omega(sized(name, q).frequencies)[0, :] for name in ("big-vision", "mae", "moco-v3", "timm-sincos2d")}
    slowest = {name: min((one for one in row if one != 0), key=float) for name, row in ends.items()}
    assert slowest.pop("big-vision") == sp.Rational(1, 10000)
    assert set(slowest.values()) == {sp.Integer(10000) ** -sp.Rational(q - 1, q)}
    own, theirs = channels("big-vision", q, (0, 1)), channels("mae", q, (0, 1))
    assert sp.sin(sp.Rational(1, 10000)) in own
    assert sorted(map(float, own)) != sorted(map(float, theirs))
assert channels("big-vision", 2) == [
    *(sp.sin(x), sp.sin(x / 10000), sp.cos(x), sp.cos(x / 10000)),
    *(sp.sin(y), sp.sin(y / 10000), sp.cos(y), sp.cos(y / 10000)),
]

# %% tags=["sincos-big-vision"]
theirs = embed(grid, sized("big-vision", 4))
for name in ("mae", "moco-v3", "timm-sincos2d"):
    assert np.abs(np.sort(theirs, axis=1) - np.sort(rows[name], axis=1)).max() > 1e-3
token = embed([[0, 1]], sized("big-vision", 2))[0]
assert np.abs(token - [0.84147098, 0.0001, 0.54030231, 0.999999995, 0, 0, 1, 1]).max() < 1e-8

# %% tags=["sincos-big-vision"]
figure, axes = canvas(width=6, height=2.4)
for name, label in (("mae", "MAE, MoCo v3, timm"), ("big-vision", "big_vision")):
    values = [float(one) for one in omega(sized(name, 8).frequencies)[0, :] if one != 0]
    axes.semilogy(range(8), values, "o-", label=label)
axes.set_xlabel("plane $j$ of 8")
axes.set_ylabel(r"$\omega_j$")
axes.legend()
drawn(figure)

# %% [markdown] tags=["sincos-inner-products"]
# ## What the layouts share
#
# **Theorem** (`sincos-inner-products`). In each layout the inner product of two patches is $\sum_j \cos \omega_j(y -
# y') + \cos \omega_j(x - x')$: it depends on the offset only and is the same for MAE, MoCo v3 and timm. big_vision's is
# that with its own $\omega_j$.
#
# *Source:* Vaswani et al., arXiv 1706.03762, section 3.5, for one axis; for two it is the sum.
#
# Why: a permutation of channels moves both factors alike, and $\sin a \sin b + \cos a \cos b = \cos(a - b)$.

# %% tags=["sincos-inner-products"]
other = (y2, x2)  # flip: other = (x2, y2)
for name in ("mae", "moco-v3", "timm-sincos2d", "big-vision"):
    q = 2
    here, there = channels(name, q), channels(name, q, other)
    inner = sum(a * b for a, b in zip(here, there, strict=True))
    waves = [one for one in omega(sized(name, q).frequencies)[0, :] if one != 0]
    meant = sum(sp.cos(one * (y - y2)) + sp.cos(one * (x - x2)) for one in waves)
    assert sp.expand(inner - sp.expand_trig(sp.expand(meant))) == 0

# %% tags=["sincos-inner-products"]
products = {name: one @ one.T for name, one in rows.items()}
assert all(np.abs(one - products["mae"]).max() < 1e-13 for one in products.values())
assert np.abs(theirs @ theirs.T - products["mae"]).max() > 1e-3
