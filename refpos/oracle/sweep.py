"""Check one implementation of many variants, as drawn ones are, in shards."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from refpos.catalogue.entry import Angle
from refpos.errors import require
from refpos.oracle.check import check
from refpos.oracle.golden.format import canonical, read
from refpos.oracle.shards import shards
from refpos.oracle.tolerance import Recipe
from refpos.variants.described import describe
from refpos.variants.length import require_static
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal

EACH = 16
"""The variants of a shard."""

Build = Callable[[Angle], Callable[..., Any]]


class Few(NamedTuple):
    """The variants that make a shard, and how they are checked."""

    build: Build
    variants: tuple[Angle, ...]
    dtype: str
    recipe: str | None


def sweep(
    build: Build,
    variants: Sequence[Angle],
    out: str | Path,
    *,
    dtype: str = "float32",
    recipe: str | None = None,
    executor: Executor | None = None,
    jobs: int | None = None,
) -> list[dict[str, Any]]:
    """Check what is built for each of many variants, and return the reports as plain data, in order.

    Reports are kept in a folder, those of 16 variants in a file with its SHA-256, so that the same call goes on where
    one was stopped. What an implementation does wrong is in its report, as in `check`; so is that none can be built.

    Parameters
    ----------
    build : callable
        variant -> an implementation of it, as `check` takes it. It travels to workers, so it stands in a module.
    variants : sequence of Rotary or Sinusoidal
        Without learned frequencies.
    out : path
        A folder, see `refpos.oracle.shards.shards`. An implementation that is changed wants another.
    dtype, recipe
        As for `check`.
    executor : concurrent.futures.Executor, optional
        What makes the checks.
    jobs : int, optional
        Where there is no executor: in how many processes they are made.

    Returns
    -------
    list of dict
        `Report.to_dict()` of each, and its `variant` as `describe` has it.

    Raises
    ------
    SpecError
        As `shards`; if there is no variant, or one that `check` cannot be asked about.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from refpos import Frequencies, rotate
    >>> def backwards(variant):
    ...     return lambda x, positions: rotate(x, -positions, variant)
    >>> with TemporaryDirectory() as out:
    ...     reports = sweep(backwards, [Rotary(Frequencies((0, 0)))], out, jobs=1)
    >>> reports[0]["verdict"], reports[0]["findings"][0]["id"]
    ('differs', 'sign/flipped')
    """
    named = callable(build) and hasattr(build, "__qualname__")
    require(named, "build must be a function or a class, which has a name", build)
    Recipe.told(dtype, recipe or "log")
    fine = isinstance(variants, Sequence) and all(isinstance(one, Rotary | Sinusoidal) for one in variants)
    require(fine and len(variants) > 0, "variants must be Rotary or Sinusoidal, at least one", variants)
    for one in variants:
        require_static(one)
        require(not one.learned, "a variant that is swept must have learned nothing", one)
    name = f"{build.__module__}.{build.__qualname__}"
    job = {"check": [describe(one) for one in variants], "build": name, "dtype": dtype, "recipe": recipe}
    cuts, digits = range(0, len(variants), EACH), len(str(len(variants) - 1))
    few = {f"{at:0{digits}}.json": Few(build, tuple(variants[at : at + EACH]), dtype, recipe) for at in cuts}
    done = shards(out, job, reported, few, executor=executor, jobs=jobs)
    return [one for name in few for one in read(done.folder / name).document["reports"]]


def reported(shard: Few) -> Iterator[bytes]:
    """Yield the bytes of the file of a few reports."""
    yield canonical({"reports": [_report(shard, one) for one in shard.variants]}).encode()


def _report(shard: Few, variant: Angle) -> dict[str, Any]:
    built = cache(shard.build)

    def implementation(*given: Any) -> Any:
        return built(variant)(*given)

    report = check(implementation, variant, dtype=shard.dtype, recipe=shard.recipe)
    return {**report.to_dict(), "variant": describe(variant)}
