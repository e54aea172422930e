"""A submission costs one sync of the disk before the answer: counted by strace on the living server."""

import re
import shutil
import signal
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from tests.processes import Inbox, Kiosk, Program

STRACE = shutil.which("strace")


SUBMISSIONS = 3  # what one of them leaves to sync after its answer would be counted with the next


def post(kiosk: Kiosk) -> None:
    assert kiosk.post("/fr/report/other", {"submission_id": str(uuid4()), "description": "un doute"})[0] == 200


@pytest.mark.system_calls
@pytest.mark.skipif(STRACE is None, reason="strace is not installed: the syncs of a submission are not counted")
def test_a_submission_is_one_synced_commit(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    with Inbox() as inbox, Kiosk("--no-forwarder", instance=instance) as kiosk:
        post(kiosk)
        with Program("forward", "--once", instance=instance, environment=inbox.environment) as forwarder:
            assert forwarder.ends() == 0  # it has erased the text, cut the WAL and paid for the new one
        assert len(inbox.mails) == 2
        trace = tmp_path / "syncs"
        command = [str(STRACE), "-f", "-e", "trace=fsync,fdatasync", "-o", str(trace), "-p", str(kiosk.process.pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr
            if "attached" not in strace.stderr.readline():
                pytest.skip("strace may not attach to a process here: the syncs of a submission are not counted")
            for _ in range(SUBMISSIONS):
                post(kiosk)
            strace.send_signal(signal.SIGINT)
        syncs = re.findall(r"\bf(?:data)?sync\(", trace.read_text())
        assert len(syncs) == SUBMISSIONS
