"""A bias on a line, with its own choices and not those of others of its kind."""

from refpos.variants.bias import Alibi, Bias, Fire, Kerple, Sandwich, T5Buckets
from refpos.variants.window import SwinContinuous, SwinWindow


def formula(variant: Bias) -> str:
    """Return what is added to the logit of a query and a key.

    Examples
    --------
    >>> formula(Alibi(heads=8)), formula(Alibi(heads=12, reference="origin"))
    ('−m_h |p_i − p_j|, m_h = 2^(−8k/8), k = 1 ... 8', 'm_h p_j, m_h = 2^(−8k/8), k = 1 ... 8, then 1/2, 3/2 ... 7/2')
    """
    match variant:
        case Alibi(heads=heads, axes=axes, reference=reference, maximum=most):
            distance = "−m_h |p_i − p_j|" if axes == 1 else "−m_h ‖p_i − p_j‖"
            place = {"query": distance, "origin": "m_h p_j", "last-key": "m_h (p_j − max p)"}[reference]
            n = 1 << (heads.bit_length() - 1)
            rest = f", then 1/2, 3/2 ... {2 * (heads - n) - 1}/2" if heads > n else ""
            return f"{place}, m_h = 2^(−{most:g}k/{n}), k = 1 ... {n}{rest}"
        case T5Buckets(near=e, side=n, distance=far, bidirectional=both):
            size = f"r = |p_j − p_i|, {n} more for keys after the query" if both else "r = max(p_i − p_j, 0)"
            return f"T[ι, h], ι = r below {e}, else min({e} + ⌊{n - e} ln(r/{e})/ln({far}/{e})⌋, {n - 1}), {size}"
        case Kerple(kernel=kernel):
            return "−r1_h |p_i − p_j|^r2_h" if kernel == "power" else "−r1_h ln(1 + r2_h |p_i − p_j|)"
        case Sandwich(heads=heads, width=width, base=base, first=first, maximum=most):
            waves = f"(Σ_i cos((p_i − p_j)/{base:,g}^(2i/{width})) − {width // 2})"
            return f"{waves}/({most:g}h/{heads}), i = {first} ... {first + width // 2 - 1}, h = 1 ... {heads}"
        case SwinWindow(window=(h, w)):
            return f"T[{2 * w - 1}(y_i − y_j + {h - 1}) + x_i − x_j + {w - 1}, h]"
    return _network(variant)


def _network(variant: Fire | SwinContinuous) -> str:
    """Return what a network is given, and what becomes of what it returns."""
    if isinstance(variant, Fire):
        over = "ψ(max(p_i, L))"
        over = f"({over} + {variant.epsilon:g})" if variant.epsilon else over
        return f"f_h(ψ(|p_i − p_j|)/{over}), ψ(x) = ln(1 + c x)"
    gain = "f_h(c_y, c_x)" if variant.gain is None else f"{variant.gain:g}·sigmoid(f_h(c_y, c_x))"
    h, w = variant.pretrained or variant.window
    scaled = f"c = sign(δ) log2(1 + 8|δ|/(n − 1))/3, n = {h if h == w else (h, w)}"
    return f"{gain}, {scaled if variant.coordinates == 'scaled' else 'c = sign(δ) ln(1 + |δ|)'}, δ = p_i − p_j"
