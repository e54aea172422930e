"""Nobody is declared absent unseen."""

import dataclasses
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlite_utils import Database

from kiosk.config import Audience, Role, Settings, Site
from kiosk.duty.absence_mail import tell_absences
from kiosk.duty.presence import end_absence, record_absence
from kiosk.store.staff.absences import Absence
from tests.build import MAIL
from tests.duty import CAMILLE, MORNING, staffed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def two_sites(settings: Settings) -> Settings:
    """A manager and a deputy here, a manager elsewhere, the MSSI and the others."""
    here = [dataclasses.replace(each, sites=("siege",)) for each in staffed(settings).audiences]
    nord = Audience(id="nord", role=Role.MANAGER, name="Nord", address="nord@organisme.example", sites=("nord",))
    sites = (*settings.sites, Site(id="nord", name="Nord"))
    return dataclasses.replace(settings, sites=sites, audiences=(*here, nord))


def away(db: Database, settings: Settings, start: timedelta = HOUR, end: timedelta = DAY) -> Absence:
    return record_absence(db, settings, "manager", MORNING + start, MORNING + end, actor=CAMILLE, now=MORNING)


def told(db: Database) -> list[tuple[str, str]]:
    rows = db.execute(
        f"SELECT audience_id, {MAIL} FROM deliveries JOIN bodies ON bodies.id = body_id"
        " WHERE purpose = 'absence' ORDER BY deliveries.id"
    )
    parsed = [(audience, message_from_bytes(content, policy=policy.default)) for audience, content in rows]
    return [(audience, str(mail["Subject"]).rpartition(" · ")[2]) for audience, mail in parsed]


def test_an_absence_is_told_once_to_everybody_whom_it_concerns(db: Database, two_sites: Settings) -> None:
    away(db, two_sites)
    for minutes in (0, 1, 60):
        tell_absences(db, two_sites, MORNING + timedelta(minutes=minutes))
    assert {audience for audience, _ in told(db)} == {"manager", "deputy", "mssi"}
    assert [subject for _, subject in told(db)] == ["absence de Responsable d'immeuble"] * 3


def test_its_end_is_told_too_and_much_within_ten_minutes_is_one_mail(db: Database, two_sites: Settings) -> None:
    first = away(db, two_sites)
    tell_absences(db, two_sites, MORNING)
    end_absence(db, first.id, actor=CAMILLE, now=MORNING + timedelta(minutes=1))
    for days in range(2, 60):
        away(db, two_sites, days * DAY, days * DAY + HOUR)
    for minutes in (2, 9):
        tell_absences(db, two_sites, MORNING + timedelta(minutes=minutes))
    assert len(told(db)) == 3
    tell_absences(db, two_sites, MORNING + timedelta(minutes=10))
    assert [subject for _, subject in told(db)[3:]] == ["59 absences ou retours"] * 3


@pytest.mark.parametrize(("start", "end"), [(HOUR, HOUR + 93 * DAY), (367 * DAY, 368 * DAY), (HOUR, 300_000 * DAY)])
def test_nobody_is_absent_for_ever(db: Database, two_sites: Settings, start: timedelta, end: timedelta) -> None:
    with pytest.raises(ValueError, match="no longer than"):
        away(db, two_sites, start, end)
    assert db["absences"].count == 0
