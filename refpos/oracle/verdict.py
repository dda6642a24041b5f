"""What a check found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["agrees", "differs", "errored"]


@dataclass(frozen=True)
class Finding:
    """A mistake that explains a difference, or the reason of an error.

    Parameters
    ----------
    id : str
        Its name for machines: "pairing/interleaved"; "unexplained" where no single mistake explains the difference.
    what : str
        Its name for people.
    evidence : str
        What was seen.
    source : str
        Where the like of it is documented, if anywhere.
    """

    id: str
    what: str
    evidence: str
    source: str = ""


@dataclass(frozen=True)
class Report:
    """The outcome of a check.

    Parameters
    ----------
    name : str
        The catalogue name, or the kind of the description.
    dtype, recipe : str
        What the implementation was given, and by which error model it was judged.
    verdict : {"agrees", "differs", "errored"}
    worst : float
        The largest error over its bound: at most 1 where it agrees; NaN where it errored.
    where : str
        The element with the worst error, in words.
    elements : int
        How many elements were compared.
    findings : tuple of Finding
        What explains a difference, likeliest first, or why it errored; empty where it agrees.
    """

    name: str
    dtype: str
    recipe: str
    verdict: Verdict
    worst: float
    where: str
    elements: int
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the implementation computes the variant."""
        return self.verdict == "agrees"

    def to_dict(self) -> Mapping[str, Any]:
        """Return the report as plain data; an infinite or undefined `worst` is None, as JSON has neither."""
        finite = self.worst if self.worst == self.worst and abs(self.worst) != float("inf") else None
        return {**asdict(self), "worst": finite, "ok": self.ok, "findings": [asdict(one) for one in self.findings]}

    def __str__(self) -> str:
        head = f"{self.name} ({self.recipe}): {self.verdict}"
        if self.verdict != "errored":
            head += f", worst error {ratio(self.worst)} of its bound, {self.elements:,} elements"
        lines = [f"  {self.where}"] if self.verdict == "differs" else []
        lines += [f"  {one.what} [{one.id}]: {one.evidence}" for one in self.findings]
        return "\n".join([head, *lines])


def ratio(worst: float) -> str:
    """Return a ratio in a few characters.

    Examples
    --------
    >>> ratio(0.3141), ratio(27.18), ratio(123456.0)
    ('0.31', '27', '1.2e+05')
    """
    if worst < 10:
        return f"{worst:.2f}"
    return f"{worst:.0f}" if worst < 1e4 else f"{worst:.1e}"
