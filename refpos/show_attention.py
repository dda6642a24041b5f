"""The logit of an attention on a line, with what it turns and what it adds."""

from refpos import show_biases as bias
from refpos.show_equations import equation
from refpos.show_fields import parts
from refpos.spec.scaling import magnitude
from refpos.variants.attention import (
    AnyAttention,
    Attention,
    Chunks,
    Fope,
    Layers,
    LinearAttention,
    Local,
    ReRope,
    RmsNorm,
)
from refpos.variants.bias import Bias
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL
from refpos.variants.rotary import Rotary
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor, Temperature


def formula(variant: AnyAttention | Layers) -> str:
    """Return the logit of a query and a key; where values have a part in it, what becomes of them too.

    Examples
    --------
    >>> formula(Layers((Attention(), Attention(), Attention(scale=1.0, normalise="cosine"))))
    '2 layers: q_i·k_j/√d; 1 layer: cos(q_i, k_j)'
    """
    match variant:
        case Layers(attentions=attentions):
            return "; ".join(_layers(part, count) for part, count in parts(attentions))
        case Attention():
            return _logit(variant)
        case LinearAttention():
            return _linear(variant)
        case Fox(rotary=rotary):
            product = "q_i·k_j" if rotary is None else "(R_i q_i)·(R_j k_j)"
            return f"{product}/√d + Σ_l ln σ(g_hl) over p_j < p_l <= p_i{_turn(rotary)}"
    return _offset(variant)


def _linear(variant: LinearAttention) -> str:
    i, j = ("", "") if variant.rotary is None else ("R_i ", "R_j ")
    if variant.kernel == "cosine":
        return f"w_ij = 1 + cos({i}q_i, {j}k_j), over Σ_j w_ij{_turn(variant.rotary)}"
    divisor = "over Σ_j φ(q_i)·φ(k_j), φ(x) = 1 + elu(x)"
    return f"w_ij = ({i}φ(q_i))·({j}φ(k_j)), {divisor}{_turn(variant.rotary)}"


def _layers(part: tuple[AnyAttention | None, ...], count: int) -> str:
    own = " then ".join(formula(one or Attention()) for one in part)
    return f"{count} layer{'s' * (count > 1)}: {own}" if len(part) == 1 else f"{count} times {own}"


def _offset(variant: Fope | Shaw | TransformerXL | Deberta | Decomposed | Cope | Pope) -> str:
    match variant:
        case Shaw(distance=far, values=values):
            more = ", values v_j + V[ι]" if values else ""
            return f"q_i·(k_j + A[ι])/√d{more}, ι = min(max(p_j − p_i, −{far}), {far}) + {far}"
        case TransformerXL(rows=rows):
            return f"((q_i + u_h)·k_j + (q_i + v_h)·W_h r(p_i − p_j))/√d, r: {equation(rows)}"
        case Deberta():
            return _disentangled(variant)
        case Decomposed(window=(h, w)):
            return f"q_i·k_j/√d + q_i·H[y_i − y_j + {h - 1}] + q_i·W[x_i − x_j + {w - 1}]"
        case Cope(positions=n):
            count = f"p_ij = min(Σ_l σ(l_il), {n - 1}) over p_j <= p_l <= p_i"
            return f"l_ij + q_i·e[p_ij], {count}, l_ij = q_i·k_j/√d"
    return _waves(variant)


def _waves(variant: Fope | Pope) -> str:
    base, width = f"{variant.base:,g}", variant.width
    if isinstance(variant, Pope):
        angle = f"(p_i − p_j) {base}^(−c/{width}) − δ_hc"
        return f"Σ_c μ(q_ic) μ(k_jc) cos({angle})/√d, μ(x) = ln(1 + e^x), δ cut off at −2π and 0"
    half, sums = width // 2, "C_d = Σ_D cos(p ω_D) c_hDd, S_d = Σ_D sin(p ω_D) s_hDd"
    turned = f"(L_i q_i)·(L_j k_j)/√d, L: (x_d, x_d+{half}) times [[C_d, −S_d], [S_d, C_d]]"
    return f"{turned}, {sums}, ω_D = {base}^(−D/{half}), d and D below {variant.kept}"


def _disentangled(variant: Deberta) -> str:
    s, buckets = variant.span, variant.buckets
    own = {"c2p": "q_i·K[δ(p_i − p_j)]", "p2c": f"k_j·Q[δ({'p_j − p_i' if variant.mirrored else 'p_i − p_j'})]"}
    shown = " + ".join(["q_i·k_j", *(own[term] for term in variant.terms)])
    near = "r" if buckets is None else "β(r)"
    row = f"δ(r) = min(max({near} + {s}, 0), {2 * s - 1})"
    return (
        f"({shown})/√({1 + len(variant.terms)}d), {row}{'' if buckets is None else _buckets(buckets, variant.distance)}"
    )


def _buckets(buckets: int, far: int) -> str:
    m = buckets // 2
    return f", β(r) = r up to ±{m}, then ±({m} + ⌈{m - 1} ln(|r|/{m})/ln({far - 1}/{m})⌉)"


def _logit(variant: Attention) -> str:
    """Return the logit, and the output where values are turned."""
    sides = variant.rotate if variant.rotary is not None else ()
    q, k = (f"R_{at} {name}_{at}" if side in sides else f"{name}_{at}" for side, name, at in TURNED)
    product = _normalised(q, k, variant)
    if variant.rectify is not None:
        product = f"({product} where p_i − p_j < w, else {_far(variant.rectify)})"
    made = _scaled(_sharp(variant.temperature) + product, variant)
    if "value" in sides:
        made += f", o_i = {'R_iᵀ ' if 'output' in sides else ''}Σ_j a_ij R_j v_j"
    return made + _seen(variant.reach) + _turn(variant.rotary) + ("" if variant.bias is None else _bias(variant.bias))


def _turn(rotary: Rotary | None) -> str:
    return "" if rotary is None else f", R: {equation(rotary)}"


def _bias(given: Bias) -> str:
    return f", b = {bias.formula(given)}"


def _seen(reach: Local | Chunks | None) -> str:
    match reach:
        case Local(width=width):
            return f", keys of |p_i − p_j| < {width}"
        case Chunks(length=length):
            return f", keys of ⌊p_j/{length}⌋ = ⌊p_i/{length}⌋"
    return ""


TURNED = (("query", "q", "i"), ("key", "k", "j"))


def _normalised(q: str, k: str, variant: Attention) -> str:
    match variant.normalise:
        case "key":
            return f"({q})·({k})/|k_j|" if variant.rotary else "q_i·k_j/|k_j|"
        case "cosine":
            return f"cos({q}, {k})"
        case RmsNorm():
            return f"rms({q})·rms({k})"
    return f"({q})·({k})" if "R" in q + k else f"{q}·{k}"


def _far(given: ReRope) -> str:
    w = f"{given.window:g}"
    if given.factor is None:
        return f"(R_w q_i)·k_j, w = {w}"
    return f"(R_(w + (i − w)/c) q_i)·(R_(j/c) k_j), w = {w}, c = {given.factor:g}"


def _sharp(given: Temperature | None) -> str:
    match given:
        case None:
            return ""
        case LogFloor(coefficient=c, interval=n, offset=offset):
            return f"(1 + {c:g} ln(1 + ⌊{f'(p_i + {offset})' if offset else 'p_i'}/{n}⌋)) "
        case LogCount(base=base, counted=counted, coefficient=c, clip=clip):
            number = {"position": "(p_i + 1)", "keys": "n"}.get(str(counted), str(counted))
            ratio = f"ln {number}/ln {base}" if base else f"ln {number}"
            shown = f"max({ratio}, 1)" if clip else f"({ratio})" if base else ratio
            return f"{shown} " if c == 1 else f"{c:g} {shown} "


def _scaled(product: str, variant: Attention) -> str:
    match variant.scale:
        case None:
            root = "/√d"
        case InverseRoot(terms=terms, magnitude=given):
            g = magnitude(given)
            root = ("" if g == 1 else f"·{g * g:.5g}") + ("/√d" if terms == 1 else f"/√({terms}d)")
        case factor:
            root = "" if factor == 1 else f"·{factor:g}"
    if variant.bias is None:
        return product + root
    return f"({product} + b_ij){root}" if variant.bias_scaled else f"{product}{root} + b_ij"
