"""A clock that jumps, a process that dies: no step is skipped, none is taken twice, nothing waits for ever."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.handling import Eta
from kiosk.duty.acts import acknowledge
from kiosk.store.base.connection import immediate
from kiosk.store.instance import start
from tests.duty import CAMILLE, MORNING, REFERENCE, Lobby, staffed

DEPUTY, MSSI, TAKER = ("escalation", "deputy"), ("reminder", "mssi"), ("reminder", "manager")
TEN_YEARS = timedelta(days=3653)

jumps = st.sampled_from([-TEN_YEARS, TEN_YEARS, timedelta(hours=-3), timedelta(hours=3), timedelta(minutes=-2)])
waits = st.integers(0, 40).map(lambda minutes: timedelta(minutes=minutes))
moves = st.lists(st.one_of(waits, jumps, st.just("restart")), max_size=12)


@pytest.fixture
def lobby(db: Database, settings: Settings) -> Lobby:
    return Lobby(db, staffed(settings))


def drift(lobby: Lobby, moves: list[timedelta | str]) -> list[list[tuple[str, str]]]:
    """What each look brought."""
    looks = []
    for move in moves:
        if isinstance(move, timedelta):
            lobby.now += move
        else:
            lobby.db.close()
            lobby.db = start.prepare(lobby.settings, lobby.now)
        looks.append(lobby.look())
    return looks


def quietly(lobby: Lobby, minutes: int) -> list[list[tuple[str, str]]]:
    return [lobby.wait(minutes=3) for _ in range(0, minutes, 3)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance made once: its files are copied for each example."""
    folder = tmp_path_factory.mktemp("empty")
    start.prepare(staffed(Settings(instance=folder)), MORNING).close()
    return folder


@contextmanager
def fresh(empty: Path) -> Iterator[Lobby]:
    with tempfile.TemporaryDirectory() as folder:
        settings = staffed(Settings(instance=Path(shutil.copytree(empty, Path(folder) / "instance"))))
        lobby = Lobby(start.prepare(settings, MORNING), settings)
        lobby.report()
        yield lobby
        lobby.db.close()


@given(moves)
@hypothesis_settings(max_examples=40)
def test_whatever_the_clock_does_the_chain_is_walked_once_in_order_and_to_its_end(
    empty: Path, moves: list[timedelta | str]
) -> None:
    with fresh(empty) as lobby:
        looks = drift(lobby, moves) + quietly(lobby, 45)
        assert [mail for look in looks for mail in look] == [DEPUTY, MSSI]
        assert all(len(look) <= 1 for look in looks), "each step has its own time"


@given(moves)
@hypothesis_settings(max_examples=40)
def test_whatever_the_clock_does_a_promise_is_reminded_of_once_then_the_chain_begins_anew(
    empty: Path, moves: list[timedelta | str]
) -> None:
    with fresh(empty) as lobby:
        acknowledge(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, eta=Eta.QUARTER, now=lobby.now)
        lobby.news()
        looks = drift(lobby, moves) + quietly(lobby, 84)
        told = Counter(mail for look in looks for mail in look)
        assert told == {TAKER: 1, ("escalation", "manager"): 1, DEPUTY: 1, MSSI: 1}
        assert all(len(look) <= 1 for look in looks)


@pytest.mark.parametrize("away", [-TEN_YEARS, timedelta(hours=-3)])
def test_a_clock_that_was_set_back_and_right_again_makes_no_step_come_early(lobby: Lobby, away: timedelta) -> None:
    lobby.report()
    assert lobby.wait(minutes=2) == []
    assert drift(lobby, [away, timedelta(minutes=1)]) == [[], []]
    assert drift(lobby, [-away]) == [[]]
    assert lobby.wait(minutes=11, seconds=59) == []
    assert lobby.wait(seconds=1) == [DEPUTY]


def test_a_step_that_was_taken_in_the_future_does_not_hold_up_the_next_one(lobby: Lobby) -> None:
    lobby.report()
    assert drift(lobby, [TEN_YEARS, -TEN_YEARS]) == [[DEPUTY], []]
    assert lobby.wait(minutes=14, seconds=59) == []
    assert lobby.wait(seconds=1) == [MSSI]
    assert "wait_began_anew" in lobby.actions()


def test_a_promise_that_was_made_in_the_future_is_kept_from_now_on(lobby: Lobby) -> None:
    lobby.report()
    lobby.now += TEN_YEARS
    acknowledge(lobby.db, lobby.settings, REFERENCE, actor=CAMILLE, eta=Eta.HOUR, now=lobby.now)
    lobby.news()
    assert drift(lobby, [-TEN_YEARS]) == [[]]
    assert lobby.wait(minutes=59) == []
    assert lobby.wait(minutes=1) == [TAKER]


def test_a_mail_does_not_say_how_long_a_report_of_the_future_has_waited(lobby: Lobby) -> None:
    lobby.report(received_at=lobby.now + TEN_YEARS)
    lobby.look()
    assert lobby.wait(minutes=15) == [DEPUTY]
    assert "il attend toujours." in lobby.text(*DEPUTY)


def test_a_clock_that_is_set_right_makes_no_report_wait_longer_than_it_did(lobby: Lobby) -> None:
    """It came in six hours ago by a wrong clock, one minute ago by the right one."""
    with immediate(lobby.db):
        lobby.db.execute("INSERT INTO clock_corrections VALUES (1000, 0, ?)", (6 * 3600,))
    lobby.report()
    assert lobby.wait(hours=6, minutes=1) == []
    assert lobby.actions().count("wait_began_anew") == 1
    assert lobby.wait(minutes=1) == []
    assert DEPUTY in lobby.wait(minutes=30)
