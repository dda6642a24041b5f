"""The one error, and the one way to raise it: the rule that was broken, then the value that broke it."""


class SpecError(ValueError):
    """A description or an input breaks a rule of the specification."""


def require(condition: object, rule: str, got: object) -> None:
    """Raise `SpecError` with the rule and the offending value unless the condition holds.

    Examples
    --------
    >>> require(2 > 1, "two must be more than one", 2)
    >>> require(False, "base must be greater than 1", 0.5)
    Traceback (most recent call last):
        ...
    refpos.errors.SpecError: base must be greater than 1; got 0.5
    """
    if not condition:
        raise SpecError(f"{rule}; got {_short(got)}{_hint(rule, got)}")


def told(error: BaseException) -> str:
    """Return an error in one line: its kind, and the first line of what it says, if it can say anything.

    Examples
    --------
    >>> told(ImportError("no kernel" + chr(10) + "for this machine"))
    'ImportError: no kernel'
    """
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        lines = []
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


DESCRIPTIONS = ("variant", "rule", "attention")
"""What descriptions are called where they are asked for."""


def _hint(rule: str, got: object) -> str:
    """Say where a description is had, if an entry of the catalogue was given for it, or the name of one."""
    name, must, _ = rule.partition(" must be ")
    if not must or name not in DESCRIPTIONS:
        return ""
    if isinstance(got, str):
        return ", and CATALOGUE[name].variant is the description of a name"
    return ", whose .variant is the description" if hasattr(got, "variant") else ""


def _short(value: object, width: int = 120) -> str:
    """Return a value on one line that is not too long."""
    try:
        text = value if isinstance(value, str) else " ".join(repr(value).split())
    except ValueError:  # Python refuses to print an int of more than 4300 digits
        text = "a number too long to print"
    return text if len(text) <= width else text[: width - 1] + "…"
