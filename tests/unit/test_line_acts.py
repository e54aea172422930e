"""One act on similar reports: each keeps its own trace, each audience gets one mail, and nobody is overtaken unseen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.duty import acts, line_acts
from kiosk.duty.decisions import Repeated
from kiosk.duty.line_acts import LineActed, Seen
from kiosk.store.base.connection import immediate
from kiosk.store.keys import site_keys
from kiosk.store.reports import line_members, report_lists, report_status
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.trace import events, of_report
from kiosk.store.trace.events import Event, first_break
from kiosk.store.trace.row_checks import misfits
from tests.duty import CAMILLE, DIDIER, Lobby, staffed

REFERENCES = ("7K4-92Q-MX3", "7K4-92Q-MX4", "7K4-92Q-MX5", "7K4-92Q-MX6")
FIRST = REFERENCES[0]


@pytest.fixture
def lobby(db: Database, settings: Settings) -> Lobby:
    lobby = Lobby(db, staffed(settings))
    for reference in REFERENCES:
        lobby.report(reference)
        lobby.now += timedelta(minutes=1)
    return lobby


def seen(lobby: Lobby) -> Seen:
    return Seen(FIRST, report_lists.stamp(lobby.db))


def do(lobby: Lobby, act: Callable[..., LineActed], as_seen: Seen | None = None, **how: Any) -> LineActed:
    return act(lobby.db, lobby.settings, as_seen or seen(lobby), actor=CAMILLE, now=lobby.now, **how)


def all_of(lobby: Lobby) -> list[ReportStatus]:
    return [lobby.standing(reference) for reference in REFERENCES]


def test_taking_a_line_is_one_commit_an_event_each_and_one_mail_for_each_audience(lobby: Lobby) -> None:
    commits: list[str] = []
    lobby.db.conn.set_trace_callback(commits.append)
    acted = do(lobby, line_acts.acknowledge, eta=Eta.HOUR)
    lobby.db.conn.set_trace_callback(None)
    assert commits.count("COMMIT") == 1
    assert acted == LineActed(REFERENCES, ())
    assert {(each.state, each.taken_account) for each in all_of(lobby)} == {("acknowledged", "camille")}
    assert sorted(lobby.news()) == [("taken_together", "manager"), ("taken_together", "mssi")]
    for reference in REFERENCES:
        (event,) = (one for one in of_report.trace(lobby.db, reference) if one.action == "report_acknowledged")
        assert event.detail["together"] == 4
    assert first_break(lobby.db) is None
    assert list(misfits(lobby.db)) == []


def test_the_mail_stands_in_the_thread_of_the_first_and_lists_them_all(lobby: Lobby) -> None:
    do(lobby, line_acts.acknowledge, eta=Eta.HOUR)
    mail, text = lobby.mail("taken_together", "mssi"), lobby.text("taken_together", "mssi")
    assert mail["In-Reply-To"] == f"<{FIRST.lower()}@{lobby.settings.mail.domain}>"
    assert FIRST in mail["Subject"]
    assert "Camille Martin a pris 4 signalements semblables en charge" in text
    assert ", ".join(REFERENCES) in text
    assert "parce que ces signalements vous avaient été transmis" in text


def test_an_audience_reads_of_those_alone_that_it_was_told_of(lobby: Lobby) -> None:
    lobby.now += timedelta(minutes=1)
    lobby.report("7K4-92Q-MX7", told=("mssi", "deputy"))
    do(lobby, line_acts.acknowledge, eta=Eta.HOUR)
    assert sorted(lobby.news()) == [
        ("taken", "deputy"),
        ("taken_together", "manager"),
        ("taken_together", "mssi"),
    ]
    assert "a pris ce signalement en charge" in lobby.text("taken", "deputy")
    assert FIRST not in lobby.text("taken", "deputy")
    assert "7K4-92Q-MX7" not in lobby.text("taken_together", "manager")
    assert "5 signalements semblables" in lobby.text("taken_together", "mssi")


def test_what_changed_or_came_since_it_was_seen_is_left_as_it_is(lobby: Lobby) -> None:
    before = seen(lobby)
    acts.acknowledge(lobby.db, lobby.settings, REFERENCES[1], actor=DIDIER, eta=Eta.HOUR, now=lobby.now)
    lobby.report("7K4-92Q-MX7")
    acted = do(lobby, line_acts.close, before, outcome=Outcome.RESOLVED)
    assert acted == LineActed((FIRST, *REFERENCES[2:]), (REFERENCES[1], "7K4-92Q-MX7"))
    assert lobby.standing(REFERENCES[1]).taken_account == "didier"
    assert lobby.standing("7K4-92Q-MX7").state == "open"


def test_somebody_who_is_faster_between_reading_and_writing_is_not_overwritten(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_all, raced = report_status.change_all, []

    def race(*given: Any) -> bool:
        if not raced:
            raced.append(True)
            acts.close(lobby.db, lobby.settings, FIRST, actor=DIDIER, outcome=Outcome.OTHER, now=lobby.now)
        return change_all(*given)

    monkeypatch.setattr(report_status, "change_all", race)
    acted = do(lobby, line_acts.acknowledge, eta=Eta.HOUR)
    assert acted.done == REFERENCES[1:]
    assert lobby.standing(FIRST).closed_by == "Didier Blanc"


def test_closing_a_line_ends_every_chain_keeps_one_note_and_tells_of_all_that_were_closed(lobby: Lobby) -> None:
    acts.acknowledge(lobby.db, lobby.settings, FIRST, actor=DIDIER, eta=Eta.HOUR, now=lobby.now)
    lobby.news()
    do(lobby, line_acts.close, outcome=Outcome.RESOLVED, note_text="Porte réparée")
    assert {each.state for each in all_of(lobby)} == {"closed"}
    assert sorted(lobby.news()) == [("taken", "deputy"), ("taken_together", "manager"), ("taken_together", "mssi")]
    assert "4 signalements semblables" in lobby.text("taken_together", "mssi")
    assert ", ".join(REFERENCES) in lobby.text("taken_together", "mssi")
    assert "Didier Blanc avait pris ce signalement en charge" in lobby.text("taken", "deputy")
    assert REFERENCES[1] not in lobby.text("taken", "deputy")
    key = site_keys.in_files(lobby.db, lobby.settings.secrets)
    notes = [note.text for one in REFERENCES for note in acts.notes_of(lobby.db, one, key)]
    assert notes == ["Porte réparée"]
    assert lobby.wait(hours=9) == []


def test_hiding_a_line_hides_each_and_each_comes_back_alone(lobby: Lobby) -> None:
    lobby.wait(minutes=15)
    do(lobby, line_acts.mark, hidden_as=HiddenAs.SPAM)
    assert {each.hidden_as for each in all_of(lobby)} == {"spam"}
    assert lobby.waiting()[("escalation", "deputy")] == "cancelled"
    acts.unmark(lobby.db, lobby.settings, FIRST, actor=CAMILLE, now=lobby.now)
    assert [each.state for each in all_of(lobby)] == ["open", "closed", "closed", "closed"]
    assert list(misfits(lobby.db)) == []


def test_nothing_to_do_is_nothing_done(lobby: Lobby) -> None:
    do(lobby, line_acts.mark, hidden_as=HiddenAs.SPAM)
    lobby.news()
    assert do(lobby, line_acts.mark, hidden_as=HiddenAs.SPAM) == LineActed((), ())
    assert lobby.news() == []


def test_duplicates_name_what_they_repeat_which_stays_open_and_both_sides_know(lobby: Lobby) -> None:
    repeated = Repeated(lobby.standing().id, FIRST)
    acted = do(lobby, line_acts.close, outcome=Outcome.DUPLICATE, repeats=repeated)
    assert acted.done == REFERENCES[1:]
    assert [each.repeats for each in all_of(lobby)] == [None, 1, 1, 1]
    assert lobby.standing().state == "open"
    assert f"déjà signalé ({FIRST})" in lobby.text("taken_together", "mssi")
    (event,) = (one for one in of_report.trace(lobby.db, FIRST) if one.action == "report_repeated")
    assert event.detail["by"] == list(REFERENCES[1:])
    assert [one.reference for one in line_members.repeated_by(lobby.db, 1, 9)] == list(REFERENCES[1:])
    acts.reopen(lobby.db, lobby.settings, REFERENCES[1], actor=CAMILLE, now=lobby.now)
    assert lobby.standing(REFERENCES[1]).repeats is None
    assert list(misfits(lobby.db)) == []


def test_what_a_report_may_repeat_is_of_its_line_else_recent_and_of_its_kind_and_site(lobby: Lobby) -> None:
    of_line = line_members.candidates(lobby.db, lobby.standing(REFERENCES[2]), lobby.now)
    assert [one.reference for one in of_line] == [FIRST, REFERENCES[1], REFERENCES[3]]
    lobby.now += timedelta(hours=1)
    lobby.report("7K4-92Q-MX8", kind="theft")
    lobby.report("7K4-92Q-MX7", zone="zone-2")
    found = line_members.candidates(lobby.db, lobby.standing("7K4-92Q-MX7"), lobby.now)
    assert [one.reference for one in found] == [FIRST]
    later = lobby.now + timedelta(days=8)
    assert line_members.candidates(lobby.db, replace(lobby.standing("7K4-92Q-MX7")), later) == []


def news_of_several(lobby: Lobby) -> list[tuple[str, str, str]]:
    rows = lobby.db.execute("SELECT audience_id, report_id, state FROM deliveries WHERE purpose = 'taken_together'")
    return sorted((row[0], row[1], row[2]) for row in rows)


STILL_WAITING = [("manager", 1, "queued"), ("mssi", 1, "queued")]


def test_news_of_several_leaves_although_a_colleague_opens_the_first_again(lobby: Lobby) -> None:
    do(lobby, line_acts.mark, hidden_as=HiddenAs.SPAM)
    acts.unmark(lobby.db, lobby.settings, FIRST, actor=DIDIER, now=lobby.now)
    assert news_of_several(lobby) == STILL_WAITING


def test_news_of_several_leaves_although_a_colleague_takes_the_first_over(lobby: Lobby) -> None:
    do(lobby, line_acts.acknowledge, eta=Eta.HOUR)
    acts.take_over(lobby.db, lobby.settings, FIRST, actor=DIDIER, eta=Eta.HOUR, now=lobby.now)
    assert news_of_several(lobby) == STILL_WAITING
    assert list(misfits(lobby.db)) == []


def test_what_exceeds_one_act_is_told_and_taken_by_the_next(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_acts, "AT_ONCE", 3)
    first = do(lobby, line_acts.acknowledge, eta=Eta.HOUR)
    assert (first.done, first.more) == (REFERENCES[:3], True)
    assert do(lobby, line_acts.acknowledge, eta=Eta.HOUR) == LineActed(REFERENCES[3:], ())


def test_what_came_since_takes_no_place_of_what_was_seen(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_acts, "AT_ONCE", 4)
    lobby.report("7K4-92Q-MX7", severity="normal", zone="zone-2")
    before = Seen("7K4-92Q-MX7", report_lists.stamp(lobby.db))
    worse = [f"7K4-92Q-MY{number}" for number in range(5)]
    for reference in worse:
        lobby.report(reference, zone="zone-2")
    acted = do(lobby, line_acts.close, before, outcome=Outcome.RESOLVED)
    assert (acted.done, acted.more) == (("7K4-92Q-MX7",), False)
    assert acted.left == tuple(worse[:4])


@pytest.mark.parametrize(
    "action", ["note_added", "reply_written", "hold_placed", "breach_opened", "breach_edited", "breach_decided"]
)
def test_what_a_colleague_added_since_is_a_change(lobby: Lobby, action: str) -> None:
    before = seen(lobby)
    with immediate(lobby.db):
        events.append(lobby.db, [Event(action=action, actor="didier", reference=REFERENCES[2])], lobby.now)
    acted = do(lobby, line_acts.mark, before, hidden_as=HiddenAs.SPAM)
    assert acted == LineActed((*REFERENCES[:2], REFERENCES[3]), (REFERENCES[2],))


def repeats(lobby: Lobby, reference: str, of: str) -> bool:
    """Close one as a duplicate of another."""
    found = Repeated(lobby.standing(of).id, of)
    how: dict[str, Any] = {"actor": DIDIER, "outcome": Outcome.DUPLICATE, "now": lobby.now, "repeats": found}
    return acts.close(lobby.db, lobby.settings, reference, **how).done


def test_repetitions_in_a_circle_would_leave_nothing_open(lobby: Lobby) -> None:
    first, second, third, _ = REFERENCES
    assert repeats(lobby, first, of=third)
    assert repeats(lobby, third, of=second)
    assert not repeats(lobby, second, of=first)
    assert not repeats(lobby, second, of=second)
    assert [each.state for each in all_of(lobby)] == ["closed", "open", "closed", "open"]
    repeated = Repeated(lobby.standing().id, first)
    assert do(lobby, line_acts.close, outcome=Outcome.DUPLICATE, repeats=repeated).done == REFERENCES[3:]
    assert lobby.standing(second).state == "open"


def test_a_hidden_report_is_repeated_by_none(lobby: Lobby) -> None:
    acts.mark(lobby.db, lobby.settings, FIRST, actor=DIDIER, hidden_as=HiddenAs.SPAM, now=lobby.now)
    assert not repeats(lobby, REFERENCES[1], of=FIRST)
    assert lobby.standing(REFERENCES[1]).state == "open"


@pytest.mark.parametrize("meanwhile", ["repeats", "hidden"])
def test_what_becomes_of_the_repeated_one_before_the_commit_counts(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    change_all, raced = report_status.change_all, []

    def race(*given: Any) -> bool:
        if not raced:
            raced.append(True)
            if meanwhile == "repeats":
                assert repeats(lobby, FIRST, of=REFERENCES[1])
            else:
                acts.mark(lobby.db, lobby.settings, FIRST, actor=DIDIER, hidden_as=HiddenAs.SPAM, now=lobby.now)
        return change_all(*given)

    monkeypatch.setattr(report_status, "change_all", race)
    assert not repeats(lobby, REFERENCES[1], of=FIRST)
    assert lobby.standing(REFERENCES[1]).state == "open"


def notes_in(lobby: Lobby) -> list[tuple[str, str]]:
    key = site_keys.in_files(lobby.db, lobby.settings.secrets)
    return [(one, note.text) for one in REFERENCES for note in acts.notes_of(lobby.db, one, key)]


def test_the_note_is_kept_with_the_first_that_was_closed_and_not_with_the_worst(lobby: Lobby) -> None:
    lobby.report("7K4-92Q-MX1", severity="normal", zone="zone-2")
    lobby.report("7K4-92Q-MX2", zone="zone-2")
    line = Seen("7K4-92Q-MX2", report_lists.stamp(lobby.db))
    do(lobby, line_acts.close, line, outcome=Outcome.RESOLVED, note_text="Porte réparée")
    key = site_keys.in_files(lobby.db, lobby.settings.secrets)
    assert [note.text for note in acts.notes_of(lobby.db, "7K4-92Q-MX1", key)] == ["Porte réparée"]


@pytest.mark.parametrize(("closed", "kept"), [(REFERENCES, FIRST), ((FIRST,), REFERENCES[1])])
def test_a_typed_note_is_kept_when_colleagues_were_faster_with_all_of_them(
    lobby: Lobby, closed: tuple[str, ...], kept: str
) -> None:
    before = seen(lobby)
    for one in REFERENCES:
        if one in closed:
            acts.close(lobby.db, lobby.settings, one, actor=DIDIER, outcome=Outcome.OTHER, now=lobby.now)
        else:
            acts.acknowledge(lobby.db, lobby.settings, one, actor=DIDIER, eta=Eta.HOUR, now=lobby.now)
    acted = do(lobby, line_acts.close, before, outcome=Outcome.RESOLVED, note_text="Porte réparée")
    assert acted.done == ()
    assert notes_in(lobby) == [(kept, "Porte réparée")]


def test_a_double_press_keeps_the_note_once(lobby: Lobby) -> None:
    before = seen(lobby)
    for _ in range(2):
        do(lobby, line_acts.close, before, outcome=Outcome.RESOLVED, note_text="Porte réparée")
        lobby.now += timedelta(seconds=1)
    assert notes_in(lobby) == [(FIRST, "Porte réparée")]


def test_closing_what_one_has_taken_oneself_is_told_to_nobody(lobby: Lobby) -> None:
    do(lobby, line_acts.acknowledge, eta=Eta.HOUR)
    lobby.news()
    assert do(lobby, line_acts.close, outcome=Outcome.RESOLVED).done == REFERENCES
    assert lobby.news() == []


def test_closing_what_a_colleague_has_taken_is_told_to_that_one_and_to_all_who_were_told(lobby: Lobby) -> None:
    line_acts.acknowledge(lobby.db, lobby.settings, seen(lobby), actor=DIDIER, eta=Eta.HOUR, now=lobby.now)
    lobby.news()
    do(lobby, line_acts.mark, hidden_as=HiddenAs.SPAM)
    assert sorted(audience for _, audience in lobby.news()) == ["deputy", "manager", "mssi"]
    for audience in ("deputy", "mssi"):
        assert ", ".join(REFERENCES) in lobby.text("taken_together", audience)
    assert list(misfits(lobby.db)) == []
