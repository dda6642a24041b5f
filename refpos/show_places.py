"""Where a rule places a token, on a line."""

from typing import Any

from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask, MaskRule
from refpos.variants.multimodal import V2PE, CircleRope, MRope, MSRope, OmniRope, RopeTie, VideoRope
from refpos.variants.positions import Centres, Grid, GridBuckets, Index, Rule

TIE = {
    "integer": "s = w + 1, t = h + 1",
    "smallest": "s = (w + 1)/g, t = (h + 1)/g, g = gcd(h + 1, w + 1)",
    "equivalent": "s = (wh + 1)/(h + 1), t = (wh + 1)/(w + 1)",
}


def place(rule: Rule | MaskRule) -> str:
    """Return where a token stands; p is one beyond the highest coordinate so far, L = p − 1."""
    found = _counted(rule) or _patch(rule) or _grid(rule) or _tied(rule)
    assert found is not None
    return found


def _counted(rule: Any) -> str | None:
    match rule:
        case Index(start=start):
            return f"i + {start}" if start else "i"
        case DecoderMask(fill=fill):
            return f"Σ_(j <= i) m_j − 1, padding {fill}"
        case FairseqMask(padding=padding):
            return f"m_i Σ_(j <= i) m_j {'+' if padding >= 0 else '−'} {abs(padding)}"
        case DetrMask(shift=shift, normalise=normalise):
            count = f"(Σ m {'+' if shift > 0 else '−'} {abs(shift):g})" if shift else "Σ m"
            return f"(y, x) = {count}" + (f"/(the last Σ m + {rule.epsilon:g})" if normalise else "")
    return None


def _patch(rule: Any) -> str | None:
    match rule:
        case Grid(start=start, reference=reference, exchanged=exchanged, block=b):
            cell = ("⌊n/h⌋", "n mod h") if exchanged else ("y", "x")
            at = f"({', '.join(f'{one} + {start}' if start else one for one in cell)})"
            at += " of patch n" * exchanged
            at += f", {b} by {b}" if b > 1 else ""
            return at if reference is None else f"{at}·({', '.join(map(str, reference))})/(h, w)"
        case Centres(low=low, high=high, normalise=by):
            n = {"separate": "n", "max": "max(h, w)", "min": "min(h, w)"}[by]
            return f"{high - low:g}(i + ½)/{n} {'+' if low >= 0 else '−'} {abs(low):g}"
        case GridBuckets(side=n):
            return f"{n}⌊{n}y/h⌋ + ⌊{n}x/w⌋"
        case V2PE(stride=stride, tokens=tokens):
            return f"text p, images L + Δ, L + 2Δ, ..., Δ = {stride:g}/{tokens or 'hw'}"
    return None


def _grid(rule: Any) -> str | None:
    match rule:
        case MRope(tokens_per_second=rate, split=split):
            t = f"⌊{rate:g}t/fps⌋" if rate else "t"
            return f"text (p, p, p), {'each frame (p' if split else f'grids (p + {t}'}, p + y, p + x)"
        case VideoRope(stride=stride):
            return f"text (p, p, p), grids (τ, τ + y − ⌊(h − 1)/2⌋, τ + x − ⌊(w − 1)/2⌋), τ = p + {_times(stride)}t"
        case OmniRope(stride=stride, split=split):
            return f"text (p, p, p), {'each frame (p' if split else f'grids (p + {_times(stride)}t'}, y, x)"
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
        case CircleRope(radius=r, alpha=a):
            angle = f"θ {a:g} of the angle at which a patch is seen and {1 - a:g} of its number's"
            return f"text (p, p, p), images p + {r:g}(cos θ (0, 1, −1)/√2 + sin θ (2, −1, −1)/√6), {angle}"
    return None
