"""A purge that is killed at any moment has erased each report as a whole, or not at all; the next one does the rest."""

import os
import subprocess
import sys
import time
from datetime import timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.commands.verify import WHOLE, verify_trace
from kiosk.config import Settings
from tests.processes import ROOT
from tests.retention import a_report, kept, note_status

REPORTS = 300
KILLS = 6


def begin(settings: Settings) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "KIOSK_INSTANCE": str(settings.instance), "KIOSK_RETENTION__NOTICE": "0"}
    command = [sys.executable, "-m", "kiosk", "purge", "--clock-is-right"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def stones(db: Database) -> int:
    return int(db.execute("SELECT count(*) FROM tombstones").fetchone()[0])


def test_each_report_is_erased_as_a_whole_whenever_the_purge_is_killed(db: Database, settings: Settings) -> None:
    closed = clock.now() - timedelta(days=400)
    for number in range(REPORTS):
        report_id = a_report(db, reference=f"000-000-{number:03d}", at=closed, sent=number == REPORTS - 1)
        note_status(db, report_id, closed)
    killed_under_way = 0
    for turn in range(KILLS):
        before, process = stones(db), begin(settings)
        while stones(db) < before + 20 * (turn + 1) and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        killed_under_way += process.wait() != 0
        whole_or_gone(db, settings)
    assert killed_under_way
    assert begin(settings).wait() == 0
    whole_or_gone(db, settings)
    assert set(kept(db).values()) == {(False, False)}
    assert db.execute("SELECT erased - overwritten FROM retention").fetchone()[0] == 0


def whole_or_gone(db: Database, settings: Settings) -> None:
    rows = db.execute(
        "SELECT content IS NULL, contact IS NULL, (SELECT count(*) FROM tombstones WHERE report_id = reports.id),"
        " (SELECT count(*) FROM events WHERE events.reference = reports.reference AND action LIKE '%_purged')"
        " FROM reports"
    ).fetchall()
    assert len(rows) == REPORTS
    for content_gone, contact_gone, tombstones, told in rows:
        assert tombstones == told == content_gone + contact_gone
    assert verify_trace(settings, []).status == WHOLE
