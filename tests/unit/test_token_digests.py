"""Whoever can write to the database, but not read secrets/, plants no token that they know."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.store.staff import accounts, known_browsers, password_proofs, recovery_codes, second_factors, sessions
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.sessions import digest
from tests.build import NOON
from tests.staff import a_member

TOKEN = "known to somebody"
NOW, LATER = clock.to_text(NOON), clock.to_text(NOON + timedelta(hours=1))
Opens = Callable[[Database, Member], object]

PLANTED: dict[str, tuple[str, Opens]] = {
    "session": (
        "INSERT INTO staff_sessions (digest, staff_id, created_at, seen_at, ends_at, address, agent)"
        " VALUES (:digest, :id, :now, :now, :later, '', '')",
        lambda db, anna: sessions.find(db, digest(TOKEN), NOON, sessions.LIFETIME),
    ),
    "browser": (
        "INSERT INTO staff_devices VALUES (:digest, :id, :now)",
        lambda db, anna: known_browsers.knows(db, anna.name, digest(TOKEN), NOON),
    ),
    "link": (
        "INSERT INTO staff_links VALUES (:id, :digest, :later)",
        lambda db, anna: accounts.member_of_link(db, digest(TOKEN), NOON),
    ),
    "proof": (
        "INSERT INTO password_proofs VALUES (:digest, :id, 1, :later)",
        lambda db, anna: password_proofs.find(db, digest(TOKEN), NOON),
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_token_opens_nothing(db: Database, what: str) -> None:
    anna = a_member(db, name="anna")
    statement, opens = PLANTED[what]
    db.execute(statement, {"digest": digest(TOKEN), "id": anna.id, "now": NOW, "later": LATER})
    assert not opens(db, anna)


def test_a_recovery_code_that_was_moved_to_another_account_opens_nothing(db: Database) -> None:
    anna, bruno = a_member(db, name="anna"), a_member(db, name="bruno")
    with db.conn:
        code = recovery_codes.replace(db, anna.id)[0]
        db.execute("UPDATE recovery_codes SET staff_id = ?", (bruno.id,))
    assert not second_factors.use_recovery_code(db, bruno, code, NOON)
