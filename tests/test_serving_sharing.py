"""Metrics of several processes: what has died is not forgotten, and takes no room."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import gevent
import pytest
from gevent.event import Event
from prometheus_client import generate_latest
from support import guarded, passed

from gnet.serving import sharing

#: A process that counts, shows a gauge, and measures; then it waits for the end of its input.
WORKER = """\
import sys
from prometheus_client import Counter, Gauge, Histogram
Counter("c", "x", ["a"]).labels("1").inc(float(sys.argv[1]))
Gauge("g", "x", multiprocess_mode="livesum").set(float(sys.argv[1]))
Histogram("h", "x", buckets=[1, 10]).observe(float(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""


def worker(path: Path, count: int) -> subprocess.Popen[str]:
    """One that has counted so much, and lives."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(count)],
        env={**os.environ, sharing.VARIABLE: str(path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def told(path: Path) -> set[str]:
    """What a scrape says, without the comments."""
    with sharing.locked(str(path)):
        sharing.bury_the_dead(str(path))
        text = generate_latest(sharing.collected(str(path))).decode()
    return {line for line in text.splitlines() if not line.startswith("#")}


def end(process: subprocess.Popen[str]) -> None:
    """Have it end."""
    process.communicate(timeout=15)


def test_what_all_have_counted_is_added_up(tmp_path: Path) -> None:
    """What those did who are no more, too; but not what they had."""
    first, second = worker(tmp_path, 2), worker(tmp_path, 5)
    both = {
        'c_total{a="1"} 7.0',
        'h_bucket{le="1.0"} 0.0',
        'h_bucket{le="10.0"} 2.0',
        'h_bucket{le="+Inf"} 2.0',
        "h_count 2.0",
        "h_sum 7.0",
    }
    assert told(tmp_path) == {*both, "g 7.0"}
    end(first)
    for _ in range(2):  # it is not added twice
        assert told(tmp_path) == {*both, "g 5.0"}
    end(second)
    assert told(tmp_path) == both


def test_the_dead_take_no_room(tmp_path: Path) -> None:
    """However many workers there have been."""
    for _ in range(3):
        end(worker(tmp_path, 1))
        assert 'c_total{a="1"} ' in "\n".join(told(tmp_path))
        files = {path.name for path in tmp_path.iterdir()}
        assert files == {"counter_past.db", "histogram_past.db", "lock"}
    assert 'c_total{a="1"} 3.0' in told(tmp_path)


def test_other_files_are_let_be(tmp_path: Path) -> None:
    """Those of the living, those of gauges that outlive a process, and what is none of its own."""
    names = {f"counter_{os.getpid()}.db", "gauge_max_999999999.db", "x.txt", "counter_x.db"}
    for name in names:
        (tmp_path / name).touch()
    sharing.bury_the_dead(str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == names


def test_one_reads_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one moves files, nobody else looks for them; who waits lets others run."""
    monkeypatch.setattr(time, "sleep", gevent.sleep)  # as in a process that is patched
    entered = Event()

    def read() -> None:
        with sharing.locked(str(tmp_path)):
            entered.set()

    with open(tmp_path / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reader = gevent.spawn(read)
        assert not entered.wait(0.05)
        fcntl.flock(lock, fcntl.LOCK_UN)
        passed(entered, "the reader")
        reader.join()


def test_a_reader_that_was_stopped_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait for some time."""
    monkeypatch.setattr(sharing, "LONGEST_WAIT", 0.02)
    with open(tmp_path / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with guarded("the reader"), sharing.locked(str(tmp_path)):
            pass


def test_the_last_master_removes_the_directory() -> None:
    """And no other; nor one that somebody else has made."""
    path = sharing.make_directory()
    assert os.stat(path).st_mode & 0o777 == 0o700
    other = Path(path) / f"master-{os.getppid()}"  # it lives
    other.touch()
    sharing.join(path)
    assert not sharing.leave(path, remove=True)
    assert os.path.isdir(path)
    other.rename(other.with_name("master-999999999"))  # it died
    sharing.join(path)
    assert sharing.leave(path, remove=False)
    assert os.path.isdir(path)
    assert sharing.leave(path, remove=True)
    assert not os.path.exists(path)


def test_there_is_no_directory_unless_somebody_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variable that prometheus_client goes by."""
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    assert sharing.directory() is None
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    assert sharing.directory() is None
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/x")
    assert sharing.directory() == "/x"
