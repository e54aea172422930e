"""A backup's medium sees ciphertext alone: each write of the real command, seen by strace."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.config import Settings
from kiosk.store.instance import start
from tests.build import NOON, store
from tests.processes import ROOT

STRACE = shutil.which("strace")
PLAIN = ("SQLite format", "PRAGMA", "CREATE TABLE", "7K4-92Q-MX3", "argon2")


def writes(trace: Path, folder: Path) -> list[str]:
    return [line for line in trace.read_text(errors="replace").splitlines() if f"<{folder}/" in line]


@pytest.mark.system_calls
@pytest.mark.skipif(STRACE is None, reason="strace is not installed: the writes of a backup are not seen")
def test_nothing_plain_is_written_to_the_disk_of_the_backup(tmp_path: Path) -> None:
    settings, medium, trace = Settings(instance=tmp_path / "instance"), tmp_path / "medium", tmp_path / "trace"
    medium.mkdir()
    with start.prepare(settings, NOON) as db:
        store(db)
    kiosk = [sys.executable, "-m", "kiosk", "backup", str(medium / "x.backup")]
    watch = [str(STRACE), "-f", "-y", "-s", "200000", "-e", "trace=write,pwrite64,writev,pwritev", "-o", str(trace)]
    environment = {**os.environ, "KIOSK_INSTANCE": str(settings.instance), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*watch, *kiosk], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert any("SQLite format" in line for line in writes(trace, settings.instance)), "so would it be seen"
    told = writes(trace, medium)
    assert any("age-encryption.org" in line for line in told)
    assert [word for word in PLAIN for line in told if word in line] == []
