"""Look a variant up by name, and say which names are near where there is none."""

from difflib import get_close_matches
from typing import cast

from refpos.catalogue import CATALOGUE
from refpos.catalogue.entry import Angle, Entry, Variant
from refpos.errors import SpecError, require


def find(name: str) -> Entry[Variant]:
    """Return the entry of that name.

    Raises
    ------
    SpecError
        If there is none; it says which names are near.

    Examples
    --------
    >>> find("llama-31")
    Traceback (most recent call last):
        ...
    refpos.errors.SpecError: name must be one of the catalogue, perhaps llama-3.1, llama-3.2 or llama-4; got llama-31
    """
    if isinstance(name, str) and name in CATALOGUE:
        return CATALOGUE[name]
    near = get_close_matches(str(name).lower().replace("_", "-"), CATALOGUE, n=3, cutoff=0.6)
    hint = f", perhaps {_either(near)}" if near else "; `refpos list` shows them"
    raise SpecError(f"name must be one of the catalogue{hint}; got {name}")


def find_angle(name: str) -> Entry[Angle]:
    """Return the entry of that name, which must be rotary or sinusoidal.

    Raises
    ------
    SpecError
        If there is none, or it is of another family.

    Examples
    --------
    >>> find_angle("bloom")
    Traceback (most recent call last):
        ...
    refpos.errors.SpecError: what is checked must be rotary or sinusoidal; got bloom, of the family bias
    """
    entry = find(name)
    own = f"{name}, of the family {entry.family}"
    require(isinstance(entry.variant, Angle), "what is checked must be rotary or sinusoidal", own)
    return cast(Entry[Angle], entry)


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
