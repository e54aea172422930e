"""What staff do: the first of two wins, everybody who was told learns of it, and the trace says who."""

import sqlite3
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.domain.roles import Actor
from kiosk.duty.acts import (
    Acted,
    acknowledge,
    close,
    mark,
    note,
    notes_of,
    reopen,
    take_over,
    unmark,
)
from kiosk.store.base.connection import open_database
from kiosk.store.keys import site_keys
from kiosk.store.reports import report_status
from kiosk.store.reports.report_status import Change, UnknownReport
from kiosk.store.trace.events import first_break
from kiosk.store.trace.row_checks import misfits
from tests.duty import CAMILLE, DIDIER, REFERENCE, Lobby, staffed

MANAGER, MSSI = ("taken", "manager"), ("taken", "mssi")


@pytest.fixture
def lobby(db: Database, settings: Settings) -> Lobby:
    lobby = Lobby(db, staffed(settings))
    lobby.report()
    return lobby


def do(lobby: Lobby, act: Any, actor: Actor = CAMILLE, **how: Any) -> Acted:
    acted: Acted = act(lobby.db, lobby.settings, REFERENCE, actor=actor, now=lobby.now, **how)
    return acted


def test_taking_a_report_tells_everybody_who_was_told_of_it_once_each(lobby: Lobby) -> None:
    acted = do(lobby, acknowledge, eta=Eta.HOUR)
    assert (acted.done, acted.report.state, acted.report.taken_by) == (True, "acknowledged", "Camille Martin")
    assert acted.report.eta_at == lobby.now + timedelta(hours=1)
    assert sorted(lobby.news()) == [MANAGER, MSSI]
    assert "Camille Martin a pris ce signalement en charge" in lobby.text("taken", "mssi")


def test_the_deputy_who_was_told_by_an_escalation_is_told_who_took_it(lobby: Lobby) -> None:
    lobby.wait(minutes=15)
    lobby.db.execute("UPDATE deliveries SET state = 'sent', sent_at = created_at WHERE purpose = 'escalation'")
    do(lobby, acknowledge, eta=Eta.HOUR)
    assert sorted(lobby.news()) == [("taken", "deputy"), MANAGER, MSSI]


def test_a_change_that_overlooks_somebody_who_was_told_meanwhile_is_not_made(lobby: Lobby) -> None:
    lobby.wait(minutes=15)
    before, told = lobby.standing(), report_status.told(lobby.db, lobby.standing().id)
    lobby.db.execute("UPDATE deliveries SET state = 'sent', sent_at = created_at WHERE purpose = 'escalation'")
    assert not report_status.change(lobby.db, before, Change(values={"acted_at": lobby.now}, told=told), lobby.now)
    assert lobby.standing() == before


def test_the_second_of_two_who_take_it_learns_who_was_first_and_when(lobby: Lobby) -> None:
    do(lobby, acknowledge, eta=Eta.HOUR)
    lobby.news()
    first_at = lobby.now
    lobby.now += timedelta(seconds=5)
    second = do(lobby, acknowledge, DIDIER, eta=Eta.QUARTER)
    assert not second.done
    assert (second.report.taken_by, second.report.taken_at) == ("Camille Martin", first_at)
    assert lobby.news() == []


def test_of_twelve_who_take_it_at_the_same_moment_exactly_one_has_it(lobby: Lobby) -> None:
    actors = [Actor(f"member-{number}", f"Membre {number}", "manager") for number in range(12)]
    barrier, acted = threading.Barrier(len(actors)), []

    def take(actor: Actor) -> None:
        with open_database(lobby.settings.database) as db:
            barrier.wait()
            acted.append(acknowledge(db, lobby.settings, REFERENCE, actor=actor, eta=Eta.HOUR, now=lobby.now))

    threads = [threading.Thread(target=take, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [each.report.taken_account for each in acted if each.done]
    assert len(winners) == 1
    assert {each.report.taken_account for each in acted} == set(winners), "everybody learns the same name"
    assert sorted(lobby.news()) == [MANAGER, MSSI]
    assert lobby.actions().count("report_acknowledged") == 1
    assert first_break(lobby.db) is None


def test_a_step_of_the_chain_and_an_acknowledgement_at_the_same_moment_leave_nobody_uninformed(lobby: Lobby) -> None:
    lobby.now += timedelta(minutes=15)
    barrier = threading.Barrier(2)

    def escalate() -> None:
        with open_database(lobby.settings.database) as db:
            barrier.wait()
            Lobby(db, lobby.settings, lobby.now).look()

    thread = threading.Thread(target=escalate)
    thread.start()
    barrier.wait()
    assert do(lobby, acknowledge, eta=Eta.HOUR).done
    thread.join()
    assert lobby.waiting().get(("escalation", "deputy"), "cancelled") == "cancelled"
    assert lobby.standing().state == "acknowledged"


def test_taking_over_names_both_and_works_from_any_state_but_closed(lobby: Lobby) -> None:
    do(lobby, acknowledge, eta=Eta.HOUR)
    lobby.news()
    acted = do(lobby, take_over, DIDIER, eta=Eta.TODAY)
    assert acted.report.taken_by == "Didier Blanc"
    assert sorted(lobby.news()) == [MANAGER, MSSI]
    assert "Didier Blanc a pris la suite de Camille Martin" in lobby.text("taken", "mssi")
    do(lobby, close, outcome=Outcome.RESOLVED)
    assert not do(lobby, take_over, eta=Eta.TODAY).done


def test_a_reminder_that_still_waits_for_the_relay_does_not_leave_once_somebody_else_has_taken_over(
    lobby: Lobby,
) -> None:
    do(lobby, acknowledge, eta=Eta.QUARTER)
    lobby.wait(minutes=15)
    assert lobby.waiting()["reminder", "manager"] == "queued"
    do(lobby, take_over, DIDIER, eta=Eta.HOUR)
    assert lobby.waiting()["reminder", "manager"] == "cancelled"


def test_giving_oneself_more_time_says_so(lobby: Lobby) -> None:
    do(lobby, acknowledge, eta=Eta.QUARTER)
    lobby.now += timedelta(minutes=10)
    do(lobby, take_over, eta=Eta.HOUR)
    assert "un nouveau délai : avant 11:10" in lobby.text("taken", "mssi")
    lobby.news()
    assert lobby.wait(minutes=59) == []
    assert lobby.wait(minutes=1) == [("reminder", "manager")]


def test_an_act_after_taking_gives_its_taker_the_time_of_a_step_more(lobby: Lobby) -> None:
    do(lobby, acknowledge, eta=Eta.QUARTER)
    lobby.news()
    lobby.wait(minutes=10)
    note(lobby.db, REFERENCE, "Le poste est isolé du réseau.", actor=CAMILLE, now=lobby.now)
    assert lobby.wait(minutes=14) == []
    assert lobby.wait(minutes=1) == [("reminder", "manager")]
    note(lobby.db, REFERENCE, "Toujours dessus.", actor=CAMILLE, now=lobby.now + timedelta(minutes=5))
    assert lobby.wait(minutes=19) == []
    assert lobby.wait(minutes=1) == [("escalation", "manager")]


def test_who_closes_a_report_that_nobody_took_tells_everybody_and_of_a_taken_one_nobody(lobby: Lobby) -> None:
    do(lobby, close, outcome=Outcome.FALSE_ALARM)
    assert sorted(lobby.news()) == [MANAGER, MSSI]
    assert "a clôturé ce signalement" in lobby.text("taken", "mssi")
    assert "fausse alerte" in lobby.text("taken", "mssi")
    do(lobby, reopen)
    do(lobby, acknowledge, eta=Eta.HOUR)
    lobby.news()
    assert do(lobby, close, DIDIER, outcome=Outcome.RESOLVED).report.closed_by == "Didier Blanc"
    assert lobby.news() == []


def test_each_act_is_done_once_and_the_second_time_says_it_was_done(lobby: Lobby) -> None:
    assert not do(lobby, reopen).done
    assert not do(lobby, unmark).done
    assert do(lobby, close, outcome=Outcome.RESOLVED).done
    assert not do(lobby, close, outcome=Outcome.RESOLVED).done
    assert not do(lobby, acknowledge, eta=Eta.HOUR).done
    assert do(lobby, reopen).done
    assert do(lobby, mark, hidden_as=HiddenAs.TEST).done
    assert not do(lobby, mark, hidden_as=HiddenAs.SPAM).done
    assert not do(lobby, reopen).done, "a hidden report is shown again, not reopened"
    assert do(lobby, unmark).report.state == "open"


def test_a_hidden_report_is_shown_again_as_it_came(lobby: Lobby) -> None:
    do(lobby, mark, hidden_as=HiddenAs.SPAM)
    assert "ce n'était pas un signalement" in lobby.text("taken", "mssi")
    report = do(lobby, unmark).report
    assert (report.hidden_as, report.closed_at, report.closed_by, report.outcome) == (None, None, None, None)


def test_a_reopened_report_forgets_who_had_it_and_the_trace_does_not(lobby: Lobby) -> None:
    do(lobby, acknowledge, eta=Eta.HOUR)
    do(lobby, close, outcome=Outcome.RESOLVED)
    report = do(lobby, reopen, DIDIER).report
    assert (report.taken_by, report.eta_at, report.closed_by) == (None, None, None)
    actors = [
        actor
        for actor, action in lobby.db.execute(
            "SELECT actor, action FROM events WHERE reference = ? ORDER BY id", [REFERENCE]
        )
        if action != "delivery_cancelled"
    ]
    assert actors[-3:] == ["camille", "camille", "didier"]


def test_an_unknown_reference_is_nobodys_report(lobby: Lobby) -> None:
    with pytest.raises(UnknownReport):
        acknowledge(lobby.db, lobby.settings, "AAA-AAA-AAA", actor=CAMILLE, eta=Eta.HOUR, now=lobby.now)


def test_a_mail_to_somebody_who_left_the_settings_is_not_written(lobby: Lobby, settings: Settings) -> None:
    lobby.settings = staffed(settings, manager="")
    do(lobby, acknowledge, eta=Eta.HOUR)
    assert lobby.news() == [MSSI]


def test_a_note_is_sealed_and_read_again_in_order(lobby: Lobby) -> None:
    note(lobby.db, REFERENCE, "Appelé M. Rossi, rappelle à 14 h.", actor=CAMILLE, now=lobby.now)
    note(lobby.db, REFERENCE, " Fait. ", actor=DIDIER, now=lobby.now)
    written = notes_of(lobby.db, REFERENCE, site_keys.in_files(lobby.db, lobby.settings.secrets))
    assert [(each.author, each.text) for each in written] == [
        ("Camille Martin", "Appelé M. Rossi, rappelle à 14 h."),
        ("Didier Blanc", "Fait."),
    ]
    blobs = [row[0] for row in lobby.db.execute("SELECT text FROM notes")]
    assert all(b"Rossi" not in blob for blob in blobs)
    assert "Rossi" not in str(lobby.db.execute("SELECT group_concat(detail) FROM events").fetchone())


def test_closing_with_a_note_is_one_commit(lobby: Lobby) -> None:
    statements: list[str] = []
    lobby.db.conn.set_trace_callback(statements.append)
    do(lobby, close, outcome=Outcome.RESOLVED, note_text="Porte réglée")
    assert [words for words in statements if words.startswith("COMMIT")] == ["COMMIT"]
    assert noted(lobby) == ["Porte réglée"]
    assert lobby.actions()[-2:] == ["note_added", "report_closed"]
    assert first_break(lobby.db) is None
    assert not list(misfits(lobby.db))


def test_a_closing_that_fails_leaves_no_note(lobby: Lobby) -> None:
    lobby.db.execute(
        "CREATE TRIGGER refusing BEFORE INSERT ON events WHEN NEW.action = 'report_closed'"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="refused"):
        do(lobby, close, outcome=Outcome.RESOLVED, note_text="Porte réglée")
    assert noted(lobby) == []
    assert report_status.get(lobby.db, REFERENCE).state == "open"


def test_the_note_of_a_closing_that_came_late_is_kept(lobby: Lobby) -> None:
    do(lobby, close, outcome=Outcome.RESOLVED)
    assert not do(lobby, close, DIDIER, outcome=Outcome.FALSE_ALARM, note_text="Porte réglée").done
    assert noted(lobby) == ["Porte réglée"]
    assert report_status.get(lobby.db, REFERENCE).outcome == "resolved"


def noted(lobby: Lobby) -> list[str | None]:
    return [one.text for one in notes_of(lobby.db, REFERENCE, site_keys.in_files(lobby.db, lobby.settings.secrets))]


@pytest.mark.parametrize("words", ["", "  \n "])
def test_an_empty_note_is_none(lobby: Lobby, words: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        note(lobby.db, REFERENCE, words, actor=CAMILLE, now=lobby.now)


@pytest.mark.parametrize(
    "statement", ["UPDATE notes SET text = x'00'", "DELETE FROM notes", "UPDATE notes SET author = 'x'"]
)
def test_a_note_is_never_rewritten(lobby: Lobby, statement: str) -> None:
    note(lobby.db, REFERENCE, "Vu.", actor=CAMILLE, now=lobby.now)
    with pytest.raises(sqlite3.IntegrityError, match="note"):
        lobby.db.execute(statement)


def test_a_step_that_failed_puts_nothing_off_that_somebody_has_done_meanwhile(lobby: Lobby) -> None:
    lobby.look()
    before = lobby.standing()
    acknowledge(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, eta=Eta.QUARTER, now=lobby.now)
    report_status.look_again(lobby.db, [(before, lobby.now + timedelta(days=1))])
    lobby.news()
    assert lobby.wait(minutes=15) == [("reminder", "manager")]
