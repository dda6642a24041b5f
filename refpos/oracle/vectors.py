"""Golden files: where they are."""

from pathlib import Path


def folder() -> Path:
    """Return the folder of the golden files: that in the installed package, or else that of the checkout.

    Examples
    --------
    >>> folder().name
    'golden'
    """
    package = Path(__file__).parents[1]
    return package / "golden" if (package / "golden").is_dir() else package.parent / "golden"
