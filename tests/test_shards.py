"""A job in shards: the same bytes whoever makes them, whatever is killed, damaged or there already."""

import subprocess
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from functools import partial
from hashlib import sha256
from multiprocessing import get_context

import pytest
from sharding import doubled, killed, killed_once, misread

from refpos import SpecError
from refpos.oracle import shards as engine
from refpos.oracle.shards import completed, shards

TASKS = {f"{word}.txt": word for word in ("one", "two", "three", "four")}
FILES = {name: (word * 2).encode() for name, word in TASKS.items()}
spawned = partial(ProcessPoolExecutor, mp_context=get_context("spawn"))
"""A pool whose processes are started anew: threads of the test's own process are not copied."""


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def done(tmp_path):
    """A folder with a job that is done."""
    shards(tmp_path / "out", {"of": "words"}, doubled, TASKS, jobs=1)
    return tmp_path / "out"


def again(folder, make=doubled, **given):
    return shards(folder, {"of": "words"}, make, TASKS, **(given or {"jobs": 1}))


@pytest.mark.parametrize(
    "pool", [nullcontext, ThreadPoolExecutor, partial(spawned, 1)], ids=["serial", "threads", "pool"]
)
def test_whoever_makes_the_shards_the_folder_has_the_same_bytes(done, tmp_path, pool):
    with pool() as executor:
        found = again(tmp_path / "other", executor=executor) if executor else again(tmp_path / "other")

    assert files(done) == files(tmp_path / "other")
    assert (set(TASKS), list(TASKS)) == (found.made, list(found.sha256))


def test_the_sums_are_those_that_other_tools_check(done):
    listed = dict(line.split("  ")[::-1] for line in (done / "SHA256SUMS").read_text().splitlines())
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=done, capture_output=True, check=False
    )

    assert {name: sha256(content).hexdigest() for name, content in FILES.items()} == listed
    assert 0 == checked.returncode


def test_what_is_there_is_not_made_again(done):
    before = {path: path.stat().st_mtime_ns for path in done.glob("*.txt")}
    found = again(done, misread)

    assert (frozenset(), 4) == (found.made, len(found.sha256))
    assert before == {path: path.stat().st_mtime_ns for path in before}


def flipped(path):
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


DAMAGE = {
    "a bit": lambda folder: flipped(folder / "two.txt"),
    "cut off": lambda folder: (folder / "two.txt").write_bytes(b"tw"),
    "gone": lambda folder: (folder / "two.txt").unlink(),
    "never noted": lambda folder: unnoted(folder / "SHA256SUMS"),
}


def unnoted(sums):
    """Leave out what was noted of two.txt, and cut the last line off, as where a machine stopped."""
    lines = sorted(sums.read_bytes().splitlines(keepends=True), key=lambda line: b"two" in line)
    sums.write_bytes(b"".join(lines)[:-4])


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_shard_is_made_again_and_no_other(done, damage):
    before = files(done)
    DAMAGE[damage](done)

    assert {"two.txt"} == again(done).made
    assert before == files(done)


def test_a_worker_that_is_killed_half_way_loses_nothing(done, tmp_path, monkeypatch):
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", spawned)
    tasks = {name: (str(tmp_path / "mark"), word) for name, word in TASKS.items()}
    shards(tmp_path / "other", {"of": "words"}, killed_once, tasks, jobs=2)

    assert (tmp_path / "mark").exists()
    assert files(done) == files(tmp_path / "other")


def test_a_task_that_kills_whoever_does_it_is_not_tried_for_ever(monkeypatch):
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", spawned)
    monkeypatch.setattr(engine, "TRIES", 1)

    with pytest.raises(BrokenProcessPool):
        list(completed(killed, [1, 2], jobs=2))


def test_what_was_done_before_an_error_stays(done, tmp_path):
    place = tmp_path / "other"
    with pytest.raises(ValueError, match="no such thing"):
        again(place, lambda task: misread(task) if task == "three" else doubled(task))

    assert {"three.txt", "four.txt"} == again(place).made
    assert files(done) == files(place)


def test_a_line_that_was_cut_off_does_not_spoil_the_next(done):
    (done / "four.txt").unlink()
    unnoted(done / "SHA256SUMS")
    with pytest.raises(ValueError, match="no such thing"):
        again(done, lambda task: misread(task) if task == "four" else doubled(task))

    assert {"four.txt"} == again(done).made


def test_what_is_done_is_noted_before_what_is_next_begins(tmp_path):
    noted = []
    again(tmp_path / "out", lambda task: noted.append((tmp_path / "out" / "SHA256SUMS").read_text()) or doubled(task))

    assert [0, 1, 2, 3] == [text.count("\n") for text in noted]


class Remembering(ThreadPoolExecutor):
    """Takes calls that are equal for one, as Dask's executor does."""

    def submit(self, *call):
        known = self.__dict__.setdefault("known", {})
        if repr(call) not in known:
            known[repr(call)] = super().submit(*call)
        return known[repr(call)]


def test_an_executor_that_remembers_calls_makes_again_what_was_damaged_since(done):
    with Remembering(1) as pool:
        again(done, executor=pool)
        flipped(done / "two.txt")

        assert {"two.txt"} == again(done, executor=pool).made


BAD = {
    "an executor must be one": ({"executor": 2}, "executor must be a concurrent.futures.Executor.*; got 2"),
    "jobs are positive": ({"jobs": 0}, "jobs must be an int of at least 1; got 0"),
    "jobs are whole": ({"jobs": 2.0}, "jobs must be an int of at least 1; got 2.0"),
    "one of both": ({"jobs": 1, "executor": ThreadPoolExecutor(1)}, "jobs must be left out where there is an executor"),
}


@pytest.mark.parametrize("bad", BAD)
def test_workers_that_are_none_are_refused_before_anything_is_written(tmp_path, bad):
    given, rule = BAD[bad]
    with pytest.raises(SpecError, match=rule):
        again(tmp_path / "out", **given)

    assert [] == list(tmp_path.iterdir())


def test_the_shards_of_another_job_or_other_code_are_refused(done, monkeypatch):
    with pytest.raises(SpecError, match="must hold shards of the same job"):
        shards(done, {"of": "numbers"}, doubled, TASKS, jobs=1)
    monkeypatch.setattr(engine, "code", lambda: "other")
    with pytest.raises(SpecError, match="made by the same code; got another"):
        again(done)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(SpecError, match="out must be empty, or the folder of the job"):
        again(tmp_path)
    with pytest.raises(SpecError, match="out must be a folder that can be written to"):
        again(tmp_path / "letter.txt")

    assert ["letter.txt"] == [path.name for path in tmp_path.iterdir()]


def test_workers_that_write_to_another_folder_are_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "settled", lambda _: ("0" * 64, True))

    with pytest.raises(SpecError, match="that all workers share; none of theirs is here"):
        again(tmp_path / "out")
