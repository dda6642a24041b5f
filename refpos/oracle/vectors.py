"""Golden files: where they are."""

from pathlib import Path

import refpos


def folder() -> Path:
    """Return the folder of the golden files: that in the installed package, or else that of the checkout.

    Examples
    --------
    >>> folder().name
    'golden'
    """
    package = Path(refpos.__file__).parent
    return package / "golden" if (package / "golden").is_dir() else package.parent / "golden"
