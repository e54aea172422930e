"""Guessing is slow, and nobody is locked out by it."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk.store.base.connection import immediate
from kiosk.store.staff import sign_in_throttle
from kiosk.store.staff.sign_in_throttle import (
    BUCKETS,
    LONGEST_WAIT,
    lane,
    stranger,
    take_turn,
    wait_after,
    wait_under_attack,
)
from tests.build import NOON

ANNA, HOME, ACCOUNT = stranger("anna", "10.0.0.7/32")


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def fail(db: Database, times: int, now: datetime = NOON) -> datetime:
    """As fast as the lanes allow; when the last one failed."""
    for _ in range(times):
        while wait := take_turn(db, [ANNA, HOME], now, account="anna"):
            now += seconds(wait)
    return now


def test_slips_of_the_pen_are_free_and_then_every_wait_is_twice_the_last() -> None:
    assert [wait_after("guesser", count) for count in range(1, 11)] == [0, 0, 1, 2, 4, 8, 16, 30, 30, 30]
    assert [wait_after("address", count) for count in (9, 10, 11)] == [0, 1, 2]
    assert wait_after("guesser", 10_000) == LONGEST_WAIT


def test_ten_thousand_wrong_passwords_lock_nobody_out(db: Database) -> None:
    """They get their turns in the beginning, and then nothing but the seconds to wait."""
    turns = sum(take_turn(db, [ANNA, HOME], NOON + seconds(number / 100)) == 0 for number in range(10_000))
    assert turns < 12
    end = NOON + seconds(100)
    wait = take_turn(db, [ANNA, HOME], end)
    assert 0 < wait <= 30
    assert take_turn(db, [ANNA, HOME], end + seconds(wait)) == 0


def test_whoever_asks_too_early_is_told_without_a_write(db: Database) -> None:
    now = fail(db, 8)
    before = db.execute("SELECT total_changes()").fetchone()
    assert {take_turn(db, [ANNA], now + seconds(offset)) for offset in (0, 1, 29, 29.5)} == {30, 29, 1}
    assert db.execute("SELECT total_changes()").fetchone() == before
    assert take_turn(db, [ANNA], now + seconds(30)) == 0


def test_guesses_sent_at_once_count_one_by_one(db: Database) -> None:
    assert [take_turn(db, [ANNA], NOON) for _ in range(5)] == [0, 0, 0, 1, 1]


def test_the_slowest_lane_decides(db: Database) -> None:
    now = fail(db, 8)
    assert take_turn(db, [lane("guesser", "bruno"), HOME], now) == 0
    for _ in range(4):
        now += seconds(take_turn(db, [lane("guesser", "carla"), HOME], now))
        take_turn(db, [lane("guesser", "dora"), HOME], now)
    assert take_turn(db, [lane("guesser", "emil"), HOME], now) > 0


def test_a_known_browser_has_a_lane_that_others_cannot_fill(db: Database) -> None:
    now = fail(db, 12)
    assert take_turn(db, [ANNA, HOME], now) == 30
    assert take_turn(db, [lane("device", "a cookie")], now) == 0


def guess_from(db: Database, addresses: int, now: datetime) -> int:
    """How many are taken of three guesses at Anna's account from each address."""
    return sum(
        take_turn(db, stranger("anna", f"10.0.1.{one}/32"), now) == 0 for _ in range(3) for one in range(addresses)
    )


def test_thirty_addresses_guess_hardly_faster_than_one(db: Database) -> None:
    taken = [guess_from(db, 30, NOON + seconds(second)) for second in range(600)]
    assert taken[0] == 10
    assert sum(taken) < 10 + 30 * 4, "each waits in its own place, longer after each ten failures"
    assert [wait_under_attack(count) for count in (0, 9, 10, 25, 99, 1_000)] == [0, 0, 30, 60, 270, 300]


def test_an_address_that_is_not_to_blame_waits_once_however_many_others_guess_without_a_pause(db: Database) -> None:
    guess_from(db, 30, NOON)
    office = stranger("anna", "10.0.0.99/32")
    wait = take_turn(db, office, NOON)
    assert 0 < wait <= 300
    for second in range(1, wait):
        guess_from(db, 30, NOON + seconds(second))
    assert take_turn(db, office, NOON + seconds(wait - 1)) == 1, "no longer than it was told"
    assert take_turn(db, office, NOON + seconds(wait)) == 0
    assert take_turn(db, stranger("bruno", "10.0.0.99/32"), NOON + seconds(wait)) == 0


def test_a_password_that_could_not_be_checked_keeps_its_turn(db: Database) -> None:
    guess_from(db, 30, NOON)
    office, now = stranger("anna", "10.0.0.99/32"), NOON
    now += seconds(take_turn(db, office, now))
    for _ in range(5):
        assert take_turn(db, office, now) == 0
        sign_in_throttle.take_back(db, office, now)


def test_success_and_a_quiet_quarter_of_an_hour_forgive(db: Database) -> None:
    now = fail(db, 8)
    assert take_turn(db, [ANNA], now) == 30
    with immediate(db):
        sign_in_throttle.forgive(db, [ANNA])
    assert [take_turn(db, [ANNA], now) for _ in range(4)] == [0, 0, 0, 1]
    later = now + timedelta(minutes=15)
    assert [take_turn(db, [ANNA], later) for _ in range(4)] == [0, 0, 0, 1]


def test_right_passwords_of_a_whole_house_make_nobody_wait(db: Database) -> None:
    for number in range(40):
        lanes = [lane("guesser", f"colleague {number}"), HOME]
        assert take_turn(db, lanes, NOON) == 0
        with immediate(db):
            sign_in_throttle.forgive(db, lanes)


def test_ones_own_right_password_buys_no_guess_at_others(db: Database) -> None:
    now, guesses = NOON, 0
    while now < NOON + timedelta(minutes=10):
        for guessed in (True, False):
            lanes = [lane("guesser", f"colleague {guesses}" if guessed else "mine"), HOME]
            now += seconds(take_turn(db, lanes, now))
            assert take_turn(db, lanes, now) == 0
            guesses += guessed
            if not guessed:
                with immediate(db):
                    sign_in_throttle.forgive(db, lanes)
    assert guesses < 10 + 30, "hardly more than those that are free and one in each half minute"


def test_a_clock_that_was_set_back_keeps_nobody_out(db: Database) -> None:
    fail(db, 8)
    assert take_turn(db, [ANNA, HOME], NOON - timedelta(days=400)) == 0


def test_the_table_is_bounded_and_holds_nothing_that_was_typed(db: Database) -> None:
    names = [f"a-password-in-the-wrong-field-{number}" for number in range(300)]
    for name in names:
        take_turn(db, [lane("guesser", name)], NOON)
    keys = [row[0] for row in db.execute("SELECT lane FROM sign_in_lanes")]
    assert len(keys) <= len(names)
    assert all(int(key.removeprefix("guesser:")) < BUCKETS for key in keys)


def test_a_burst_leaves_a_trace_that_grows_slowly(db: Database) -> None:
    fail(db, 30)
    told = db.execute("SELECT actor, detail FROM events WHERE action = 'sign_in_failures'").fetchall()
    assert len(told) == 4
    assert told[0] == ("kiosk", '{"account": "anna", "failures": 5, "lane": "guesser"}')
