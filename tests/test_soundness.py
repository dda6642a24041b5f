"""The sweep behind the README's table of ratios: that it flags what it should, and knows a table that is wrong."""

from itertools import combinations

import numpy as np
import pytest
import soundness
from honest import encodings
from honest.encodings import PLACES
from honest.libraries import library
from honest.trials import drawn, stretches, truth
from soundness import COMMON, README, RECIPES, Found, broken, figures, measured, parted, sweep, table

from refpos import rotate
from refpos.catalogue import ANGLES
from refpos.oracle.rounding import round_to
from refpos.oracle.tolerance import Recipe, bound

FEW = ("llama-3.1", "dinov3", "xpos", "rope-vit-mixed", "marian")


@pytest.fixture(scope="module")
def few():
    """What NumPy needs of its bounds on an entry of each kind."""
    return {(one.recipe, "NumPy"): one for one in sweep("NumPy", FEW)}


def test_numpy_is_within_every_bound_on_an_entry_of_each_kind(few):
    assert {recipe for recipe, _ in few} == set(map(str, RECIPES))
    assert max(one.ratio for one in few.values()) <= 1


def test_the_usual_recipes_need_a_fifth_of_their_bounds(few):
    assert min(few[recipe, "NumPy"].ratio for recipe in COMMON) >= 0.2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_cosine_with_half_its_digits_is_outside(dtype, monkeypatch):
    def short(lib, variant, way, side, p, *given):
        cos, sin = made(lib, variant, way, side, p, *given)
        return cos.astype("float16" if dtype == "float32" else "float32").astype(dtype), sin

    made = encodings.tables
    monkeypatch.setattr(encodings, "tables", short)
    assert all(one.ratio > 10 for one in measured("llama-2", library("NumPy"), Recipe(dtype, "power")))


def test_a_feature_that_should_pass_through_and_does_not_is_outside(monkeypatch):
    def touching(*arguments, **keywords):
        y = made(*arguments, **keywords)
        y[..., -1] += 2.0**-40
        return y

    made = soundness.rotary
    monkeypatch.setattr(soundness, "rotary", touching)
    assert all(one.ratio == np.inf for one in measured("gpt-neox-20b", library("NumPy"), Recipe("float32", "power")))


@pytest.mark.parametrize("name", ["xpos", "phi-3-long", "llama-2"])
def test_a_magnitude_is_put_in_every_place(name):
    variant, recipe = ANGLES[name].variant, Recipe("float16", "power")
    every = [way for way in encodings.ways(recipe, variant) if way.inside == "float16"]
    assert tuple(way.place for way in every) == (PLACES if name != "llama-2" else PLACES[:1])
    x = round_to(np.random.default_rng(3).standard_normal((9, ANGLES[name].width)), "float16")
    got = [encodings.rotary(library("NumPy"), variant, way, np.arange(300.0, 309), x) for way in every]
    assert all((one != other).any() for one, other in combinations(got, 2))


@pytest.mark.parametrize("name", ["phi-3-long", "llama-2"])
def test_small_features_are_outside_a_bound_that_does_not_allow_for_underflow(name, monkeypatch):
    def scaled(variant, recipe, positions, x, **given):
        return bound(variant, recipe, positions, x * 2.0**20, **given) / 2.0**20

    monkeypatch.setattr(soundness, "bound", scaled)
    assert all(one.ratio > 2 for one in measured(name, library("NumPy"), Recipe("float16", "power")))
    assert all(one.ratio <= 1 for one in measured(name, library("NumPy"), Recipe("bfloat16", "power")))


def test_certified_truth_is_the_float64_reference_to_what_that_may_be_off():
    variant, rng = ANGLES["deepseek-v3"].variant, np.random.default_rng(1)
    positions = drawn(variant, "float64", rng)
    x = rng.integers(-8, 9, (len(positions), 192)) / 8
    near, rest = truth(variant, positions, x, "float64", learned=None, side="query")
    off = np.abs(rotate(x, positions, variant) - near) - np.abs(rest)
    assert len(positions) == sum(map(len, stretches()))
    assert 0 < off.max() < 2.0**-53 * 2 * (4 * 2**20 + 8)
    assert 0 < np.abs(rest).max() < 2.0**-52


# The table.


def of(ratio, recipe="float32/log", name="JAX"):
    return {(recipe, name): Found(recipe, name, ratio, 1000, "llama-2", "7")}


USUAL = {key: one for recipe in COMMON for key, one in of(0.5, recipe).items()}
SHOWN = dict.fromkeys(USUAL, 0.5)


def test_a_table_is_read_as_it_is_written():
    every = {key: one for recipe in map(str, RECIPES) for key, one in of(0.5, recipe).items()}
    assert figures(table(every)) == dict.fromkeys(every, 0.5)


def test_what_agrees_with_the_readme_is_not_broken():
    assert list(broken(USUAL, SHOWN)) == []


@pytest.mark.parametrize(
    ("found", "shown", "told"),
    [
        (of(1.01), SHOWN, "needs 1.01 of its bound"),
        (of(float("inf")), SHOWN, "needs inf of its bound"),
        (of(float("nan")), SHOWN, "needs nan of its bound"),
        (of(0.19), SHOWN, "nothing needs more than 0.19"),
        (of(0.62), SHOWN, "0.62 here, 0.5 in the README"),
        ({}, {**SHOWN, ("float16/log", "JAX"): 0.5}, "float16/log in JAX: None here"),
        (of(0.5, "float16/log"), SHOWN, "None in the README"),
    ],
)
def test_what_is_broken_is_told(found, shown, told):
    assert any(told in line for line in broken({**USUAL, **found}, shown))


def test_the_readme_shows_every_recipe_and_no_bound_that_is_broken():
    _, inside, _ = parted(README.read_text(encoding="utf-8"))
    shown = figures(inside.splitlines())
    assert {recipe for recipe, _ in shown} == set(map(str, RECIPES))
    assert max(shown.values()) <= 1
    assert all(max(ratio for (which, _), ratio in shown.items() if which == recipe) >= 0.2 for recipe in COMMON)


def test_every_variant_of_the_catalogue_is_swept():
    swept = {ANGLES[name].variant for name in soundness.distinct(tuple(ANGLES))}
    assert swept == {one.variant for one in ANGLES.values()}
