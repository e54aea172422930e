"""What the database holds is what the trace has noted: whoever writes to it once is found, and named."""

import gc
import json
import os
import tracemalloc
from datetime import timedelta
from uuid import UUID

import pytest
from sqlite_utils import Database

from kiosk.commands.verify import BROKEN, WHOLE, Noted, verify_trace
from kiosk.config import Settings
from kiosk.domain.handling import Eta, Outcome
from kiosk.domain.roles import Actor
from kiosk.domain.submission import Submission
from kiosk.domain.trace_head import TraceHead
from kiosk.duty import acts
from kiosk.keeping.purge import shorten_trace
from kiosk.reporting.add import Addition, add
from kiosk.reporting.reply import reply
from kiosk.store.base import schema_checks
from kiosk.store.base.connection import immediate
from kiosk.store.instance import directory
from kiosk.store.keeping import holds
from kiosk.store.keeping.erasure import purge
from kiosk.store.keeping.purgeable import CONTACT, CONTENT, Limit, purgeable_reports
from kiosk.store.keys.sealing import seal
from kiosk.store.keys.site_keys import site_key
from kiosk.store.outbox import outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.reports import breaches, report_status
from kiosk.store.reports.breaches import Decision
from kiosk.store.reports.follow_up import Followed
from kiosk.store.trace import events, row_checks, row_digests
from kiosk.store.trace.events import Event
from kiosk.store.trace.row_checks import How, Misfit, misfits
from kiosk.store.trace.row_digests import TABLES
from tests.build import NOON, claim, received, store
from tests.duty import staffed

REFERENCE = "7K4-92Q-MX3"
CAMILLE = Actor("camille", "Camille Martin", "manager")
HOUR = timedelta(hours=1)
SENT = Ending("sent", "dot", "250 ok")


def guard_nothing(db: Database) -> None:
    """What somebody does first who writes to the database."""
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.conn.commit()
    db.execute("PRAGMA foreign_keys = OFF").fetchall()
    db.execute("PRAGMA ignore_check_constraints = ON").fetchall()


def write(db: Database, statement: str, *values: object) -> None:
    assert db.execute(statement, values).rowcount == 1
    db.conn.commit()


def found(db: Database) -> list[Misfit]:
    return list(misfits(db))


@pytest.fixture
def kept(db: Database, settings: Settings) -> Database:
    """A report on which everything happened that stores something, after one on which nothing did."""
    told = staffed(settings)
    directory.sync(db, told.sites, told.audiences)
    store(db, reference="000-000-001")
    store(db, "mssi", "manager", personal_data="unknown", deadline_at=NOON + 72 * HOUR, follow_up_key=os.urandom(32))
    report = report_status.get(db, REFERENCE)
    followed = Followed(report, ())
    words = {"text": "Le badge gris.", "language": "fr", "terminal": "hall"}
    added = Addition(submission=Submission(UUID(int=8, version=4)), found=False, received_at=NOON + HOUR, **words)
    add(db, told, followed, added)
    acts.acknowledge(db, told, REFERENCE, actor=CAMILLE, eta=Eta.HOUR, now=NOON + HOUR)
    reply(db, REFERENCE, "Merci, on passe.", actor=CAMILLE, now=NOON + 2 * HOUR)
    acts.note(db, REFERENCE, "Rappeler le chef de chantier", actor=CAMILLE, now=NOON + 3 * HOUR)
    breach = breaches.find(db, REFERENCE)
    assert breach
    breaches.save(
        db, breach, {"nature": "perte"}, Decision(word="not_notifiable"), actor="camille", now=NOON + 4 * HOUR
    )
    while db.execute("SELECT 1 FROM deliveries WHERE state = 'queued' AND report_id = 2").fetchone():
        outcomes.record_sent(db, claim(db, NOON + 5 * HOUR), SENT, NOON + 5 * HOUR)
    add(db, told, followed, Addition(submission=Submission(), found=False, received_at=NOON + 6 * HOUR, **words))
    acts.close(db, told, REFERENCE, actor=CAMILLE, outcome=Outcome.RESOLVED, now=NOON + 6 * HOUR)
    holds.place(db, report_status.get(db, REFERENCE), "litigation", actor="camille", now=NOON + 7 * HOUR)
    return db


def erase(db: Database, stage: str) -> None:
    """As the purge does once the hold is released and the mails have left."""
    now = NOON + 900 * 24 * HOUR
    holds.release(db, report_status.get(db, REFERENCE), actor="camille", now=now)
    while db.execute("SELECT 1 FROM deliveries WHERE state = 'queued'").fetchone():
        outcomes.record_sent(db, claim(db, now), SENT, now)
    limit = Limit(now)
    assert purge(db, purgeable_reports(db, stage, {"closed": limit}), now=now)


def test_every_column_of_a_table_with_words_is_bound_or_named_as_one_that_is_not(db: Database) -> None:
    for table in TABLES.values():
        columns = {row[1] for row in db.execute(f"PRAGMA table_info({table.name})")}
        clear = {column for part in table.clear.values() for column in part if column.isidentifier()}
        sealed = {column for column in table.sealed.values() if column.isidentifier()}
        assert clear | sealed | set(table.key) | set(table.unbound) == columns, table.name


def test_what_the_kiosk_wrote_fits(kept: Database, settings: Settings) -> None:
    assert found(kept) == []
    assert verify_trace(settings, []).status == WHOLE
    for table in set(TABLES) - {"tombstones"}:
        assert kept.execute(f"SELECT 1 FROM {table}").fetchone(), table


@pytest.mark.parametrize("stage", [CONTACT, CONTENT])
def test_an_erasure_explains_what_is_gone(stage: str, kept: Database, settings: Settings) -> None:
    erase(kept, stage)
    assert found(kept) == []
    breaches.forget(kept, NOON + 900 * 24 * HOUR, now=NOON + 901 * 24 * HOUR)
    assert found(kept) == []
    assert verify_trace(settings, []).status == WHOLE


COLUMNS = [
    (table.name, part, column)
    for table in TABLES.values()
    for part, columns in (*table.clear.items(), *((part, (part,)) for part in table.sealed))
    for column in columns
    if column.isidentifier() and column not in ("report_id", "body")
]
OTHER = {"BLOB": b"x" * 32, "INTEGER": 7, "TEXT": "other"}


@pytest.mark.parametrize(("table", "part", "column"), COLUMNS)
def test_a_column_that_somebody_rewrites_is_named(table: str, part: str, column: str, kept: Database) -> None:
    if table == "tombstones":
        erase(kept, CONTENT)
    guard_nothing(kept)
    types = {row[1]: row[2] for row in kept.execute(f"PRAGMA table_info({table})")}
    key, owner = TABLES[table].key[0], TABLES[table].report
    first = kept.execute(f"SELECT max({key}) FROM {table} WHERE {owner} = 2").fetchone()[0]
    write(kept, f"UPDATE {table} SET {column} = ? WHERE {key} = ?", OTHER[types[column]], first)
    how = How.PLANTED if (table, column) == ("reports", "reference") else How.ALTERED
    assert (table, how) in [(each.table, each.how) for each in found(kept)]
    assert how is How.PLANTED or Misfit(REFERENCE, table, part, How.ALTERED) in found(kept)


def test_other_words_sealed_to_the_sites_key_are_found_although_every_promise_was_put_back(
    kept: Database, settings: Settings
) -> None:
    triggers = kept.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    head = events.head(kept)
    guard_nothing(kept)
    identity = kept.execute("SELECT submission_hash FROM reports WHERE id = 2").fetchone()[0]
    other = seal(b'{"description": "rien"}', site_key(kept, "siege").public_key, context=identity + b"content")
    write(kept, "UPDATE reports SET content = ?, severity = 'normal' WHERE id = 2", other)
    for (statement,) in triggers:
        kept.execute(statement)
    kept.conn.commit()
    assert list(schema_checks.differences(kept)) == []
    mail = Noted("mail.eml", TraceHead(head.sequence, head.digest))
    verdict = verify_trace(settings, [mail])
    assert verdict.status == BROKEN
    assert verdict.as_words() == (
        f"Le signalement {REFERENCE} a été MODIFIÉ hors de la borne\u00a0: son texte n'est pas ce que la trace a noté."
    )


def test_a_second_event_cannot_explain_other_words(kept: Database) -> None:
    guard_nothing(kept)
    write(kept, "UPDATE notes SET text = x'00'")
    forged = received(REFERENCE)
    with immediate(kept):
        events.append(kept, [row_digests.storing(forged, row_digests.of_report(kept, "notes", 2))], NOON)
    assert found(kept) == [Misfit(REFERENCE, "notes", "text", How.ALTERED)]


@pytest.mark.parametrize(
    ("action", "how"), [("note_added", [Misfit(REFERENCE, "notes", "text", How.ALTERED)]), ("content_purged", [])]
)
def test_only_a_purge_explains_that_words_are_gone(action: str, how: list[Misfit], kept: Database) -> None:
    guard_nothing(kept)
    write(kept, "UPDATE notes SET text = NULL")
    assert found(kept) == [Misfit(REFERENCE, "notes", "text", How.MISSING)]
    with immediate(kept):
        event = Event(action=action, reference=REFERENCE)
        events.append(kept, [row_digests.storing(event, *row_digests.erased(kept, 2))], NOON)
    assert found(kept) == how


@pytest.mark.parametrize("table", ["additions", "replies", "notes", "holds", "tombstones", "deliveries"])
def test_a_row_that_is_gone_and_one_that_was_planted_are_found(table: str, kept: Database) -> None:
    if table == "tombstones":
        erase(kept, CONTENT)
    guard_nothing(kept)
    key = TABLES[table].key[0]
    first = kept.execute(f"SELECT min({key}) FROM {table} WHERE report_id = 2").fetchone()[0]
    write(kept, f"UPDATE {table} SET report_id = 1 WHERE {key} = ?", first)
    told = {(each.reference, each.table, each.how) for each in found(kept)}
    assert {("000-000-001", table, How.PLANTED), (REFERENCE, table, How.MISSING)} <= told


def test_a_mail_that_waits_with_other_words_and_one_that_never_left_are_found(db: Database) -> None:
    store(db, "mssi", "manager")
    guard_nothing(db)
    write(db, "UPDATE bodies SET bytes = x'00' WHERE id = (SELECT body_id FROM deliveries WHERE id = 1)")
    write(db, "UPDATE deliveries SET state = 'sent', sent_at = created_at WHERE id = 2")
    assert [(each.table, each.part, each.how) for each in found(db)] == [
        ("deliveries", "body", How.ALTERED),
        ("deliveries", "body", How.MISSING),
        ("deliveries", "ended", How.ALTERED),
    ]


def test_a_whole_report_that_was_planted_is_found(kept: Database, settings: Settings) -> None:
    guard_nothing(kept)
    columns = [row[1] for row in kept.execute("PRAGMA table_info(reports)")]
    other = {
        "id": "3",
        "reference": "'000-000-002'",
        "submission_hash": "zeroblob(32)",
        "follow_up_hash": "zeroblob(32)",
    }
    copied = ", ".join(other.get(column, column) for column in columns)
    write(kept, f"INSERT INTO reports SELECT {copied} FROM reports WHERE id = 2")
    assert found(kept) == [Misfit("000-000-002", "reports", "", How.PLANTED)]
    assert "Le signalement 000-000-002 a été MODIFIÉ" in verify_trace(settings, []).as_words()


def test_the_first_of_several_is_named_and_the_others_are_counted(kept: Database, settings: Settings) -> None:
    store(kept, reference="000-000-002")
    guard_nothing(kept)
    kept.execute("UPDATE reports SET hidden_as = 'spam'")
    kept.conn.commit()
    words = verify_trace(settings, []).as_words()
    assert "Le signalement 000-000-001 a été MODIFIÉ" in words
    assert "(2 de plus)" in words


@pytest.mark.parametrize(
    "stored", [{"nothing 1": {"x": "y"}}, {"notes 1": "x"}, ["notes 1"], {"notes 1": {"text": ["x"]}}]
)
def test_an_event_that_no_kiosk_writes_is_found_and_stops_nothing(stored: object, kept: Database) -> None:
    with immediate(kept):
        events.append(kept, [Event(action="note_added", reference=REFERENCE, stored=stored)], NOON)  # type: ignore[arg-type]
    assert REFERENCE in {each.reference for each in found(kept)}


def test_text_that_is_not_text_is_found_and_stops_nothing(kept: Database, settings: Settings) -> None:
    guard_nothing(kept)
    write(kept, "UPDATE reports SET taken_by = CAST(x'ff41' AS TEXT) WHERE id = 2")
    assert found(kept) == [Misfit(REFERENCE, "reports", "status", How.ALTERED)]
    assert "sa prise en charge" in verify_trace(settings, []).as_words()


def test_a_change_without_an_event_is_refused(db: Database) -> None:
    store(db)
    report = report_status.get(db, REFERENCE)
    with pytest.raises(ValueError, match="needs an event"):
        report_status.change(db, report, report_status.Change(values={"taken_by": "Camille"}), NOON)
    assert report_status.get(db, REFERENCE) == report


def cut_the_trace(db: Database, settings: Settings) -> None:
    """With everything in it, as no report needs it any more."""
    now = NOON + timedelta(days=1700)
    acts.close(db, settings, "000-000-001", actor=CAMILLE, outcome=Outcome.RESOLVED, now=NOON + timedelta(days=950))
    erase(db, CONTENT)
    with immediate(db):
        events.append(db, [Event(action="sign_in")], now)
    last = events.head(db).sequence - 1
    while shorten_trace(db, settings, now):
        continue
    assert events.origin(db).sequence == last


def test_where_the_trace_was_cut_the_words_that_are_kept_are_still_bound(kept: Database, settings: Settings) -> None:
    cut_the_trace(kept, settings)
    left = kept.execute("SELECT stored FROM events WHERE action = ?", (row_checks.CARRIED,)).fetchall()
    assert [list(json.loads(stored)) for (stored,) in left] == [["reports 1"], ["breaches 2"]]
    assert found(kept) == []
    assert verify_trace(settings, []).status == WHOLE
    guard_nothing(kept)
    write(kept, "UPDATE breaches SET details = x'00'")
    write(kept, "UPDATE reports SET severity = 'normal' WHERE id = 1")
    assert found(kept) == [
        Misfit("000-000-001", "reports", "told", How.ALTERED),
        Misfit(REFERENCE, "breaches", "details", How.ALTERED),
    ]


def test_what_was_altered_before_the_cut_stays_found_after_it(kept: Database, settings: Settings) -> None:
    triggers = kept.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    guard_nothing(kept)
    write(kept, "UPDATE breaches SET details = x'00'")
    for (statement,) in triggers:
        kept.execute(statement)
    cut_the_trace(kept, settings)
    assert found(kept) == [Misfit(REFERENCE, "breaches", "details", How.ALTERED)]


STRANGERS = {
    "CREATE TRIGGER spy AFTER INSERT ON reports BEGIN SELECT 1; END": "le déclencheur spy est inconnu",
    "CREATE TABLE copies (x)": "la table copies est inconnue",
    "CREATE VIEW told AS SELECT * FROM reports": "la vue told est inconnue",
    "CREATE INDEX other ON reports (kind)": "l'index other est inconnu",
    "DROP TRIGGER notes_are_never_deleted": "le déclencheur notes_are_never_deleted manque",
    "DROP INDEX notes_of_report": "l'index notes_of_report manque",
    "ALTER TABLE notes ADD COLUMN more TEXT": "la table notes n'est pas celle prévue",
}


@pytest.mark.parametrize("statement", STRANGERS)
def test_the_check_names_what_is_missing_altered_or_unknown_in_the_schema(statement: str, db: Database) -> None:
    assert list(schema_checks.differences(db)) == []
    db.execute(statement)
    assert [each.french for each in schema_checks.differences(db)] == [STRANGERS[statement]]


def test_a_trigger_that_was_put_back_with_less_in_it_is_named(db: Database) -> None:
    name = "reports_are_never_rewritten"
    sql = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    db.execute(f"DROP TRIGGER {name}")
    db.execute(sql.replace("severity, ", ""))
    assert [each.french for each in schema_checks.differences(db)] == [f"le déclencheur {name} n'est pas celui prévu"]


def test_the_comparison_needs_no_more_memory_for_more_reports(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_checks, "AT_ONCE", 20)
    peaks = []
    for reports in (60, 600):
        fill(db, reports=reports, others=5)
        gc.collect()
        tracemalloc.start()
        assert next(misfits(db), None) is None
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 3 * peaks[0], "of ten times as many"


def fill(db: Database, *, reports: int, others: int) -> None:
    """Many copies of a report, numbered from what is there on, each with its event and some others."""
    there = db["reports"].count or (store(db) and 1)
    columns = [row[1] for row in db.execute("PRAGMA table_info(reports)")]
    own = {"id": "?1", "reference": "?2"} | dict.fromkeys(("submission_hash", "follow_up_hash"), "randomblob(32)")
    copied = ", ".join(own.get(column, column) for column in columns)
    with immediate(db):
        for number in range(there + 1, reports + 1):
            reference = f"{number:011d}"
            db.execute(f"INSERT INTO reports SELECT {copied} FROM reports WHERE id = 1", (number, reference))
            told = row_digests.storing(received(reference), row_digests.of_row(db, "reports", number))
            more = [Event(action="delivery_sent", reference=reference, detail={"audience": "mssi"})] * others
            events.append(db, [told, *more], NOON)
