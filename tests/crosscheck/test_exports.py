"""The libraries whose formats exports have read them, and find the arrays of the golden files bit for bit."""

import json
from pathlib import Path

import numpy as np
import pytest

from refpos.oracle.golden.export import export
from refpos.oracle.golden.export_arrays import about, arrays
from refpos.oracle.golden.format import canonical
from refpos.oracle.vectors import load

GOLDEN = Path(__file__).parents[2] / "golden"
NAMES = ("alibi", "deberta-v2", "dinov3", "llama-3.1", "qwen2-vl-positions", "rope-vit-mixed", "t5-encoder", "xpos")
"""Entries of every family, with learned arrays, segments and refusals among them."""


@pytest.fixture(scope="module")
def documents():
    return [load(GOLDEN, name) for name in NAMES]


@pytest.fixture(scope="module")
def due(documents):
    return {path: one for document in documents for path, one in arrays(document).items()}


@pytest.fixture(scope="module")
def words(documents):
    return {document["name"]: canonical(about(document)) for document in documents}


def check_same(due, held):
    assert set(due) == set(held)
    for path, one in due.items():
        got = np.asarray(held[path])
        assert (one.dtype, one.shape, one.tobytes()) == (got.dtype, got.shape, got.tobytes()), path


def test_safetensors_reads_the_arrays_and_the_words(tmp_path, due, words):
    library = pytest.importorskip("safetensors")
    path = export(GOLDEN, "safetensors", tmp_path / "all.safetensors", NAMES).path

    with library.safe_open(path, "np") as file:
        check_same(due, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - it is no mapping
        assert words == file.metadata()
        assert "Rotary" == json.loads(file.metadata()["llama-3.1"])["variant"]["type"]


def test_safetensors_writes_back_what_it_read(tmp_path, due):
    library = pytest.importorskip("safetensors.numpy")
    path = export(GOLDEN, "safetensors", tmp_path / "all.safetensors", NAMES).path

    check_same(due, library.load(library.save(library.load_file(path))))


def test_onnx_accepts_the_model_and_reads_the_arrays(tmp_path, due, words):
    onnx = pytest.importorskip("onnx")
    path = export(GOLDEN, "onnx", tmp_path / "all.onnx", NAMES).path
    model = onnx.load(path)

    onnx.checker.check_model(model, full_check=True)
    check_same(due, {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer})
    assert sorted(due) == [one.name for one in model.graph.output]
    assert words == {one.key: one.value for one in model.metadata_props}


def test_the_bytes_of_the_model_are_those_that_onnx_itself_writes(tmp_path):
    onnx = pytest.importorskip("onnx")
    path = export(GOLDEN, "onnx", tmp_path / "all.onnx", NAMES).path

    assert path.read_bytes() == onnx.load(path).SerializeToString(deterministic=True)


def test_onnx_runtime_returns_the_arrays(tmp_path, due):
    runtime = pytest.importorskip("onnxruntime")
    path = export(GOLDEN, "onnx", tmp_path / "all.onnx", NAMES).path
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]

    check_same(due, dict(zip(names, session.run(names, {}), strict=True)))
