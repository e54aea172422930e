"""Whoever lays hands on the trace is found out: at once by the chain, or by a mail that somebody has kept."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from kiosk import clock
from kiosk.cli import commands
from kiosk.commands.verify import BROKEN, WHOLE, Noted, Verdict, noted_by_hand, noted_in_mail, verify_trace
from kiosk.config import Settings
from kiosk.domain.trace_head import TraceHead
from kiosk.errors import KioskError
from kiosk.store.base.connection import immediate
from kiosk.store.reports import submissions
from kiosk.store.trace import events
from kiosk.store.trace.events import COLUMNS, START, Event
from tests.build import NOON, a_new_report, store
from tests.unit.mails import mail

EVENTS = 12
TAMPERED = {
    "id": 4711,
    "at": "'2026-11-20T12:00:00.001Z'",
    "actor": "'A. Martin'",
    "action": "'report_closed'",
    "reference": "'000-000-000'",
    "detail": """'{"number": 0}'""",
    "stored": """'{"reports 1": {"status": null}}'""",
    "previous": "randomblob(32)",
    "digest": "randomblob(32)",
}


@pytest.fixture
def trace(db: Database) -> Database:
    """Twelve events, and nothing that guards them."""
    store(db)
    with immediate(db):
        events.append(db, [Event(action="note", detail={"number": number}) for number in range(2, EVENTS + 1)], NOON)
    for trigger in ("events_are_never_rewritten", "events_are_never_deleted"):
        db.execute(f"DROP TRIGGER {trigger}")
    return db


def write(db: Database, *statements: str) -> None:
    for statement in statements:
        db.execute(statement)
    db.conn.commit()


def noted(db: Database) -> Noted:
    head = events.head(db)
    return Noted("mail.eml", TraceHead(head.sequence, head.digest))


def compute_anew(db: Database, first: int) -> None:
    """What somebody does who knows how the chain is made."""
    previous = events.digest_at(db, first - 1) or events.GENESIS
    for row in db.execute(f"SELECT {COLUMNS} FROM events WHERE id >= ? ORDER BY id", (first,)).fetchall():
        digest = events._digest(previous, row[:7])
        db.execute("UPDATE events SET previous = ?, digest = ? WHERE id = ?", (previous, digest, row[0]))
        previous = digest
    db.conn.commit()


def test_an_untouched_trace_is_whole_and_its_head_can_be_noted(trace: Database, settings: Settings) -> None:
    verdict = verify_trace(settings, [])
    assert (verdict.status, verdict.checked, verdict.findings) == (WHOLE, EVENTS, ())
    assert verdict.as_words().splitlines()[-1].endswith(f"{EVENTS}:{verdict.head.hex}")
    again = verify_trace(settings, [noted_by_hand(f"{EVENTS}:{verdict.head.hex}")])
    assert again.status == WHOLE
    assert "rien n'a été coupé ni réécrit jusqu'à l'événement 12" in again.as_words()


@pytest.mark.parametrize("column", COLUMNS.split(", "))
@pytest.mark.parametrize("number", [1, 6, EVENTS])
def test_a_changed_column_is_found_wherever_it_is(
    column: str, number: int, trace: Database, settings: Settings
) -> None:
    write(trace, f"UPDATE events SET {column} = {TAMPERED[column]} WHERE id = {number}")
    verdict = verify_trace(settings, [])
    assert (verdict.status, verdict.checked) == (BROKEN, number - 1)
    assert f"ROMPUE à l'événement {number}" in verdict.as_words()


SWAPPED = """UPDATE events SET id = -1 WHERE id = 5;
UPDATE events SET id = 5 WHERE id = 6;
UPDATE events SET id = 6 WHERE id = -1"""


@pytest.mark.parametrize(
    ("statements", "number"),
    [
        (SWAPPED, 5),
        ("DELETE FROM events WHERE id = 7", 7),
        ("DELETE FROM events WHERE id = 1", 1),
        ("DELETE FROM events WHERE id < 12", 1),
        ("UPDATE events SET id = -id WHERE id = 12; UPDATE events SET id = 1 - id WHERE id = -12", 12),
        (
            "INSERT INTO events SELECT -3, at, actor, action, reference, detail, stored, previous, digest FROM events"
            " LIMIT 1",
            1,
        ),
        ("UPDATE events SET reference = NULL WHERE id = 1", 1),
        ("UPDATE events SET actor = CAST(x'ff41' AS TEXT) WHERE id = 6", 6),
    ],
    ids=["swapped", "one deleted", "first deleted", "all but the last", "moved", "one before", "nulled", "no text"],
)
def test_rows_swapped_deleted_moved_or_added_are_found(
    statements: str, number: int, trace: Database, settings: Settings
) -> None:
    write(trace, *statements.split(";"))
    verdict = verify_trace(settings, [])
    assert (verdict.status, verdict.checked) == (BROKEN, number - 1)


def test_a_cut_end_is_found_with_any_mail_written_after_it_and_with_none_before(
    trace: Database, settings: Settings
) -> None:
    mails = [noted_by_hand(f"{number}:{(events.digest_at(trace, number) or b'').hex()}") for number in (8, 9)]
    write(trace, "DELETE FROM events WHERE id > 8")
    assert verify_trace(settings, []).status == WHOLE
    assert verify_trace(settings, mails[:1]).status == WHOLE
    verdict = verify_trace(settings, mails)
    assert verdict.status == BROKEN
    assert "la fin de la trace manque : elle a 8 événements" in verdict.as_words().lower()


@pytest.mark.parametrize("first", [1, 6, EVENTS])
def test_a_chain_computed_anew_is_found_only_against_a_mail(first: int, trace: Database, settings: Settings) -> None:
    mail_head = noted(trace)
    write(trace, f"UPDATE events SET actor = 'nobody' WHERE id = {first}")
    compute_anew(trace, first)
    assert verify_trace(settings, []).status == WHOLE
    verdict = verify_trace(settings, [mail_head])
    assert verdict.status == BROKEN
    assert "RÉÉCRITE : l'événement 12 n'est pas celui après lequel mail.eml a été écrit" in verdict.as_words()


@pytest.mark.parametrize("came", ["report_received", "report_entered"])
def test_a_report_that_was_deleted_with_all_that_hangs_on_it_is_missed(
    came: str, db: Database, settings: Settings
) -> None:
    submissions.submit(db, a_new_report(), [], [Event(action=came, reference="7K4-92Q-MX3")], NOON)
    triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    write(db, "PRAGMA foreign_keys = OFF", *(f"DROP TRIGGER {name}" for (name,) in triggers))
    write(db, "DELETE FROM reports")
    verdict = verify_trace(settings, [])
    assert verdict.status == BROKEN
    assert verdict.findings == ("Des signalements que la trace connaît MANQUENT : 7K4-92Q-MX3.",)


def test_nothing_is_written_while_it_is_checked(trace: Database, settings: Settings) -> None:
    before = trace.execute("PRAGMA data_version").fetchone()
    verify_trace(settings, [])
    assert trace.execute("PRAGMA data_version").fetchone() == before


def test_a_trace_longer_than_one_reading_is_followed_to_its_end(trace: Database) -> None:
    for limit in (1, 5, EVENTS, 100):
        followed = events.follow(trace, limit=limit)
        assert followed.head.sequence == min(limit, EVENTS)
        while not followed.at_end:
            followed = events.follow(trace, followed.head, limit=limit)
        assert followed.head == events.head(trace)
    assert events.follow(trace, events.head(trace)) == events.ChainCheck(events.head(trace), None, True)
    assert events.follow_all(trace).head != START


# The command, as somebody types it.


def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    environment = {"KIOSK_INSTANCE": str(settings.instance)}
    result = CliRunner().invoke(commands, ["verify", *arguments], env=environment)
    return result.exit_code, result.output


def saved_mail(db: Database, path: Path) -> Path:
    head = noted(db).head
    path.write_bytes(mail(trace=head).raw)
    return path


def test_the_command_takes_a_saved_mail_or_its_attachment(trace: Database, settings: Settings, tmp_path: Path) -> None:
    attachment = tmp_path / "incident-7K4-92Q-MX3.json"
    attachment.write_text(json.dumps(mail(trace=noted(trace).head).payload), encoding="utf-8")
    for path in (saved_mail(trace, tmp_path / "mail.eml"), attachment):
        code, said = run(settings, "--mail", str(path))
        assert (code, path.name in said) == (0, True)
    write(trace, "DELETE FROM events WHERE id = 12")
    code, said = run(settings, "--mail", str(attachment), "--json")
    assert code == 1
    told = json.loads(said)
    assert (told["whole"], told["checked_events"], len(told["findings"])) == (False, 11, 1)
    assert told["held_against"][0]["sequence"] == EVENTS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mail_or_an_attachment_saved_in_another_encoding_proves_as_much(
    encoding: str, trace: Database, tmp_path: Path
) -> None:
    told = mail(trace=noted(trace).head)
    (tmp_path / "mail.eml").write_text(told.raw.decode(), encoding=encoding)
    (tmp_path / "incident.json").write_text(json.dumps(told.payload), encoding=encoding)
    for name in ("mail.eml", "incident.json"):
        assert [each.head for each in noted_in_mail(tmp_path / name)] == [noted(trace).head]


@pytest.mark.parametrize(
    "content", [None, b"", b"\xd0\xcf\x11\xe0" + bytes(600), b"%PDF-1.7", b"<html>", b"\xff\xfe\x00"]
)
def test_a_file_that_proves_nothing_is_answered_with_what_to_give(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "mail.msg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KioskError, match=str(path)) as error:
        noted_in_mail(path)
    assert all(way in str(error.value) for way in ("--mail", ".eml", "incident-….json", "--head", "NUMÉRO:EMPREINTE"))


@pytest.mark.parametrize("text", ["", "12", "12:abc", "abc:12", "12 : é"])
def test_a_head_that_is_none_is_answered_with_where_it_stands(text: str) -> None:
    with pytest.raises(KioskError, match="Empreinte de la trace"):
        noted_by_hand(text)


def no_file(path: Path) -> list[str]:
    return ["--mail", str(path / "nothing.eml")]


def no_mail_of_ours(path: Path) -> list[str]:
    (path / "other.eml").write_bytes(b"Subject: x\r\n\r\ntext")
    return ["--mail", str(path / "other.eml")]


def no_head(path: Path) -> list[str]:
    return ["--head", "12:abc"]


@pytest.mark.parametrize("arguments", [no_file, no_mail_of_ours, no_head])
def test_what_cannot_be_held_against_the_trace_is_told_apart_from_a_broken_one(
    arguments: Callable[[Path], list[str]], trace: Database, settings: Settings, tmp_path: Path
) -> None:
    assert run(settings, *arguments(tmp_path))[0] == 2


def test_a_missing_database_is_not_a_whole_trace(settings: Settings) -> None:
    code, said = run(settings)
    assert (code, f"pas de borne dans « {settings.instance} »" in said) == (2, True)
    assert not settings.instance.exists()


def test_a_mail_of_before_the_first_event_proves_nothing_and_breaks_nothing(db: Database, settings: Settings) -> None:
    verdict = verify_trace(settings, [noted(db)])
    assert isinstance(verdict, Verdict)
    assert verdict.status == WHOLE


def test_a_head_in_the_future_of_a_restored_backup_is_explained(trace: Database, settings: Settings) -> None:
    later = Noted("mail.eml", TraceHead(99, bytes.fromhex("ab" * 32)))
    assert "une sauvegarde plus ancienne a été restaurée" in verify_trace(settings, [later]).as_words()


def test_a_real_report_leaves_a_mail_that_fits(trace: Database, settings: Settings, tmp_path: Path) -> None:
    path = saved_mail(trace, tmp_path / "mail.eml")
    store(trace, reference="000-000-00X", now=clock.now() + timedelta(seconds=1))
    assert verify_trace(settings, noted_in_mail(path)).status == WHOLE


def test_a_folder_is_no_mail(tmp_path: Path) -> None:
    with pytest.raises(KioskError, match="ne peut pas être lu"):
        noted_in_mail(tmp_path)
