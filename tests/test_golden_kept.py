"""Golden files by any executor, and kept as they are made, so that a write that was stopped goes on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from golden_folder import folder_of

from refpos.cli import main
from refpos.errors import SpecError
from refpos.oracle import vectors
from refpos.oracle.golden.lint import lint
from refpos.oracle.vectors import rewritten, verify

TWO = ("alibi", "croma")


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A folder with the golden files of a catalogue of two entries."""
    for module in ("refpos.oracle.vectors", "refpos.oracle.golden.document", "refpos.oracle.golden.lint"):
        monkeypatch.setattr(f"{module}.golden_names", lambda: TWO)
    return folder_of(tmp_path / "golden", *TWO)


def test_threads_find_nothing_to_say_either(copy):
    with ThreadPoolExecutor(2) as pool:
        assert ([], []) == (verify(copy, executor=pool), lint(copy, executor=pool))


def test_threads_find_what_is_wrong(copy):
    (copy / "alibi.json").write_text("{}")
    with ThreadPoolExecutor(2) as pool:
        assert verify(copy, 1) == verify(copy, executor=pool) != []
        assert lint(copy, 1) == lint(copy, executor=pool) != []


def test_what_is_kept_is_what_is_written(copy, tmp_path):
    written = rewritten(copy, 1)
    with ThreadPoolExecutor(2) as pool:
        kept = rewritten(copy, executor=pool, kept=tmp_path / "kept")

    assert written == kept


def test_a_write_that_was_stopped_goes_on(copy, tmp_path, monkeypatch, capsys):
    made, derive = [], vectors.written

    def stopped(name, old, draw):
        made.append(name)
        if len(made) == 2:
            raise KeyboardInterrupt
        return derive(name, old, draw)

    monkeypatch.setattr(vectors, "written", stopped)
    command = ["golden", "write", str(copy), "--jobs", "1", "--keep", str(tmp_path / "kept")]
    with pytest.raises(KeyboardInterrupt):
        main(command)

    assert 0 == main(command)
    assert "0 ids added, 0 changes" in capsys.readouterr().out
    assert [*TWO, TWO[1]] == made


def test_what_is_kept_is_of_the_files_that_were_there(copy, tmp_path):
    rewritten(copy, 1, kept=tmp_path / "kept")
    (copy / "alibi.json").unlink()

    with pytest.raises(SpecError, match="must hold shards of the same job"):
        rewritten(copy, 1, kept=tmp_path / "kept")


def test_what_is_drawn_is_not_kept(copy, tmp_path):
    with pytest.raises(SpecError, match="nothing must be drawn where what is made is kept"):
        rewritten(copy, 1, lambda _: [], kept=tmp_path / "kept")
