"""Differences that are known and explained: each with its reason, a reproduction, and the versions that have it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """A known difference between a framework and what it claims to compute.

    Parameters
    ----------
    framework, encoding, label : str
        The row that differs, as its adapter declares it.
    versions : tuple of str
        First and last version known to differ.
    reason : str
        What differs and why, in a sentence.
    reproduction : str
        Lines of Python that show it.
    dtypes : tuple of str
        With which it differs; all where empty.
    """

    framework: str
    encoding: str
    label: str
    versions: tuple[str, str]
    reason: str
    reproduction: str
    dtypes: tuple[str, ...] = ()

    def covers(self, framework: str, version: str, encoding: str, label: str, dtype: str) -> bool:
        """Whether this is the difference of a row."""
        same = (self.framework, self.encoding, self.label) == (framework, encoding, label)
        first, last = (_key(one) for one in self.versions)
        return same and (not self.dtypes or dtype in self.dtypes) and first <= _key(version) <= last


EXPECTED: tuple[Expected, ...] = ()


def _key(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, for comparison."""
    public = version.split("+")[0].split(".")
    numbers: list[int] = []
    for part in public:
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
