"""Laws, each over the whole catalogue: it holds where a predicate on the description says so, and nowhere else.

With u = 2^-53 an angle φ = Σ p_a ω_a of A <= 3 axes is off by at most A u Θ, Θ = Σ |p_a ω_a|; what turns a pair of
length r is then off by (A u Θ + c u) r, where c counts the roundings that follow: 2 for cosine and sine each, 1 for
the magnitude, 3 for products and sum, once for every rotation. Exponents of growth have 3 roundings, so they count in
Θ too. Below, c is 16 for one or two rotations and 32 for up to four; a sum over d features adds a rounding for each.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, generators, learned_by, points, some

from refpos import (
    NTK,
    ByIndex,
    ByParts,
    Dense,
    Frequencies,
    Linear,
    MixedRadix,
    PartNTK,
    PerPlane,
    Rotary,
    Sinusoidal,
    at_length,
    cos_sin,
    embed,
    omega,
    planes,
    rotate,
)
from refpos.catalogue import ANGLES
from refpos.variants.frequencies import axis_count, head_count, plane_count
from refpos.variants.planes import feature_places, width

U = 2.0**-53
LENGTH = 5000
"""Beyond the original length of some variants that depend on it and within that of others."""

ENTRIES = {name: at_length(entry.variant, LENGTH) for name, entry in ANGLES.items()}
ROTARY = {name: one for name, one in ENTRIES.items() if isinstance(one, Rotary)}
SINUSOIDAL = {name: one for name, one in ENTRIES.items() if isinstance(one, Sinusoidal)}


def always(_):
    return True


def turns_pairs(variant):
    """Whether every plane turns, and stretches, the pair that it reads."""
    return variant.columns == "paired"


def keeps_length(variant):
    return turns_pairs(variant) and variant.growth is None


def stays_in_place(variant):
    """Whether a pair is written where it was read."""
    return variant.write is None


def composes(variant):
    at_zero = variant.growth is None or variant.growth.centre == 0
    return turns_pairs(variant) and stays_in_place(variant) and at_zero


def has_one_ladder(variant):
    """Whether several axes share one ladder, so that only which axis turns a plane differs."""
    return isinstance(variant.frequencies, Frequencies) and variant.frequencies.ladder == "shared"


def where(predicate, variants=None):
    """Parametrise over the variants for which a predicate holds."""
    variants = ROTARY if variants is None else variants
    found = {name: one for name, one in variants.items() if predicate(one)}
    assert found, predicate
    return pytest.mark.parametrize("variant", found.values(), ids=found)


def elsewhere(predicate, variants=None):
    """Parametrise over the variants for which a predicate does not hold."""
    return where(lambda one: not predicate(one), variants)


def several_axes(variant):
    return axis_count(variant.frequencies) > 1 and not isinstance(variant.frequencies, Dense)


SEVERAL = {name: one for name, one in ROTARY.items() if several_axes(one)}


class Probe:
    """A variant with what it may have learned, and vectors at points: one of `features` per head where heads differ."""

    def __init__(self, variant, rng):
        self.variant, self.rng = variant, rng
        self.learned = learned_by(variant, rng)
        self.axes = axis_count(variant.frequencies)
        self.fraction = getattr(variant.frequencies, "unit", "radian") != "radian"
        self.features = width(variant) + 3 * (getattr(variant, "offset", 0) >= 0)
        heads = head_count(variant.frequencies)
        self.lead = () if heads is None else (heads,)

    def vector(self):
        return self.rng.standard_normal((*self.lead, 1, self.features))

    def point(self):
        """Return a point near by, where a law that fails does so clearly."""
        return self.rng.integers(-8, 9, self.axes) / (8 if self.fraction else 1)

    def rotate(self, x, point, side="query"):
        at = point[None] if self.axes > 1 else point
        return rotate(x, at, self.variant, side=side, learned=self.learned)

    def tables(self, point, side="query"):
        at = point[None] if self.axes > 1 else point
        return cos_sin(at, self.variant, side=side, learned=self.learned)

    def travel(self, point):
        """Return Θ of each plane, what it would have turned had no axis turned it back, and what it grew by."""
        turned = (abs(point)[:, None] * abs(omega(self.variant.frequencies, learned=self.learned))).sum(axis=-2)
        if getattr(self.variant, "growth", None) is not None:
            turned = turned + abs(np.log(np.hypot(*self.tables(point)))[0])
        return turned[..., None, :]

    def stretch(self, point, side="query"):
        """Return the magnitude of each plane: the attention factor, and growth."""
        return np.hypot(*self.tables(point, side)) if keeps_length(self.variant) or self.variant.growth else 1.0

    def lengths(self, x, places="read"):
        """Return the length of each pair."""
        first, second = zip(*getattr(planes(self.variant, self.features), places), strict=True)
        return np.hypot(x[..., list(first)], x[..., list(second)])

    def spread(self, per_plane, rest):
        """Return for each feature the number of its plane, and another for the features that pass through."""
        found = np.full((*self.lead, 1, self.features), rest)
        for pair in zip(*planes(self.variant, self.features).write, strict=True):
            found[..., list(pair)] = per_plane
        return found


@st.composite
def probes(draw, variant, count):
    """Draw a probe, and points within the reach of its positions."""
    probe = Probe(variant, draw(generators))
    reach = 2**17 if keeps_length(variant) else 2**10
    one = points(probe.axes, fraction=probe.fraction, reach=reach)
    return probe, [draw(one) for _ in range(count)]


def counterexamples(variant, error):
    """Return how often a law fails by more than rounding can explain."""
    return sum(error(Probe(variant, rng)) > 1e-6 for rng in some())


# Isometry: |R_p x| = g |x| for every pair, g the attention factor.


def stretched(probe, point, x):
    """Return by how much the length of each pair is off, and how long it should be."""
    g = np.hypot(*(one[..., :1] for one in probe.tables(np.zeros(probe.axes))))
    want = g * probe.lengths(x)
    return abs(probe.lengths(probe.rotate(x, point), "write") - want), want


@pytest.mark.theorem("rope-orthogonality")
@where(keeps_length)
@FEW
@given(data=st.data())
def test_lengths_are_kept_up_to_the_attention_factor(variant, data):
    probe, (point,) = data.draw(probes(variant, 1))
    error, length = stretched(probe, point, probe.vector())

    assert (error <= U * 16 * length).all()


@pytest.mark.theorem("rope-orthogonality")
@elsewhere(keeps_length)
def test_lengths_are_not_kept_where_planes_do_not_only_turn(variant):
    assert counterexamples(variant, lambda probe: stretched(probe, probe.point(), probe.vector())[0].max()) > 0


# Relativity: <R_m q, R_n k> = <R_(m+t) q, R_(n+t) k>.


def shifted(probe, m, n, t):
    """Return by how much a score changes when everything is shifted, and by how much rounding may change it."""
    q, k = probe.vector(), probe.vector()
    near, far = (
        (probe.rotate(q, m + s) * probe.rotate(k, n + s, "key")).sum(axis=-1) for s in (np.zeros(probe.axes), t)
    )
    theta = sum(probe.travel(one) for one in (m, n, m + t, n + t))
    pairs = probe.lengths(q) * probe.lengths(k) * probe.stretch(m) * probe.stretch(n, "key")
    rest = (abs(q) * abs(k)).sum(axis=-1)
    bound = U * (((4 * theta + 32 + 2 * probe.features) * pairs).sum(axis=-1) + probe.features * rest)
    return abs(near - far), bound


@pytest.mark.theorem("rope-relativity")
@where(turns_pairs)
@FEW
@given(data=st.data())
def test_scores_depend_on_differences_of_positions_only(variant, data):
    probe, (m, n, t) = data.draw(probes(variant, 3))
    error, bound = shifted(probe, m, n, t)

    assert (error <= bound).all()


@pytest.mark.theorem("rope-relativity")
@elsewhere(turns_pairs)
def test_scores_depend_on_positions_themselves_where_planes_do_not_turn(variant):
    def error(probe):
        return shifted(probe, probe.point(), probe.point(), probe.point())[0].max()

    assert counterexamples(variant, error) > 0


# Composition: R_m R_n = g R_(m+n).


def composed(probe, m, n):
    x = probe.vector()
    g = probe.spread(np.hypot(*(one[..., :1] for one in probe.tables(np.zeros(probe.axes)))), 1.0)
    twice, once = probe.rotate(probe.rotate(x, n), m), probe.rotate(x, m + n)
    theta = probe.travel(m) + probe.travel(n) + probe.travel(m + n)
    bound = (4 * theta + 32) * probe.lengths(x) * probe.stretch(m) * probe.stretch(n)
    return abs(twice - g * once), U * probe.spread(bound, 0.0)


@pytest.mark.theorem("rope-group")
@where(composes)
@FEW
@given(data=st.data())
def test_two_rotations_are_one_by_the_sum(variant, data):
    probe, (m, n) = data.draw(probes(variant, 2))
    error, bound = composed(probe, m, n)

    assert (error <= bound).all()


@pytest.mark.theorem("rope-group")
@elsewhere(composes)
def test_two_rotations_are_not_one_where_pairs_move_or_do_not_turn(variant):
    assert counterexamples(variant, lambda probe: composed(probe, probe.point(), probe.point())[0].max()) > 0


# Identity: R_0 = g.


def moved(probe):
    x, origin = probe.vector(), np.zeros(probe.axes)
    if probe.variant.growth is not None:
        origin = origin + probe.variant.growth.centre
    g = probe.spread(probe.tables(origin)[0], 1.0)
    return abs(probe.rotate(x, origin) - g * x)


@pytest.mark.theorem("rope-group")
@where(stays_in_place)
@FEW
@given(rng=generators)
def test_nothing_turns_at_the_origin(variant, rng):
    assert (moved(Probe(variant, rng)) == 0).all()


@elsewhere(stays_in_place)
def test_features_move_even_at_the_origin_where_they_are_written_elsewhere(variant):
    assert counterexamples(variant, lambda probe: moved(probe).max()) > 0


@where(always)
def test_the_magnitude_at_the_origin_is_the_attention_factor(variant):
    probe = Probe(variant, np.random.default_rng(0))
    cos, sin = probe.tables(np.zeros(probe.axes))
    factor = cos_sin([0], Rotary(Frequencies((0,)), attention_factor=variant.attention_factor))[0].item()

    assert (factor, 0) == (cos.min(), abs(sin).max()) == (cos.max(), 0)


# Transposition: <R x, y> = <x, R' y>, R' the side of the output.


@where(lambda one: composes(one) and one.growth is None)
@FEW
@given(data=st.data())
def test_the_side_of_the_output_is_transposed(variant, data):
    probe, (point,) = data.draw(probes(variant, 1))
    x, y = probe.vector(), probe.vector()
    left = (probe.rotate(x, point) * y).sum(axis=-1)
    right = (x * probe.rotate(y, point, "output")).sum(axis=-1)
    pairs = probe.lengths(x) * probe.lengths(y) * probe.stretch(point)
    bound = U * ((16 + 2 * probe.features) * pairs).sum(axis=-1)
    bound = bound + U * probe.features * (abs(x) * abs(y)).sum(axis=-1)

    assert (abs(left - right) <= bound).all()


# Layout: variants that differ only in their pairing do the same once features are permuted.


def repaired(probe, point):
    """Return by how much a variant differs from halves with whole planes, features permuted there and back.

    In units of 6u times the length of the pair: two products and a sum, and those fused, lie no further apart.
    """
    plain = replace(probe.variant, pairing="half", write=None, columns="paired", offset=0)
    count, x = plane_count(plain.frequencies), probe.vector()
    read, write, _ = (np.array(one).T.ravel() for one in planes(probe.variant, probe.features))
    other = Probe(plain, probe.rng)
    other.learned = probe.learned
    want = other.rotate(x[..., read], point)
    length = np.hypot(want[..., :count], want[..., count:])
    return abs(want - probe.rotate(x, point)[..., write]) / (6 * U * np.tile(length, 2)), 2 * count


@pytest.mark.theorem("pairing-conjugate")
@where(turns_pairs)
@FEW
@given(data=st.data())
def test_variants_that_differ_only_in_layout_are_equal_up_to_a_permutation(variant, data):
    probe, (point,) = data.draw(probes(variant, 1))
    error, count = repaired(probe, point)

    assert count == error.shape[-1]
    assert error.max() <= 1


@pytest.mark.theorem("pairing-conjugate")
@elsewhere(turns_pairs)
def test_no_permutation_makes_a_rotation_of_mismatched_columns(variant):
    assert counterexamples(variant, lambda probe: repaired(probe, probe.point())[0].max()) > 1


NAMESAKES = [
    ("llama-2", "llama-2-meta"),
    ("pixtral-hf", "pixtral"),
]


@pytest.mark.theorem("pairing-weights")
@pytest.mark.parametrize(("halves", "interleaved"), NAMESAKES, ids=" and ".join)
@FEW
@given(rng=generators)
def test_weights_permuted_from_neighbours_to_halves_give_the_same_scores(halves, interleaved, rng):
    probe, other = Probe(ROTARY[halves], rng), Probe(ROTARY[interleaved], rng)
    x, point = rng.standard_normal((1, 2 * plane_count(ROTARY[halves].frequencies))), probe.point()
    permuted = x.reshape(1, -1, 2).swapaxes(1, 2).reshape(1, -1)
    want = other.rotate(x, point).reshape(1, -1, 2).swapaxes(1, 2).reshape(1, -1)

    length = np.tile(np.hypot(*np.split(want, 2, axis=-1)), 2)
    assert np.all(abs(want - probe.rotate(permuted, point)) <= 6 * U * length)


# Text: several axes that share one ladder are one axis where all coordinates are equal.


def on_the_diagonal(probe, p):
    flat = _of_one_axis(probe.variant.frequencies)
    x = probe.vector()
    line = rotate(x, [p], replace(probe.variant, frequencies=flat, **_unblocked(probe.variant)))
    return abs(probe.rotate(x, np.full(probe.axes, p)) - line)


def _of_one_axis(frequencies):
    """Return frequencies whose planes all belong to axis 0, scaled as that axis was."""
    own = {"scaling": tuple(map(_of_axis_0, frequencies.scalings))} if isinstance(frequencies, Frequencies) else {}
    return replace(frequencies, axes=tuple(axis if axis is None else 0 for axis in frequencies.axes), **own)


def _of_axis_0(scaling):
    factor = getattr(scaling, "factor", None)
    return replace(scaling, factor=factor[0]) if isinstance(factor, tuple) else scaling


def _unblocked(variant):
    """Return a pairing that one axis has too."""
    pairing = {"blocked": "half"}.get(variant.pairing, variant.pairing)
    return {"pairing": pairing, "columns": "paired"}


@where(has_one_ladder, SEVERAL)
@FEW
@given(rng=generators, p=st.integers(-(2**17), 2**17))
def test_axes_that_share_a_ladder_are_one_axis_on_the_diagonal(variant, rng, p):
    assert 0 == on_the_diagonal(Probe(variant, rng), float(p)).max()


@elsewhere(has_one_ladder, SEVERAL)
def test_axes_with_ladders_of_their_own_are_not_one_axis_on_the_diagonal(variant):
    assert counterexamples(variant, lambda probe: on_the_diagonal(probe, float(probe.point()[0])).max()) > 0


# Sense: the other sign is the mirror image, not the same scores.


def mirrored(probe, x):
    """Return vectors with the second feature of every pair reversed."""
    flipped = x.copy()
    second = [b for _, b in planes(probe.variant, probe.features).read]
    flipped[..., second] *= -1
    return flipped


def scores(probe, q, k, m, n):
    return (probe.rotate(q, m) * probe.rotate(k, n, "key")).sum(axis=-1)


def other_sense(probe):
    other = Probe(replace(probe.variant, sign=-probe.variant.sign), probe.rng)
    other.learned = probe.learned
    return other


@pytest.mark.theorem("pairing-sense")
@where(always)
@FEW
@given(data=st.data())
def test_scores_of_the_other_sense_are_those_of_mirrored_pairs(variant, data):
    probe, (m, n) = data.draw(probes(variant, 2))
    q, k = probe.vector(), probe.vector()
    mirror = scores(other_sense(probe), mirrored(probe, q), mirrored(probe, k), m, n)

    assert mirror.tolist() == scores(probe, q, k, m, n).tolist()


@pytest.mark.theorem("pairing-sense")
@where(lambda one: one.growth is None)
@FEW
@given(data=st.data())
def test_the_other_sense_is_that_of_opposite_positions(variant, data):
    probe, (m, n) = data.draw(probes(variant, 2))
    q, k = probe.vector(), probe.vector()

    assert scores(probe, q, k, -m, -n).tolist() == scores(other_sense(probe), q, k, m, n).tolist()


@pytest.mark.theorem("pairing-sense")
@where(always)
def test_scores_are_not_those_of_the_other_sense(variant):
    def error(probe):
        q, k, m, n = probe.vector(), probe.vector(), probe.point(), probe.point()
        return abs(scores(probe, q, k, m, n) - scores(other_sense(probe), q, k, m, n)).max()

    assert counterexamples(variant, error) > 0


# Sinusoidal: a shift is a rotation that does not depend on the position.


def written(probe, point):
    """Return the sines and the cosines of every plane at a point."""
    at = point[None] if probe.axes > 1 else point
    last = embed(at, probe.variant, learned=probe.learned)[..., -1, :] / probe.variant.scale
    sines, cosines, _ = (list(one) for one in feature_places(probe.variant))
    return last[..., sines], last[..., cosines]


def theta_of(probe, *at):
    """Return Θ of every plane in the order in which planes are written."""
    return sum(probe.travel(one)[..., 0, :] for one in at)[..., list(feature_places(probe.variant)[2])]


@st.composite
def sinusoidal_probes(draw, variant, count):
    probe = Probe(variant, draw(generators))
    one = points(probe.axes, fraction=probe.fraction)
    return probe, [draw(one) for _ in range(count)]


everywhere = where(always, SINUSOIDAL)


@everywhere
@FEW
@given(data=st.data())
def test_a_shift_turns_every_sine_and_cosine_by_an_angle_of_its_own(variant, data):
    probe, (p, t) = data.draw(sinusoidal_probes(variant, 2))
    (s, c), (by_s, by_c), (far_s, far_c) = (written(probe, one) for one in (p, t, p + t))
    bound = U * (4 * theta_of(probe, p, t, p + t) + 16)

    assert (abs(s * by_c + c * by_s - far_s) <= bound).all()
    assert (abs(c * by_c - s * by_s - far_c) <= bound).all()


def product(probe, p, q):
    return sum((one * other).sum(axis=-1) for one, other in zip(written(probe, p), written(probe, q), strict=True))


@everywhere
@FEW
@given(data=st.data())
def test_inner_products_depend_on_differences_of_positions_only(variant, data):
    probe, (p, q, t) = data.draw(sinusoidal_probes(variant, 3))
    theta = theta_of(probe, p, q, p + t, q + t)
    error = product(probe, p, q) - product(probe, p + t, q + t)

    assert abs(error) <= U * (4 * theta + 16 + 4 * theta.shape[-1]).sum(axis=-1)


@everywhere
@FEW
@given(data=st.data())
def test_inner_products_are_even(variant, data):
    probe, (p, q) = data.draw(sinusoidal_probes(variant, 2))
    theta = theta_of(probe, p, q, p, p + p - q)
    error = product(probe, p, q) - product(probe, p, p + p - q)

    assert abs(error) <= U * (4 * theta + 16 + 4 * theta.shape[-1]).sum(axis=-1)


@everywhere
@FEW
@given(data=st.data())
def test_every_row_has_one_length(variant, data):
    probe, (p,) = data.draw(sinusoidal_probes(variant, 1))
    count = plane_count(variant.frequencies)

    assert abs(product(probe, p, p) - count) <= U * (8 + 2 * count) * count


# Scaling: nothing is stretched by a factor of one.


LADDERS = {name: one.frequencies for name, one in ENTRIES.items() if isinstance(one.frequencies, Frequencies)}


def stretching(factor):
    """Return every scaling by one factor, those of each plane for the number of planes."""
    return {
        "Linear": Linear(factor),
        "NTK": NTK(factor),
        "MixedRadix": MixedRadix(factor, 0.625),
        "ByParts": ByParts(factor, 64, 1, 32),
        "ByIndex": ByIndex(factor, 512),
        "PartNTK": PartNTK(factor, 512),
        "PerPlane": factor,
    }


def added(frequencies, scaling):
    if isinstance(scaling, int):
        scaling = PerPlane((scaling,) * len(frequencies.axes))
    return replace(frequencies, scaling=(*frequencies.scalings, scaling))


ladders = pytest.mark.parametrize("frequencies", LADDERS.values(), ids=LADDERS)


def scaled_by(factor, frequencies):
    """Return the frequencies that each scaling by one factor makes, by its name."""
    return {name: omega(added(frequencies, one)).tolist() for name, one in stretching(factor).items()}


@ladders
def test_a_factor_of_one_changes_nothing(frequencies):
    assert dict.fromkeys(stretching(1), omega(frequencies).tolist()) == scaled_by(1, frequencies)


@ladders
def test_a_factor_of_eight_changes_something(frequencies):
    own = omega(frequencies).tolist()

    assert [] == [name for name, found in scaled_by(8, frequencies).items() if own == found]
