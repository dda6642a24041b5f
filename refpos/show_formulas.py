"""The formula of an entry that is no angle, with its own choices and not those of others of its kind."""

from typing import Any

from refpos import show_attention, show_biases
from refpos.catalogue.entry import Tabular
from refpos.show_equations import equation
from refpos.show_places import place
from refpos.variants.attention import AnyAttention, Layers
from refpos.variants.bias import Bias
from refpos.variants.radix import Radix
from refpos.variants.sinusoidal import Sinusoidal
from refpos.variants.standardised import Ramp, Standardised
from refpos.variants.table import Factorised, Pix2StructGrid, Resize, Table

POINTS = {
    "corners": "x_i = i(n − 1)/(n' − 1)",
    "origin": "x_i = i n/n'",
    "centres": "x_i = (i + ½)n/n' − ½",
}


def formula(variant: Any) -> str:
    """Return the formula of a bias, a table, a rule of positions or an attention.

    Examples
    --------
    >>> formula(Table((512,), 768)), formula(Table((1026,), 1024, offset=2))
    ('e_p = T[p]', 'e_p = T[p + 2]')
    """
    if isinstance(variant, Bias):
        return show_biases.formula(variant)
    if isinstance(variant, AnyAttention | Layers):
        return show_attention.formula(variant)
    return _table(variant) if isinstance(variant, Tabular) else place(variant)


def _table(variant: Tabular) -> str:
    match variant:
        case Resize():
            return _resize(variant)
        case Factorised(combine=combine, rows=rows):
            sign = {"sum": " + ", "product": " · ", "stack": " | "}[combine]
            names = ("y", "x") if len(rows) == 2 else tuple(map(str, range(len(rows))))
            return "e_p = " + sign.join(f"T_{a}[p_{a}{_more(variant)}]" for a in names) + _resized(variant)
        case Standardised(rows=rows, width=width, content=content, deviations=deviations):
            over = "σ" if deviations == 1 else f"({deviations:g}σ)"
            return f"e_p = (T[p] − μ)/{over}, {_content(content, rows)}, μ and σ over {rows} x {width} entries"
        case Radix(bases=bases):
            return _digits(bases)
        case Pix2StructGrid(patch=(h, w), most=most):
            scale = f"s = √({most}·({h}/H)({w}/W))"
            return f"⌊s H/{h}⌋ rows and ⌊s W/{w}⌋ columns, each from 1 to {most}, {scale}"
    where = "p_y, p_x" if len(variant.rows) == 2 else "p"
    return f"e_p = T[{where}{_more(variant)}]{_resized(variant)}"


def _resize(rule: Resize) -> str:
    point = POINTS[rule.align].replace("n'", f"(n' + {rule.offset:g})") if rule.offset else POINTS[rule.align]
    if rule.kernel == "nearest":
        return f"y_i = the sample in whose cell x_i lies, {point}"
    name = f"{rule.kernel}, slope {rule.a:g}" if rule.a is not None else rule.kernel
    stretched = "stretched by max(n/n', 1) and divided by the sum" if rule.antialias else "edges repeated"
    return f"y_i = Σ_j k(j − x_i) x_j, k {name}, {stretched}, {point}"


def _content(given: Sinusoidal | Ramp, rows: int) -> str:
    if isinstance(given, Sinusoidal):
        return f"T: {equation(given)}"
    power = "" if given.exponent == 1 else f"^{given.exponent:g}"
    across = "" if given.width == 1 else f" (c/{given.width - 1}){power}"
    return f"T[p, c] = (p/{rows - 1}){power}{across}"


def _digits(bases: tuple[int, ...]) -> str:
    digit = f"⌊p/{bases[0]}^(m − 1)⌋ mod {bases[0]}"
    if len(set(bases)) > 1:
        digit = f"⌊p/(β_1⋯β_(m − 1))⌋ mod β_m, β = {bases}"
    return f"e_p = (d_1, ..., d_{len(bases)}), d_m = {digit}"


def _more(variant: Table | Factorised) -> str:
    return f" + {variant.offset}" if variant.offset else ""


def _resized(variant: Table | Factorised) -> str:
    return "" if variant.resample is None else f", T resized to the grid: {_table(variant.resample)}"
