"""Inputs for new golden cases, drawn with Hypothesis: positions, small whole features, heads, sides, lengths.

Some of it is chosen, minimised, and frozen in golden files. Nothing draws it again: not to verify, not in CI.
"""

from typing import Any

from refpos.oracle.golden.draw import NEAR
from refpos.oracle.golden.length import original_length
from refpos.oracle.golden.minimise import Inputs
from refpos.oracle.golden.values import Subject
from refpos.variants.frequencies import axis_count, head_count
from refpos.variants.planes import planes
from refpos.variants.rotary import Rotary

FARTHEST = 2**31


def draw(subject: Subject, count: int, seed: int) -> list[Inputs]:
    """Draw inputs for an entry, the same ones for the same seed, version of Hypothesis and modules imported.

    Raises
    ------
    ImportError
        If Hypothesis is not installed; it names the extra.
    """
    try:
        import hypothesis
    except ImportError as error:
        raise ImportError("drawing golden cases needs Hypothesis: pip install 'refpos[test]'") from error
    found: list[Inputs] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(_inputs(subject))
    def keep(inputs: Inputs) -> None:
        found.append(inputs)

    keep()
    return found


def _inputs(subject: Subject) -> Any:
    """Return the strategy for the inputs of an entry."""
    from hypothesis import strategies as st

    @st.composite
    def made(choose: Any) -> Inputs:
        variant, inputs = subject.entry.variant, {}
        original = original_length(variant)
        if original is not None:
            inputs["length"] = choose(_lengths(original))
        count = choose(st.integers(1, 3))
        token = _token(subject, inputs.get("length", FARTHEST + 1))
        inputs["positions"] = [choose(token) for _ in range(count)]
        if isinstance(variant, Rotary):
            inputs["x"] = [choose(_features(variant, subject.entry.width)) for _ in range(count)]
        if isinstance(variant, Rotary) and variant.growth is not None and choose(st.booleans()):
            inputs["side"] = "key"
        if heads := head_count(variant.frequencies):
            inputs["head"] = choose(st.integers(0, heads - 1))
        return inputs

    return made()


def _lengths(original: int) -> Any:
    """Return the strategy for lengths: around the original one, and some times as long."""
    from hypothesis import strategies as st

    around = st.integers(-1, 1).map(lambda by: original + by)
    return st.one_of(around, st.sampled_from([2, 3, 4, 8, 32]).map(lambda times: times * original))


def _token(subject: Subject, end: int) -> Any:
    """Return the strategy for the position of a token: near, at a power of two and beside it, or a fraction."""
    from hypothesis import strategies as st

    variant = subject.entry.variant
    end = NEAR if isinstance(variant, Rotary) and variant.growth is not None else end
    powers = st.builds(lambda k, by: 2**k + by, st.integers(1, 31), st.integers(-1, 1))
    number = st.one_of(st.integers(0, 16), powers).map(lambda position: position % end)
    if getattr(variant.frequencies, "unit", "radian") != "radian":
        number = st.integers(-64, 64).map(lambda n: n / 64 if n % 64 else n // 64)
    axes = axis_count(variant.frequencies)
    return number if axes == 1 else st.lists(number, min_size=axes, max_size=axes)


def _features(variant: Rotary, width: int) -> Any:
    """Return the strategy for the features of a token: whole numbers to 8, on a few planes, zero elsewhere."""
    from hypothesis import strategies as st

    pairs = planes(variant, width).read
    value = st.integers(-8, 8)
    turned = st.lists(st.tuples(st.sampled_from(pairs), value, value), min_size=1, max_size=4)
    other = st.tuples(st.integers(0, width - 1), value)

    def laid_out(planes: list[Any], one: tuple[int, int]) -> list[int]:
        row = [0] * width
        for (a, b), x_a, x_b in planes:
            row[a], row[b] = x_a, x_b
        row[one[0]] = one[1]
        return row

    return st.builds(laid_out, turned, other)
