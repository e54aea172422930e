"""How many more reports fit: amber long before the reserve, red near it, and then out of service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.disk_room import EARLY, KEPT, MEBIBYTE, NEAR, RESERVE, WAITING, DiskRoom
from kiosk.store.instance import ballast, snapshot
from kiosk.store.watch import daily_figures, health
from kiosk.watch.check import find_troubles
from kiosk.watch.daily_mail import bulletin_of
from kiosk.watch.troubles import troubles_now
from tests.build import NOON

SIZES = st.integers(min_value=0, max_value=1 << 40)


def test_what_is_kept_for_good_is_a_part_of_what_waits() -> None:
    assert 0 < KEPT < WAITING


def test_below_the_reserve_nothing_fits_however_empty_the_database() -> None:
    assert DiskRoom(free=RESERVE - 1, reusable=1 << 30).reports == 0


def test_room_inside_the_database_counts_since_it_never_shrinks() -> None:
    """After a flood that was delivered the disk is as full as before."""
    assert DiskRoom(free=RESERVE, reusable=NEAR * WAITING).reports == NEAR


@given(free=SIZES)
def test_when_no_more_fit_the_reserve_is_left(free: int) -> None:
    grown = DiskRoom(free=free).reports * WAITING
    assert not grown or free - grown >= RESERVE


@given(free=SIZES, reusable=SIZES)
def test_a_report_more_is_never_promised_than_before_it_came(free: int, reusable: int) -> None:
    """Whether it took room inside the database or made it grow."""
    room = DiskRoom(free=free, reusable=reusable)
    inside = DiskRoom(free=free, reusable=max(reusable - WAITING, 0))
    grown = DiskRoom(free=max(free - WAITING, 0), reusable=reusable)
    assert inside.reports <= room.reports
    assert grown.reports <= room.reports


def test_the_steps_come_in_their_order() -> None:
    assert 0 < NEAR < EARLY


def test_the_reserve_holds_what_a_full_disk_still_needs() -> None:
    """Twice: the log of a database that no forwarder shortens, what a backup leaves free, the ballast."""
    assert 2 * (16 * MEBIBYTE + snapshot.RESERVE + ballast.SIZE) < RESERVE
    assert ballast.LAID_FROM - ballast.SIZE > RESERVE


def test_the_words_are_those_of_an_operator() -> None:
    room = DiskRoom(free=12_345 * MEBIBYTE)
    assert room.french == (
        f"12\u202f345 Mio libres, place pour encore {room.reports // 1000}\u202f{room.reports % 1000:03} signalements"
        " d'un millier de lettres"
    )


def test_a_flood_of_a_thousand_an_hour_is_told_half_a_day_before_it_is_near() -> None:
    assert (EARLY - NEAR) / 1_000 >= 12


@pytest.mark.parametrize(("more", "code"), [(NEAR, "disk_filling"), (NEAR - 1, "disk"), (0, "disk")])
def test_mails_console_check_and_health_say_the_same(
    more: int, code: str, db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = DiskRoom(free=RESERVE, reusable=more * WAITING)
    monkeypatch.setattr(health, "_room", lambda db, settings: room)
    pulse = health.pulse(db, settings, NOON)
    since = daily_figures.period(db, now=NOON)
    bulletin = bulletin_of(db, settings, NOON.date(), since, daily_figures.figures(db, since), NOON)
    for found in (troubles_now(pulse, settings), find_troubles(db, settings, NOON), bulletin.state.troubles):
        (told,) = (each for each in found if each.trouble.code in ("disk", "disk_filling"))
        assert (told.trouble.code, told.detail) == (code, room.french)
    assert bulletin.state.disk.french == room.french
    healthz = pulse.as_json(with_words=False)
    assert healthz["disk_reports"] == more
    assert ("disk" in healthz["problems"]) == (code == "disk")
