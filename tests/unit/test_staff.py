"""Accounts as the database keeps them: who may come in, and what ends it."""

import dataclasses
import sqlite3
from datetime import timedelta

import pytest
from sqlite_utils import Database

from kiosk.domain.roles import StaffRole
from kiosk.errors import StaffError
from kiosk.store.staff import accounts, known_browsers, own_password, sessions
from kiosk.store.staff.accounts import NewMember
from kiosk.store.staff.sessions import LIFETIME, NewSession, digest
from tests.build import NOON
from tests.staff import UNUSABLE, a_member, a_session

IDLE = timedelta(minutes=30)
LINK = bytes(32)
ANNA = NewMember(name="anna", display_name="Anna Martin", role=StaffRole.MANAGER, sites=("siege",))


def actions(db: Database) -> list[tuple[str, str]]:
    return [tuple(row) for row in db.execute("SELECT actor, action FROM events ORDER BY id")]


def test_a_link_gives_one_password_and_then_nothing(db: Database) -> None:
    accounts.admit(db, ANNA, LINK, NOON)
    anna = accounts.member_of_link(db, LINK, NOON)
    assert anna is not None
    assert (anna.display_name, anna.role, anna.sites) == ("Anna Martin", StaffRole.MANAGER, ("siege",))
    assert accounts.use_link(db, LINK, "hash", NOON) == anna
    assert accounts.use_link(db, LINK, "another", NOON) is None
    account = accounts.find(db, "anna")
    assert account is not None
    assert (account.password_hash, account.link_expires_at) == ("hash", None)
    assert actions(db) == [("kiosk", "account_added"), ("anna", "password_set")]


def test_a_link_is_good_for_three_days(db: Database) -> None:
    accounts.admit(db, ANNA, LINK, NOON)
    assert accounts.member_of_link(db, LINK, NOON + timedelta(hours=71, minutes=59))
    assert accounts.use_link(db, LINK, "hash", NOON + timedelta(hours=72)) is None
    assert accounts.member_of_link(db, bytes(31) + b"x", NOON) is None


def test_a_new_link_stops_the_old_one_the_password_and_every_session(db: Database) -> None:
    anna = a_member(db, name="anna", now=NOON)
    key = a_session(db, anna, now=NOON)
    for link in (b"1" * 32, b"2" * 32):
        accounts.renew_link(db, "anna", link, NOON)
    assert sessions.find(db, digest(key), NOON, IDLE) is None
    assert accounts.member_of_link(db, b"1" * 32, NOON) is None
    assert accounts.member_of_link(db, b"2" * 32, NOON) == anna
    account = accounts.find(db, "anna")
    assert account is not None
    assert account.password_hash is None


def test_whoever_is_disabled_is_out_at_once_and_comes_back_anew(db: Database) -> None:
    anna = a_member(db, name="anna", now=NOON)
    key = a_session(db, anna, now=NOON)
    accounts.disable(db, "anna", NOON)
    assert sessions.find(db, digest(key), NOON, IDLE) is None
    new = NewSession(digest=bytes(32), device=bytes(32))
    assert not sessions.begin(db, anna, new, NOON, password_hash=UNUSABLE)
    with pytest.raises(StaffError, match="désactivé"):
        accounts.renew_link(db, "anna", LINK, NOON)
    accounts.admit(db, dataclasses.replace(ANNA, role=StaffRole.DPO, sites=()), LINK, NOON)
    again = accounts.use_link(db, LINK, "hash", NOON)
    assert again is not None
    assert (again.id, again.role, again.sites) == (anna.id, StaffRole.DPO, ())


def test_names_are_unique_and_unknown_ones_are_told(db: Database) -> None:
    a_member(db, name="anna")
    with pytest.raises(StaffError, match="existe déjà"):
        accounts.admit(db, ANNA, LINK, NOON)
    for verb in (accounts.disable, lambda db, name, now: accounts.renew_link(db, name, LINK, now)):
        with pytest.raises(StaffError, match="Il n'y a pas de compte « bruno »"):
            verb(db, "bruno", NOON)
    assert [account.member.name for account in accounts.accounts(db)] == ["anna"]


def test_a_changed_password_ends_every_session(db: Database) -> None:
    anna = a_member(db, now=NOON)
    keys = [a_session(db, anna, now=NOON) for _ in range(2)]
    assert own_password.change_password(db, anna, UNUSABLE, "new", NOON)
    assert [sessions.find(db, digest(key), NOON, IDLE) for key in keys] == [None, None]
    assert not own_password.change_password(db, anna, UNUSABLE, "newer", NOON), "somebody was quicker"
    with pytest.raises(AssertionError):
        a_session(db, anna, now=NOON)
    assert a_session(db, anna, now=NOON, password_hash="new")


def test_a_stronger_hash_of_the_same_password_leaves_sessions_alone(db: Database) -> None:
    anna = a_member(db, now=NOON)
    key = a_session(db, anna, now=NOON)
    own_password.rehash(db, anna, UNUSABLE, "stronger", NOON)
    assert sessions.find(db, digest(key), NOON, IDLE)
    assert a_session(db, anna, now=NOON, password_hash="stronger")


def test_a_session_lasts_eight_hours_however_busy(db: Database) -> None:
    key = a_session(db, a_member(db), now=NOON)
    for minutes in range(0, 480, 20):
        now = NOON + timedelta(minutes=minutes)
        found = sessions.find(db, digest(key), now, IDLE)
        assert found, minutes
        sessions.touch(db, found, now, IDLE)
    assert sessions.find(db, digest(key), NOON + LIFETIME, IDLE) is None


def test_a_session_that_rests_too_long_is_over(db: Database) -> None:
    key = a_session(db, a_member(db), now=NOON)
    assert sessions.find(db, digest(key), NOON + timedelta(minutes=29), IDLE)
    assert sessions.find(db, digest(key), NOON + timedelta(minutes=30), IDLE) is None


def test_a_click_within_the_minute_writes_nothing(db: Database) -> None:
    key = a_session(db, a_member(db), now=NOON)
    found = sessions.find(db, digest(key), NOON, IDLE)
    assert found is not None
    before = db.execute("SELECT total_changes()").fetchone()
    sessions.touch(db, found, NOON + timedelta(seconds=59), IDLE)
    assert db.execute("SELECT total_changes()").fetchone() == before
    sessions.touch(db, found, NOON + timedelta(seconds=60), IDLE)
    touched = sessions.find(db, digest(key), NOON, IDLE)
    assert touched is not None
    assert touched.seen_at == NOON + timedelta(seconds=60)


def test_a_member_ends_sessions_of_their_own_alone(db: Database) -> None:
    anna, bruno = a_member(db), a_member(db)
    key, _ = a_session(db, anna, now=NOON), a_session(db, anna, now=NOON)
    mine = sessions.find(db, digest(key), NOON, IDLE)
    assert mine is not None
    assert len(sessions.of_member(db, anna, NOON, IDLE)) == 2
    assert not sessions.revoke(db, bruno, mine.id, NOON)
    assert sessions.revoke(db, anna, mine.id, NOON)
    assert not sessions.revoke(db, anna, mine.id, NOON)
    assert len(sessions.of_member(db, anna, NOON, IDLE)) == 1


def test_signing_in_again_replaces_the_session_that_the_browser_held(db: Database) -> None:
    anna = a_member(db)
    first = a_session(db, anna, now=NOON)
    second = a_session(db, anna, now=NOON, replaces=digest(first))
    assert sessions.find(db, digest(first), NOON, IDLE) is None
    assert sessions.find(db, digest(second), NOON, IDLE)


def test_neither_sessions_nor_devices_pile_up(db: Database) -> None:
    anna = a_member(db)
    for day in range(20):
        a_session(db, anna, now=NOON + timedelta(days=day))
    assert db["staff_sessions"].count == 1
    assert db["staff_devices"].count == known_browsers.MOST


def test_a_browser_is_known_for_the_account_that_was_signed_in_to_from_it(db: Database) -> None:
    anna, bruno = a_member(db), a_member(db)
    sessions.begin(db, anna, NewSession(digest=bytes(32), device=LINK), NOON, password_hash=UNUSABLE)
    assert known_browsers.knows(db, anna.name, LINK, NOON)
    assert not known_browsers.knows(db, bruno.name, LINK, NOON)
    assert not known_browsers.knows(db, anna.name, LINK, NOON + timedelta(days=90))


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("DELETE FROM staff", "never deleted"),
        ("UPDATE staff SET name = 'bruno'", "never changes"),
        ("UPDATE staff_sessions SET ends_at = '2099'", "only the last use"),
        ("UPDATE staff_sessions SET staff_id = 2", "only the last use"),
        ("UPDATE staff SET role = 'admin'", "CHECK"),
    ],
)
def test_the_database_itself_refuses_what_would_break_the_trace(db: Database, statement: str, refusal: str) -> None:
    a_session(db, a_member(db))
    with pytest.raises(sqlite3.IntegrityError, match=refusal):
        db.execute(statement)
