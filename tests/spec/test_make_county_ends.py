"""Making a county that is told to end: no hidden folder stays, and no worker goes on."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

PATIENCE = 90.0  # seconds, on a busy machine


def until(condition, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent_and_nothing_half_written_stays(sent: signal.Signals, tmp_path: Path) -> None:
    command = str(Path(sys.executable).parent / "capitation")
    running = subprocess.Popen(
        [command, "dataset", "make-county", "--people", "400000", "--out", str(tmp_path / "county")]
    )
    parent = psutil.Process(running.pid)
    until(lambda: list(tmp_path.glob(".county.*")) and len(parent.children()) >= 2, "no worker was started")
    workers = parent.children()
    running.send_signal(sent)
    running.wait(PATIENCE)
    until(
        lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in workers),
        "a worker goes on",
    )
    assert not (tmp_path / "county").exists()
    if sent == signal.SIGTERM:
        assert running.returncode in (1, 130)
        assert list(tmp_path.iterdir()) == []
