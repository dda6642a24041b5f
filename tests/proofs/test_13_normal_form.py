"""What probing an encoding at integer positions determines: its frequencies up to whole turns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operators import operator
from strategies import FEW, generators

from refpos import Dense, Frequencies, Rotary, omega

TURN = 2 * np.pi


@pytest.mark.parametrize(("count", "base"), [(1, 100.0), (2, 100.0), (3, 27.0), (4, 16.0)])
@pytest.mark.theorem("normal-probing")
def test_twice_as_many_positions_as_characters_tell_all_frequencies(count, base):
    """The trace is Σ 2 cos ω_k p: 2K characters, the zeros of the polynomial that annihilates its values (Prony)."""
    variant, size = Rotary(Frequencies((0,) * count, base=base)), 2 * count
    values = np.array([np.trace(operator(variant, float(p), features=size)) for p in range(2 * size)])
    hankel = values[np.add.outer(np.arange(size), np.arange(size))]
    monic = [1.0, *np.linalg.solve(hankel, -values[size:])[::-1]]
    found = sorted(abs(np.angle(np.roots(monic))))[::2]

    assert found == pytest.approx(sorted(omega(variant.frequencies)[0]), abs=1e-6)


@FEW
@given(rng=generators, whole=st.integers(1, 3), position=st.integers(-9, 9))
@pytest.mark.theorem("normal-probing", "normal-integers")
def test_no_integer_position_tells_whole_turns_and_another_one_does(rng, whole, position):
    variant, rates = Rotary(Dense(1, 3)), rng.uniform(0.1, 3, (1, 3))
    once, again = ({"omega": one} for one in (rates, rates + TURN * whole))

    def apart(p):
        return abs(operator(variant, p, learned=once) - operator(variant, p, learned=again)).max()

    assert apart(float(position)) < 1e-12
    assert apart(position + 1 / 7) > 1e-3
