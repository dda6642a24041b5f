"""The catalogue: its names, its sources, and that every entry computes."""

import re

import numpy as np
import pytest

from refpos import CATALOGUE, Rotary, Sinusoidal, at_length, embed, omega, rotate
from refpos.catalogue import (
    ANGLES,
    ATTENTION,
    BIAS,
    COORDINATES,
    EXTENSION,
    GRIDS,
    POSITIONS,
    ROTARY,
    SINUSOIDAL,
    TABLE,
    VISION,
)
from refpos.variants.frequencies import axis_count, head_count, plane_count

REQUIRED = [
    "roformer",
    "gpt-j",
    "gpt-neox-20b",
    "llama-2",
    "llama-2-meta",
    "code-llama",
    "llama-3.1",
    "llama-3.2",
    "mistral",
    "phi-3-short",
    "phi-3-long",
    "phi-3",
    "qwen2.5",
    "qwen2-vl",
    "qwen2.5-vl",
    "qwen3-vl",
    "deepseek-v3",
    "deepseek-v3-original",
    "gpt-oss",
    "gemma-3-local",
    "gemma-3-global",
    "gemma-4-sliding",
    "gemma-4-global",
    "glm-4",
    "command-r",
    "yarn-paper",
    "yarn-code",
    "dynamic-ntk",
    "ntk-aware",
    "position-interpolation",
    "xpos",
    "nanochat",
    "stablelm",
    "phi-2",
    "qwen2-vl-vision",
    "pixtral",
    "dinov3",
    "rope-vit-axial",
    "rope-vit-mixed",
    "vjepa2",
    "gemma-4-vision",
    "flux",
    "hunyuan-video",
    "wan",
    "cogvideox",
    "lumina-2",
    "transformer",
    "tensor2tensor",
    "fairseq",
    "whisper",
    "marian",
    "marian-nmt",
    "musicgen",
    "mae",
    "moco-v3",
    "big-vision",
    "timm-sincos2d",
]

NAMES = sorted(CATALOGUE)
TURNING = sorted(ANGLES)
ROTARIES = [name for name in NAMES if isinstance(CATALOGUE[name].variant, Rotary)]
SINUSOIDS = [name for name in NAMES if isinstance(CATALOGUE[name].variant, Sinusoidal)]
LENGTHS = [5, 1_000_000]


def positions_for(variant):
    axes = axis_count(variant.frequencies)
    return np.arange(5.0) if axes == 1 else np.arange(5.0 * axes).reshape(5, axes) % 7


def learned_for(variant):
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape) for name, shape in variant.learned.items()} or None


def test_the_catalogue_has_at_least_thirty_entries():
    assert len(CATALOGUE) >= 30


def test_no_name_stands_in_two_files():
    files = (ROTARY, EXTENSION, VISION, GRIDS, SINUSOIDAL, COORDINATES, BIAS, TABLE, POSITIONS, ATTENTION)
    assert sum(map(len, files)) == len(CATALOGUE)


def test_the_catalogue_cannot_be_written():
    with pytest.raises(TypeError):
        CATALOGUE["rope"] = CATALOGUE["roformer"]


def failing(law):
    """Return the names of the entries of which a law does not hold."""
    return [name for name, entry in CATALOGUE.items() if not law(entry)]


def test_required_names_are_present():
    assert set(REQUIRED) <= set(CATALOGUE)


def test_a_name_is_lower_case_with_hyphens():
    assert [] == [name for name in CATALOGUE if not re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", name)]


def test_every_entry_has_a_source_with_four_fields():
    def has_all(entry):
        source = entry.source
        return all(field.strip() for field in (source.work, source.version, source.place, source.url))

    assert [] == failing(has_all)


def test_every_source_has_an_address_without_blanks():
    assert [] == failing(lambda entry: re.fullmatch(r"https://[^\s/]+/\S+", entry.source.url))


def test_every_address_holds_the_version_of_code_it_cites():
    def holds(entry):
        return not re.fullmatch(r"[0-9a-f]{40}", entry.source.version) or entry.source.version in entry.source.url

    assert [] == failing(holds)


def test_a_note_is_at_most_two_sentences():
    assert [] == failing(lambda entry: len(re.findall(r"[.?!](?= |$)", entry.note)) <= 2)


def test_a_note_names_only_entries_that_exist():
    def pointed_at(entry):
        return set(re.findall(r"[Ss]ee ([a-z0-9.-]*[a-z0-9])", entry.note))

    assert [] == failing(lambda entry: pointed_at(entry) <= set(CATALOGUE))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("llama-2", "llama-2-meta"),
        ("yarn-paper", "yarn-code"),
        ("deepseek-v3", "deepseek-v3-original"),
        ("pixtral", "pixtral-hf"),
        ("rope-vit-axial", "rope-vit-axial-paper"),
        ("transformer", "tensor2tensor"),
        ("marian", "marian-nmt"),
    ],
)
def test_two_readings_of_one_model_name_each_other(one, other):
    assert f"see {other}" in CATALOGUE[one].note
    assert f"see {one}" in CATALOGUE[other].note


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("llama-2", "llama-2-meta"),
        ("yarn-paper", "yarn-code"),
        ("deepseek-v3", "deepseek-v3-original"),
        ("pixtral", "pixtral-hf"),
        ("rope-vit-axial", "rope-vit-axial-paper"),
        ("transformer", "tensor2tensor"),
        ("marian", "marian-nmt"),
        ("glm-4v", "qwen2-vl"),
        ("phi-3", "phi-3.5"),
        ("mae", "moco-v3"),
    ],
)
def test_two_readings_are_two_variants(one, other):
    assert CATALOGUE[one].variant != CATALOGUE[other].variant


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", TURNING)
def test_every_entry_has_finite_frequencies_at_every_length(name, length):
    variant = at_length(CATALOGUE[name].variant, length)
    assert np.isfinite(omega(variant.frequencies, learned=learned_for(variant))).all()


@pytest.mark.parametrize("name", TURNING)
def test_every_entry_has_a_frequency_for_each_axis_and_plane(name):
    variant = at_length(CATALOGUE[name].variant, 5)
    heads = head_count(variant.frequencies)
    expected = (axis_count(variant.frequencies), plane_count(variant.frequencies))
    expected = expected if heads is None else (heads, *expected)
    assert expected == omega(variant.frequencies, learned=learned_for(variant)).shape


@pytest.mark.parametrize("name", ROTARIES)
def test_every_rotary_entry_turns_vectors_of_its_width(name):
    entry = CATALOGUE[name]
    variant = at_length(entry.variant, 5)
    heads = head_count(variant.frequencies) or 2
    x = np.ones((3, heads, 5, entry.width))
    y = rotate(x, positions_for(variant), variant, learned=learned_for(variant))
    assert (x.shape, True) == (y.shape, bool(np.isfinite(y).all()))


@pytest.mark.parametrize("name", ROTARIES)
def test_every_rotary_entry_moves_something(name):
    entry = CATALOGUE[name]
    variant = at_length(entry.variant, 5)
    x = np.ones((head_count(variant.frequencies) or 2, 5, entry.width))
    y = rotate(x, positions_for(variant), variant, learned=learned_for(variant))
    assert not np.array_equal(x, y)


@pytest.mark.parametrize("name", SINUSOIDS)
def test_every_sinusoidal_entry_makes_rows_of_its_width(name):
    entry = CATALOGUE[name]
    rows = embed(positions_for(entry.variant), entry.variant, learned=learned_for(entry.variant))
    assert (entry.variant.prefix + 5, entry.width) == rows.shape


# The widths of heads and of rows, as their sources state them.
@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("roformer", 64),
        ("gpt-j", 256),
        ("gpt-neox-20b", 96),
        ("llama-2", 128),
        ("llama-3.1", 128),
        ("llama-3.2", 64),
        ("phi-3", 96),
        ("phi-2", 80),
        ("stablelm", 80),
        ("qwen2-vl", 128),
        ("qwen3-next", 256),
        ("qwen3.5", 256),
        ("deepseek-v3", 192),
        ("gpt-oss", 64),
        ("gemma-3-global", 256),
        ("gemma-4-sliding", 256),
        ("gemma-4-global", 512),
        ("glm-4", 128),
        ("minimax-m2", 128),
        ("mimo-v2-flash-global", 192),
        ("ernie-4.5-vl", 128),
        ("glm-4v", 128),
        ("qwen2-vl-vision", 80),
        ("pixtral", 64),
        ("dinov3", 64),
        ("rope-vit-axial", 64),
        ("rope-vit-mixed", 64),
        ("moonvit", 72),
        ("llama-4-vision", 88),
        ("gemma-4-vision", 64),
        ("minimax-m3-vision", 80),
        ("vjepa2", 64),
        ("flux", 128),
        ("hunyuan-video", 128),
        ("wan", 128),
        ("cogvideox", 64),
        ("lumina-2", 96),
        ("qwen-image", 128),
        ("ltx-video", 2048),
        ("transformer", 512),
        ("whisper", 384),
        ("musicgen", 1024),
        ("mae", 1024),
        ("moco-v3", 768),
        ("big-vision", 384),
        ("sam", 256),
        ("rope-swin-axial", 32),
        ("rope-swin-mixed", 32),
        ("sam-2", 256),
        ("eva-02", 64),
        ("timm-rope-mixed", 64),
        ("ctrl", 1280),
        ("distilbert", 768),
        ("videomae", 768),
        ("florence-2-temporal", 1024),
        ("vibevoice-diffusion", 256),
        ("simple-vit", 1024),
        ("open-clip-sincos2d", 768),
        ("pixart", 1152),
        ("cogvideox-2b", 1920),
        ("detr", 256),
        ("dab-detr", 256),
        ("hunyuan-dit", 88),
        ("lumina-next", 72),
        ("kimi-k2.5-vision", 72),
        ("step-3.7-vision", 96),
        ("neomme", 64),
        ("cosmos", 128),
        ("nerf", 60),
        ("nerf-code", 60),
        ("perceiver", 256),
    ],
)
def test_an_entry_has_the_width_of_its_model(name, width):
    assert width == CATALOGUE[name].width


@pytest.mark.parametrize(("name", "length", "other"), [("phi-3", 4096, "phi-3-short"), ("phi-3", 4097, "phi-3-long")])
def test_phi_3_is_short_up_to_its_original_length_and_long_beyond(name, length, other):
    assert CATALOGUE[other].variant == at_length(CATALOGUE[name].variant, length)


@pytest.mark.parametrize("name", ["dynamic-ntk", "internlm-2.5"])
def test_dynamic_ntk_is_unscaled_up_to_its_original_length(name):
    variant = CATALOGUE[name].variant
    (scaling,) = variant.frequencies.scalings
    assert not at_length(variant, scaling.original).frequencies.scalings
