import pytest


@pytest.mark.theorem("rope-relativity")
def test_scores_see_differences():
    import numpy as np

    from refpos import Frequencies, Rotary, rotate

    x = np.array([[1.0, 2.0]])
    v = Rotary(Frequencies((0,)))
    assert abs((rotate(x, [3], v) * rotate(x, [5], v)).sum() - (rotate(x, [0], v) * rotate(x, [2], v)).sum()) < 1e-12
