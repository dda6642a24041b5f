"""What dtypes, and ways to make frequencies, are called: all that a command line needs to know before it is asked."""

from typing import Literal

DTYPES = ("float64", "float32", "float16", "bfloat16")

Idiom = Literal["tables", "power", "log", "recurrence"]
IDIOMS: tuple[Idiom, ...] = ("tables", "power", "log", "recurrence")
