"""Nobody answers: who is told next, when, and once."""

import dataclasses
from datetime import timedelta

import pytest
from sqlite_utils import Database

from kiosk.config import Audience, Role, Settings
from kiosk.config.duty import Duty, Minutes
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.duty import escalation
from kiosk.duty.acts import acknowledge, close, mark, reopen
from kiosk.store.reports import report_status
from tests.duty import CAMILLE, MORNING, REFERENCE, Lobby, staffed

DEPUTY, MSSI = ("escalation", "deputy"), ("reminder", "mssi")


@pytest.fixture
def lobby(db: Database, settings: Settings) -> Lobby:
    return Lobby(db, staffed(settings))


def test_the_deputy_is_told_when_the_time_is_over_then_the_mssi_then_nobody_more(lobby: Lobby) -> None:
    lobby.report()
    assert lobby.wait(minutes=14, seconds=59) == []
    assert lobby.wait(seconds=1) == [DEPUTY]
    assert lobby.wait(minutes=14, seconds=59) == []
    assert lobby.wait(seconds=1) == [MSSI]
    assert lobby.wait(days=30) == []
    assert lobby.actions() == ["report_received", "escalated", "escalated"]


@pytest.mark.parametrize(
    ("severity", "first", "second"),
    [
        ("critical", timedelta(minutes=15), timedelta(minutes=30)),
        ("high", timedelta(hours=1), timedelta(hours=2)),
        ("normal", timedelta(hours=4), timedelta(days=2, hours=23)),  # from 14:00 on a Friday to Monday at 9
    ],
)
def test_each_severity_has_its_own_time_in_business_hours(
    lobby: Lobby, severity: str, first: timedelta, second: timedelta
) -> None:
    lobby.report(severity=severity)
    for due, told in ((first, DEPUTY), (second, MSSI)):
        lobby.now = MORNING + due - timedelta(seconds=1)
        assert lobby.look() == []
        assert lobby.wait(seconds=1) == [told]


def test_looking_often_tells_nobody_twice(lobby: Lobby) -> None:
    lobby.report()
    news = [mail for _ in range(60) for mail in lobby.wait(minutes=1)]
    assert news == [DEPUTY, MSSI]


def test_after_a_night_without_power_each_step_is_taken_once_and_the_deputy_gets_time_to_answer(lobby: Lobby) -> None:
    lobby.report()
    assert lobby.wait(hours=12) == [DEPUTY]
    assert lobby.wait(minutes=14) == []
    assert lobby.wait(minutes=1) == [MSSI]


def test_a_report_that_nobody_looked_at_for_a_year_is_one_step_and_not_a_storm(lobby: Lobby) -> None:
    for number in range(25):
        lobby.report(f"{number:03}-AAA-AAA")
    assert len(lobby.wait(days=365)) == report_status.LOOK_AT_MOST
    assert lobby.wait(seconds=1) == [DEPUTY] * 5
    assert lobby.wait(seconds=1) == []


def test_changed_settings_make_open_reports_due_in_slices(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    """No turn makes more than one slice of them due, and none is lost or told twice."""
    monkeypatch.setattr(report_status, "FORGET_AT_ONCE", 10)
    for number in range(25):
        lobby.report(f"{number:03}-AAA-AAA")
    monkeypatch.setattr(escalation, "TURN", 60)
    while due_at_once(lobby) or not lobby.db.execute("SELECT digest FROM duty_settings").fetchone()[0]:
        lobby.look()
    slower = dataclasses.replace(lobby.settings.duty, step=Minutes(critical=20))
    lobby.settings = dataclasses.replace(lobby.settings, duty=slower)
    made_due = [(lobby.look(), due_at_once(lobby))[1] for _ in range(3)]
    assert made_due == [10, 20, 0]
    assert [len(lobby.wait(minutes=15)), len(lobby.wait(seconds=1))] == [20, 5]


def test_many_open_reports_are_looked_at_in_few_commits(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(100):
        lobby.report(f"{number:03}-AAA-AAA")
    monkeypatch.setattr(escalation, "TURN", 60)
    lobby.db.execute("UPDATE reports SET attend_at = ''")
    statements: list[str] = []
    lobby.db.conn.set_trace_callback(statements.append)
    while due_at_once(lobby):
        lobby.look()
    assert statements.count("COMMIT") <= 100 / report_status.LOOK_AT_MOST + 2


def test_a_turn_ends_in_time(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalation, "TURN", 0)
    for number in range(25):
        lobby.report(f"{number:03}-AAA-AAA")
    lobby.db.execute("UPDATE reports SET attend_at = ''")
    lobby.look()
    assert due_at_once(lobby) == 25


def due_at_once(lobby: Lobby) -> int:
    return int(lobby.db.execute("SELECT count(*) FROM reports WHERE attend_at = ''").fetchone()[0])


def test_a_deputy_without_an_address_is_passed_over_with_an_event(db: Database, settings: Settings) -> None:
    lobby = Lobby(db, staffed(settings, deputy=""))
    lobby.report()
    assert lobby.wait(minutes=15) == [MSSI]
    assert lobby.actions() == ["report_received", "escalation_skipped", "escalated"]


def test_when_no_manager_can_be_written_to_the_deputy_is_told_at_once_and_the_mssi_is_not(
    db: Database, settings: Settings
) -> None:
    lobby = Lobby(db, staffed(settings, manager=""))
    lobby.report(told=("mssi",))
    assert lobby.wait(seconds=1) == [DEPUTY]
    assert "ne peut pas être prévenu par courriel" in lobby.text("escalation", "deputy")
    assert lobby.wait(minutes=14) == []
    assert lobby.wait(minutes=1) == [MSSI]


def test_where_nobody_can_be_written_to_the_mssi_is_reminded_when_the_time_is_over(
    db: Database, settings: Settings
) -> None:
    lobby = Lobby(db, staffed(settings, manager="", deputy=""))
    lobby.report(told=("mssi",))
    assert lobby.wait(minutes=14) == []
    assert lobby.wait(minutes=1) == [MSSI]


def test_somebody_who_acknowledges_stops_everything_that_has_not_left_yet(lobby: Lobby) -> None:
    lobby.report()
    lobby.wait(minutes=15)
    acknowledge(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, eta=Eta.TODAY, now=lobby.now)
    assert lobby.waiting()[DEPUTY] == "cancelled"
    lobby.news()
    assert lobby.wait(hours=3) == []


def test_a_report_that_was_closed_or_hidden_keeps_still(lobby: Lobby) -> None:
    lobby.report()
    lobby.report("AAA-AAA-AAA")
    close(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, outcome=Outcome.FALSE_ALARM, now=lobby.now)
    mark(lobby.db, lobby.settings, "AAA-AAA-AAA", actor=CAMILLE, hidden_as=HiddenAs.SPAM, now=lobby.now)
    lobby.news()
    assert lobby.wait(hours=3) == []


def test_a_reopened_report_goes_through_the_whole_chain_again(lobby: Lobby) -> None:
    lobby.report()
    close(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, outcome=Outcome.RESOLVED, now=lobby.now)
    lobby.news()
    reopen(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, now=lobby.now)
    assert lobby.news() == [("escalation", "manager")]
    assert lobby.wait(minutes=15) == [DEPUTY]
    assert lobby.wait(minutes=15) == [MSSI]


def test_a_reopened_report_has_waited_since_then_and_nobody_is_said_to_have_been_told_before_themselves(
    lobby: Lobby,
) -> None:
    lobby.report(told=("mssi", "manager", "deputy"))
    lobby.wait(minutes=10)
    close(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, outcome=Outcome.RESOLVED, now=lobby.now)
    lobby.wait(hours=2)
    reopen(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, now=lobby.now)
    lobby.wait(minutes=15)
    text = lobby.text(*DEPUTY)
    assert "il attend de nouveau depuis 15 min. Déjà prévenus, sans réponse : Responsable d'immeuble." in text
    assert "heure de Paris (il y a 2 h 25)" in text


def test_an_answer_that_does_not_come_reminds_its_giver_once_then_the_chain_begins_anew(lobby: Lobby) -> None:
    lobby.report()
    acknowledge(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, eta=Eta.QUARTER, now=lobby.now)
    lobby.news()
    assert lobby.wait(minutes=14, seconds=59) == []
    assert lobby.wait(seconds=1) == [("reminder", "manager")]
    assert lobby.wait(minutes=14, seconds=59) == []
    assert lobby.wait(seconds=1) == [("escalation", "manager")]
    assert lobby.standing().state == "open"
    assert lobby.standing().taken_by is None
    assert lobby.wait(minutes=15) == [DEPUTY]
    assert lobby.wait(minutes=15) == [MSSI]


def test_changed_settings_count_at_once(lobby: Lobby) -> None:
    lobby.report(severity="normal")
    lobby.look()
    sooner = Duty(acknowledge=Minutes(normal=5))
    lobby.settings = dataclasses.replace(lobby.settings, duty=sooner)
    assert lobby.wait(minutes=4, seconds=59) == []
    assert lobby.wait(seconds=1) == [DEPUTY]


@pytest.mark.parametrize("moment", [None, "2999-01-01T00:00:00.000Z"])
def test_a_next_look_that_somebody_rewrote_is_reckoned_anew_each_day(lobby: Lobby, moment: str | None) -> None:
    lobby.report(severity="normal")
    lobby.look()
    lobby.db.execute("UPDATE reports SET attend_at = ?", (moment,))
    assert lobby.wait(hours=8) == []
    assert lobby.wait(hours=16)[:1] == [DEPUTY]


def test_a_report_from_before_the_chain_existed_stays_out_of_it(lobby: Lobby) -> None:
    lobby.report()
    lobby.db.execute("UPDATE reports SET attend_at = NULL, anchor_at = NULL")
    assert lobby.wait(days=1) == []


def test_one_report_that_cannot_be_dealt_with_does_not_keep_the_others_waiting(
    lobby: Lobby, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = Audience(id="stranger", role=Role.DEPUTY, name="Inconnu", address="x@site.example", kinds=("virus",))
    known = lobby.settings
    lobby.settings = dataclasses.replace(
        known, audiences=(*known.audiences, stranger)
    )  # the database knows no such one
    lobby.report("AAA-AAA-AAA", kind="virus")
    lobby.report(kind="theft")
    assert lobby.wait(minutes=15) == [DEPUTY]
    assert "the next step of AAA-AAA-AAA failed" in caplog.text
    assert caplog.text.rstrip().endswith("IntegrityError"), "not what it says"
    lobby.settings = known
    assert lobby.wait(minutes=15) == [DEPUTY, MSSI]


def test_nothing_due_costs_no_commit(lobby: Lobby) -> None:
    lobby.look()
    for number in range(50):
        lobby.report(f"{number:03}-AAA-AAA", attend_at=lobby.now + timedelta(minutes=15))
    lobby.look()
    changes = lobby.db.conn.total_changes
    lobby.wait(minutes=14)
    assert lobby.db.conn.total_changes == changes


def test_the_question_what_is_due_is_answered_from_indexes(lobby: Lobby) -> None:
    asked: list[str] = []
    lobby.db.conn.set_trace_callback(asked.append)
    lobby.look()
    lobby.db.conn.set_trace_callback(None)
    (query,) = (statement for statement in asked if "attend_at <=" in statement)
    plan = [row[3] for row in lobby.db.execute(f"EXPLAIN QUERY PLAN {query}")]
    scans = [step for step in plan if "reports" in step]
    assert scans
    assert all("USING INDEX reports_" in step for step in scans), plan
