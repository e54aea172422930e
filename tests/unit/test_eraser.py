"""The text of what left is erased from database and log, whatever ended its mail, also what a crash left."""

import re
from collections import deque
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.delivery import eraser as eraser_module
from kiosk.delivery.eraser import Eraser
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.store.base import log_erasure
from kiosk.store.base.connection import immediate, open_database
from kiosk.store.keeping import erasure
from kiosk.store.outbox import bodies, deliveries, outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import submissions
from tests.build import NOON, a_delivery, a_new_report, claim, received

SENT = Ending("sent", "dot", "250 ok")
MARKER = b"MARKER-8830 "


def store_marked(db: Database, count: int = 1) -> None:
    for number in range(count):
        reference = f"000-000-{number:03d}"
        body = MARKER * 1000 + b"\r\n"
        submissions.submit(
            db, a_new_report(reference=reference), [a_delivery(reference, body=body)], [received(reference)], NOON
        )


def send(db: Database) -> int:
    """The id of its body."""
    claimed = claim(db)
    outcomes.record_sent(db, claimed, SENT, NOON)
    return claimed.bodies[0]


def wal(settings: Settings) -> Path:
    return settings.instance / "kiosk.db-wal"


def is_marker_on_disk(settings: Settings) -> bool:
    return any(MARKER in path.read_bytes() for path in (settings.database, wal(settings)))


def an_eraser(db: Database, sent: deque[int]) -> Eraser:
    return Eraser(db, sent)


def test_what_was_noted_as_sent_is_erased_and_what_waits_is_not(db: Database, settings: Settings) -> None:
    sent: deque[int] = deque()
    eraser = an_eraser(db, sent)
    store_marked(db, eraser_module.BATCH + 2)
    for _ in range(eraser_module.BATCH + 1):
        sent.append(send(db))
    eraser.erase()
    assert db["bodies"].count == 1
    sent.append(send(db))
    eraser.erase()
    assert not is_marker_on_disk(settings)


def test_a_long_text_that_was_rolled_back_never_was_on_the_disk(db: Database, settings: Settings) -> None:
    """It counts as never written: no eraser looks for it."""

    def roll_back() -> None:
        with immediate(db):
            bodies.add(db, [MARKER * 100_000])
            raise LookupError

    with pytest.raises(LookupError):
        roll_back()
    assert not is_marker_on_disk(settings)


def test_a_text_that_a_crash_left_is_erased_by_the_next_forwarder(db: Database, settings: Settings) -> None:
    store_marked(db)
    send(db)
    assert is_marker_on_disk(settings)
    an_eraser(db, deque()).erase()
    assert not is_marker_on_disk(settings)


def test_a_log_that_somebody_reads_is_overwritten_as_soon_as_it_can_be(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.execute("PRAGMA busy_timeout = 0").fetchall()
    monkeypatch.setattr(log_erasure, "READ_PATIENCE", 0)
    sent: deque[int] = deque()
    eraser = an_eraser(db, sent)
    store_marked(db)
    sent.append(send(db))
    with open_database(settings.database) as reader:
        cursor = reader.execute("SELECT id FROM deliveries UNION ALL SELECT id FROM reports")
        assert cursor.fetchone()
        eraser.erase()
        assert is_marker_on_disk(settings)
        cursor.close()
    eraser.erase()
    assert not is_marker_on_disk(settings)


@pytest.mark.parametrize("seen", [True, False])
def test_the_text_of_a_cancelled_mail_leaves_the_log_though_nothing_else_is_sent(
    db: Database, settings: Settings, seen: bool
) -> None:
    """``seen``: the forwarder has been at work since before."""
    eraser = an_eraser(db, deque())
    mail = NewDelivery("deputy", "<1@kiosk.invalid>", MARKER * 9, Purpose.ESCALATION, OnlyWhile.OPEN)
    submissions.submit(db, a_new_report(), [mail], [received()], NOON)
    if seen:
        eraser.erase()
    with immediate(db):
        db.execute("UPDATE reports SET state = 'acknowledged', taken_at = '', taken_by = '', taken_account = 'x'")
        assert deliveries.cancel_void(db, db.execute("SELECT id FROM reports").fetchone()[0], NOON) == 1
    assert is_marker_on_disk(settings)
    eraser.erase()
    assert not is_marker_on_disk(settings)


def test_what_another_process_erased_while_the_log_was_overwritten_is_not_forgotten(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    eraser = an_eraser(db, deque())
    eraser.erase()
    store_marked(db)
    number = send(db)

    def erased_meanwhile(db: Database) -> bool:
        done = log_erasure.overwrite_log(db)
        bodies.erase(db, [number])
        return done

    with monkeypatch.context() as slow:
        slow.setattr(erasure, "overwrite_log", erased_meanwhile)
        erasure.clean_log(db, surely=True)
    assert is_marker_on_disk(settings)
    eraser.erase()
    assert not is_marker_on_disk(settings)


def test_every_table_that_loses_words_or_keys_counts_it(db: Database) -> None:
    """Each statement of the store that sets something to NULL or deletes it, as far as it held words or keys."""
    counted = {
        row[0] for row in db.execute("SELECT tbl_name FROM sqlite_master WHERE sql LIKE '%erased = erased + 1%'")
    }
    folder = Path(deliveries.__file__).parents[1]
    found = {
        table
        for path in folder.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        for pair in re.findall(r"DELETE FROM (\w+)|UPDATE (\w+) SET \w+ = NULL", line)
        for table in pair
        if table
    }
    harmless = {"announced", "staff_sessions", "staff_devices", "sign_in_lanes", "recovery_codes", "password_proofs"}
    harmless |= {"digest_turns"}
    assert found - harmless <= counted
    assert {"bodies", "reports", "notes", "key_grants", "staff_keys", "staff_factors"} <= counted & found
