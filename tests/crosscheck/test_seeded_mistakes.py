"""Mistakes made in transformers' own functions: the survey finds each, and names it."""

from collections.abc import Callable
from typing import Any

import pytest

from refpos.survey import Row, plan, run

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import modeling_rope_utils  # noqa: E402
from transformers.models.llama import modeling_llama  # noqa: E402

Patch = pytest.MonkeyPatch
INIT = modeling_rope_utils.ROPE_INIT_FUNCTIONS
ROTARY = modeling_llama.LlamaRotaryEmbedding
APPLY = modeling_llama.apply_rotary_pos_emb
FORWARD = ROTARY.forward


def surveyed(name: str, dtype: str = "float32") -> Row:
    """Return the row of an encoding that Llama's own code computes."""
    tasks, failures = plan(["transformers"], [dtype], name)
    assert not failures
    (row,) = run([task for task in tasks if task.encoding.label.startswith("LlamaAttention")])
    return row


def halves_of_pairs(x: Any) -> Any:
    """Rotate pairs of neighbours."""
    return torch.stack((-x[..., 1::2], x[..., ::2]), dim=-1).flatten(-2)


def repeated(table: Any) -> Any:
    """Return a table whose columns stand side by side, as neighbours need them."""
    return table[..., : table.shape[-1] // 2].repeat_interleave(2, dim=-1)


def swap_pairing(patch: Patch) -> None:
    patch.setattr(modeling_llama, "rotate_half", halves_of_pairs)
    turn = lambda q, k, cos, sin, *more: APPLY(q, k, repeated(cos), repeated(sin), *more)  # noqa: E731
    patch.setattr(modeling_llama, "apply_rotary_pos_emb", turn)


def repeat_columns(patch: Patch) -> None:
    turn = lambda q, k, cos, sin, *more: APPLY(q, k, repeated(cos), repeated(sin), *more)  # noqa: E731
    patch.setattr(modeling_llama, "apply_rotary_pos_emb", turn)


def flip_sign(patch: Patch) -> None:
    rotate_half = modeling_llama.rotate_half
    patch.setattr(modeling_llama, "rotate_half", lambda x: -rotate_half(x))


def turn_nothing(patch: Patch) -> None:
    patch.setattr(modeling_llama, "apply_rotary_pos_emb", lambda q, k, *_: (q, k))


def shift_positions(patch: Patch) -> None:
    patch.setattr(ROTARY, "forward", lambda self, x, position_ids: FORWARD(self, x, position_ids + 1))


def count_positions(patch: Patch) -> None:
    def forward(self: Any, x: Any, position_ids: Any) -> Any:
        return FORWARD(self, x, torch.arange(position_ids.shape[-1])[None])

    patch.setattr(ROTARY, "forward", forward)


def positions_in(dtype: Any) -> Callable[[Patch], None]:
    def forward(self: Any, x: Any, position_ids: Any) -> Any:
        return FORWARD(self, x, position_ids.to(dtype).float())

    return lambda patch: patch.setattr(ROTARY, "forward", forward)


def cast_module(dtype: Any) -> Callable[[Patch], None]:
    """Cast frequencies, as `model.to(dtype)` does."""

    def forward(self: Any, x: Any, position_ids: Any) -> Any:
        return FORWARD(self.to(dtype), x, position_ids)

    return lambda patch: patch.setattr(ROTARY, "forward", forward)


def tables_in(dtype: Any) -> Callable[[Patch], None]:
    def forward(self: Any, x: Any, position_ids: Any) -> Any:
        return tuple(table.to(dtype).float() for table in FORWARD(self, x, position_ids))

    return lambda patch: patch.setattr(ROTARY, "forward", forward)


def change_base(patch: Patch) -> None:
    """Take the base of the first Llama for every one."""
    make = ROTARY.compute_default_rope_parameters

    def default(config: Any = None, *given: Any, **named: Any) -> Any:
        config.rope_parameters["rope_theta"] = 10_000.0
        return make(config, *given, **named)

    patch.setattr(ROTARY, "compute_default_rope_parameters", staticmethod(default))


def drop_scaling(kind: str) -> Callable[[Patch], None]:
    """Return frequencies before scaling."""

    def unscaled(config: Any, *given: Any, **named: Any) -> Any:
        factor = made(config, *given, **named)[1]
        return ROTARY.compute_default_rope_parameters(config)[0], factor

    made = INIT[kind]
    return lambda patch: patch.setitem(INIT, kind, unscaled)


def drop_factor(patch: Patch) -> None:
    made = INIT["yarn"]
    patch.setitem(INIT, "yarn", lambda *given, **named: (made(*given, **named)[0], 1.0))


def square_factor(patch: Patch) -> None:
    made = INIT["yarn"]
    patch.setitem(INIT, "yarn", lambda *given, **named: (made(*given, **named)[0], made(*given, **named)[1] ** 2))


def scale_every_plane(patch: Patch) -> None:
    patch.setitem(INIT, "llama3", INIT["linear"])


MISTAKES = [
    ("llama-2", swap_pairing, "pairing/interleaved"),
    ("llama-2", repeat_columns, "columns/repeated"),
    ("llama-2", flip_sign, "sign/flipped"),
    ("llama-2", turn_nothing, "positions/zero"),
    ("llama-2", shift_positions, "positions/plus-one"),
    ("llama-2", count_positions, "positions/ignored"),
    ("llama-2", positions_in(torch.bfloat16), "bfloat16/positions"),
    ("llama-2", positions_in(torch.float16), "float16/positions"),
    ("llama-2", cast_module(torch.bfloat16), "bfloat16/frequencies"),
    ("llama-2", cast_module(torch.float16), "float16/frequencies"),
    ("llama-2", tables_in(torch.bfloat16), "bfloat16/tables"),
    ("code-llama", change_base, "base/10000"),
    ("llama-3.1", drop_scaling("llama3"), "scaling/no-ByParts"),
    ("llama-3.1", scale_every_plane, "scaling/on-every-plane"),
    ("llama-3.1", flip_sign, "sign/flipped"),
    ("llama-3.2", drop_scaling("llama3"), "scaling/no-ByParts"),
    ("position-interpolation", drop_scaling("linear"), "scaling/no-Linear"),
    ("yarn-code", drop_scaling("yarn"), "scaling/no-ByIndex"),
    ("yarn-code", drop_factor, "attention-factor/omitted"),
    ("yarn-code", square_factor, "attention-factor/twice"),
    ("yarn-code", shift_positions, "positions/plus-one"),
]


@pytest.mark.parametrize("name", sorted({name for name, _, _ in MISTAKES}))
def test_without_a_mistake_the_row_agrees(name: str):
    assert surveyed(name).outcome == "agrees"


@pytest.mark.parametrize(
    ("name", "mistake", "finding"), MISTAKES, ids=[f"{name}, {finding}" for name, _, finding in MISTAKES]
)
def test_a_mistake_is_found_and_named(name: str, mistake: Any, finding: str, monkeypatch: Patch):
    mistake(monkeypatch)
    row = surveyed(name)
    assert (row.outcome, row.findings[0].id) == ("differs", finding)


@pytest.mark.parametrize(("mistake", "finding"), [(flip_sign, "sign/flipped"), (shift_positions, "positions/plus-one")])
def test_a_mistake_is_named_in_bfloat16_too(mistake: Any, finding: str, monkeypatch: Patch):
    mistake(monkeypatch)
    assert surveyed("llama-2", "bfloat16").findings[0].id == finding


def test_frequencies_cast_to_bfloat16_are_named_in_bfloat16_too(monkeypatch: Patch):
    cast_module(torch.bfloat16)(monkeypatch)
    assert surveyed("llama-2", "bfloat16").findings[0].id == "bfloat16/frequencies"


def test_a_framework_that_breaks_is_a_row_that_errs(monkeypatch: Patch):
    def forward(self: Any, x: Any, position_ids: Any) -> Any:
        raise RuntimeError("no kernel for this device")

    monkeypatch.setattr(ROTARY, "forward", forward)
    row = surveyed("llama-2")
    assert (row.outcome, row.why) == ("errored", "raised RuntimeError: no kernel for this device")


def test_keys_that_are_rotated_otherwise_than_queries_are_found(monkeypatch: Patch):
    turn = lambda q, k, cos, sin, *more: (APPLY(q, k, cos, sin, *more)[0], k)  # noqa: E731
    monkeypatch.setattr(modeling_llama, "apply_rotary_pos_emb", turn)
    assert surveyed("llama-2").why == "raised RuntimeError: LlamaAttention rotates keys otherwise than queries"
