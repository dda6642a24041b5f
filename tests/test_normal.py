"""Normal forms: they compute what the specification does, and agree exactly where two variants are one function."""

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, frequencies, generators, learned_by, rotations, sinusoids, steps

from refpos import (
    NTK,
    Bands,
    ByIndex,
    ByParts,
    Dense,
    DynamicNTK,
    Fope,
    Frequencies,
    Linear,
    MixedRadix,
    Mscale,
    PartNTK,
    PerHead,
    PerPlane,
    RootLog,
    Rotary,
    Sinusoidal,
    SpecError,
    XPos,
    at_length,
    embed,
    rotate,
)
from refpos.catalogue import ANGLES
from refpos.exact.closed import PI, Closed, closed, logarithm, root
from refpos.exact.differences import compared
from refpos.exact.enclosures import enclosure, may_be_zero, sign
from refpos.exact.exponents import magnitude
from refpos.exact.normal import Relation, normal_form, same, same_scores
from refpos.exact.operators import Complex, Term, scores
from refpos.exact.primes import factors
from refpos.oracle.choices import choices
from refpos.spec import attention
from refpos.variants.frequencies import axis_count, plane_count
from refpos.variants.planes import width

SAME, DIFFERENT, NEAR = Relation

LINE = Frequencies((0,) * 4)
HALF = Rotary(LINE)
AXIAL = Frequencies((0, 0, 1, 1), base=100.0, ladder="per-axis")
BLOCKS = Rotary(AXIAL, pairing="blocked")
SOME = {"omega": ((0.5, 0.25), (-1.5, 2.0))}


def form(variant, features=None, **options):
    return normal_form(variant, features or width(variant), **options)


def line(**fields):
    """Return a variant of four planes on a line."""
    return Rotary(replace(LINE, **fields))


def number(value: Closed) -> float:
    """Return a number in closed form as a float."""
    found = enclosure(value, 100)
    return float(found if isinstance(found, Fraction) else Fraction(found.mid) / Fraction(2) ** found.scale)


def evaluated(operator, position, rows, columns, lattice):
    """Return the matrix of an operator at a position: Σ_λ M_λ e^{λ·p}, conjugates included."""
    found = np.zeros((rows, columns))
    for exponent, matrix in operator:
        angle = sum(p * complex(number(one.re), number(one.im)) for p, one in zip(position, exponent, strict=True))
        real = not any(one.im and not (lattice and one.im == PI) for one in exponent)
        for place, entry in matrix:
            value = complex(number(entry.re), number(entry.im)) * np.exp(angle)
            found[place] += value.real if real else 2 * value.real
    return found


def specified(variant, position, features, side, learned):
    """Return that matrix as the specification makes it: what becomes of each basis vector."""
    if isinstance(variant, Sinusoidal):
        at = np.array([position] if len(position) > 1 else position)
        return embed(at, variant, learned=learned)[variant.prefix :].T
    at = np.broadcast_to(np.array(position), (features, len(position)))
    at = at if len(position) > 1 else at[:, 0]
    return rotate(np.eye(features), at, variant, side=side, learned=learned).T


def assert_computes(variant, features, position, learned=None, *, lattice=False):
    known = form(variant, features, learned=learned, lattice=lattice)
    columns = 1 if isinstance(variant, Sinusoidal) else features
    for side, (operator,) in (("query", known.queries), ("key", known.keys)):
        want = specified(variant, position, features, side, learned)
        got = evaluated(operator, position, features, columns, lattice)
        assert got == pytest.approx(want, rel=1e-9, abs=1e-9 * (1 + abs(want).max()))


@pytest.mark.theorem("normal-plane")
@MANY
@given(rotations(), st.integers(0, 2), st.lists(steps(reach=64), min_size=3, max_size=3), st.booleans())
def test_a_rotary_form_computes_what_the_specification_does(variant, more, position, lattice):
    position = position[: axis_count(variant.frequencies)]
    assert_computes(variant, width(variant) + more, position, lattice=lattice)


@pytest.mark.theorem("normal-plane")
@MANY
@given(sinusoids(), st.lists(steps(reach=64), min_size=3, max_size=3), st.booleans())
def test_a_sinusoidal_form_computes_what_the_specification_does(variant, position, lattice):
    assert_computes(variant, width(variant), position[: axis_count(variant.frequencies)], lattice=lattice)


@MANY
@given(generators, st.sampled_from([1, -1]), st.sampled_from(["radian", "half-turn", "turn"]))
def test_a_form_with_learned_frequencies_computes_what_the_specification_does(rng, sense, unit):
    variant = Rotary(Dense(2, 3, unit=unit), sign=sense)

    assert_computes(variant, 6, [3.0, -5.0], learned_by(variant, rng))


MIDDLE = 64 / (2 * np.pi * 1e4 ** (2.9995 / 8))
"""Turns that a ladder of eight planes makes half a thousandth before plane 3."""

ODD = [
    Rotary(Frequencies((0,) * 8, scaling=ByIndex(8, 64, fast=MIDDLE, slow=MIDDLE, truncate=False))),
    Rotary(Frequencies((0, 0, 0, 1, 1, 1), ladder="per-axis"), pairing="interleaved", columns="tiled"),
    Rotary(Frequencies((0,) * 6), columns="repeated", sign=-1),
    Rotary(Frequencies((0,) * 8, base=150_000.0, scaling=ByIndex(32, 4096, truncate=False))),
    Rotary(Frequencies((0,) * 8, scaling=ByIndex(8, 64, fast=1, slow=1, truncate=False))),
    Rotary(Frequencies((0,) * 8, scaling=ByIndex(8, 64, fast=1e-9, slow=1e-9))),
    Rotary(LINE, growth=XPos(4.0, centre=-2.5), attention_factor=RootLog(8, 12), offset=-9),
    Rotary(Frequencies((0, None, 0)), pairing="interleaved", write="half", attention_factor=Mscale(4)),
]


@pytest.mark.parametrize("variant", ODD, ids=range(len(ODD)))
def test_a_form_of_an_odd_variant_computes_what_the_specification_does(variant):
    assert_computes(variant, width(variant) + 1, [7.0, 2.0][: axis_count(variant.frequencies)])


@pytest.mark.theorem("normal-plane")
def test_a_plane_is_the_matrix_that_the_algebra_gives():
    """M_λ = (g/2)(e_c − i e_d)(e_a + i e_b)^T."""
    one = Rotary(Frequencies((0, None)), pairing="interleaved", write="half", attention_factor=3.0)
    turning = next(term for term in form(one).queries[0] if term.exponent[0].im)
    g = closed(1.5)
    due = (((0, 0), Complex(g)), ((0, 1), Complex(im=g)), ((2, 0), Complex(im=-g)), ((2, 1), Complex(g)))

    assert Term((Complex(im=closed(1)),), due) == turning


EQUAL = {
    "half and interleaved, for one plane": (Rotary(Frequencies((0,))), Rotary(Frequencies((0,)), "interleaved")),
    "half and blocked, for one axis": (HALF, Rotary(LINE, "blocked")),
    "Linear(1)": (HALF, line(scaling=Linear(1))),
    "NTK(1)": (HALF, line(scaling=NTK(1))),
    "MixedRadix of exponent 0 and Linear": (line(scaling=MixedRadix(6, 0)), line(scaling=Linear(6))),
    "MixedRadix of exponent 1 and a base, all divided": (
        line(base=2.0**8, scaling=MixedRadix(16, 1)),
        line(base=2.0**12, scaling=Linear(2)),
    ),
    "MixedRadix twice": (
        line(scaling=MixedRadix(12, 0.625)),
        line(scaling=(MixedRadix(4, 0.625), MixedRadix(3, 0.625))),
    ),
    "MixedRadix and its inverse": (HALF, line(scaling=(MixedRadix(8, 0.75), MixedRadix(1 / 8, 0.75)))),
    "a ramp that changes nothing": (HALF, line(scaling=ByParts(1, 64, 1, 4))),
    "PartNTK of a factor of 1": (HALF, line(scaling=PartNTK(1, 64))),
    "PartNTK without planes between its ramps": (
        line(scaling=ByIndex(8, 64, 3.2, 3.2)),
        line(scaling=PartNTK(8, 64, fast=(3.2, 3.2), slow=(3.2, 3.2))),
    ),
    "PartNTK without slow planes": (
        line(scaling=NTK(8)),
        line(scaling=PartNTK(8, 64, fast=(3.2, 3.2), slow=(3e-5, 3e-5))),
    ),
    "Linear twice": (line(scaling=Linear(6)), line(scaling=(Linear(2), Linear(3)))),
    "NTK and its base": (line(base=64.0, scaling=NTK(8)), line(base=64.0 * 16)),
    "Linear and divisors": (line(scaling=Linear(3)), line(scaling=PerPlane((3.0,) * 4))),
    "a ladder and a band": (line(base=2.0**12, endpoint=True), Rotary(Bands((0,) * 4, 1.0, 2.0**-12))),
    "axes alternating, as they are written": (
        Rotary(Frequencies((0, 1, 0, 1), ladder="alternating")),
        Rotary(Frequencies((0, 1, 0, 1))),
    ),
    "both axes on their own ladders, of a common base": (
        Rotary(Frequencies((0, 1), base=(10.0, 100.0), ladder="per-axis")),
        Rotary(Frequencies((0, 1), base=7.0, ladder="per-axis")),
    ),
    "half turns and turns": (line(base=2.0**8, unit="turn"), line(base=2.0**8, unit="half-turn", scaling=Linear(0.5))),
    "an offset from the front and from the end": (Rotary(LINE, offset=5), Rotary(LINE, offset=-10)),
    "tiled columns of single planes": (
        Rotary(Frequencies((0, 1)), "interleaved"),
        Rotary(Frequencies((0, 1)), "interleaved", columns="tiled"),
    ),
    "heads that are alike": (HALF, Rotary(PerHead((LINE, LINE)))),
    "a magnitude and its number": (Rotary(LINE, attention_factor=2.0), Rotary(LINE, attention_factor=RootLog(64, 4))),
    "logarithms of powers": (
        Rotary(LINE, attention_factor=RootLog(9, 4)),
        Rotary(LINE, attention_factor=RootLog(81, 16)),
    ),
    "a factor of ten": (Rotary(LINE, attention_factor=Mscale(4, 1.0)), Rotary(LINE, attention_factor=Mscale(2, 2.0))),
    "sines in either kind of block": (
        Sinusoidal(LINE, "sin-cos"),
        Sinusoidal(LINE, "sin-cos", blocks="function"),
    ),
}


@pytest.mark.theorem("normal-independence")
@pytest.mark.parametrize("pair", EQUAL.values(), ids=EQUAL)
def test_two_descriptions_of_one_function_have_one_form(pair):
    features = max(map(width, pair)) + 2 * isinstance(pair[0], Rotary)
    a, b = (form(one, features) for one in pair)

    assert (a, SAME) == (b, same(a, b))


UNEQUAL = {
    "half and interleaved": (HALF, Rotary(LINE, "interleaved")),
    "half and blocked, for two axes": (Rotary(AXIAL), BLOCKS),
    "the sign": (HALF, Rotary(LINE, sign=-1)),
    "the writing": (HALF, Rotary(LINE, write="interleaved")),
    "stopped planes and a narrower variant": (
        Rotary(Frequencies((0, 0, None, None))),
        Rotary(Frequencies((0, 0))),
    ),
    "interpolation and a base": (line(scaling=Linear(2)), line(base=2e4)),
    "interpolation by two and by nearly two": (line(scaling=Linear(2)), line(scaling=Linear(2 + 2.0**-51))),
    "bases that are neighbours": (HALF, line(base=float(np.nextafter(1e4, 2e4)))),
    "MixedRadix of exponents that are neighbours": (
        line(scaling=MixedRadix(8, 0.625)),
        line(scaling=MixedRadix(8, float(np.nextafter(0.625, 1)))),
    ),
    "MixedRadix and NTK": (line(scaling=MixedRadix(8, 1)), line(scaling=NTK(8))),
    "NTK and a base times the factor": (line(scaling=NTK(8)), line(base=8e4)),
    "NTK and a base that is rounded": (line(scaling=NTK(8)), line(base=1e4 * 8 ** (4 / 3))),
    "a frequency and its double": (line(base=2.0**10, unit="half-turn"), line(base=2.0**10, scaling=Linear(1 / np.pi))),
    "magnitudes one unit apart": (Rotary(LINE, attention_factor=1.5), Rotary(LINE, attention_factor=1.5 + 2.0**-52)),
    "a magnitude and its double": (
        Rotary(LINE, attention_factor=Mscale(32)),
        Rotary(LINE, attention_factor=1.3465735902799727),
    ),
    "a root and its double": (
        Rotary(LINE, attention_factor=RootLog(32, 4096)),
        Rotary(LINE, attention_factor=1.190238071423808),
    ),
    "growth and none": (HALF, Rotary(LINE, growth=XPos())),
    "growths about other centres": (Rotary(LINE, growth=XPos()), Rotary(LINE, growth=XPos(centre=2.0**-40))),
    "growths that differ for keys alone": (
        Rotary(Frequencies((0,)), attention_factor=3.5, growth=XPos()),
        Rotary(Frequencies((0,)), growth=XPos(centre=512.0)),
    ),
    "ramps over turns and over the index": (line(scaling=ByParts(8, 64, 1, 32)), line(scaling=ByIndex(8, 64))),
    "ramps to NTK and past it": (line(scaling=PartNTK(8, 64)), line(scaling=ByIndex(8, 64, 16, 2))),
    "bounds that are cut and are not": (line(scaling=ByIndex(8, 64)), line(scaling=ByIndex(8, 64, truncate=False))),
    "axes exchanged": (Rotary(AXIAL), Rotary(replace(AXIAL, axes=(1, 1, 0, 0)))),
    "one axis and two": (Rotary(AXIAL), HALF),
    "tiled columns": (
        Rotary(Frequencies((0,) * 4), "interleaved"),
        Rotary(Frequencies((0,) * 4), "interleaved", columns="tiled"),
    ),
    "sines and a rotation": (Sinusoidal(LINE), HALF),
    "rows of zeros": (Sinusoidal(LINE), Sinusoidal(LINE, prefix=1)),
    "sines and cosines": (Sinusoidal(LINE, "sin-cos"), Sinusoidal(LINE, "cos-sin")),
    "scales": (Sinusoidal(LINE), Sinusoidal(LINE, scale=2.0)),
    "heads that differ": (HALF, Rotary(PerHead((LINE, replace(LINE, base=2.0))))),
    "two heads and three": (
        Rotary(PerHead((LINE, replace(LINE, base=2.0)))),
        Rotary(PerHead((LINE, replace(LINE, base=2.0), LINE))),
    ),
}


@pytest.mark.theorem("normal-independence")
@pytest.mark.parametrize("pair", UNEQUAL.values(), ids=UNEQUAL)
def test_two_functions_have_two_forms(pair):
    features = max(map(width, pair))
    a, b = (form(one, features) for one in pair)

    assert (DIFFERENT, DIFFERENT) == (same(a, b), same(b, a))


def dense(*rows, **fields):
    return form(Rotary(Dense(len(rows), len(rows[0])), **fields), learned={"omega": rows})


@pytest.mark.theorem("normal-orientation")
def test_the_other_sense_is_the_other_orientation():
    assert dense((0.5, 2.0), sign=-1) == dense((-0.5, -2.0))


@pytest.mark.theorem("normal-orientation")
def test_a_pair_in_the_other_order_turns_the_other_way():
    turned = form(Rotary(Frequencies((0,)), sign=-1)).queries[0][0].matrix
    order = {0: 1, 1: 0}
    exchanged = sorted(((order[i], order[j]), entry) for (i, j), entry in turned)

    assert [*form(Rotary(Frequencies((0,)))).queries[0][0].matrix] == exchanged


def test_frequencies_that_are_given_are_those_of_the_ladder():
    ladder = form(Rotary(Frequencies((0, 1), base=16.0)))

    assert ladder == dense((1.0, 0.0), (0.0, 0.25))


@pytest.mark.theorem("normal-still")
def test_a_plane_that_stands_still_is_two_scaled_copies():
    copies = dict(dense((0.0, 1.0), attention_factor=2.0).queries[0])[(Complex(),)]

    assert (((0, 0), Complex(closed(2))), ((2, 2), Complex(closed(2)))) == copies


@pytest.mark.theorem("normal-still")
def test_planes_that_stand_still_have_no_pairing():
    still = (0.0, 0.0, 0.0)

    assert dense(still, attention_factor=2.0) == dense(still, pairing="interleaved", sign=-1, attention_factor=2.0)


def test_what_is_not_rotated_is_one_and_not_the_magnitude():
    a, b = (form(Rotary(one, attention_factor=2.0), 4) for one in (Frequencies((0,)), Frequencies((0, None))))

    assert DIFFERENT == same(a, b)


LATTICE = {
    "a turn more": ((0.5,), (0.5, 2.0)),
    "two turns less": ((0.5,), (0.5, -4.0)),
    "a turn, and none": ((0.0,), (2.0,)),
    "half a turn either way": ((1.0,), (-1.0,)),
    "the rest of a turn, the other way": ((1.5,), (-0.5,)),
}


def halves(*turns, sense=1, **options):
    """Return the form of one plane that turns by so many half turns, added up."""
    variant = Rotary(Dense(1, 1, unit="half-turn"), sign=sense)
    return form(variant, learned={"omega": ((sum(turns),),)}, **options)


@pytest.mark.theorem("normal-integers")
@pytest.mark.parametrize("pair", LATTICE.values(), ids=LATTICE)
def test_whole_turns_do_not_count_on_integers(pair):
    a, b = ((halves(*one), halves(*one, lattice=True)) for one in pair)

    assert (DIFFERENT, SAME) == (same(a[0], b[0]), same(a[1], b[1]))


@pytest.mark.theorem("normal-still")
def test_half_a_turn_is_two_scaled_copies_on_integers():
    assert halves(1.0, lattice=True) == halves(1.0, sense=-1, lattice=True)
    assert (((0, 0), Complex(closed(1))), ((1, 1), Complex(closed(1)))) == halves(3.0, lattice=True).queries[0][
        0
    ].matrix


def test_radians_that_exceed_a_turn_are_taken_modulo_one_on_integers():
    """The doubles are those of ω and of ω + 2π less what separates 2π from it: near, and not the same."""
    a, b = (
        normal_form(Rotary(Dense(1, 1)), 2, learned={"omega": ((one,),)}, lattice=True) for one in (1.0, 1 + 2 * np.pi)
    )
    kept = form(Rotary(Dense(1, 1)), learned={"omega": ((7.0,),)}, lattice=True).queries[0][0].exponent

    assert DIFFERENT == same(a, b)
    assert ((Complex(im=closed(7) - closed(2) * PI),)) == kept


@pytest.mark.theorem("normal-integers")
def test_integers_do_not_merge_what_differs_by_less_than_a_turn():
    assert DIFFERENT == same(halves(0.5, lattice=True), halves(-0.5, lattice=True))


def test_forms_on_integers_and_on_reals_are_not_compared():
    with pytest.raises(SpecError, match="both forms must be for integer positions"):
        same(form(HALF), form(HALF, lattice=True))


def near(k):
    """Return magnitudes of which no theorem is known to say that they differ, as far apart as 2^−k and less."""
    s = Fraction(3)
    return RootLog(float(s), 5), RootLog(float(s + Fraction(1, 2**k)), 5)


def test_magnitudes_of_no_known_theorem_are_told_apart_by_enclosures():
    a, b = (form(Rotary(LINE, attention_factor=one)) for one in near(50))

    assert DIFFERENT == same(a, b)


def test_what_is_written_otherwise_and_cannot_be_told_apart_is_indistinguishable():
    known = form(Rotary(LINE, attention_factor=RootLog(3, 5)))
    other = replace(known, queries=tuple(map(_disguised, known.queries)), keys=tuple(map(_disguised, known.keys)))

    assert (False, NEAR, NEAR) == (known == other, same(known, other), same_scores(known, other))


def _disguised(operator):
    """Return an operator with √(1 + ln 3/ln 5) written as √(1 + ln 9/ln 25), which forms reduce."""

    def written(value):
        terms = [(tuple((replace_data(one), n) for one, n in monomial), q) for monomial, q in value.terms]
        return Closed(tuple(sorted(terms)))

    def replace_data(one):
        return one._replace(data=tuple(x**2 for x in one.data)) if one.kind == "root-log" else one

    return tuple(
        Term(
            tuple(Complex(*map(written, one)) for one in exponent),
            tuple((place, Complex(*map(written, entry))) for place, entry in matrix),
        )
        for exponent, matrix in operator
    )


def test_exponents_that_cannot_be_told_apart_are_taken_together():
    matrix = (((0, 0), Complex(closed(1))),)
    one = (Term((Complex(im=magnitude(RootLog(3, 5))),), matrix),)

    assert (SAME, NEAR) == (compared(one, one), compared(one, _disguised(one)))


def test_the_disguise_is_not_taken_for_another_number():
    larger = form(Rotary(LINE, attention_factor=RootLog(3 + 2.0**-40, 5)))

    assert DIFFERENT == same(form(Rotary(LINE, attention_factor=RootLog(3, 5))), larger)


SCORES_ALIKE = {
    "half and interleaved": (HALF, Rotary(LINE, "interleaved")),
    "the sense": (HALF, Rotary(LINE, sign=-1)),
    "the writing": (Rotary(LINE, "interleaved"), Rotary(LINE, "interleaved", write="half")),
    "blocks": (Rotary(AXIAL), BLOCKS),
    "the slice": (Rotary(Frequencies((0, 0))), Rotary(Frequencies((0, 0)), offset=4)),
    "growth": (Rotary(LINE, growth=XPos()), Rotary(LINE, "interleaved", sign=-1, growth=XPos())),
    "growth about other centres": (Rotary(LINE, growth=XPos()), Rotary(LINE, growth=XPos(centre=64.0))),
}


@pytest.mark.parametrize("pair", SCORES_ALIKE.values(), ids=SCORES_ALIKE)
def test_functions_that_differ_can_have_the_same_scores(pair):
    a, b = (form(one, 8) for one in pair)

    assert (DIFFERENT, SAME) == (same(a, b), same_scores(a, b))


SCORES_UNLIKE = {
    "a base": (HALF, line(base=2e4)),
    "a magnitude": (HALF, Rotary(LINE, attention_factor=2.0)),
    "axes exchanged": (Rotary(AXIAL), Rotary(replace(AXIAL, axes=(0, 0, 0, 1)))),
    "growth": (HALF, Rotary(LINE, growth=XPos())),
    "fewer planes": (HALF, Rotary(Frequencies((0, 0)))),
    "tiled columns": (Rotary(LINE, "interleaved"), Rotary(LINE, "interleaved", columns="tiled")),
    "axes": (HALF, Rotary(AXIAL)),
}


@pytest.mark.parametrize("pair", SCORES_UNLIKE.values(), ids=SCORES_UNLIKE)
def test_functions_can_have_other_scores(pair):
    a, b = (form(one, 8) for one in pair)

    assert DIFFERENT == same_scores(a, b)


@pytest.mark.parametrize("variant", ODD, ids=range(len(ODD)))
def test_scores_are_products_of_queries_and_keys(variant):
    features, axes = width(variant), axis_count(variant.frequencies)
    known, places = form(variant), ([3.0, -2.0][:axes], [1.0, 5.0][:axes])
    query, key = (specified(variant, p, features, side, None) for p, side in zip(places, ("query", "key"), strict=True))
    between = scores(known.queries[0], known.keys[0], lattice=False)
    got = evaluated(between, [*places[0], *places[1]], features, features, lattice=False)

    assert got == pytest.approx(query.T @ key, rel=1e-9, abs=1e-9)


def test_scores_on_integers_forget_whole_turns():
    assert SAME == same_scores(halves(0.5, lattice=True), halves(-2.5, lattice=True))


def test_scores_are_of_rotary_variants():
    with pytest.raises(SpecError, match="scores are of rotary variants"):
        same_scores(form(Sinusoidal(LINE)), form(Sinusoidal(LINE)))


@MANY
@given(rotations())
def test_a_variant_has_its_own_scores_whatever_its_pairing(variant):
    other = replace(variant, pairing="interleaved" if variant.pairing == "half" else "half", write=None)
    a, b = (form(one) for one in (variant, other))

    assert SAME == same_scores(a, b)


@MANY
@given(frequencies(), st.floats(0.5, 64))
def test_two_scalings_in_turn_are_their_product(drawn, factor):
    whole = Rotary(replace(drawn, scaling=Linear(4 * factor))) if isinstance(drawn, Frequencies) else Rotary(drawn)
    parts = Rotary(replace(drawn, scaling=(Linear(factor), Linear(4)))) if isinstance(drawn, Frequencies) else whole

    assert form(whole) == form(parts)


def static(name):
    """Return an entry's variant, at a length beyond that of its training where it depends on the length."""
    return at_length(ANGLES[name].variant, 65_536)


def asked(variant, features):
    """Return the choices that a variant is compared with: all, or one of every kind where it has many planes."""
    every = [(name, other) for name, _, other in choices(variant, features)]
    kinds = {name.partition("/")[0]: (name, other) for name, other in every}
    return every if plane_count(variant.frequencies) <= 128 else list(kinds.values())


@cache
def unlike(variant, features):
    """Return how a variant compares with itself, made anew, and the choices that are not different from it."""
    arrays = learned_by(variant, np.random.default_rng(1))
    own, again = (normal_form(variant, features, learned=arrays) for _ in range(2))
    found = []
    for choice, other in asked(variant, features):
        arrays = learned_by(other, np.random.default_rng(1))
        wide = features if isinstance(other, Rotary) else width(other)
        if same(own, normal_form(other, wide, learned=arrays)) is not DIFFERENT:
            found.append(choice)
    return (same(own, again), hash(own) == hash(again)), found


@pytest.mark.parametrize("name", ANGLES)
def test_an_entry_is_itself_and_differs_from_every_choice_that_is_listed_as_another(name):
    assert ((SAME, True), []) == unlike(static(name), ANGLES[name].width)


def test_deepseeks_entries_have_the_same_scores():
    a, b = (normal_form(ANGLES[name].variant, 192) for name in ("deepseek-v3", "deepseek-v3-original"))

    assert (DIFFERENT, SAME) == (same(a, b), same_scores(a, b))


BAD = {
    "needs at_length": (Rotary(replace(LINE, scaling=DynamicNTK(2, 64))), 8, None),
    "features must hold": (HALF, 6, None),
    "features must be the 8": (Sinusoidal(LINE), 9, None),
    "learned arrays are only": (HALF, 8, {"omega": ((1.0,) * 4,)}),
    "learned must bring exactly omega": (Rotary(Dense(1, 2)), 4, None),
    "finite numbers of shape": (Rotary(Dense(1, 2)), 4, {"omega": ((1.0, float("nan")),)}),
    r"finite numbers of shape \(1, 2\)": (Rotary(Dense(1, 2)), 4, {"omega": (1.0, 2.0)}),
    "an exponent must be at most 4096": (Rotary(LINE, growth=XPos(centre=1e9)), 8, None),
    "small enough to be factored": (Rotary(LINE, attention_factor=RootLog(3, 2**89 - 1)), 8, None),
}


@pytest.mark.parametrize(("rule", "given_"), BAD.items(), ids=BAD)
def test_what_cannot_be_compared_is_refused(rule, given_):
    variant, features, arrays = given_
    with pytest.raises(SpecError, match=rule):
        normal_form(variant, features, learned=arrays)


def test_roots_are_compared_exactly():
    assert root(Fraction(16), Fraction(-3, 4)) == closed(Fraction(1, 8))
    assert root(Fraction(12), Fraction(1, 2)) == closed(2) * root(Fraction(3), Fraction(1, 2))
    assert root(Fraction(2), Fraction(1, 2)) * root(Fraction(2), Fraction(1, 3)) == root(Fraction(32), Fraction(1, 6))


def test_a_difference_of_what_is_equal_is_empty():
    e = Fraction(1, 7)

    assert closed(0) == root(Fraction(6), e) * root(Fraction(5), e) - root(Fraction(30), e)


def test_signs_are_decided_where_doubles_cannot_tell():
    near_pi = Fraction(3141592653589793238462643383279502884197, 10**39)

    assert (1, -1) == (sign(PI - closed(near_pi)), sign(PI - closed(near_pi + Fraction(1, 10**39))))


def test_a_ramp_that_begins_at_the_first_plane_leaves_it_as_it_was():
    """Its crossing is cut off at 0, and the ramp is 0 there, which is no unknown."""
    scaled = Rotary(Frequencies((0,), scaling=ByIndex(4.0, 64, truncate=False)))

    assert same(normal_form(scaled, 2), normal_form(Rotary(Frequencies((0,))), 2)) == "same"


def test_theorems_tell_apart_what_enclosures_cannot():
    tiny = closed(Fraction(1, 2**5000))

    assert not may_be_zero(PI - PI * (closed(1) + tiny))
    assert not may_be_zero(logarithm(Fraction(3)) * tiny - tiny)


def test_without_a_theorem_less_than_the_least_bits_is_not_told_apart():
    product = logarithm(Fraction(3)) * logarithm(Fraction(5))

    assert may_be_zero(product * closed(Fraction(1, 2**300)))
    assert not may_be_zero(product * closed(Fraction(1, 2**150)))


@MANY
@given(st.integers(1, 2**63), st.integers(1, 2**60))
def test_factors_are_primes_that_multiply_to_the_number(n, m):
    value, product = Fraction(n, m), Fraction(1)
    for p, k in factors(value):
        product *= Fraction(p) ** k
        assert all(p % d for d in range(2, min(p, 1000)) if d * d <= p)

    assert value == product


# FoPE: a matrix for each wave.


def of_fope(heads, kept, change=0.0):
    """Return matrices of the identity, but for one entry of the last head."""
    found = {name: np.stack([np.eye(kept)] * heads) for name in ("cos", "sin")}
    found["cos"][-1, 0, kept - 1] += change
    return {name: one.tolist() for name, one in found.items()}


@pytest.mark.parametrize("lattice", [False, True])
def test_series_of_one_wave_each_are_a_rotation_of_a_part_of_the_planes(lattice):
    series = normal_form(Fope(2, 8, 3), 8, lattice=lattice, learned=of_fope(2, 3))
    rope = normal_form(Rotary(Frequencies((0, 0, 0, None))), 8, lattice=lattice)

    assert same(series, rope) is SAME
    assert same_scores(series, rope) is SAME


def test_series_that_mix_waves_are_another_function():
    mixed = normal_form(Fope(2, 8, 3), 8, learned=of_fope(2, 3, 2.0**-20))

    assert same(mixed, normal_form(Fope(2, 8, 3), 8, learned=of_fope(2, 3))) is DIFFERENT
    assert len(mixed.queries) == 2


@MANY
@given(rng=generators, p=st.integers(-(2**10), 2**10))
def test_the_normal_form_of_series_computes_their_logits(rng, p):
    variant, q = Fope(2, 6, 2), rng.standard_normal((2, 1, 6))
    learned = {name: rng.standard_normal(shape) for name, shape in variant.learned.items()}
    form = normal_form(variant, 6, learned={name: one.tolist() for name, one in learned.items()})
    found = attention.scores(q, q, [p], [p - 3], variant, learned=learned)[:, 0, 0]
    for one, x, logit in zip(form.queries, q[:, 0], found, strict=True):
        near, far = (evaluated(one, [at], 6, 6, lattice=False) @ x for at in (p, p - 3))
        assert near @ far / np.sqrt(6) == pytest.approx(logit, rel=1e-9, abs=1e-9)


def test_series_without_their_matrices_or_of_another_width_are_refused():
    with pytest.raises(SpecError, match="learned must bring exactly cos, sin"):
        normal_form(Fope(1, 4, 1), 4)
    with pytest.raises(SpecError, match="features must be the 4 of a head; got 6"):
        normal_form(Fope(1, 4, 1), 6, learned=of_fope(1, 1))
