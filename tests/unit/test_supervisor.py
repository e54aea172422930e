"""The forwarder is started again whatever kept it from running, even if it could not be started at all."""

import sys
from pathlib import Path

import pytest

from kiosk.delivery import supervisor
from kiosk.delivery.supervisor import Supervisor
from tests.waiting import until


def test_a_start_that_fails_is_tried_again_until_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    program, ran = tmp_path / "program", tmp_path / "ran"
    watcher = Supervisor([str(program)])
    watcher.start()
    until(lambda: "cannot be started" in caplog.text)
    aside = tmp_path / "aside"
    aside.write_text(f"#!{sys.executable}\nimport pathlib\npathlib.Path({str(ran)!r}).touch()\n")
    aside.chmod(0o755)
    aside.rename(program)
    until(ran.exists)
    watcher.stop()
