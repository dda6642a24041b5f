"""Dask's distributed executor: a local cluster of processes, one of which is killed, makes what one process makes."""

import os
import re
import signal
import time
from contextlib import nullcontext
from pathlib import Path
from threading import Thread

from distributed import Client, LocalCluster
from golden_folder import folder_of
from sharding import right

from refpos import CATALOGUE, Frequencies, Rotary, certify, sweep
from refpos.oracle import vectors
from refpos.oracle.golden import lint as linting

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
NAME = "alibi"
TABLE = (CATALOGUE["gpt-neox-20b"].variant, range(3_000))
VARIANTS = [Rotary(Frequencies((0, 0)), attention_factor=1 + n / 32) for n in range(17)]


def test_a_cluster_of_processes_makes_what_one_process_makes(tmp_path, monkeypatch):
    for module in (vectors, linting):
        monkeypatch.setattr(module, "golden_names", lambda: (NAME,))
    golden = folder_of(tmp_path / "golden", NAME)
    certify(*TABLE, tmp_path / "serial", rows=125, jobs=1)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        executor = client.get_executor()
        assert_a_killed_worker_loses_nothing(client, tmp_path)
        assert [] == vectors.verify(golden, executor=executor)
        assert [] == linting.lint(golden, executor=executor)
        assert_golden_files_are_written(golden, tmp_path / "kept", executor)
        serial = sweep(right, VARIANTS, tmp_path / "one", jobs=1)
        assert serial == sweep(right, VARIANTS, tmp_path / "many", executor=executor)
        assert_the_example_of_the_readme_runs(cluster, tmp_path, monkeypatch)


def assert_a_killed_worker_loses_nothing(client, tmp_path):
    pids = set(client.run(os.getpid).values())
    there = []
    killer = Thread(target=kill, args=(min(pids), tmp_path / "cluster", there))
    killer.start()
    done = certify(*TABLE, tmp_path / "cluster", rows=125, executor=client.get_executor())
    killer.join()

    assert 0 < there[0] < len(done.sha256) == 24
    assert files(tmp_path / "serial") == files(tmp_path / "cluster")
    client.wait_for_workers(2, timeout=30)
    assert pids != set(client.run(os.getpid).values())


def kill(pid, folder, there):
    """Kill a process as soon as a shard is there, and note how many there are."""
    while not (count := len(list(folder.glob("*.npy")))):
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    there.append(count)


def assert_golden_files_are_written(golden, kept, executor):
    (old, new) = vectors.rewritten(golden, executor=executor, kept=kept)[NAME]

    assert old == new
    assert {f"{NAME}.json", "SHA256SUMS", "job.json"} == set(files(kept))
    assert (golden / f"{NAME}.json").read_bytes() == files(kept)[f"{NAME}.json"]


def assert_the_example_of_the_readme_runs(cluster, tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(# far\.py\n.*?)```", README, flags=re.DOTALL)
    monkeypatch.setattr("distributed.LocalCluster", lambda **_: nullcontext(cluster))
    monkeypatch.chdir(tmp_path)
    exec(example.replace("10_000_000", "300"), {"__name__": "__main__"})

    certify(CATALOGUE["llama-3.1"].variant, range(300), tmp_path / "due", jobs=1)
    assert files(tmp_path / "due") == files(tmp_path / "llama-3.1")


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}
