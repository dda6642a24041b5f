"""A stranger reads the golden files of attention by what their README says, with formulas of his own."""

import json
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
DOCUMENTS = {
    path.stem: one
    for path in sorted(GOLDEN.glob("*.json"))
    if (one := json.loads(path.read_text(encoding="utf-8"))).get("family") == "attention"
}
CASES = [(name, case) for name, one in DOCUMENTS.items() for case in one["cases"]]


def array(given):
    """Return what is written as a nested list, or as a shape and the numbers that fill it again and again."""
    return np.resize(given["repeat"], given["shape"]) if isinstance(given, dict) else np.array(given)


def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def turned(x, positions, base=10_000.0):
    """Return x with its pairs (2k, 2k + 1) turned."""
    z = x[:, ::2] + 1j * x[:, 1::2]
    z = z * np.exp(1j * np.outer(positions, base ** -(np.arange(z.shape[1]) / z.shape[1])))
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)


def rope(q, k, i, j, **_):
    return turned(q, i) @ turned(k, j).T / np.sqrt(q.shape[1])


def log_n(q, k, i, j, **_):
    return np.log(len(k)) / np.log(512) * q @ k.T / np.sqrt(q.shape[1])


def falcon(q, k, i, j, **_):
    slopes = 2.0 ** (-np.arange(1, 33) / 4)
    return (q @ k.T + slopes[:, None, None] * j) / np.sqrt(q.shape[1])


def pope(q, k, i, j, angles, **_):
    d = q.shape[1]
    turn = (i[:, None] - j)[:, :, None] * 10_000.0 ** (-np.arange(d) / d)
    waves = np.cos(turn - np.clip(angles, -2 * np.pi, 0)[:, None, None, :])
    return np.einsum("ic,jc,hijc->hij", np.log1p(np.exp(q)), np.log1p(np.exp(k)), waves) / np.sqrt(d)


def shaw(q, k, i, j, v, keys, values):
    at = np.clip(j - i[:, None], -16, 16) + 16
    logits = np.einsum("id,ijd->ij", q, k + keys[at]) / np.sqrt(q.shape[1])
    return np.einsum("ij,ijd->id", softmax(logits), v + values[at])


def llama_4(q, k, i, j, v, layer):
    if layer % 4 == 3:
        sharp = 1 + 0.1 * np.log(1 + (i + 1) // 8192)
        return softmax(sharp[:, None] * q @ k.T / np.sqrt(q.shape[1])) @ v
    q, k = (turned(x, p, 500_000.0) for x, p in ((q, i), (k, j)))
    q, k = (x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5) for x in (q, k))
    near = j // 8192 == i[:, None] // 8192
    return softmax(np.where(near, q @ k.T / np.sqrt(q.shape[1]), -np.inf)) @ v


def linear(q, k, i, j, v):
    q, k = (np.where(x > 0, 1 + x, np.exp(x)) for x in (q, k))
    return turned(q, i) @ turned(k, j).T @ v / (q @ k.T).sum(axis=1, keepdims=True)


OWN = {
    "rope-attention": rope,
    "log-n": log_n,
    "falcon-rw-attention": falcon,
    "pope": pope,
    "shaw": shaw,
    "llama-4": llama_4,
    "linear-rope": linear,
}


@pytest.mark.parametrize("name", OWN)
def test_a_stranger_agrees_with_every_value(name):
    document = DOCUMENTS[name]
    learned = {key: array(one) for key, one in document.get("learned", {}).items()}
    for case in document["cases"]:
        given = {key: one if key == "layer" else array(one) for key, one in case["inputs"].items()}
        i, j = (given.pop(f"{side}_positions").astype(float) for side in ("query", "key"))
        i, j = (p.astype(int) if name == "shaw" else p for p in (i, j))
        found = OWN[name](**given, **learned, i=i, j=j)
        if "v" not in given:
            found = np.atleast_3d(found) if found.ndim < 3 else found.transpose(1, 2, 0)
            found = found.reshape(len(i) * len(j), -1)
        found = found[:, case.get("elements", slice(None))]

        assert (abs(found - case["master"]) <= np.array(case["units"]["float64/formula"]) * 2.0**-53).all(), case["id"]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[case["id"] for _, case in CASES])
def test_rows_and_columns_are_what_the_readme_says(name, case):
    document, given = DOCUMENTS[name], case["inputs"]
    n, keys = (len(given[f"{side}_positions"]) for side in ("query", "key"))
    columns = given["v"]["shape"][1] if "v" in given else document["features"]

    assert (n, keys) == (given["q"]["shape"][0], given["k"]["shape"][0])
    assert columns == document["features"]
    assert len(case["master"]) == (n if "v" in given else n * keys)
    assert {len(row) for row in case["master"]} == {len(case.get("elements", range(columns)))}
