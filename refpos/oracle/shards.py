"""A job cut into shards: each made by any executor, written whole to a file, known by its SHA-256, and made once."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, as_completed
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from refpos.errors import SpecError, require, told
from refpos.oracle.golden.format import canonical, write

JOB, SUMS = "job.json", "SHA256SUMS"
WORKERS = 8
"""The processes beyond which none are started unasked."""
TRIES = 3
"""How often a pool of processes may break in a row without anything being made."""
PIECE = 1 << 20

T = TypeVar("T")


class Sharded(NamedTuple):
    """What became of a job: its folder, the SHA-256 of each shard in order, and which were made this time."""

    folder: Path
    sha256: dict[str, str]
    made: frozenset[str]

    def __str__(self) -> str:
        kept = len(self.sha256) - len(self.made)
        return f"{self.folder}: {len(self.sha256)} shards, {len(self.made)} made, {kept} kept"


class Shard(NamedTuple):
    """A file, what its content is made of and by what, and the SHA-256 that it is said to have, if any."""

    path: Path
    make: Callable[[Any], Iterable[bytes]]
    task: Any
    sha256: str | None


def shards(
    out: str | Path,
    job: Mapping[str, Any],
    make: Callable[[Any], Iterable[bytes]],
    tasks: Mapping[str, Any],
    *,
    executor: Executor | None = None,
    jobs: int | None = None,
) -> Sharded:
    """Write the shards of a job to a folder, but those that are there and have the SHA-256 they are said to have.

    Each shard is written under another name, which then becomes its own; its SHA-256, that of the bytes made, is noted
    as soon as it is there. So whatever is stopped or killed, and wherever, the same call goes on with what is missing
    or damaged, and ends with the same bytes. SHA256SUMS is what `sha256sum --check` reads; job.json says what the
    shards are of, and the SHA-256 of the code that made them.

    Parameters
    ----------
    out : path
        A folder that is made where there is none. All workers must share it. One call at a time writes to it.
    job : mapping
        What the shards are of, as JSON has it.
    make : callable
        task -> the bytes of its shard, piece by piece, of which one at a time is held. It travels to workers.
    tasks : mapping
        What each shard is made of, by the name of its file.
    executor : concurrent.futures.Executor, optional
        What makes them; it is not shut down.
    jobs : int, optional
        Where there is no executor: how many processes make them.

    Raises
    ------
    SpecError
        If the folder holds anything else, or the shards of another job or other code, or cannot be written; or as
        `completed`.
    """
    check_workers(executor, jobs)
    folder = Path(out).resolve()
    held = _held(folder, canonical({"job": job, "code": code()}))
    found: dict[str, tuple[str, bool]] = {}
    asked = [Shard(folder / name, make, task, held.get(name)) for name, task in tasks.items()]
    write({folder / SUMS: _listed(held)})
    with (folder / SUMS).open("ab") as sums:
        for at, (digest, fresh) in completed(settled, asked, executor=executor, jobs=jobs):
            found[asked[at].path.name] = digest, fresh
            sums.write(_listed({asked[at].path.name: digest}) if fresh else b"")
            sums.flush()
    return _finished(folder, {name: found[name] for name in tasks})


def settled(shard: Shard) -> tuple[str, bool]:
    """Return the SHA-256 of a shard, and whether it was made: where its file has that which it is said to have, not."""
    if shard.sha256 is not None and _digest(shard.path) == shard.sha256:
        return shard.sha256, False
    found = sha256()
    handle, name = tempfile.mkstemp(dir=shard.path.parent, prefix=f".{shard.path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in shard.make(shard.task):
                file.write(piece)
                found.update(piece)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)  # mkstemp gives a file that its owner alone reads
        Path(name).replace(shard.path)
    finally:
        Path(name).unlink(missing_ok=True)
    return found.hexdigest(), True


def completed(
    work: Callable[[Any], T], tasks: Sequence[Any], *, executor: Executor | None = None, jobs: int | None = None
) -> Iterator[tuple[int, T]]:
    """Yield what becomes of each task, with its number, in the order in which they are done.

    Without an executor they are done in processes, as many as processors, up to eight, where `jobs` does not say how
    many. If one of these is killed, what it had not done is done by others. Given executors see to that themselves, or
    raise, as `ProcessPoolExecutor` does.

    Raises
    ------
    SpecError
        If an executor is none, jobs are no int of at least 1, or both are given.
    BrokenExecutor
        If three pools of processes break in a row and nothing is done.

    Examples
    --------
    >>> sorted(completed(abs, [-3, 4], jobs=1))
    [(0, 3), (1, 4)]
    """
    check_workers(executor, jobs)
    count = min(jobs or min(os.cpu_count() or 1, WORKERS), len(tasks))
    if executor is not None:
        return _submitted(executor, work, dict(enumerate(tasks)))
    if count < 2:
        return ((at, work(task)) for at, task in enumerate(tasks))
    return _pooled(work, dict(enumerate(tasks)), count)


def check_workers(executor: Executor | None, jobs: int | None) -> None:
    """Raise `SpecError` unless an executor is one, or jobs are a number of processes, and not both are given."""
    fine = executor is None or isinstance(executor, Executor)
    require(fine, "executor must be a concurrent.futures.Executor, as client.get_executor() of Dask is", executor)
    require(jobs is None or (type(jobs) is int and jobs > 0), "jobs must be an int of at least 1", jobs)
    require(jobs is None or executor is None, "jobs must be left out where there is an executor", jobs)


def code() -> str:
    """Return the SHA-256 of the package: of all its Python files, and of the inputs that it draws on."""
    package, found = Path(__file__).parents[1], sha256()
    for path in sorted([*package.rglob("*.py"), *package.rglob("inputs.json")]):
        found.update(f"{path.relative_to(package).as_posix()} {_digest(path)}\n".encode())
    return found.hexdigest()


def _pooled(work: Callable[[Any], T], left: dict[int, Any], count: int) -> Iterator[tuple[int, T]]:
    """Yield what processes do; in a new pool where one of them was killed, which breaks the pool."""
    from concurrent.futures import ProcessPoolExecutor  # which brings in all of multiprocessing

    tries = 0
    while left:
        before = len(left)
        try:
            with ProcessPoolExecutor(count) as pool:
                for at, found in _submitted(pool, work, dict(left)):
                    del left[at]
                    yield at, found
        except BrokenExecutor:
            tries = tries + 1 if len(left) == before else 0
            if tries == TRIES:
                raise


def _submitted(executor: Executor, work: Callable[[Any], T], tasks: Mapping[int, Any]) -> Iterator[tuple[int, T]]:
    """Yield what an executor does. If it broke, all that was done is yielded before it is said so."""
    futures = {executor.submit(_called, work, task, uuid4().hex): at for at, task in tasks.items()}
    broken = None
    try:
        for future in as_completed(futures):
            if isinstance(error := future.exception(), BrokenExecutor):
                broken = error
                continue
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()
    if broken is not None:
        raise broken


def _called(work: Callable[[Any], T], task: Any, _: str) -> T:
    """Call a function. The last argument tells calls apart: executors may take equal ones for one, as Dask's does."""
    return work(task)


def _held(folder: Path, text: str) -> dict[str, str]:
    """Return what a folder says that its shards have as SHA-256: nothing, where it is new."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {one.name for one in folder.iterdir()}
        if not there:
            write({folder / JOB: text.encode()})
        require(not there or JOB in there, "out must be empty, or the folder of the job", str(folder))
        due = (folder / JOB).read_text(encoding="utf-8", errors="replace")
        said = (folder / SUMS).read_text(encoding="utf-8", errors="replace") if SUMS in there else ""
    except OSError as error:
        raise SpecError(f"out must be a folder that can be written to; got {folder}, {told(error)}") from error
    require(due == text, f"{folder} must hold shards of the same job, made by the same code", "another job.json")
    return {name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)\n", said, flags=re.MULTILINE)}


def _finished(folder: Path, found: Mapping[str, tuple[str, bool]]) -> Sharded:
    """Put the SHA-256 of all shards in order, and remove what workers that were killed left."""
    missing = [name for name in found if not (folder / name).is_file()]
    require(not missing, "out must be a folder that all workers share; none of theirs is here", ", ".join(missing[:3]))
    digests = {name: digest for name, (digest, _) in found.items()}
    write({folder / SUMS: _listed(digests)})
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)
    return Sharded(folder, digests, frozenset(name for name, (_, fresh) in found.items() if fresh))


def _listed(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of a file, of which a piece at a time is held, None where there is none."""
    found = sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                found.update(piece)
    except OSError:
        return None
    return found.hexdigest()
