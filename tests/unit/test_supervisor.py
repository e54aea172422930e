"""The forwarder is started again whatever kept it from running, even if it could not be started at all."""

import sys
import time
from pathlib import Path

import pytest

from kiosk.delivery import supervisor
from kiosk.delivery.supervisor import Supervisor

PATIENCE = 10.0  # seconds


def appears(path: Path) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.exists()


def test_a_start_that_fails_is_tried_again_until_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    program, ran = tmp_path / "program", tmp_path / "ran"
    watcher = Supervisor([str(program)])
    watcher.start()
    deadline = time.monotonic() + PATIENCE
    while "cannot be started" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.02)
    aside = tmp_path / "aside"
    aside.write_text(f"#!{sys.executable}\nimport pathlib\npathlib.Path({str(ran)!r}).touch()\n")
    aside.chmod(0o755)
    aside.rename(program)
    assert appears(ran)
    watcher.stop()
    assert "cannot be started" in caplog.text
