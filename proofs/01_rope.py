# %% [markdown]
# # Rotary embedding: scores see differences of positions
#
# text
# %%
import sympy as sp
from pictures import canvas, drawn

from refpos import Frequencies, Rotary
from refpos.symbolic import rotation

m, n = sp.symbols("m n", real=True)
plane = Rotary(Frequencies((0,)))
# %% [markdown] tags=["rope-relativity"]
# ## Relativity
#
# **Theorem** (`rope-relativity`). For all real $m, n$: $R(m)^\top R(n) = R(n - m)$.
#
# *Source:* Su et al., RoFormer, arXiv 2104.09864v5, equation (16).
# %% tags=["rope-relativity"]
turned = rotation(plane, 2, n)  # flip: turned = rotation(plane, 2, -n)
gap = (rotation(plane, 2, m).T * turned - rotation(plane, 2, n - m)).applyfunc(sp.expand_trig)
assert gap.expand() == sp.zeros(2)
# %% tags=["rope-relativity"]
figure, axes = canvas()
axes.plot([0, 1, 2], [0, 1, 0.333333])
axes.set_xlabel(r"distance $n - m$")
drawn(figure)
