"""What workers of other processes are given in tests of shards: they find it by its name, and import it in no time."""

import os
import signal
from pathlib import Path


def doubled(task):
    """Return what is to be written, in two pieces."""
    return [task.encode(), task.encode()]


def killed_once(task):
    """Kill the process it runs in, half-way through its piece, but not if it finds that it did."""
    mark, text = task
    yield text.encode()
    if not Path(mark).exists():
        Path(mark).touch()
        os._exit(1)
    yield text.encode()


def killed(_):
    """Kill the process it runs in."""
    os.kill(os.getpid(), signal.SIGKILL)


def misread(_):
    """Raise, as what is wrong with a task does."""
    raise ValueError("no such thing")


def right(variant):
    """Return an implementation of a variant."""
    from refpos import rotate

    return lambda x, positions: rotate(x, positions, variant)


def unscaled(variant):
    """Return an implementation that knows of no magnitude, and of no backward turn."""
    from refpos import Rotary

    if variant.sign < 0:
        raise NotImplementedError("it turns forward only")
    return right(Rotary(variant.frequencies))
