"""The 72 hours: a file for each report that does not exclude personal data, reminders until somebody decides."""

import dataclasses
import json
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from kiosk.breaches import cnil_form
from kiosk.breaches.decision import Objection, decide, state_words
from kiosk.breaches.draft import draft_of
from kiosk.breaches.reminders import remind_of_breaches
from kiosk.config import Settings
from kiosk.domain.catalogue import Form, Question
from kiosk.domain.cnil import NOTIFICATION_DELAY, BreachDecision, CnilOrigin
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.duty import acts
from kiosk.store.keeping.erasure import purge
from kiosk.store.keeping.purgeable import CONTENT, Limit, kept_back, purgeable_reports
from kiosk.store.keys import site_keys
from kiosk.store.reports import breach_register, breach_reminders, breaches
from kiosk.store.reports.breaches import Breach, Decision
from tests.build import NOON, store
from tests.duty import CAMILLE, staffed
from tests.retention import live, steady
from tests.unit.mails import facts

REFERENCE = "7K4-92Q-MX3"
HOUR = timedelta(hours=1)
DEADLINE = NOON + NOTIFICATION_DELAY


@pytest.fixture
def reported(db: Database) -> str:
    store(db, personal_data="unknown", deadline_at=DEADLINE, kind_title="Virus")
    return REFERENCE


def found(db: Database, reference: str = REFERENCE) -> Breach:
    breach = breaches.find(db, reference)
    assert breach
    return breach


def reminded(db: Database) -> list[tuple[int, list[str]]]:
    rows = db.execute("SELECT detail FROM events WHERE action = 'breach_reminded' ORDER BY id")
    return [(told["hours"], sorted(told["audiences"])) for told in (json.loads(row[0]) for row in rows)]


def test_a_file_is_opened_with_the_report_and_none_where_personal_data_is_excluded(db: Database, reported: str) -> None:
    store(db, reference="000-000-001")
    assert found(db).deadline_at == DEADLINE
    assert found(db).aware_at == NOON
    assert breaches.find(db, "000-000-001") is None


def test_the_dpo_is_reminded_at_24_48_and_66_hours_and_the_mssi_at_the_last(
    db: Database, settings: Settings, reported: str
) -> None:
    told = staffed(settings)
    for hours in (1, 23, 24, 25, 47, 48, 49, 65, 66, 67, 71, 80, 500):
        remind_of_breaches(db, told, NOON + hours * HOUR)
    assert reminded(db) == [(24, ["dpo"]), (48, ["dpo"]), (66, ["dpo", "mssi"])]
    purposes = db.execute("SELECT purpose, only_while FROM deliveries WHERE purpose = 'breach'").fetchall()
    assert purposes == [("breach", "undecided")] * 4


def test_a_kiosk_that_was_off_leaves_out_what_has_passed(db: Database, settings: Settings, reported: str) -> None:
    remind_of_breaches(db, staffed(settings), NOON + 50 * HOUR)
    remind_of_breaches(db, staffed(settings), NOON + 51 * HOUR)
    assert reminded(db) == [(48, ["dpo"])]


@given(st.lists(st.integers(-400, 400), max_size=12))
def test_whatever_the_clock_does_each_reminder_comes_once_and_none_before_its_hour(hours: list[int]) -> None:
    last = 0
    for hour in hours:
        breach = dataclasses.replace(A_BREACH, reminded=last)
        stage = breach_reminders._hour(breach, NOON + hour * HOUR)
        if stage > last:
            assert stage in breach_reminders.HOURS
            assert hour >= stage
            last = stage


A_BREACH = Breach(
    report_id=1,
    reference=REFERENCE,
    site="siege",
    hidden=False,
    opened_at=NOON,
    opened_by="kiosk",
    deadline_at=DEADLINE,
    revision=0,
    reminded=0,
    decision=None,
    decided_at=None,
    decided_by=None,
    notified_at=None,
)


def saved(db: Database, decision: Decision | None, now: datetime = NOON + HOUR) -> bool:
    return breaches.save(
        db, found(db), cnil_form.accepted({"certainty": "established"}), decision, actor="dora", now=now
    )


def test_a_decision_stops_the_reminders_also_one_that_waits_already(
    db: Database, settings: Settings, reported: str
) -> None:
    remind_of_breaches(db, staffed(settings), NOON + 24 * HOUR)
    assert saved(db, Decision(word=BreachDecision.NOT_NOTIFIABLE))
    remind_of_breaches(db, staffed(settings), NOON + 70 * HOUR)
    assert reminded(db) == [(24, ["dpo"])]
    assert db.execute("SELECT state FROM deliveries WHERE purpose = 'breach'").fetchall() == [("cancelled",)]


def test_taking_the_report_does_not(db: Database, settings: Settings, reported: str) -> None:
    told = staffed(settings)
    remind_of_breaches(db, told, NOON + 24 * HOUR)
    assert acts.acknowledge(db, told, REFERENCE, actor=CAMILLE, eta=Eta.HOUR, now=NOON + 25 * HOUR).done
    assert db.execute("SELECT state FROM deliveries WHERE purpose = 'breach'").fetchall() == [("queued",)]


def test_a_hidden_report_reminds_nobody(db: Database, settings: Settings, reported: str) -> None:
    told = staffed(settings)
    assert acts.mark(db, told, REFERENCE, actor=CAMILLE, hidden_as=HiddenAs.SPAM, now=NOON + HOUR).done
    remind_of_breaches(db, told, NOON + 24 * HOUR)
    assert reminded(db) == []
    assert breach_register.undecided(db) == (0, None)


def test_of_two_who_write_the_second_is_told_and_changes_nothing(db: Database, reported: str) -> None:
    seen = found(db)
    assert breaches.save(db, seen, {"delay": "first"}, None, actor="dora", now=NOON)
    assert not breaches.save(
        db, seen, {"delay": "second"}, Decision(word=BreachDecision.NOT_NOTIFIABLE), actor="maia", now=NOON
    )
    assert found(db).decision is None


def test_what_is_written_is_sealed_and_comes_back(db: Database, settings: Settings, reported: str) -> None:
    breaches.save(db, found(db), {"circumstances": "MARKER-8891"}, None, actor="dora", now=NOON)
    blob = db.execute("SELECT details FROM breaches").fetchone()[0]
    assert b"MARKER" not in blob
    assert breaches.details(db, found(db), site_keys.in_files(db, settings.secrets)) == {"circumstances": "MARKER-8891"}


def test_an_unchanged_decision_keeps_whose_it_was(db: Database, reported: str) -> None:
    assert saved(db, Decision(word=BreachDecision.NOTIFIED, notified_at=NOON), NOON + HOUR)
    breaches.save(
        db,
        found(db),
        {},
        Decision(word=BreachDecision.NOTIFIED, notified_at=NOON),
        actor="another",
        now=NOON + 2 * HOUR,
    )
    assert (found(db).decided_by, found(db).decided_at) == ("dora", NOON + HOUR)
    assert saved(db, None)
    assert (found(db).decision, found(db).decided_by) == (None, None)
    actions = [row[0] for row in db.execute("SELECT action FROM events WHERE action LIKE 'breach%' ORDER BY id")]
    assert actions == ["breach_decided", "breach_edited", "breach_decided"]


def test_a_file_can_be_opened_by_hand_once_and_its_hours_begin_then(db: Database) -> None:
    store(db)
    later = NOON + 10 * HOUR
    assert breaches.open_by_hand(db, REFERENCE, actor="dora", now=later)
    assert not breaches.open_by_hand(db, REFERENCE, actor="dora", now=later)
    assert not breaches.open_by_hand(db, "ZZZ-ZZZ-ZZZ", actor="dora", now=later)
    assert found(db).aware_at == later


def test_the_register_is_never_shortened(db: Database, reported: str) -> None:
    for statement in ("DELETE FROM breaches", "UPDATE breaches SET deadline_at = '2030-01-01T00:00:00.000Z'"):
        with pytest.raises(Exception, match="never"):
            db.execute(statement)


@pytest.mark.parametrize(
    ("word", "notified_at", "told", "at"),
    [
        ("notified", None, {}, "notified_at"),
        ("notified", NOON - HOUR, {}, "notified_at"),
        ("notified", NOON + 99 * HOUR, {}, "notified_at"),
        ("notified", NOON + 73 * HOUR, {}, "delay"),
        ("not_notifiable", None, {}, "reason"),
        ("not_notifiable", None, {"reason": "other"}, "reason_words"),
    ],
)
def test_a_decision_that_lacks_something_says_what(
    word: str, notified_at: datetime | None, told: dict[str, str], at: str
) -> None:
    objection = decide(A_BREACH, word, notified_at, cnil_form.accepted(told), NOON + 80 * HOUR)
    assert isinstance(objection, Objection)
    assert objection.at == at


def test_decisions_that_lack_nothing() -> None:
    now = NOON + 80 * HOUR
    late = cnil_form.accepted({"delay": "Le DPO était absent."})
    assert decide(A_BREACH, "notified", NOON + 73 * HOUR, late, now) == Decision(
        word=BreachDecision.NOTIFIED, notified_at=NOON + 73 * HOUR
    )
    assert decide(A_BREACH, "notified", NOON + 2 * HOUR, cnil_form.accepted({}), now)
    assert decide(A_BREACH, "not_notifiable", None, cnil_form.accepted({"reason": "no_risk"}), now)
    assert decide(A_BREACH, "", None, cnil_form.accepted({}), now) is None


def test_only_answers_of_the_list_are_kept() -> None:
    told = cnil_form.accepted(
        {"certainty": "perhaps", "data": ["nir", "shoe_size"], "unheard": "of", "delay": " a\nb "}
    )
    assert (told["certainty"], told["data"], told["delay"]) == ("", ["nir"], "a\nb")
    assert "unheard" not in told


def test_the_draft_says_what_the_report_says() -> None:
    told = draft_of(facts(kind="theft", contact_company="Froid et Climat"))
    assert told["certainty"] == "suspected"
    assert told["origin"] == ["equipment"]
    assert "Mon sac a disparu" in told["circumstances"]
    assert told["processor"].startswith("Froid et Climat, a prévenu le samedi 21/11/2026")
    assert told["measures_after"] == "La porte est surveillée."


@pytest.mark.parametrize("question", cnil_form.QUESTIONS, ids=lambda question: question.code)
def test_every_question_has_words_for_each_of_its_answers(question: Question) -> None:
    for choice in question.choices:
        answer = [choice.code] if question.form is Form.SEVERAL else choice.code
        assert question.words(answer) == choice.label
    assert [choice.label for choice in question.choices][-1:] == (["ne sait pas"] if question.closed else [])
    assert question.words(None) == ""


@pytest.mark.parametrize("origin", CnilOrigin)
def test_what_the_catalogue_names_as_the_origin_is_chosen_in_the_draft(origin: CnilOrigin) -> None:
    assert draft_of(facts(cnil_origin=str(origin)))["origin"] == [origin.code]


def test_the_state_is_said_in_words() -> None:
    decided = dataclasses.replace(A_BREACH, decision="notified", notified_at=NOON)
    said: Callable[[Breach, datetime], str] = state_words
    assert said(A_BREACH, NOON) == "à décider par le DPO, avant le lundi 23/11/2026 à 13:00"
    assert said(A_BREACH, NOON + 90 * HOUR) == "à décider par le DPO, délai passé depuis le lundi 23/11/2026 à 13:00"
    assert said(decided, NOON) == "notifiée à la CNIL le vendredi 20/11/2026 à 13:00"
    assert said(dataclasses.replace(A_BREACH, decision="not_notifiable"), NOON) == "pas de notification"


def test_a_report_is_not_purged_before_its_breach_is_decided(db: Database, settings: Settings, reported: str) -> None:
    told = staffed(settings)
    acts.close(db, told, REFERENCE, actor=CAMILLE, outcome=Outcome.RESOLVED, now=NOON + HOUR)
    sent_all(db)
    limits = {"closed": Limit(NOON + 2 * HOUR)}
    assert purgeable_reports(db, CONTENT, limits) == []
    assert kept_back(db, CONTENT, limits)["undecided"] == 1
    assert saved(db, Decision(word=BreachDecision.NOT_NOTIFIABLE))
    (one,) = purgeable_reports(db, CONTENT, limits)
    assert purge(db, [one], now=NOON + 3 * HOUR)


def test_the_database_itself_refuses_to(db: Database, reported: str) -> None:
    sent_all(db)
    db.execute("UPDATE reports SET state = 'closed'")
    row = (1, "content", REFERENCE, "virus", "", "", "closed", "kiosk")
    with pytest.raises(sqlite3.IntegrityError, match="before its breach is decided"):
        db.execute("INSERT INTO tombstones VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def sent_all(db: Database) -> None:
    for statement in (
        "UPDATE deliveries SET state = 'sending', claim = 'c' WHERE state = 'queued'",
        "UPDATE deliveries SET state = 'sent', claim = NULL, sent_at = '' WHERE state = 'sending'",
    ):
        db.execute(statement)
    db.conn.commit()


def test_a_decided_file_is_forgotten_in_its_time_and_its_line_stays(
    db: Database, settings: Settings, reported: str
) -> None:
    assert saved(db, Decision(word=BreachDecision.NOT_NOTIFIABLE), NOON)
    assert not breaches.forget(db, NOON - HOUR, now=NOON)
    assert breaches.forget(db, NOON + HOUR, now=NOON + 2 * HOUR)
    assert not breaches.forget(db, NOON + HOUR, now=NOON + 2 * HOUR)
    assert breaches.details(db, found(db), site_keys.in_files(db, settings.secrets)) is None
    assert found(db).decision == "not_notifiable"
    actions = [row[0] for row in db.execute("SELECT action FROM events WHERE action LIKE 'breach%' ORDER BY id")]
    assert actions == ["breach_decided", "breach_purged"]


def test_the_background_process_forgets_them(db: Database, settings: Settings, reported: str) -> None:
    later = NOON + timedelta(days=1826)
    assert saved(db, Decision(word=BreachDecision.NOT_NOTIFIABLE), NOON)
    steady(db, later)
    live(db, settings, later, turns=3)
    assert db.execute("SELECT details FROM breaches").fetchone() == (None,)


def test_what_was_drafted_about_a_hidden_report_goes_with_its_content(
    db: Database, settings: Settings, reported: str
) -> None:
    told = staffed(settings)
    assert saved(db, None)
    acts.mark(db, told, REFERENCE, actor=CAMILLE, hidden_as=HiddenAs.SPAM, now=NOON + HOUR)
    sent_all(db)
    (one,) = purgeable_reports(db, CONTENT, {"hidden": Limit(NOON + 2 * HOUR)})
    assert purge(db, [one], now=NOON + 3 * HOUR)
    assert db.execute("SELECT details FROM breaches").fetchone() == (None,)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            "SELECT report_id FROM breaches WHERE decision IS NULL AND nudged < 66 AND deadline_at <= ''"
            " ORDER BY deadline_at",
            "breaches_to_nudge",
        ),
        ("SELECT report_id FROM breaches WHERE details IS NOT NULL AND decided_at <= ''", "breaches_decided"),
    ],
)
def test_what_is_asked_each_second_is_answered_from_an_index(db: Database, statement: str, index: str) -> None:
    (step,) = db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    assert index in step[3]


def test_many_files_that_were_reminded_of_long_ago_cost_nothing(
    db: Database, settings: Settings, reported: str
) -> None:
    told = staffed(settings)
    for hours in (24, 48, 66):
        remind_of_breaches(db, told, NOON + hours * HOUR)
    steps: list[int] = []
    db.conn.set_progress_handler(lambda: steps.append(1), 1)
    assert breach_reminders.due(db, now=NOON + 900 * HOUR) == []
    db.conn.set_progress_handler(None, 1)
    assert len(steps) < 60
