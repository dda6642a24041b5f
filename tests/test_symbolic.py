"""The symbolic rendering: its values, its agreement with the readable one, and what can be proved with it."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy

import refpos
from refpos import (
    NTK,
    Bands,
    ByIndex,
    ByParts,
    Dense,
    DynamicNTK,
    Frequencies,
    Linear,
    LongRope,
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
    symbolic,
)
from refpos.catalogue import ANGLES
from refpos.symbolic import features as pairing
from refpos.symbolic.features import OFFSET, PAIRS, VECTOR
from refpos.symbolic.sinusoidal import START
from refpos.symbolic.symbols import AXES, AXIS, LEARNED, substituted
from refpos.variants.frequencies import axis_count, head_count, learned_shapes, plane_count
from refpos.variants.length import is_static
from refpos.variants.planes import planes, width

U = 2.0**-53
P, Q = sympy.symbols("p q", real=True)

FREQUENCIES = {
    "shared": Frequencies((0,) * 8),
    "axial on a shared ladder": Frequencies((0,) * 3 + (1,) * 5, base=500_000),
    "interleaved axes, standing planes": Frequencies((0, 1, 2, 0, None, 2, None)),
    "per axis": Frequencies((0, 0, 1, 1, 1), base=100, ladder="per-axis"),
    "a base for each axis": Frequencies((0, 0, 1, 1, 1), base=(100, 37.5), ladder="per-axis"),
    "alternating": Frequencies((0, 1) * 3, base=100, ladder="alternating"),
    "alternating, unequal": Frequencies((0, 1, 1, 0, 1), base=100, ladder="alternating"),
    "shared end point": Frequencies((0,) * 5, endpoint=True),
    "end point per axis": Frequencies((0, 0, 1, 1, 1), ladder="per-axis", endpoint=True),
    "alternating end point": Frequencies((0, 1) * 3, ladder="alternating", endpoint=True),
    "half turns": Frequencies((0,) * 4, unit="half-turn"),
    "turns": Frequencies((0,) * 4, base=12_345.678, unit="turn"),
    "linear": Frequencies((0,) * 8, scaling=Linear(4)),
    "linear for each axis": Frequencies((0, 1, 1, 2), scaling=Linear((2, 3, 0.7))),
    "ntk": Frequencies((0,) * 8, scaling=NTK(8)),
    "ntk for each axis": Frequencies((0, 0, 1, 1), ladder="per-axis", scaling=NTK((2, 3.1))),
    "ntk, alternating": Frequencies((0, 1) * 3, ladder="alternating", scaling=NTK(3)),
    "mixed radix": Frequencies((0,) * 8, scaling=MixedRadix(8, 0.625)),
    "mixed radix for each axis": Frequencies((0, 0, 1, 1, 1), ladder="per-axis", scaling=MixedRadix((2, 3.1), 0.3)),
    "mixed radix of exponent 0": Frequencies((0,) * 6, base=50, scaling=MixedRadix(12, 0)),
    "mixed radix of exponent 1": Frequencies((0,) * 6, base=50, scaling=MixedRadix(12, 1)),
    "mixed radix, alternating": Frequencies((0, 1) * 3, ladder="alternating", scaling=MixedRadix(0.5, 0.75)),
    "by parts": Frequencies((0,) * 64, base=500_000, scaling=ByParts(8, 8192, 1, 4)),
    "by parts, in turns": Frequencies((0,) * 16, base=300, unit="turn", scaling=ByParts(3.5, 100, 1, 32)),
    "by index": Frequencies((0,) * 32, scaling=ByIndex(40, 4096)),
    "by index, not truncated": Frequencies((0,) * 32, base=150_000, scaling=ByIndex(32, 4096, truncate=False)),
    "by index, per axis": Frequencies(
        (0,) * 8 + (1,) * 6, base=(50, 100), ladder="per-axis", scaling=ByIndex(4, 256, 8)
    ),
    "by index, bounds coincide": Frequencies((0,) * 8, scaling=ByIndex(4, 64, 10, 10, truncate=False)),
    "by index, bounds coincide just below a plane": Frequencies(
        (0,) * 8, scaling=ByIndex(4, 64, 1.01905, 1.01905, truncate=False)
    ),
    "part NTK": Frequencies((0,) * 64, scaling=PartNTK(8, 2048)),
    "part NTK whose ramps overlap": Frequencies((0,) * 8, base=50, scaling=PartNTK(3.7, 60, (9, 0.5), (4, 0.2))),
    "part NTK, ramps are steps": Frequencies((0,) * 8, scaling=PartNTK(0.5, 64, (4, 4), (1, 1))),
    "part NTK, alternating, after another": Frequencies(
        (0, 1) * 4, base=(50, 100), ladder="alternating", scaling=(Linear(2), PartNTK(4, 256, (8, 4), (2, 1)))
    ),
    "by index, beyond the ladder": Frequencies((0,) * 4, base=10, scaling=ByIndex(4, 10**9)),
    "by index, before the ladder": Frequencies((0,) * 4, scaling=ByIndex(4, 2, 32, 30)),
    "per plane": Frequencies((0, 0, None, 0), scaling=PerPlane((1, 1.5, 9, 2.25))),
    "two scalings": Frequencies((0,) * 16, scaling=(NTK(2), ByParts(4, 512, 1, 8))),
    "two of one kind": Frequencies((0, 0, 1, 1), scaling=(Linear(2), Linear((3, 5)))),
    "three scalings": Frequencies((0,) * 16, scaling=(Linear(2), ByIndex(4, 512), ByIndex(3, 2048, 20, 2))),
    "bands": Bands((0, 0, 0, 1, None), low=0.5, high=37),
    "linear bands in half turns": Bands((0, 0, 0, 1, 1), low=1, high=7.5, spacing="linear", unit="half-turn"),
    "dense": Dense(2, 4),
    "dense in turns, of one axis, by heads": Dense(1, 2, heads=3, unit="turn"),
    "by heads": PerHead((Frequencies((0, 0)), Frequencies((0, 0), base=50))),
    "unlike heads that read": PerHead(
        (Frequencies((0, 0), scaling=Linear(2)), Frequencies((0, 1)), Bands((0, 0), 1, 3)),
        ((2,), (1, 0), (0,)),
    ),
}

_axial = Frequencies((0,) * 2 + (1,) * 4, base=100, ladder="per-axis")
_plain = Frequencies((0,) * 4)

ROTARY = {
    "half": Rotary(_plain),
    "interleaved": Rotary(_plain, pairing="interleaved"),
    "blocked": Rotary(_axial, pairing="blocked"),
    "half, written interleaved": Rotary(_plain, write="interleaved"),
    "interleaved, written half": Rotary(_plain, pairing="interleaved", write="half"),
    "blocked, written half": Rotary(_axial, pairing="blocked", write="half"),
    "offset": Rotary(_plain, offset=3),
    "offset from the end": Rotary(_axial, pairing="blocked", offset=-13),
    "negative sense": Rotary(_plain, sign=-1),
    "tiled": Rotary(_axial, pairing="interleaved", columns="tiled"),
    "repeated": Rotary(_plain, columns="repeated", sign=-1),
    "number as magnitude": Rotary(_plain, attention_factor=1.25),
    "mscale": Rotary(FREQUENCIES["by index"], attention_factor=Mscale(40, 0.707)),
    "root of logarithms": Rotary(_plain, attention_factor=RootLog(32, 4096)),
    "growth": Rotary(_plain, pairing="interleaved", growth=XPos()),
    "growth, off centre, with a magnitude": Rotary(
        _plain, sign=-1, columns="repeated", growth=XPos(10, 3.5), attention_factor=Mscale(4)
    ),
    **{f"frequencies: {name}": Rotary(one) for name, one in FREQUENCIES.items()},
}

SINUSOIDAL = {
    "interleaved": Sinusoidal(_plain),
    "sines first": Sinusoidal(_plain, order="sin-cos", scale=0.3),
    "cosines first": Sinusoidal(_plain, order="cos-sin", width=11),
    "cosine of a pair first": Sinusoidal(_plain, order="interleaved-cos", width=9),
    "by band": Sinusoidal(Bands((0, 1, 2) * 3, 1, 8), order="sin-cos", blocks="band"),
    "by band, interleaved": Sinusoidal(Frequencies((0, 1) * 3, ladder="per-axis"), blocks="band"),
    "by axis": Sinusoidal(_axial, order="sin-cos"),
    "by axis, interleaved, padded": Sinusoidal(_axial, width=14, prefix=2, scale=3),
    "by function": Sinusoidal(_axial, order="sin-cos", blocks="function"),
    "axes that alternate": Sinusoidal(Frequencies((1, 0, None, 1)), order="cos-sin"),
    "bands": Sinusoidal(FREQUENCIES["linear bands in half turns"], order="cos-sin"),
    "learned": Sinusoidal(Dense(2, 3), order="cos-sin"),
    "learned by heads": Sinusoidal(Dense(1, 2, heads=3, unit="turn")),
}

_published = {name: entry.variant for name, entry in ANGLES.items()}
TURNED = ROTARY | {f"catalogue: {name}": one for name, one in _published.items() if isinstance(one, Rotary)}
WRITTEN = SINUSOIDAL | {f"catalogue: {name}": one for name, one in _published.items() if isinstance(one, Sinusoidal)}
EVERY = {**TURNED, **WRITTEN}


def turns_back(variant):
    return variant.growth is None and variant.write is None and variant.columns == "paired"


SIDES = {
    f"{name}, {side}": (one, side)
    for name, one in TURNED.items()
    for side in ("query", "key", "output")
    if side == "query" or (name in ROTARY and (side == "key" or turns_back(one)))
}
"""Every rotary variant and side; of the catalogue's variants the queries."""


def cases(variants):
    return pytest.mark.parametrize("variant", variants.values(), ids=variants)


def static(variant):
    return variant if is_static(variant) else at_length(variant, 10_000)


def narrow(variant):
    """Return a variant that has as many planes as can be compared soon: 16 of an axis, and 2 heads."""
    own = variant.frequencies
    if isinstance(own, Dense):
        return replace(
            variant, frequencies=replace(own, planes=min(own.planes, 16), heads=own.heads and min(own.heads, 2))
        )
    if isinstance(own, PerHead) or plane_count(own) <= 64:
        return variant
    left = dict.fromkeys(own.axes, 16)
    return replace(variant, frequencies=replace(own, axes=tuple(takes(own.axes, left))))


def takes(axes, left):
    """Yield the first planes of each axis, as many as are left of it."""
    for axis in axes:
        left[axis] -= 1
        if left[axis] >= 0:
            yield axis


def learned_of(frequencies):
    shapes = learned_shapes(frequencies)
    return {name: np.random.default_rng(0).uniform(-3, 3, shape) for name, shape in shapes.items()} or None


def numeric(found, learned, digits=40):
    """Return matrices, learned symbols replaced, as an array of floats rounded from so many digits."""
    if isinstance(found, list | tuple):
        return np.array([numeric(one, learned, digits) for one in found])
    given = () if learned is None else np.ndenumerate(learned["omega"])
    values = {LEARNED[index]: sympy.Rational(float(one)) for index, one in given}
    array = np.zeros(found.shape)
    for index, one in found.todok().items():
        array[index] = symbolic.evaluate(one.xreplace(values), digits)
    return array


def some_positions(frequencies):
    axes = axis_count(frequencies)
    p = np.array([0.0, 1.0, -2.5, 4097.0])[:, None] + np.arange(axes) * 3.25
    return p[:, 0] if axes == 1 else p


class TestAgreementWithTheReadableRendering:
    @cases(EVERY)
    def test_frequencies_agree(self, variant):
        frequencies = static(variant).frequencies
        learned = learned_of(frequencies)

        actual = numeric(symbolic.omega(frequencies), learned)

        np.testing.assert_allclose(actual, refpos.omega(frequencies, learned=learned), rtol=1e-14, atol=0, strict=True)

    @cases({name: one for name, one in EVERY.items() if not isinstance(one.frequencies, Dense)})
    def test_frequencies_that_are_not_learned_agree_to_the_last_bit(self, variant):
        frequencies = static(variant).frequencies

        np.testing.assert_array_equal(
            refpos.omega(frequencies), numeric(symbolic.omega(frequencies), None), strict=True
        )

    @pytest.mark.parametrize(("variant", "side"), SIDES.values(), ids=SIDES)
    def test_tables_agree_within_the_error_of_the_angle(self, variant, side):
        variant = narrow(static(variant))
        learned = learned_of(variant.frequencies)
        p = some_positions(variant.frequencies)
        expected = refpos.cos_sin(p, variant, side=side, learned=learned)
        size, theta, grown = magnitudes(p, variant, learned, side)

        found = symbolic.cos_sin(p, variant, side)
        tables = zip(*found, strict=True) if isinstance(found, list) else found

        for want, got in zip(expected, tables, strict=True):
            values = numeric(list(got) if isinstance(found, list) else got, learned)
            assert want.shape == values.shape
            assert (np.abs(want - values) <= size * U * (4 * theta + 4 + grown)).all()

    @cases(WRITTEN)
    def test_rows_agree(self, variant):
        variant = narrow(variant)
        learned = learned_of(variant.frequencies)
        p = some_positions(variant.frequencies)
        expected = refpos.embed(p, variant, learned=learned)[..., variant.prefix :, :]

        rates = np.abs(refpos.omega(variant.frequencies, learned=learned))
        theta = ((np.abs(p)[:, None] if p.ndim == 1 else np.abs(p)) @ rates).max(axis=-1)

        for n, one in enumerate(p):
            row = numeric(symbolic.embed(one, variant), learned)[..., 0, :]
            error = np.abs(expected[..., n, :] - row).max(axis=-1)
            assert expected[..., n, :].shape == row.shape
            assert (error <= variant.scale * U * (4 * theta[..., n] + 4)).all()

    @pytest.mark.parametrize(("variant", "side"), SIDES.values(), ids=SIDES)
    def test_the_matrix_is_what_rotating_the_basis_gives(self, variant, side):
        variant = narrow(static(variant))
        d, learned = width(variant) + 2, learned_of(variant.frequencies)
        p = some_positions(variant.frequencies)[1:2]
        heads = head_count(variant.frequencies)
        basis = np.eye(d)[:, None, :] if heads is None else np.eye(d)[:, None, None, :].repeat(heads, axis=1)
        turned = refpos.rotate(basis, np.tile(p, (d, 1, 1)[: p.ndim + 1]), variant, side=side, learned=learned)

        found = symbolic.rotation(variant, d, p[0], side)

        size, theta, grown = magnitudes(p, variant, learned, side)
        bound = (size * U * (4 * theta + 8 + grown)).max()
        columns = np.moveaxis(turned[..., 0, :], 0, -1)
        np.testing.assert_allclose(numeric(found, learned), columns, rtol=0, atol=bound, strict=True)

    @pytest.mark.parametrize("factor", [1.0, 0.3, Mscale(40), Mscale(0.5), Mscale(3, 0.707), RootLog(32, 4096)])
    def test_magnitudes_agree(self, factor):
        from refpos.spec.scaling import magnitude

        assert magnitude(factor) == float(symbolic.evaluate(symbolic.magnitude(factor)))


def magnitudes(p, variant, learned, side):
    """Return the length of each plane's (cosine, sine), Θ of its angle, and 4 times its growth's exponent."""
    rates = np.abs(refpos.omega(variant.frequencies, learned=learned))
    theta = (np.abs(p)[:, None] if p.ndim == 1 else np.abs(p)) @ rates
    size = np.hypot(*refpos.cos_sin(p, variant, side=side, learned=learned))
    return size, theta, 0.0 if variant.growth is None else 4 * np.abs(np.log(size))


class TestWorkedValues:
    def values(self, frequencies, planes):
        return [float(symbolic.evaluate(symbolic.omega(frequencies)[0, k], 20)) for k in planes]

    def test_the_frequencies_of_rope_vit(self):
        expected = [1, 0.7498942093, 0.0133352143]
        assert expected == pytest.approx(self.values(Frequencies((0,) * 16, base=100), [0, 1, 15]), rel=1e-8)
        assert [sympy.Integer(1), sympy.Rational(1, 10)] == list(symbolic.omega(Frequencies((0, 0), base=100)))

    def test_the_axial_vector_of_rope_vit(self):
        frequencies = Frequencies((0, 0, 1, 1), base=100, ladder="per-axis")
        matrix = symbolic.rotation(Rotary(frequencies, pairing="interleaved"), 8, (1, 2))

        turned = symbolic.evaluate(matrix * sympy.Matrix(range(1, 9)), 20)

        expected = [
            -1.14263966,
            1.92207560,
            2.58567883,
            4.27951691,
            -7.53651874,
            2.04960611,
            5.27111140,
            9.23121794,
        ]
        assert expected == pytest.approx([float(one) for one in turned], abs=1e-8)

    def test_llama_3_1(self):
        frequencies = Frequencies((0,) * 64, base=5e5, scaling=ByParts(8, 8192, 1, 4))
        expected = [1, 0.814617217, 0.00321144611, 0.00216657063, 0.00137189368, 0.000178507791]
        expected += [9.55621217e-05, 3.06892588e-07]
        found = self.values(frequencies, [0, 1, 28, 29, 30, 34, 35, 63])

        assert expected == pytest.approx(found, rel=4e-7)

    def test_gpt_oss(self):
        yarn = ByIndex(32, 4096, truncate=False)
        frequencies = Frequencies((0,) * 32, base=1.5e5, scaling=yarn)
        expected = [1, 0.689044297, 0.0508132726, 0.0317056961, 0.000129318694, 3.83088118e-05, 3.0235114e-07]
        found = self.values(frequencies, [0, 1, 8, 9, 17, 18, 31])

        assert expected == pytest.approx(found, rel=4e-7)

    def test_gpt_oss_truncated(self):
        frequencies = Frequencies((0,) * 32, base=1.5e5, scaling=ByIndex(32, 4096))

        expected = [0.0316207521, 0.000227947836]
        assert expected == pytest.approx(self.values(frequencies, [9, 17]), rel=4e-7)

    def test_deepseek_v3(self):
        frequencies = Frequencies((0,) * 32, scaling=ByIndex(40, 4096))
        expected = [0.0562341288, 0.0390069261, 0.00550000044, 3.3338034e-05, 2.49999994e-05, 3.33380353e-06]

        assert expected == pytest.approx(self.values(frequencies, [10, 11, 16, 23, 24, 31]), rel=4e-7)

    def test_dynamic_ntk_at_twice_the_length(self):
        frequencies = at_length(Frequencies((0,) * 64, scaling=DynamicNTK(2, 2048)), 4096)
        found = self.values(frequencies, [1, 32, 63])

        expected = [0.850994289, 0.00572338188, 3.84927334e-05]
        assert expected == pytest.approx(found, rel=4e-7)

    def test_linear_scaling_by_four(self):
        found = self.values(Frequencies((0,) * 64, scaling=Linear(4)), [0, 1, 32, 63])

        expected = [0.25, 0.216491088, 0.00249999994, 2.88695483e-05]
        assert expected == pytest.approx(found, rel=4e-7)

    @pytest.mark.parametrize(
        ("planes", "base", "length", "low", "high"),
        [
            (64, 1e4, 2048, 16, 41),
            (64, 1e4, 4096, 20, 46),
            (32, 1e4, 2048, 8, 21),
            (64, 5e5, 8192, 18, 35),
            (64, 1e6, 32_768, 23, 40),
        ],
    )
    def test_the_planes_between_which_yarn_blends(self, planes, base, length, low, high):
        plain = symbolic.omega(Frequencies((0,) * planes, base=base))
        yarn = symbolic.omega(Frequencies((0,) * planes, base=base, scaling=ByIndex(16, length)))
        ratios = [one / two for one, two in zip(yarn, plain, strict=True)]

        assert [k for k in range(planes) if low < k < high] == [
            k for k in range(planes) if ratios[k] not in (1, sympy.Rational(1, 16))
        ]

    def test_magnitudes_in_closed_form(self):
        assert sympy.log(40) / 10 + 1 == symbolic.magnitude(Mscale(40))
        assert sympy.sqrt(sympy.Rational(17, 12)) == symbolic.magnitude(RootLog(32, 4096))
        expected = "1.2079441542"
        assert expected == str(symbolic.evaluate(symbolic.magnitude(Mscale(8)), 11))
        expected = "1.1902380714238083"
        assert expected == str(symbolic.evaluate(symbolic.magnitude(RootLog(32, 4096)), 17))

    def test_xpos_grows_by_its_ratio_of_planes(self):
        variant = Rotary(Frequencies((0,) * 4), growth=XPos(scale_base=1))
        (cos, sin), away = symbolic.cos_sin([1], variant), symbolic.cos_sin([1], variant, "key")

        sizes = [sympy.simplify(c**2 + s**2) for c, s in zip(cos, sin, strict=True)]
        assert [Fraction(n, 28) ** 2 for n in (8, 13, 18, 23)] == [Fraction(int(z.p), int(z.q)) for z in sizes]
        assert all(sympy.simplify(z * (c**2 + s**2) - 1) == 0 for z, c, s in zip(sizes, *away, strict=True))

    @pytest.mark.parametrize(
        ("variant", "expected"),
        [
            ({"order": "sin-cos"}, [0, 0, 1, 1, 0.84147098, 0.00999983, 0.54030231, 0.99995]),
            (
                {"order": "sin-cos", "blocks": "function"},
                [0, 0, 0.84147098, 0.00999983, 1, 1, 0.54030231, 0.99995],
            ),
        ],
        ids=["moco", "timm"],
    )
    def test_the_second_patch_of_a_grid(self, variant, expected):
        frequencies = Frequencies((0, 0, 1, 1), ladder="per-axis")

        row = symbolic.evaluate(symbolic.embed((0, 1), Sinusoidal(frequencies, **variant)), 20)

        assert expected == pytest.approx([float(one) for one in row], abs=1e-8)

    def test_a_float_is_exactly_its_double(self):
        assert sympy.Rational(3602879701896397, 36028797018963968) == symbolic.magnitude(0.1)

    @cases(EVERY)
    def test_no_expression_holds_a_float(self, variant):
        found = symbolic.omega(static(variant).frequencies)
        every = found if isinstance(found, list) else [found]

        assert not any(one.atoms(sympy.Float) for one in every)
        assert not any(one.atoms(sympy.Float) for one in symbolic.formula(static(variant)))


class TestFormulas:
    def lines(self, variant, side="query"):
        return [f"{one.lhs} = {one.rhs}" for one in symbolic.formula(variant, side)]

    def test_llama_3_1_in_symbols(self):
        frequencies = Frequencies((0,) * 64, base=500_000, scaling=ByParts(8, 8192, 1, 4))

        expected = [
            "theta_k = b**(-2*k/d)",
            "r_k = L*theta_k/(2*pi)",
            "t_k = (-alpha + r_k)/(-alpha + beta)",
            "gamma_k = Piecewise((0, t_k < 0), (1, t_k > 1), (t_k, True))",
            "m_k = gamma_k + (1 - gamma_k)/s",
            "omega_k = m_k*theta_k",
            "phi_k = omega_k*p",
            "y[k] = -sin(phi_k)*x[d/2 + k] + cos(phi_k)*x[k]",
            "y[d/2 + k] = sin(phi_k)*x[k] + cos(phi_k)*x[d/2 + k]",
        ]
        assert expected == self.lines(Rotary(frequencies))
        given = {str(symbol): value for symbol, value in symbolic.parameters(Rotary(frequencies))}
        expected = {"b": 500_000, "d": 128, "L": 8192, "alpha": 1, "beta": 4, "s": 8}
        assert expected == given

    def test_what_differs_is_shown_for_each_axis_plane_or_head(self):
        by_axis = Frequencies((0, 1, 1), base=(100, 50), scaling=PerPlane((1, 2, 1.5)))
        by_head = PerHead((Frequencies((0, 0)), Frequencies((0, 0), base=50)))

        assert {"b_a": (100, 50), "d": 6, "lambda_k": (1, 2, sympy.Rational(3, 2))} == {
            str(symbol): value if value.is_number else tuple(value) for symbol, value in symbolic.parameters(by_axis)
        }
        expected = "((b, (10000, 50)), (d, 4))"
        assert expected == str(symbolic.parameters(by_head))

    def test_outputs_turn_back_and_keys_shrink(self):
        plain, grown = Rotary(Frequencies((0,))), Rotary(Frequencies((0,)), growth=XPos())

        assert "sin(phi_k)*x[d/2 + k] + cos(phi_k)*x[k]" in self.lines(plain, "output")[-2]
        assert "g_k = zeta_k**((p - p_0)/B)" in self.lines(grown)
        assert "g_k = zeta_k**((-p + p_0)/B)" in self.lines(grown, "key")

    def test_planes_that_stand_still_are_said(self):
        last = symbolic.formula(Frequencies((0, 0, None)))[0].rhs
        odd = symbolic.formula(Frequencies((0, None, 0, 0)))[0].rhs
        k = next(one for one in last.free_symbols if one.name == "k")

        expected = [False, False, True]
        assert expected == [last.subs(k, n) == 0 for n in range(3)]
        expected = [False, True, False, False]
        assert expected == [odd.subs(k, n) == 0 for n in range(4)]

    @cases(EVERY)
    def test_every_symbol_is_defined_or_given(self, variant):
        variant = static(variant)
        shown = symbolic.formula(variant)
        known = {symbol for symbol, _ in symbolic.parameters(variant)} | {one.lhs for one in shown}
        names = {str(one) for each in shown for one in each.free_symbols if isinstance(one, sympy.Symbol)}

        assert set() == names - set(map(str, known)) - {
            "k",
            "j",
            "a",
            "h",
            "p",
            "x",
            "y",
            "i",
            "omega",
            "phi",
            "g",
        }
        assert all(sympy.pretty(one, use_unicode=True) for one in shown)

    @cases({name: one for name, one in TURNED.items() if not is_static(one) or "catalogue" not in name})
    def test_the_features_shown_are_those_that_are_counted(self, variant):
        variant, d = static(variant), width(variant) + 2
        counted = planes(variant, d)

        for k, read in enumerate(counted.read):
            values = {**pairing.numbers(variant, k), OFFSET: variant.offset % d, VECTOR: d}
            places = [substituted(one, values) for one in PAIRS[variant.pairing]]
            columns = [substituted(one, values) for one in pairing.COLUMNS[variant.columns]]
            start = pairing.numbers(variant, k)[OFFSET].subs(VECTOR, d)
            assert read == tuple(places)
            assert counted.columns[k] == tuple(columns)
            assert variant.offset % d == start

    @cases(
        {
            "one axis": Rotary(FREQUENCIES["by index"], attention_factor=Mscale(40)),
            "two scalings": Rotary(FREQUENCIES["two scalings"], pairing="interleaved"),
            "learned": Rotary(Dense(2, 3), sign=-1),
        }
    )
    def test_the_formula_with_its_parameters_is_the_operator(self, variant):
        d = width(variant)
        at = [P, Q][: axis_count(variant.frequencies)]
        matrix = symbolic.rotation(variant, d, at if len(at) > 1 else P)
        k, x = (
            sympy.Symbol("k", integer=True, nonnegative=True),
            sympy.IndexedBase(sympy.Symbol("x", real=True)),
        )
        vector = sympy.Matrix([x[i] for i in range(d)])
        base = sympy.IndexedBase(sympy.Symbol("p", real=True))

        for plane in (0, 1, d // 2 - 1):
            known = {**dict(symbolic.parameters(variant)), k: sympy.Integer(plane)}
            for one in symbolic.formula(variant):
                known[one.lhs.subs(known)] = one.rhs.subs(known).doit()
            written = {left: right for left, right in known.items() if isinstance(left, sympy.Indexed)}
            first, second = written.items()
            for left, right in (first, second):
                shown = right.subs({base[i]: one for i, one in enumerate(at)})
                assert not sympy.expand(shown - (matrix[left.indices[0], :] * vector)[0])


def test_the_formula_of_a_band_writes_at_the_start_of_the_band_and_the_axis():
    frequencies = Bands((0, 1, 2) * 2, 1, 8)
    shown = symbolic.formula(Sinusoidal(frequencies, order="sin-cos", blocks="band"))
    places = {str(one.rhs)[:3]: one.lhs.args[1] for one in shown[-2:]}

    assert {"sin": START + AXIS, "cos": START + AXIS + AXES} == places


class TestWhatCanBeProved:
    @cases(
        {
            "half": Rotary(Frequencies((0, 0)), attention_factor=Mscale(8)),
            "interleaved, written half, negative": Rotary(
                Frequencies((0, 1)), pairing="interleaved", write="half", sign=-1
            ),
            "learned": Rotary(Dense(2, 2), attention_factor=0.5),
        }
    )
    def test_the_operator_is_orthogonal_up_to_its_magnitude(self, variant):
        at = P if axis_count(variant.frequencies) == 1 else (P, Q)
        matrix = symbolic.rotation(variant, 4, at)
        g = symbolic.magnitude(variant.attention_factor)

        assert sympy.zeros(4) == sympy.simplify(matrix.T * matrix - g**2 * sympy.eye(4))

    def test_tiled_columns_are_no_rotation(self):
        variant = Rotary(Frequencies((0, 0)), pairing="interleaved", columns="tiled")
        matrix = symbolic.rotation(variant, 4, P)

        assert sympy.zeros(4) != sympy.simplify(matrix.T * matrix - sympy.eye(4))

    @cases({"half": Rotary(Frequencies((0, 0))), "yarn": Rotary(FREQUENCIES["by index, bounds coincide"])})
    def test_scores_depend_on_the_difference_alone(self, variant):
        d = width(variant)
        first, second, between = (symbolic.rotation(variant, d, one) for one in (P, Q, Q - P))

        assert sympy.zeros(d) == (first.T * second - between).applyfunc(sympy.trigsimp)

    def test_learned_frequencies_are_relative_on_both_axes(self):
        variant = Rotary(Dense(2, 1))
        r, s = sympy.symbols("r s", real=True)
        first, second = symbolic.rotation(variant, 2, (P, Q)), symbolic.rotation(variant, 2, (r, s))
        between = symbolic.rotation(variant, 2, (r - P, s - Q))

        assert sympy.zeros(2) == sympy.simplify(sympy.expand_trig(first.T * second - between))

    def test_queries_and_keys_that_grow_are_relative(self):
        variant = Rotary(Frequencies((0,)), growth=XPos())
        query, key = symbolic.rotation(variant, 2, P), symbolic.rotation(variant, 2, Q, "key")
        again = symbolic.rotation(variant, 2, P + 7), symbolic.rotation(variant, 2, Q + 7, "key")

        assert sympy.zeros(2) == sympy.simplify(query.T * key - again[0].T * again[1])

    def test_outputs_are_turned_back(self):
        variant = Rotary(Frequencies((0, 0)), sign=-1)
        expected = symbolic.rotation(variant, 4, P).T

        assert expected == symbolic.rotation(variant, 4, P, "output")

    def test_ntk_is_a_ladder_of_another_base(self):
        (ladder, ntk, _) = symbolic.formula(Frequencies((0, 0), scaling=NTK(2)))[:3]
        b, s, d = (sympy.Symbol(name, positive=True) for name in ("b", "s", "d"))
        whole = sympy.Symbol("d", integer=True, positive=True)
        product = (ladder.rhs * ntk.rhs).subs(whole, d)
        other = ladder.rhs.subs(whole, d).subs(b, b * s ** (d / (d - 2)))

        assert not sympy.simplify(sympy.expand_log(sympy.log(product / other), force=True))

    def test_a_mixed_radix_runs_from_one_factor_for_all_to_one_step_for_each_digit(self):
        (_, mixed, _) = symbolic.formula(Frequencies((0, 0), scaling=MixedRadix(2, 0.5)))[:3]
        s, q = sympy.Symbol("s", positive=True), sympy.Symbol("q", nonnegative=True)
        k, d = (one for one in sorted(mixed.rhs.free_symbols - {s, q}, key=str, reverse=True))
        step = s ** (2 / d)

        assert 1 / s == mixed.rhs.subs(q, 0)
        assert sympy.simplify(mixed.rhs.subs(q, 1) * step * step**k) == 1

    def test_sinusoids_move_by_a_rotation(self):
        row = symbolic.embed(P, Sinusoidal(Frequencies((0, 0))))
        moved = symbolic.embed(P + Q, Sinusoidal(Frequencies((0, 0))))
        matrix = symbolic.rotation(Rotary(Frequencies((0, 0)), pairing="interleaved", sign=-1), 4, Q)

        assert sympy.zeros(4, 1) == sympy.simplify(sympy.expand_trig(moved.T - matrix * row.T))


class TestErrors:
    @pytest.mark.parametrize("scaling", [DynamicNTK(2, 64), LongRope((1, 1), (2, 2), 64)])
    def test_a_variant_that_depends_on_the_length_is_refused(self, scaling):
        variant = Rotary(Frequencies((0, 0), scaling=scaling))

        for call in (
            lambda: symbolic.omega(variant.frequencies),
            lambda: symbolic.cos_sin([1], variant),
            lambda: symbolic.formula(variant),
            lambda: symbolic.parameters(variant),
        ):
            with pytest.raises(SpecError, match="at_length first"):
                call()

    @pytest.mark.parametrize("position", [(1,), 1, (1, 2, 3), "12"])
    def test_a_position_must_have_a_coordinate_for_each_axis(self, position):
        with pytest.raises(SpecError, match="a position must have 2 coordinates"):
            symbolic.angles([position], Frequencies((0, 1)))

    @pytest.mark.parametrize(
        ("position", "rule"),
        [
            (sympy.Float(0.5), "exact numbers, not floats"),
            (float("nan"), "finite"),
            (float("inf"), "finite"),
            ("p", "a number or a SymPy expression is needed"),
            (True, "a number or a SymPy expression is needed"),
            ((1,), "a number or a SymPy expression is needed"),
        ],
    )
    def test_a_position_must_be_exact(self, position, rule):
        with pytest.raises(SpecError, match=rule):
            symbolic.angles([position], Frequencies((0, 0)))

    def test_a_side_must_be_one_of_three(self):
        with pytest.raises(SpecError, match="side must be"):
            symbolic.cos_sin([1], Rotary(Frequencies((0,))), "value")

    def test_growth_is_not_for_outputs(self):
        with pytest.raises(SpecError, match="where there is growth"):
            symbolic.rotation(Rotary(Frequencies((0,)), growth=XPos()), 2, 1, "output")

    def test_vectors_must_hold_the_variant(self):
        with pytest.raises(SpecError, match="features must hold"):
            symbolic.rotation(Rotary(Frequencies((0, 0))), 3, 1)

    @pytest.mark.parametrize("digits", [0, 2.5, True])
    def test_digits_must_be_a_positive_int(self, digits):
        with pytest.raises(SpecError, match="digits must be a positive int"):
            symbolic.evaluate(sympy.pi, digits)

    def test_what_is_evaluated_must_be_closed(self):
        with pytest.raises(SpecError, match=r"no free symbols; got \['p'\]"):
            symbolic.evaluate([sympy.cos(P)])

    def test_without_sympy_the_error_names_the_extra(self):
        code = "import sys; sys.modules['sympy'] = None; import refpos; import refpos.symbolic"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

        assert "ImportError: refpos.symbolic needs SymPy: pip install 'refpos[proofs]'" in done.stderr
