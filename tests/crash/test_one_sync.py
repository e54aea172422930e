"""A submission costs one sync of the disk before the answer: counted by strace on the living server."""

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest

from tests.processes import Inbox, Kiosk

STRACE = shutil.which("strace")


def post(kiosk: Kiosk) -> None:
    assert kiosk.post("/fr/report/other", {"submission_id": str(uuid4()), "description": "un doute"})[0] == 200


@pytest.mark.system_calls
@pytest.mark.skipif(STRACE is None, reason="strace is not installed: the syncs of a submission are not counted")
def test_a_submission_is_one_synced_commit(tmp_path: Path) -> None:
    with Inbox() as inbox, Kiosk(instance=tmp_path / "instance", environment=inbox.environment) as kiosk:
        post(kiosk)
        inbox.wait_for(2, 10)
        time.sleep(2.5)  # the forwarder has erased the text, cut the WAL and paid for the new one
        trace = tmp_path / "syncs"
        command = [str(STRACE), "-f", "-e", "trace=fsync,fdatasync", "-o", str(trace), "-p", str(kiosk.process.pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr
            if "attached" not in strace.stderr.readline():
                pytest.skip("strace may not attach to a process here: the syncs of a submission are not counted")
            post(kiosk)
            time.sleep(0.2)
            strace.send_signal(signal.SIGINT)
        syncs = re.findall(r"\bf(?:data)?sync\(", trace.read_text())
        assert len(syncs) == 1
