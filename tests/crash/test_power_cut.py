"""Power cuts at every point of the real path: no report that was promised is lost, the database is never damaged."""

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.config import Settings
from kiosk.store.instance import start
from tests.build import NOON
from tests.crash import replay
from tests.crash.replay import Disk

KINDS = ("nothing", "everything", "calls", "sectors")
STRACE = shutil.which("strace")
needs_strace = pytest.mark.skipif(STRACE is None, reason="NOT TESTED: power cuts, which need strace")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder for thousands of short-lived copies: their own syncs tell nothing."""
    folder = Path("/dev/shm") / f"power-cut-{tmp_path.name}-{random.SystemRandom().random()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def verdicts(tmp_path: Path, memory: Path, mode: str, states: int) -> Counter[str]:
    """After each call of the trace, as often as there are states for; what was found of each."""
    settings = Settings(instance=tmp_path / "instance")
    start.prepare(settings, NOON).close()
    disk, dice = replay.disk_before(settings.instance), random.Random(20261121)
    calls = replay.record(tmp_path / "trace", settings.instance, mode)
    counted: Counter[str] = Counter()
    for moment, call in enumerate(calls):
        disk.follow(call)
        for number in range(moment * states // len(calls), (moment + 1) * states // len(calls)):
            counted[verdict(disk, settings.database, memory, dice, KINDS[number % len(KINDS)])] += 1
    return counted


def verdict(disk: Disk, database: Path, memory: Path, dice: random.Random, kind: str) -> str:
    """``fine``, ``lost`` or ``corrupt``, after SQLite has recovered."""
    for end in ("", "-wal"):
        found = disk.survives(f"{database}{end}", dice, kind)
        (memory / f"kiosk.db{end}").write_bytes(found or b"")
    (memory / "kiosk.db-shm").unlink(missing_ok=True)
    with closing(sqlite3.connect(memory / "kiosk.db")) as db:
        try:
            if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return "corrupt"
            kept = {f"accepted {row[0]}" for row in db.execute("SELECT reference FROM reports")}
            kept |= {f"sent {row[0]}" for row in db.execute("SELECT id FROM deliveries WHERE state = 'sent'")}
            whole = db.execute(
                "SELECT count(*) FROM deliveries LEFT JOIN bodies ON bodies.id = body_id"
                " WHERE state != 'sent' AND bodies.id IS NULL"
            ).fetchone() == (0,)
        except sqlite3.DatabaseError:
            return "corrupt"
    return "fine" if kept.issuperset(disk.promised) and whole else "lost"


@needs_strace
@pytest.mark.parametrize("states", [200, pytest.param(2_000, marks=pytest.mark.ci)])
def test_no_power_cut_loses_a_promise_or_damages_the_database(tmp_path: Path, memory: Path, states: int) -> None:
    assert verdicts(tmp_path, memory, "as it is", states) == {"fine": states}


@needs_strace
@pytest.mark.parametrize("mode", ["synchronous=NORMAL", "reports without a sync", "cut log"])
@pytest.mark.ci
def test_the_simulation_finds_what_is_known_to_be_wrong(tmp_path: Path, memory: Path, mode: str) -> None:
    found = verdicts(tmp_path, memory, mode, 1_000)
    print(f"{mode}: {found}")
    assert found["lost"] + found["corrupt"] > 0
