"""Absences: the deputy stands in by himself, from the first minute to the last."""

import dataclasses
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from sqlite_utils import Database

from kiosk.clock import PARIS
from kiosk.config import Audience, Role, Settings
from kiosk.domain.handling import Eta
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.duty.calendar import eta_at
from kiosk.duty.presence import end_absence, on_duty, record_absence
from kiosk.reporting.accept import accept
from kiosk.store.staff import absences
from kiosk.store.staff.absences import Absence
from tests.duty import CAMILLE, MORNING, Lobby, staffed

DEPUTY, MSSI = ("escalation", "deputy"), ("reminder", "mssi")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def lobby(db: Database, settings: Settings) -> Lobby:
    return Lobby(db, staffed(settings))


def away(lobby: Lobby, start: timedelta, end: timedelta, audience: str = "manager") -> Absence:
    return record_absence(
        lobby.db, lobby.settings, audience, MORNING + start, MORNING + end, actor=CAMILLE, now=lobby.now
    )


def duty(lobby: Lobby, at: timedelta = timedelta(0)) -> list[str]:
    return [audience.id for audience in on_duty(lobby.settings, lobby.db, "siege", MORNING + at).audiences]


def test_the_deputy_is_on_duty_exactly_while_the_manager_is_away(lobby: Lobby) -> None:
    away(lobby, HOUR, DAY)
    assert duty(lobby) == ["manager"]
    assert duty(lobby, HOUR) == ["deputy"]
    assert duty(lobby, DAY - timedelta(milliseconds=1)) == ["deputy"]
    assert duty(lobby, DAY) == ["manager"]


def test_absences_end_to_end_are_no_longer_than_one(lobby: Lobby) -> None:
    away(lobby, -DAY, 60 * DAY)
    away(lobby, 50 * DAY, 80 * DAY)  # twenty days more
    away(lobby, 300 * DAY, 312 * DAY)
    away(lobby, 0 * DAY, 92 * DAY, "deputy")
    with pytest.raises(ValueError, match="together"):
        away(lobby, 90 * DAY, 91 * DAY)
    lobby.now += 2 * DAY
    away(lobby, 90 * DAY, 91 * DAY)


def test_who_stands_in_for_whom_and_until_when_can_be_said(lobby: Lobby) -> None:
    away(lobby, -HOUR, DAY)
    (absence,) = on_duty(lobby.settings, lobby.db, "siege", MORNING).instead_of
    assert (absence.audience, absence.ends_at, absence.entered_by) == ("manager", MORNING + DAY, "Camille Martin")


def test_when_both_are_away_nobody_is_on_duty(lobby: Lobby) -> None:
    away(lobby, -HOUR, DAY)
    away(lobby, -HOUR, HOUR, "deputy")
    assert duty(lobby) == []
    assert duty(lobby, HOUR) == ["deputy"]


def test_a_report_that_comes_in_while_the_manager_is_away_goes_to_the_deputy_in_full(lobby: Lobby) -> None:
    away(lobby, -HOUR, DAY)
    report = Report(
        submission=Submission(), kind_code="virus", site="siege", terminal="hall", language="fr", received_at=MORNING
    )
    receipt = accept(lobby.db, lobby.settings, report, MORNING)
    told = {audience for purpose, audience in lobby.news() if purpose == "report"}
    assert {"manager", "deputy", "mssi"} <= told
    text = lobby.text("report", "deputy")
    assert "supplée le responsable de l'immeuble où l'incident est signalé, qui ne peut pas être prévenu" in text
    assert "par le suppléant, le responsable de l'immeuble ne pouvant pas être prévenu" in text
    assert lobby.standing(receipt.reference).first_step == 1


def test_who_is_on_duty_instead_of_the_manager_is_not_told_twice(lobby: Lobby) -> None:
    away(lobby, -HOUR, DAY)
    lobby.report(told=("mssi", "manager", "deputy"), first_step=1)
    assert lobby.wait(minutes=14) == []
    assert lobby.wait(minutes=1) == [MSSI]


def test_a_manager_who_leaves_hands_what_still_waits_to_the_deputy_at_once(lobby: Lobby) -> None:
    lobby.report(severity="normal")
    assert lobby.wait(minutes=5) == []
    away(lobby, timedelta(minutes=5), DAY)
    assert lobby.wait(seconds=1) == [DEPUTY]
    said = "Responsable d'immeuble : absence jusqu'au samedi 21/11/2026 à 10:00."
    assert said in lobby.text("escalation", "deputy")


def test_an_absence_that_was_announced_counts_when_it_begins(lobby: Lobby) -> None:
    away(lobby, HOUR, DAY)
    lobby.report(severity="normal")
    assert lobby.wait(minutes=59) == []
    assert lobby.wait(minutes=1) == [DEPUTY]


def test_an_absence_that_was_ended_early_counts_no_more(lobby: Lobby) -> None:
    absence = away(lobby, HOUR, DAY)
    lobby.report(severity="normal")
    lobby.look()
    assert end_absence(lobby.db, absence.id, actor=CAMILLE, now=lobby.now)
    assert not end_absence(lobby.db, absence.id, actor=CAMILLE, now=lobby.now)
    assert lobby.wait(hours=2) == []
    assert absences.not_over(lobby.db, MORNING) == []
    assert lobby.actions().count("absence_ended") == 1


def test_an_absent_deputy_is_passed_over(lobby: Lobby) -> None:
    away(lobby, -HOUR, DAY, "deputy")
    lobby.report()
    assert lobby.wait(minutes=15) == [MSSI]


@pytest.mark.parametrize("who", ["mssi", "dpo", "nobody"])
def test_only_managers_and_deputies_are_ever_on_duty(lobby: Lobby, who: str) -> None:
    with pytest.raises(ValueError, match="on duty"):
        away(lobby, HOUR, DAY, who)


@pytest.mark.parametrize(("start", "end"), [(HOUR, HOUR), (HOUR, timedelta(0)), (-DAY, -HOUR)])
def test_an_absence_ends_after_it_begins_and_is_not_over(lobby: Lobby, start: timedelta, end: timedelta) -> None:
    with pytest.raises(ValueError, match="absence"):
        away(lobby, start, end)


def test_an_absence_is_never_deleted(lobby: Lobby) -> None:
    away(lobby, HOUR, DAY)
    with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
        lobby.db.execute("DELETE FROM absences")


def test_a_manager_of_another_site_is_not_on_duty_here(lobby: Lobby) -> None:
    north = Audience(id="north", role=Role.MANAGER, name="Nord", address="n@site.example", sites=("nord",))
    lobby.settings = dataclasses.replace(lobby.settings, audiences=(*lobby.settings.audiences, north))
    assert duty(lobby) == ["manager"]


@pytest.mark.parametrize(
    ("eta", "now", "expected"),
    [
        (Eta.QUARTER, "2026-11-20 16:25", "2026-11-20 16:40"),
        (Eta.HOUR, "2026-11-20 16:25", "2026-11-20 17:25"),
        (Eta.TODAY, "2026-11-20 10:00", "2026-11-20 16:30"),
        (Eta.TODAY, "2026-11-20 16:30", "2026-11-21 00:00"),
        (Eta.TODAY, "2026-11-21 10:00", "2026-11-22 00:00"),
        (Eta.TOMORROW, "2026-11-19 10:00", "2026-11-20 16:30"),
        (Eta.TOMORROW, "2026-11-20 10:00", "2026-11-23 16:30"),
        (Eta.TOMORROW, "2026-12-24 10:00", "2026-12-28 16:30"),
    ],
)
def test_a_promise_made_in_one_tap_ends_when_people_expect_it(
    settings: Settings, eta: Eta, now: str, expected: str
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=PARIS).astimezone(UTC)
    promised = eta_at(settings.duty.calendar, eta, moment)
    assert f"{promised.astimezone(PARIS):%Y-%m-%d %H:%M}" == expected
