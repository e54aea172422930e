"""The kiosk as it really runs: its daily mail arrives, and what no mail can say turns its doors red."""

import ctypes
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.commands.verify import BROKEN, WHOLE, noted_in_mail, verify_trace
from kiosk.config import Settings
from kiosk.domain import disk_room
from kiosk.mail.trace_header import heads_in
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import immediate, open_database
from kiosk.store.instance import start
from kiosk.store.watch import health
from kiosk.watch.alarm import watch
from kiosk.watch.daily_mail import write_daily
from tests.build import store
from tests.processes import Inbox, Kiosk
from tests.smtp.courier import hand_to
from tests.smtp.relay import FaultServer
from tests.waiting import until

SLOW_MACHINE = 20.0  # seconds that a door may take to answer
TOO_SILENT = health.SILENT_AFTER + timedelta(seconds=1)


def subject(mail: bytes) -> str:
    return str(message_from_bytes(mail, policy=policy.default)["Subject"])


def test_the_daily_mail_and_alarms_travel_like_every_mail_and_the_trace_can_be_held_against_them(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        configured = hand.courier.settings
        store(hand.db)
        hand.deliver_all()
        hand.wait(days=1)
        write_daily(hand.db, configured, hand.moment)
        monkeypatch.setattr(disk_room, "RESERVE", 1 << 62)
        for _ in range(7):
            heartbeat.beat(hand.db, health.FORWARDER, 1, hand.moment)
            watch(hand.db, configured, hand.moment)
            hand.wait(minutes=1)
        hand.deliver_all()
        assert [subject(mail)[:42] for mail in relay.taken[1:]] == [
            "[SSI] Borne du hall · bilan du 21/11/2026 ",
            "[SSI] Borne du hall · alarmes\N{NO-BREAK SPACE}: disque pre",
        ]
        saved = tmp_path / "alarm.eml"
        saved.write_bytes(relay.taken[-1])
        assert verify_trace(settings, noted_in_mail(saved)).status == WHOLE
        cut_after(hand.db, heads_in(relay.taken[-1])[0].sequence - 1)
        assert verify_trace(settings, []).status == WHOLE
        assert verify_trace(settings, noted_in_mail(saved)).status == BROKEN


def cut_after(db: Database, sequence: int) -> None:
    with immediate(db):
        db.execute("DROP TRIGGER events_are_never_deleted")
        db.execute("DELETE FROM events WHERE id > ?", (sequence,))


def test_a_kiosk_that_was_off_at_the_hour_writes_as_soon_as_it_is_up_and_not_again(settings: Settings) -> None:
    with start.prepare(settings, clock.now() - timedelta(days=2)):
        pass
    with Inbox() as inbox:
        seen = {0}
        for _ in range(2):
            with Kiosk(instance=settings.instance, environment=inbox.environment) as kiosk:
                inbox.wait_for(1)
                until(lambda: forwarder_of(kiosk) not in seen)
                seen.add(forwarder_of(kiosk))
                # Its jobs come after its heartbeat; it ends after them, and what they wrote would have been counted.
                assert kiosk.terminate() == 0
        assert ["bilan du" in subject(mail) for _, mail in inbox.mails] == [True]
    with open_database(settings.database) as db:
        assert db.execute("SELECT count(*) FROM deliveries WHERE purpose = 'daily'").fetchone()[0] == 1


def problems(kiosk: Kiosk, door: str = "public") -> set[str]:
    return set(json.loads(kiosk.get("/healthz", door=door)[1])["problems"])


def forwarder_of(kiosk: Kiosk) -> int:
    with open_database(kiosk.database) as db:
        found = db.execute("SELECT process FROM heartbeats WHERE name = ?", (health.FORWARDER,)).fetchone()
    return int(found[0]) if found else 0


@contextmanager
def stopped(process: int, database: Path) -> Iterator[None]:
    """Not while it writes: the lock of the database would be held as long as it stands still."""
    with open_database(database) as db, immediate(db):
        os.kill(process, signal.SIGSTOP)
        until(lambda: Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def let_time_pass(instance: Path) -> None:
    """As if the heartbeats were as old as a minute without a beat makes them."""
    with open_database(instance / "kiosk.db") as db, immediate(db):
        db.execute("UPDATE heartbeats SET beat_at = ?", (clock.to_text(clock.now() - TOO_SILENT),))


@pytest.mark.parametrize("long_way", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_background_process_that_hangs_turns_both_doors_red_within_a_minute(
    long_way: bool, settings: Settings
) -> None:
    with Inbox() as inbox, Kiosk(instance=settings.instance, environment=inbox.environment) as kiosk:
        until(lambda: forwarder_of(kiosk))
        until(lambda: "forwarder" not in problems(kiosk))
        with stopped(forwarder_of(kiosk), kiosk.database):
            if long_way:
                within = health.SILENT_AFTER.total_seconds() + SLOW_MACHINE
                until(lambda: "forwarder" in problems(kiosk), seconds=within)
            else:
                let_time_pass(settings.instance)
            for door in ("public", "staff"):
                assert kiosk.get("/healthz", door=door)[0] == 503
                assert "forwarder" in problems(kiosk, door)
        if long_way:
            until(lambda: "forwarder" not in problems(kiosk))


def test_an_oldest_delivery_of_a_quarter_of_an_hour_turns_both_doors_red(settings: Settings) -> None:
    long_ago = clock.now() - timedelta(minutes=16)
    with start.prepare(settings, long_ago) as db:
        store(db, now=long_ago, received_at=long_ago)
    with FaultServer(answers={"rcpt": b"451 4.3.0 later"}) as relay:
        environment = {
            "KIOSK_SMTP__HOST": "127.0.0.1",
            "KIOSK_SMTP__PORT": str(relay.port),
            "KIOSK_SMTP__SECURITY": "none",
        }
        with Kiosk(instance=settings.instance, environment=environment) as kiosk:
            for door in ("public", "staff"):
                assert kiosk.get("/healthz", door=door)[0] == 503
                assert "late" in problems(kiosk, door)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own; skips where only root may make one."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder.mkdir()
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()) != 0:
        pytest.skip(
            f"no small disk can be mounted here ({os.strerror(ctypes.get_errno())}): the full disk is NOT tested"
        )
    try:
        yield folder
    finally:
        libc.umount2(os.fsencode(folder), 2)  # MNT_DETACH


def test_a_disk_that_fills_turns_both_doors_red_and_reports_are_kept_as_long_as_there_is_room(
    settings: Settings, tmp_path: Path
) -> None:
    size = disk_room.RESERVE + disk_room.NEAR * disk_room.WAITING + 64 * disk_room.MEBIBYTE
    with small_disk(tmp_path / "small", str(size)) as disk:
        instance = disk / "instance"
        with Inbox() as inbox, Kiosk(instance=instance, environment=inbox.environment) as kiosk:
            assert "disk" not in problems(kiosk)
            told = json.loads(kiosk.get("/healthz")[1])
            assert disk_room.NEAR < told["disk_reports"] < disk_room.EARLY
            (disk / "ballast").write_bytes(bytes(72 * 1024 * 1024))
            for door in ("public", "staff"):
                assert "disk" in problems(kiosk, door)
                assert kiosk.get("/healthz", door=door)[0] == 503
            assert "hors service" not in kiosk.get("/")[1]
            assert kiosk.post("/fr/report/virus", {"description": "une fenêtre étrange"})[0] == 200
            (disk / "ballast").unlink()
            assert "disk" not in problems(kiosk)
