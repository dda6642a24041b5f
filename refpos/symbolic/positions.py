"""Rules of position in symbols: the grid of M-RoPE, the steps of RoPE-Tie, and the circle of Circle-RoPE."""

import sympy

from refpos.symbolic.symbols import Expr, Values, equation, exact
from refpos.variants.multimodal import CircleRope, RopeTie, TieForm

H, W, R, C = sympy.symbols("h w r c", integer=True, positive=True)
LAST = sympy.Symbol("L", real=True)
"""The sides of an image, a row and a column of it, both from 1, and the position of the token before it."""

T, F = sympy.symbols("T f", integer=True, positive=True)
"""The temporal patches of a video, and one of them, from 1."""

DIVISOR = sympy.Symbol("g", integer=True, positive=True)
"""The greatest common divisor of h + 1 and w + 1."""

X, Y, THETA = sympy.symbols("x y theta", real=True)
RADIUS = sympy.Symbol("rho", positive=True)
RATE = sympy.Symbol("delta", nonnegative=True)
"""Where a patch is on its grid, its angle on the circle, the radius, and dff_rate."""

STEPS = {
    "integer": (W + 1, H + 1),
    "smallest": ((W + 1) / DIVISOR, (H + 1) / DIVISOR),
    "equivalent": ((W * H + 1) / (H + 1), (W * H + 1) / (W + 1)),
    "unit": (sympy.Integer(1), sympy.Integer(1)),
}
"""The steps of rows and of columns, by form."""


def mrope() -> tuple[sympy.Eq, sympy.Eq, sympy.Eq, sympy.Eq]:
    r"""Return the position (t, y, x) of patch (f, r, c) of a merged grid, and that of the next text, K.

    t = L + f,  y = L + r,  x = L + c,  K = L + max(T, h, w) + 1

    where time is not counted.

    References
    ----------
    QwenLM/Qwen3-VL, `rope2d.py`, `get_rope_index_2`.

    Examples
    --------
    >>> mrope()[3].rhs
    L + Max(T, h, w) + 1
    """
    t, y, x, k = sympy.symbols("t y x K", real=True)
    ends = equation(k, LAST + sympy.Max(T, H, W) + 1)
    return equation(t, LAST + F), equation(y, LAST + R), equation(x, LAST + C), ends


def tie(form: TieForm) -> tuple[sympy.Eq, sympy.Eq, sympy.Eq]:
    r"""Return the position (y, x) of the patch in row r and column c, and that of the next text, K.

    y = L + a + s r,  x = L + b + t c,  K = L + 2a + s(h + 1)

    with a = b = 0, but h(w − 1)/2 and w(h − 1)/2 where steps are of one. In all forms K = L + 2b + t(w + 1) as well.

    References
    ----------
    Su, kexue.fm/archives/10040; the form "unit" is derived from the conditions of 10352.

    Examples
    --------
    >>> tie("integer")[2].rhs.expand()
    L + h*w + h + w + 1
    """
    s, t = STEPS[RopeTie(form).form]
    a, b = (H * (W - 1) / 2, W * (H - 1) / 2) if form == "unit" else (sympy.Integer(0), sympy.Integer(0))
    y, x, k = sympy.symbols("y x K", real=True)
    return equation(y, LAST + a + s * R), equation(x, LAST + b + t * C), equation(k, LAST + 2 * a + s * (H + 1))


def circle() -> sympy.Matrix:
    r"""Return (t, y, x) of a patch about the diagonal, from its angle θ on the circle and its place on the grid.

    a (0, 1, −1)/√2 + b (2, −1, −1)/√6 with (a, b) = (1 − δ) ρ (cos θ, sin θ) + δ (x, y)

    References
    ----------
    lose4578/CircleRoPE, `circle_rope.py`, `rotate_plane_perpendicular_to_vector`; the code stores (x, y, t) reversed.

    Examples
    --------
    >>> sympy.simplify(sum(circle()))
    0
    """
    a, b = ((1 - RATE) * RADIUS * f(THETA) + RATE * c for f, c in ((sympy.cos, X), (sympy.sin, Y)))
    return a * sympy.Matrix([0, 1, -1]) / sympy.sqrt(2) + b * sympy.Matrix([2, -1, -1]) / sympy.sqrt(6)


def angles(h: int, w: int, rule: CircleRope) -> list[Values]:
    r"""Return what stands for x, y, θ, ρ and δ for every patch of a grid, row by row.

    θ = 2π (alpha (α − min α)/(max α − min α) + (1 − alpha) i/(hw)),  α = atan2(y, x), 0 at the origin

    Examples
    --------
    >>> [one[THETA] for one in angles(2, 2, CircleRope(merge=1))]
    [0, 7*pi/12, 3*pi/2, 17*pi/12]
    """
    down, right = (sympy.Rational(n - 1, 2) if rule.centred else sympy.Integer(0) for n in (h, w))
    places = [(i - down, j - right) for i in range(h) for j in range(w)]
    seen = [sympy.atan2(y, x) if x or y else sympy.Integer(0) for y, x in places]
    low, high = min(seen, key=float), max(seen, key=float)
    unit = max(max(place) for place in places) if rule.relative else sympy.Integer(1)
    whole = {RADIUS: exact(rule.radius) * unit, RATE: exact(rule.dff_rate)}
    alpha = exact(rule.alpha)
    found: list[Values] = []
    for i, ((y, x), one) in enumerate(zip(places, seen, strict=True)):
        share: Expr = (one - low) / (high - low) if high != low else sympy.Integer(0)
        turn = alpha * share + (1 - alpha) * sympy.Rational(i, h * w)
        found.append({X: x, Y: y, THETA: sympy.expand(2 * sympy.pi * turn), **whole})
    return found
