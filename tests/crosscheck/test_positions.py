"""Rules of position, and frameworks that place tokens: transformers, diffusers and timm."""

from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from refpos import Centres, Frequencies, Grid, Image, MRope, Sinusoidal, Text, Video, cos_sin, embed, lookup, place
from refpos.catalogue import CATALOGUE
from refpos.catalogue.positions import POSITIONS
from refpos.spec.masks import place_mask
from refpos.variants.masks import DetrMask
from refpos.variants.multimodal import MSRope
from refpos.variants.positions import GridBuckets

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from refpos.adapters.transformers.layer import modeling  # noqa: E402

KINDS = {Text: 0, Image: 1, Video: 2}
MIXED = [Text(4), Image(4, 6), Text(3), Image(10, 2), Text(1), Video(3, 4, 4, fps=1.5)]
PADDED = torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])


def rule(name):
    return POSITIONS[name].variant


def placed(model, segments, **config):
    """Return the positions that a model of transformers gives to segments, which must alternate."""
    kinds, grids, seconds = [], {1: [], 2: []}, []
    for one in segments:
        t, h, w = getattr(one, "t", 1), getattr(one, "h", 2), getattr(one, "w", 2)
        kinds += [KINDS[type(one)]] * (one.n if isinstance(one, Text) else t * h * w // 4)
        if not isinstance(one, Text):
            grids[KINDS[type(one)]].append([t, h, w])
        seconds += [1 / one.fps] if isinstance(one, Video) else []
    owner = SimpleNamespace(config=SimpleNamespace(vision_config=SimpleNamespace(spatial_merge_size=2, **config)))
    owner.get_vision_position_ids = partial(model.get_vision_position_ids, owner)
    images, videos = (torch.tensor(grids[kind]) if grids[kind] else None for kind in (1, 2))
    timed = {"second_per_grid_ts": torch.tensor(seconds)} if config else {}
    ids, kinds = torch.zeros(1, len(kinds), dtype=torch.long), torch.tensor([kinds], dtype=torch.int)
    found, _ = model.get_rope_index(owner, ids, kinds, images, videos, **timed)
    return found[:, 0].T.tolist()


def test_qwen2_vl_places_as_m_rope_does():
    assert placed(modeling("qwen2_vl").Qwen2VLModel, MIXED) == place(MIXED, rule("qwen2-vl-positions")).tolist()


@pytest.mark.parametrize("rate", [2, 4, 25])
def test_qwen2_5_vl_places_as_m_rope_with_a_time_rate_does(rate):
    found = placed(modeling("qwen2_5_vl").Qwen2_5_VLModel, MIXED, tokens_per_second=rate)

    assert found == place(MIXED, MRope(tokens_per_second=rate)).tolist()


@pytest.mark.parametrize(("rate", "late"), [(None, 1), (2, 1), (25, 32)])
def test_text_after_a_video_does_not_follow_its_time(rate, late):
    """An expected difference: transformers 5 goes on from the longer side, Qwen's own code from the highest of all."""
    segments = [*MIXED, Text(5)]
    model = modeling("qwen2_5_vl").Qwen2_5_VLModel if rate else modeling("qwen2_vl").Qwen2VLModel
    found = placed(model, segments, **({"tokens_per_second": rate} if rate else {}))
    due = place(segments, MRope(tokens_per_second=rate))

    assert found[:-5] == due[:-5].tolist()
    assert found[-5:] == (due[-5:] - late).tolist()


def test_qwen2_5_vl_cuts_a_whole_second_short():
    """An expected difference: seconds are rounded to float32 before they are truncated; 1/fps of a second fps times."""
    short = set()
    for fps in range(2, 120):
        video = [Text(1), Video(fps + 1, 2, 2, fps=fps)]
        time = placed(modeling("qwen2_5_vl").Qwen2_5_VLModel, video, tokens_per_second=1)[-1][0]
        assert place(video, MRope(tokens_per_second=1))[-1, 0] == 2
        short |= {fps} if time != 2 else set()

    assert {41, 47, 55, 61, 82, 83, 94, 97, 107, 109, 110, 115} == short


@pytest.mark.parametrize(("h", "w"), [(2, 2), (4, 6), (6, 2), (8, 10)])
def test_the_vision_tower_of_qwen2_vl_reads_blocks_of_two_by_two(h, w):
    from transformers.vision_utils import get_vision_position_ids

    found = get_vision_position_ids(torch.tensor([[1, h, w]]), 2)
    timed = get_vision_position_ids(torch.tensor([[3, h, w]]), 2, include_temporal=True)

    assert found.tolist() == place([Image(h, w)], rule("qwen2-vl-vision-positions")).tolist()
    assert timed.tolist() == place([Video(3, h, w)], rule("qwen2-vl-vision-positions")).tolist()


def test_qwen3_vl_places_as_split_m_rope_does():
    frames = [one for _ in range(3) for one in (Text(2), Video(1, 4, 6))]
    segments = [*frames, Text(1), Image(4, 2), Text(1)]
    model = modeling("qwen3_vl").Qwen3VLModel

    assert placed(model, segments) == place(segments, rule("qwen3-vl-positions")).tolist()


def test_decoders_of_transformers_5_count_over_padding():
    from transformers.generation.utils import GenerationMixin

    owner = SimpleNamespace(config=SimpleNamespace())
    inputs = torch.zeros_like(PADDED)
    found = GenerationMixin._prepare_position_ids_for_generation(owner, inputs, {"attention_mask": PADDED})

    assert found.tolist() == place_mask(PADDED.numpy(), rule("transformers-5-positions")).tolist()


def test_roberta_counts_from_beyond_padding():
    ids = torch.where(PADDED == 1, 7, 1)
    found = modeling("roberta").RobertaEmbeddings.create_position_ids_from_input_ids(ids, 1)

    assert found.tolist() == place_mask(PADDED.numpy(), rule("fairseq-positions")).tolist()


def test_opt_reads_the_rows_that_its_table_has_for_its_positions():
    table = modeling("opt").OPTLearnedPositionalEmbedding(16, 1)
    table.weight.data = torch.arange(18.0)[:, None]
    found = table(PADDED).detach().numpy()
    own = replace(CATALOGUE["opt"].variant, rows=(18,), width=1)

    positions = place_mask(PADDED.numpy(), rule("opt-positions"))
    assert found.tolist() == lookup(positions, own, learned={"table": table.weight.detach().numpy()}).tolist()


@pytest.mark.parametrize("name", ["detr", "deformable_detr"])
@pytest.mark.parametrize("normalise", [True, False])
def test_sines_of_detr_are_those_of_positions_read_off_the_mask(name, normalise):
    mask = np.zeros((7, 9), int)
    mask[:5, :6] = 1
    owner = {"detr": "DetrSinePositionEmbedding", "deformable_detr": "DeformableDetrSinePositionEmbedding"}[name]
    made = getattr(modeling(name), owner)(16, normalize=normalise)
    found = made(torch.Size((1, 3, 7, 9)), "cpu", torch.float64, torch.tensor(mask)[None]).numpy()[0]
    variant = Sinusoidal(Frequencies((0,) * 8 + (1,) * 8, ladder="per-axis", unit="turn" if normalise else "radian"))
    due = embed(
        place_mask(mask, DetrMask(normalise, -0.5 if normalise and name == "deformable_detr" else 0.0)), variant
    )
    inside = mask.ravel() == 1

    assert np.abs(found.reshape(32, -1).T - due)[inside].max() < 1e-9


def test_idefics2_reads_its_table_where_patches_lie_but_for_float32():
    """An expected difference: i·(1/n) in float32 falls short of k/N on some grids; then it reads the bucket before."""
    grids = [(7, 7), (14, 14), (3, 5), (4, 6), (11, 13), (21, 28), (49, 10)]
    short = {}
    for h, w in grids:
        away = place([Image(h, w)], GridBuckets(7)) - idefics2(h, w)
        short |= {(h, w): set(away)} if away.any() else {}

    assert {(49, 10): {0, 7}} == short


def idefics2(h, w):
    """Return the rows of its table that the model reads for a grid."""
    from transformers.models.idefics2.configuration_idefics2 import Idefics2VisionConfig

    config = Idefics2VisionConfig(hidden_size=1, image_size=14, patch_size=2, num_attention_heads=1)
    made = modeling("idefics2").Idefics2VisionEmbeddings(config)
    made.patch_embedding.weight.data.zero_()
    made.patch_embedding.bias.data.zero_()
    made.position_embedding.weight.data = torch.arange(49.0)[:, None]
    pixels, mask = torch.zeros(1, 3, 2 * h, 2 * w), torch.ones(1, h, w, dtype=torch.bool)
    return made(pixels, mask)[0, :, 0].tolist()


def test_the_table_of_llama_4_vision_is_that_of_its_positions():
    from transformers import Llama4VisionConfig

    config = Llama4VisionConfig(hidden_size=88, num_attention_heads=1, image_size=5 * 14, patch_size=14)
    table = modeling("llama4").Llama4VisionRotaryEmbedding(config).freqs_ci[:, 0].numpy()
    cos, sin = cos_sin(place([Image(5, 5)], rule("llama-4-vision-positions")), CATALOGUE["llama-4-vision"].variant)

    assert np.abs(table - (cos + 1j * sin)).max() < 1e-5


@pytest.mark.parametrize("centred", [True, False])
def test_the_tables_of_qwen_image_are_those_of_its_positions(centred):
    model = pytest.importorskip("diffusers.models.transformers.transformer_qwenimage")
    made = model.QwenEmbedRope(theta=10000, axes_dim=[16, 56, 56], scale_rope=centred)
    images, text = made([[(1, 3, 4), (1, 5, 2)]], device=torch.device("cpu"), max_txt_seq_len=6)
    positions = place([Image(3, 4), Image(5, 2), Text(6)], MSRope(centred))
    cos, sin = cos_sin(positions, CATALOGUE["qwen-image"].variant)

    assert np.abs(torch.cat([images, text]).numpy() - (cos + 1j * sin)).max() < 1e-5


@pytest.mark.parametrize("shape", [(24, 24), (20, 31), (16, 16)])
def test_timm_stretches_a_grid_over_that_of_training(shape):
    if not find_spec("timm"):
        pytest.skip("timm is not installed")
    from refpos.adapters.timm import module

    found = module()._build_grid(list(shape), ref_feat_shape=[16, 16], grid_offset=1.0).reshape(-1, 2).numpy()

    assert np.abs(found - place([Image(*shape)], Grid(start=1, reference=(16, 16)))).max() < 4e-6


@pytest.mark.parametrize("normalise", ["separate", "max", "min"])
def test_timm_has_the_same_centres(normalise):
    if not find_spec("timm"):
        pytest.skip("timm is not installed")
    from refpos.adapters.timm import module

    found = module()._build_grid([5, 9], grid_type="centered", normalize_coords=normalise).reshape(-1, 2).numpy()

    assert np.abs(found - place([Image(5, 9)], Centres(normalise=normalise))).max() < 1e-6
