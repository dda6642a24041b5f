"""refpos and transformers, each against the other."""

from typing import Any

import numpy as np
import pytest

from refpos import Grid, Image, Mscale, at_length, cos_sin, omega, place, rotate
from refpos.catalogue import CATALOGUE
from refpos.catalogue.longrope import PHI_3_LONG, PHI_3_SHORT
from refpos.oracle.check import check
from refpos.oracle.tolerance import UNIT_ROUNDOFF, kappa
from refpos.spec.scaling import magnitude
from refpos.variants.frequencies import Frequencies
from refpos.variants.rotary import RootLog
from refpos.variants.scaling import ByIndex, ByParts, DynamicNTK, Linear, LongRope

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from refpos.adapters.transformers import FRAMEWORK  # noqa: E402
from refpos.adapters.transformers.layer import modeling, quiet  # noqa: E402

U = UNIT_ROUNDOFF["float32"]
ENCODINGS = FRAMEWORK.encodings()
YARN = {"rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096}
LLAMA_3 = {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0} | {
    "original_max_position_embeddings": 8192
}
LONGROPE = {"rope_type": "longrope", "short_factor": list(PHI_3_SHORT), "long_factor": list(PHI_3_LONG)}
MIXED = magnitude(Mscale(32, 0.707)) / magnitude(Mscale(32))
PHI_3 = LongRope(PHI_3_SHORT, PHI_3_LONG, 4096)


def base_of(theta: float, planes: int, scaling: Any = (), still: int = 0) -> Frequencies:
    return Frequencies((0,) * planes + (None,) * still, base=theta, scaling=scaling)


def made_by_transformers(
    frequencies: Frequencies, parameters: dict[str, Any], *, length: int | None = None, longest: int = 4096
) -> tuple[Any, float]:
    """Return the frequencies and the factor that transformers makes of its parameters."""
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    kind = parameters.get("rope_type", "default")
    with quiet():
        config = LlamaConfig(
            head_dim=2 * len(frequencies.axes),
            max_position_embeddings=longest,
            rope_parameters={"rope_type": kind, "rope_theta": frequencies.base, **parameters},
        )
        default = modeling("llama").LlamaRotaryEmbedding.compute_default_rope_parameters
        make = default if kind == "default" else ROPE_INIT_FUNCTIONS[kind]
        made, factor = make(config, seq_len=length)
    return made.double().numpy(), factor


DYNAMIC = base_of(1e4, 64, DynamicNTK(2, 4096)), {"rope_type": "dynamic", "factor": 2.0}
LINEAR = {"rope_type": "linear", "factor": 8.0}
NOT_TRUNCATED = base_of(1.5e5, 32, ByIndex(32, 4096, truncate=False)), {**YARN, "truncate": False}
PROPORTIONAL = base_of(1e6, 64, still=192), {"rope_type": "proportional", "partial_rotary_factor": 0.25}


@pytest.mark.parametrize(
    ("frequencies", "parameters", "length"),
    [
        pytest.param(base_of(1e4, 64), {}, None, id="default"),
        pytest.param(base_of(5e5, 40), {}, None, id="default, exponents that are not dyadic"),
        pytest.param(base_of(1e4, 64, Linear(8)), LINEAR, None, id="linear"),
        pytest.param(*DYNAMIC, 4096, id="dynamic, short"),
        pytest.param(*DYNAMIC, 4097, id="dynamic, one more"),
        pytest.param(*DYNAMIC, 30_000, id="dynamic, long"),
        pytest.param(base_of(1e4, 64, ByIndex(32, 4096)), YARN, None, id="yarn"),
        pytest.param(*NOT_TRUNCATED, None, id="yarn, not truncated"),
        pytest.param(base_of(5e4, 32, ByIndex(32, 4096, 1, 1)), {**YARN, "beta_fast": 1.0}, None, id="yarn, a step"),
        pytest.param(base_of(1e4, 48, PHI_3), LONGROPE, 4096, id="longrope, short"),
        pytest.param(base_of(1e4, 48, PHI_3), LONGROPE, 4097, id="longrope, long"),
        pytest.param(base_of(5e5, 64, ByParts(8, 8192, 1, 4)), {**LLAMA_3, "factor": 8.0}, None, id="llama3"),
        pytest.param(base_of(5e5, 32, ByParts(32, 8192, 1, 4)), {**LLAMA_3, "factor": 32.0}, None, id="llama3, 32"),
        pytest.param(*PROPORTIONAL, None, id="proportional"),
    ],
)
def test_frequencies_equal_those_of_transformers(frequencies, parameters, length):
    made, _ = made_by_transformers(frequencies, parameters, length=length)
    here = at_length(frequencies, length or 1)
    allowed = U * (kappa(here, "power") - 1) * omega(here)[0]
    assert (np.abs(made - omega(here)[0]) <= allowed).all()


@pytest.mark.parametrize(
    ("given", "want"),
    [
        pytest.param({}, magnitude(Mscale(32)), id="nothing"),
        pytest.param({"mscale": 0.707}, magnitude(Mscale(32)), id="mscale alone is not read"),
        pytest.param({"mscale": 1.0, "mscale_all_dim": 1.0}, 1.0, id="both alike"),
        pytest.param({"mscale": 0.707, "mscale_all_dim": 1.0}, MIXED, id="both"),
        pytest.param({"mscale": 1.0, "mscale_all_dim": 0.0}, magnitude(Mscale(32)), id="zero counts as nothing"),
        pytest.param({"attention_factor": 1.25, "mscale": 0.707}, 1.25, id="explicit"),
        pytest.param({"factor": 1.0}, magnitude(Mscale(1.0)), id="no scaling"),
    ],
)
def test_the_magnitude_of_yarn_equals_that_of_transformers(given, want):
    _, made = made_by_transformers(base_of(1e4, 32), {**YARN, **given})
    assert made == pytest.approx(want, rel=2**-50)


def test_the_magnitude_of_longrope_equals_that_of_transformers():
    _, made = made_by_transformers(base_of(1e4, 48), {**LONGROPE, "factor": 32.0})
    assert made == pytest.approx(magnitude(RootLog(32, 4096)), rel=2**-50)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda one: f"{one.name}, {one.label}")
def test_an_encoding_of_transformers_agrees_with_the_catalogue(encoding):
    report = judged(encoding, "float32")
    assert report.verdict == "agrees", report


def judged(encoding: Any, dtype: str) -> Any:
    entry = CATALOGUE[encoding.name]
    variant = at_length(entry.variant, encoding.length) if encoding.length else entry.variant
    given = {"recipe": encoding.recipe, "longest": encoding.longest, "grids": encoding.grids}
    return check(encoding.build(dtype), variant, dtype=dtype, features=entry.width, **given)


def of(name: str) -> Any:
    return next(one for one in ENCODINGS if one.name == name)


@pytest.mark.parametrize(
    ("name", "place_of", "seeded", "found"),
    [
        ("llama-2", "llama:rotate_half", lambda own: lambda x: -own(x), "sign/flipped"),
        ("glm-4", "glm:rotate_half", lambda own: lambda x: -own(x), "sign/flipped"),
        ("gpt-j", "gptj:rotate_every_two", lambda own: lambda x: -own(x), "sign/flipped"),
        (
            "mistral",
            "mistral:MistralRotaryEmbedding.forward",
            lambda own: lambda self, x, ids: own(self, x, ids + 1),
            "positions/plus-one",
        ),
    ],
)
def test_a_mistake_made_in_transformers_is_found_and_named(monkeypatch, name, place_of, seeded, found):
    model, path = place_of.split(":")
    *owners, attribute = path.split(".")
    owner = modeling(model)
    for one in owners:
        owner = getattr(owner, one)
    monkeypatch.setattr(owner, attribute, seeded(getattr(owner, attribute)))
    report = judged(of(name), "float32")
    assert report.verdict == "differs"
    assert found in [finding.id for finding in report.findings]


def test_a_mistake_made_on_keys_alone_is_found(monkeypatch):
    own = modeling("llama").apply_rotary_pos_emb
    monkeypatch.setattr(modeling("llama"), "apply_rotary_pos_emb", lambda q, k, cos, sin: (own(q, k, cos, sin)[0], k))
    assert "keys otherwise than queries" in str(judged(of("llama-2"), "float32"))


def test_the_table_of_llama_4_vision_is_that_of_rows_and_columns_counted_from_one():
    from transformers import Llama4VisionConfig

    config = Llama4VisionConfig(hidden_size=88, num_attention_heads=1, image_size=5 * 14, patch_size=14)
    table = modeling("llama4").Llama4VisionRotaryEmbedding(config).freqs_ci[:, 0].numpy()
    positions = np.concatenate([place([Image(5, 5)], Grid(start=1)), [[0, 0]]])
    cos, sin = cos_sin(positions, CATALOGUE["llama-4-vision"].variant)
    assert np.abs(table - (cos + 1j * sin)).max() < U * 20 * 5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_v_jepa_2_makes_angles_in_16_bits(dtype):
    """An expected difference: in a clip of 24 patches a side the error is already several times that of rounding."""
    encoding, variant = of("vjepa2"), CATALOGUE["vjepa2"].variant
    assert judged(encoding, dtype).verdict == "differs"
    x = np.ones((1, 1, 24, 64), np.float16 if dtype == "float16" else np.float32)
    positions = np.stack([np.arange(24)] * 3, axis=-1)
    error = np.abs(encoding.build(dtype)(x, positions) - rotate(x.astype(np.float64), positions, variant)).max()
    assert error > {"float16": 2.0, "bfloat16": 3.0}[dtype] * 2 * UNIT_ROUNDOFF[dtype]


def test_transformers_ignores_truncate_in_the_parameters_of_a_layer_type():
    """An expected difference: `_compute_yarn_parameters` reads truncate beside the layer types, not in them."""
    from transformers import Olmo3Config

    types = ["full_attention", "sliding_attention"]
    yarn = {**YARN, "rope_theta": 1.5e5, "truncate": False}
    near = {"rope_type": "default", "rope_theta": 1.5e5}
    rope = {"full_attention": yarn, "sliding_attention": near}
    with quiet():
        config = Olmo3Config(
            hidden_size=64, num_attention_heads=1, num_hidden_layers=2, layer_types=types, rope_parameters=rope
        )
        made = modeling("olmo3").Olmo3RotaryEmbedding(config).full_attention_inv_freq.double().numpy()
    asked, done = (omega(base_of(1.5e5, 32, ByIndex(32, 4096, truncate=one)))[0] for one in (False, True))
    assert np.abs(made / done - 1).max() < 1e-6
    assert np.abs(made / asked - 1).max() > 0.7


def rotary_of_llama(**parameters: Any) -> Any:
    from transformers import LlamaConfig

    rope = {"rope_type": "default", "rope_theta": 1e4, **parameters}
    config = LlamaConfig(head_dim=128, max_position_embeddings=4096, rope_parameters=rope)
    return modeling("llama").LlamaRotaryEmbedding(config)


def test_dynamic_ntk_of_transformers_remembers_the_longest_sequence():
    """An expected difference: up to and with the original length, the base of a longer sequence stays."""
    rotary, (frequencies, parameters) = rotary_of_llama(**DYNAMIC[1]), DYNAMIC
    assert frequencies.scalings == (DynamicNTK(parameters["factor"], 4096),)
    for reached, as_of in [(8192, 8192), (6000, 8192), (4096, 8192), (4095, 4095), (4096, 4096)]:
        rotary(torch.zeros(1), torch.tensor([[reached - 1]]))
        want = omega(at_length(frequencies, as_of))[0]
        assert np.abs(rotary.inv_freq.double().numpy() / want - 1).max() < 1e-5, reached


def test_a_model_cast_after_it_is_made_loses_its_frequencies():
    """An expected difference: `from_pretrained(dtype=...)` keeps frequencies in float32, `.to(...)` does not."""
    rotary = rotary_of_llama().to(torch.bfloat16)
    cos, _ = rotary(torch.zeros(1), torch.tensor([[255, 4095]]))
    want, _ = cos_sin([255, 4095], CATALOGUE["llama-2"].variant)
    assert (np.abs(cos[0, :, :64].numpy() - want).max(axis=1) > [0.2, 1.5]).all()
