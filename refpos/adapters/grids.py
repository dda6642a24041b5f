"""For modules that know only grids: the smallest grid that holds the positions, and their rows in it."""

import numpy as np
import numpy.typing as npt


def smallest_grid(positions: npt.ArrayLike) -> tuple[tuple[int, ...], npt.NDArray[np.intp]]:
    """Return the sides of the smallest grid from the origin that holds all positions, and the row of each.

    Parameters
    ----------
    positions : (n,) or (n, A)
        Integers of at least 0, in any order.

    Returns
    -------
    sides : tuple of int
        One for each axis.
    rows : (n,) int
        Where each position stands among the cells of that grid, row by row.

    Raises
    ------
    ValueError
        If a position is negative or no integer.

    Examples
    --------
    >>> smallest_grid([[0, 2], [1, 0]])
    ((2, 3), array([2, 3]))
    """
    given = np.asarray(positions)
    cells = given.reshape(len(given), -1).astype(np.intp)
    if not np.array_equal(cells.ravel(), given.ravel()) or (cells < 0).any():
        raise ValueError("this module runs over grids: positions must be integers of at least 0")
    sides = tuple(int(side) for side in cells.max(axis=0) + 1)
    return sides, np.asarray(np.ravel_multi_index(tuple(cells.T), sides))


def centred_grid(positions: npt.ArrayLike) -> tuple[tuple[int, ...], npt.NDArray[np.intp]] | None:
    """Return the sides of the smallest grid whose centres, from −1 to 1, hold all positions, and the rows.

    Returns
    -------
    sides and rows as for `smallest_grid`; None where no grid of up to 64 cells a side holds them

    Examples
    --------
    >>> centred_grid([[-0.5, 0.75], [0.5, -0.25]])
    ((2, 4), array([3, 5]))
    >>> centred_grid([[0.0, 1.0]])
    """
    share = (np.asarray(positions, np.float64).T + 1) / 2
    sides, cells = [], []
    for one in share:
        fitting = (n for n in range(1, 65) if _are_cells(one * n - 0.5, n))
        side = next(fitting, None)
        if side is None:
            return None
        sides.append(side)
        cells.append(np.round(one * side - 0.5).astype(np.intp))
    return tuple(sides), np.asarray(np.ravel_multi_index(tuple(cells), tuple(sides)))


def _are_cells(places: npt.NDArray[np.float64], side: int) -> bool:
    whole = np.round(places)
    return bool((np.abs(places - whole) < 1e-9).all() and (whole >= 0).all() and (whole < side).all())
