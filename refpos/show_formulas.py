"""The formula of an entry that is no angle, with its own choices and not those of others of its kind."""

from typing import Any

from refpos.variants.attention import Attention, Layers, LinearAttention, ReRope, RmsNorm
from refpos.variants.bias import Alibi, Fire, Kerple, T5Buckets
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask
from refpos.variants.multimodal import V2PE, CircleRope, MRope, MSRope, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Centres, Grid, GridBuckets, Index
from refpos.variants.relative import Deberta
from refpos.variants.table import Factorised, Resize, Table
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor, Temperature
from refpos.variants.window import SwinContinuous, SwinWindow

TIE = {
    "integer": "s = w + 1, t = h + 1",
    "smallest": "s = (w + 1)/g, t = (h + 1)/g, g = gcd(h + 1, w + 1)",
    "equivalent": "s = (wh + 1)/(h + 1), t = (wh + 1)/(w + 1)",
}
POINTS = {
    "corners": "x_i = i(n − 1)/(n' − 1)",
    "origin": "x_i = i n/n'",
    "centres": "x_i = (i + ½)n/n' − ½",
}


def formula(variant: Any) -> str | None:
    """Return the formula of a bias, a table, a rule of positions or an attention; None where its kind has but one.

    Examples
    --------
    >>> formula(Alibi(heads=8)), formula(Alibi(heads=12, reference="origin"))
    ('−m_h |p_i − p_j|, m_h = 2^(−8k/8), k = 1 ... 8', 'm_h p_j, m_h = 2^(−8k/8), k = 1 ... 8, then 1/2, 3/2, ...')
    """
    match variant:
        case Alibi() | T5Buckets() | Kerple() | Fire() | SwinWindow() | SwinContinuous():
            return _bias(variant)
        case Table() | Factorised() | Resize():
            return _table(variant)
        case Attention() | LinearAttention() | Deberta():
            return _attention(variant)
        case Layers():
            return "; ".join(dict.fromkeys(formula(one) or "q_i·k_j/√d" for one in variant.attentions))
    return _positions(variant)


def _bias(variant: Any) -> str:
    match variant:
        case Alibi(heads=heads, axes=axes, reference=reference, maximum=most):
            distance = "−m_h |p_i − p_j|" if axes == 1 else "−m_h ‖p_i − p_j‖"
            place = {"query": distance, "origin": "m_h p_j", "last-key": "m_h (p_j − max p)"}[reference]
            n = 1 << (heads.bit_length() - 1)
            rest = ", then 1/2, 3/2, ..." if heads > n else ""
            return f"{place}, m_h = 2^(−{most:g}k/{n}), k = 1 ... {n}{rest}"
        case T5Buckets(near=e, side=n, distance=far, bidirectional=both):
            size = f"r = |p_j − p_i|, {n} more for keys after the query" if both else "r = max(p_i − p_j, 0)"
            return f"T[ι, h], ι = r below {e}, else min({e} + ⌊{n - e} ln(r/{e})/ln({far}/{e})⌋, {n - 1}), {size}"
        case Kerple(kernel=kernel):
            return "−r1_h |p_i − p_j|^r2_h" if kernel == "power" else "−r1_h ln(1 + r2_h |p_i − p_j|)"
        case Fire(epsilon=epsilon):
            more = f" + {epsilon:g}" if epsilon else ""
            return f"f_h(ψ(|p_i − p_j|)/(ψ(max(p_i, L)){more})), ψ(x) = ln(1 + c x)"
        case SwinWindow(window=(h, w)):
            return f"T[{2 * w - 1}(y_i − y_j + {h - 1}) + x_i − x_j + {w - 1}, h]"
    gain = "f_h(c_y, c_x)" if variant.gain is None else f"{variant.gain:g}·sigmoid(f_h(c_y, c_x))"
    scaled = "c = sign(δ) log2(1 + 8|δ|/(n − 1))/3, n a side of the window of pretraining"
    return f"{gain}, {scaled if variant.coordinates == 'scaled' else 'c = sign(δ) ln(1 + |δ|)'}, δ = p_i − p_j"


def _table(variant: Any) -> str:
    match variant:
        case Resize(kernel=kernel, a=a, align=align, antialias=antialias, offset=offset):
            point = POINTS[align].replace("n'", f"(n' + {offset:g})") if offset else POINTS[align]
            name = f"{kernel}, slope {a:g}" if a is not None else kernel
            stretched = "stretched by max(n/n', 1) and divided by the sum" if antialias else "edges repeated"
            if kernel == "nearest":
                return f"y_i = the sample in whose cell x_i lies, {point}"
            return f"y_i = Σ_j k(j − x_i) x_j, k {name}, {stretched}, {point}"
        case Factorised(combine=combine, rows=rows):
            sign = {"sum": " + ", "product": " · ", "stack": " | "}[combine]
            names = ("y", "x") if len(rows) == 2 else tuple(map(str, range(len(rows))))
            return "e_p = " + sign.join(f"T_{a}[p_{a}{_more(variant)}]" for a in names) + _resized(variant)
    where = "p_y, p_x" if len(variant.rows) == 2 else "p"
    return f"e_p = T[{where}{_more(variant)}]{_resized(variant)}"


def _more(variant: Table | Factorised) -> str:
    return f" + {variant.offset}" if variant.offset else ""


def _resized(variant: Table | Factorised) -> str:
    return "" if variant.resample is None else ", T resized to the grid"


def _attention(variant: Any) -> str | None:
    match variant:
        case Attention():
            return _logit(variant)
        case LinearAttention(kernel="cosine"):
            return "w_ij = 1 + cos(R_i q_i, R_j k_j), over Σ_j w_ij"
        case LinearAttention():
            return "w_ij = (R_i φ(q_i))·(R_j φ(k_j)), over Σ_j φ(q_i)·φ(k_j), φ(x) = 1 + elu(x)"
        case Deberta(mirrored=mirrored, terms=("c2p", "p2c")):
            second = "p_j − p_i" if mirrored else "p_i − p_j"
            return f"(q_i·k_j + q_i·K[δ(p_i − p_j)] + k_j·Q[δ({second})])/√(3d)"
    return None


def _logit(variant: Attention) -> str:
    """Return the logit, and the output where values are turned."""
    sides = variant.rotate if variant.rotary is not None else ()
    q, k = (f"R_{at} {name}_{at}" if side in sides else f"{name}_{at}" for side, name, at in TURNED)
    product = _normalised(q, k, variant)
    if variant.rectify is not None:
        product = f"({product} where p_i − p_j < w, else {_far(variant.rectify)})"
    made = _scaled(_sharp(variant.temperature) + product, variant)
    if "value" not in sides:
        return made
    back = "R_iᵀ " if "output" in sides else ""
    return f"{made}, o_i = {back}Σ_j a_ij R_j v_j"


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
        case InverseRoot(terms=terms, magnitude=g):
            root = (" g²" if g != 1.0 else "") + ("/√d" if terms == 1 else f"/√({terms}d)")
        case factor:
            root = "" if factor == 1 else f"·{factor:g}"
    if variant.bias is None:
        return product + root
    return f"({product} + b_ij){root}" if variant.bias_scaled else f"{product}{root} + b_ij"


def _positions(rule: Any) -> str | None:
    """Return where a token stands; p is one beyond the highest coordinate so far, L = p − 1."""
    return _counted(rule) or _patch(rule) or _grid(rule) or _tied(rule)


def _counted(rule: Any) -> str | None:
    match rule:
        case Index(start=start):
            return f"{start} + i" if start else "i"
        case DecoderMask(fill=fill):
            return f"Σ_(j <= i) m_j − 1, padding {fill}"
        case FairseqMask(padding=padding):
            return f"{padding} + m_i Σ_(j <= i) m_j"
        case DetrMask(shift=shift, normalise=normalise):
            count = f"(Σ m {'+' if shift > 0 else '−'} {abs(shift):g})" if shift else "Σ m"
            return f"(y, x) = {count}" + (f"/(the last Σ m + {rule.epsilon:g})" if normalise else "")
    return None


def _patch(rule: Any) -> str | None:
    match rule:
        case Grid(start=start, reference=reference):
            at = f"(y + {start}, x + {start})" if start else "(y, x)"
            return at if reference is None else f"{at} · {reference}/(h, w)"
        case Centres(low=low, high=high, normalise=by):
            n = {"separate": "n", "max": "max(h, w)", "min": "min(h, w)"}[by]
            return f"{low:g} + {high - low:g}(i + ½)/{n}"
        case GridBuckets(side=n):
            return f"{n}⌊{n}y/h⌋ + ⌊{n}x/w⌋"
        case V2PE(stride=stride, tokens=tokens):
            return f"text p, images L + Δ, L + 2Δ, ..., Δ = {stride:g}/{tokens or 'hw'}"
    return None


def _grid(rule: Any) -> str | None:
    match rule:
        case MRope(split=True):
            return "text (p, p, p), each frame (p, p + y, p + x)"
        case MRope(tokens_per_second=rate):
            return f"text (p, p, p), grids (p + {f'⌊{rate:g}t/fps⌋' if rate else 't'}, p + y, p + x)"
        case VideoRope(stride=stride):
            return f"text (p, p, p), grids (τ, τ + y − ⌊(h − 1)/2⌋, τ + x − ⌊(w − 1)/2⌋), τ = p + {_times(stride)}t"
        case OmniRope(stride=stride):
            return f"text (p, p, p), grids (p + {_times(stride)}t, y, x)"
        case MSRope(centred=centred):
            cell = "y − ⌈h/2⌉, x − ⌈w/2⌉" if centred else "y, x"
            return f"text (p, p, p), image k (k + t, {cell})"
    return None


def _times(factor: float) -> str:
    return "" if factor == 1 else f"{factor:g}"


def _tied(rule: Any) -> str | None:
    match rule:
        case RopeTie(form="unit"):
            return "text (p, p), images (L + h(w − 1)/2 + r, L + w(h − 1)/2 + c)"
        case RopeTie(form=form):
            return f"text (p, p), images (L + s r, L + t c), {TIE[form]}"
        case CircleRope(radius=r):
            return f"text (p, p, p), images p + {r:g}(cos θ (0, 1, −1)/√2 + sin θ (2, −1, −1)/√6)"
    return None
