"""What holds for every test: where no cross-check may be skipped, a skip is a failure."""

import gc
import os
from collections.abc import Iterator
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes tells how busy the machine is and no more; what fails by chance is to be made again.
settings.register_profile("refpos", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("refpos")


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test draw from the start of its module's source, whatever ran before it in its process."""
    if hasattr(request.module, "RNG"):
        monkeypatch.setattr(request.module, "RNG", deepcopy(request.module.RNG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    if report.skipped and os.environ.get("REFPOS_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    if report.outcome == "skipped" and os.environ.get("REFPOS_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {report.longrepr}"
    return report


def pytest_collection_finish() -> None:
    """Let the garbage collector walk over what tests make, and not each time over all that was imported."""
    gc.freeze()
