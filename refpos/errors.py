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
        raise SpecError(f"{rule}; got {_short(got)}")


def _short(value: object, width: int = 120) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"
