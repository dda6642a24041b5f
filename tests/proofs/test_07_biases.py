"""What `proofs/07_biases.py` proves; more of it is carried by `tests/test_bias.py` and `tests/test_attention.py`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, generators

from refpos import (
    Alibi,
    Attention,
    Frequencies,
    Rotary,
    SpecError,
    T5Buckets,
    XPos,
    attend,
    bias,
    cos_sin,
    index,
    rotate,
)

GROWN = Rotary(Frequencies((0,) * 4), growth=XPos(512.0))


@pytest.mark.theorem("xpos-relative")
@MANY
@given(rng=generators, m=st.integers(-512, 512), n=st.integers(-512, 512), t=st.integers(-512, 512))
def test_logits_of_xpos_are_those_of_rope_times_a_power_of_each_plane(rng, m, n, t):
    q, k = rng.standard_normal((2, 1, 8))
    rates = np.tile((np.arange(4) / 4 + 0.4) / 1.4, 2)
    want = (q * rates ** ((m - n) / 512) * rotate(k, [n - m], Rotary(GROWN.frequencies))).sum()

    for shift in (0, t):
        found = (rotate(q, [m + shift], GROWN) * rotate(k, [n + shift], GROWN, side="key")).sum()
        assert found == pytest.approx(want, rel=1e-11, abs=1e-11)


@pytest.mark.theorem("xpos-local")
def test_a_far_key_of_xpos_has_the_weight_of_a_key_that_is_zero():
    slow = Attention(Rotary(Frequencies((0,), base=2.0), growth=XPos(4.0)), scale=1.0)
    q, keys, values = np.array([[0.0, 3.0]]), np.array([[0.0, -1.0], [0.0, 0.0]]), np.eye(2)
    near, far = (attend(q, keys, values, [at], [0, 0], slow)[0] for at in (0, 2000))

    assert near[0] < 0.05
    assert far.tolist() == [0.5, 0.5]


@pytest.mark.theorem("xpos-range")
@pytest.mark.parametrize(("greatest", "last"), [(65504, 4532), (2.0**128 - 2.0**104, 36260)])
def test_keys_of_xpos_leave_the_range_of_a_format(greatest, last):
    def magnitude(at):
        return np.hypot(*cos_sin([at], GROWN, side="key"))[0, 0]

    assert magnitude(last) <= greatest < magnitude(last + 1)
    assert magnitude(last) * np.hypot(*cos_sin([last], GROWN))[0, 0] == pytest.approx(1)


@pytest.mark.theorem("xpos-range")
def test_a_table_in_float32_refuses_what_it_cannot_hold():
    cos_sin([36_000], GROWN, np.float32, side="key")
    with pytest.raises(SpecError, match="finite"):
        cos_sin([37_000], GROWN, np.float32, side="key")


@pytest.mark.theorem("alibi-sides")
@MANY
@given(
    queries=st.lists(st.integers(0, 9), min_size=2, max_size=2),
    keys=st.lists(st.integers(0, 9), min_size=2, max_size=2),
)
def test_a_linear_bias_is_one_of_the_key_alone_where_no_query_is_between_keys(queries, keys):
    (found,) = bias(queries, keys, Alibi(1))
    overlap = min(max(queries), max(keys)) - max(min(queries), min(keys))
    sense = np.sign(queries[1] - queries[0]) * np.sign(keys[1] - keys[0])
    doubled = found[0, 0] - found[1, 0] - found[0, 1] + found[1, 1]

    assert doubled == 2**-8 * 2 * max(0, overlap) * sense


@pytest.mark.theorem("t5-integers")
@MANY
@given(r=st.integers(1, 400), sides=st.integers(2, 20), more=st.integers(1, 200))
def test_a_bucket_is_the_greatest_whose_bound_is_reached(r, sides, more):
    variant = T5Buckets(1, sides, sides // 2 + more, bidirectional=False)
    e, far = variant.near, variant.side - variant.near
    bounds = [t for t in range(far) if r**far >= variant.distance**t * e ** (far - t)]

    assert index([r], [0], variant)[0, 0] == (r if r < e else e + max(bounds))
