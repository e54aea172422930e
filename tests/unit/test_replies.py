"""What staff answer: the reporter's code and the site's key open it, and nothing else."""

import sqlite3
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.reference import follow_up_private_key
from kiosk.domain.report import Report
from kiosk.domain.roles import Actor
from kiosk.domain.submission import Submission
from kiosk.errors import StoreError
from kiosk.reporting.accept import accept
from kiosk.reporting.reply import REPLY_LIMIT, replies_for_reporter, replies_of, reply
from kiosk.store.keys import site_keys
from kiosk.store.keys.follow_up_secret import follow_up_secret
from tests.build import NOON, erase_unasked

ACTOR = Actor("m.durand", "Michel Durand", "manager")
REPORT = Report(
    submission=Submission(UUID(int=7, version=4)),
    kind_code="other",
    site="siege",
    terminal="hall",
    language="fr",
    received_at=NOON,
)


def reporters_key(db: Database) -> X25519PrivateKey:
    return follow_up_private_key(REPORT.follow_up_code, follow_up_secret(db))


@pytest.fixture
def reference(db: Database, settings: Settings) -> str:
    return accept(db, settings, REPORT, NOON).reference


def test_the_reporter_and_staff_read_the_same_words(db: Database, settings: Settings, reference: str) -> None:
    reply(db, reference, "Merci MARKER-9020.\r\nOn passe.", actor=ACTOR, now=NOON)
    (told,) = replies_for_reporter(db, reference, reporters_key(db))
    (kept,) = replies_of(db, reference, site_keys.in_files(db, settings.secrets))
    assert told == kept
    assert (told.text, told.role, told.written_at) == ("Merci MARKER-9020.\nOn passe.", "manager", NOON)


def test_in_the_database_a_reply_is_sealed_twice_and_its_event_says_who(db: Database, reference: str) -> None:
    reply(db, reference, "MARKER-9020", actor=ACTOR, now=NOON)
    (row,) = db["replies"].rows
    assert b"MARKER-9020" not in row["for_reporter"] + row["for_staff"]
    assert row["for_reporter"] != row["for_staff"]
    written = list(db["events"].rows)[-1]
    assert (written["action"], written["actor"], written["reference"]) == ("reply_written", "m.durand", reference)


def test_another_code_opens_no_reply(db: Database, settings: Settings, reference: str) -> None:
    reply(db, reference, "Merci", actor=ACTOR, now=NOON)
    for key in (X25519PrivateKey.generate(), site_keys.private_key(settings.secrets, "siege")):
        with pytest.raises(StoreError):
            replies_for_reporter(db, reference, key)


def test_a_reply_moved_to_another_place_does_not_open(db: Database, reference: str) -> None:
    reply(db, reference, "Merci", actor=ACTOR, now=NOON)
    reply(db, reference, "Trop tard", actor=ACTOR, now=NOON)
    db.execute("DROP TRIGGER what_was_replied_only_becomes_null")
    db.execute("UPDATE replies SET for_reporter = (SELECT for_reporter FROM replies WHERE id = 2) WHERE id = 1")
    db.conn.commit()
    with pytest.raises(StoreError):
        replies_for_reporter(db, reference, reporters_key(db))


def test_the_same_reply_sent_twice_is_one(db: Database, reference: str) -> None:
    for _ in range(2):
        reply(db, reference, "Merci", actor=ACTOR, now=NOON, submission=Submission(UUID(int=1, version=4)))
    assert len(replies_for_reporter(db, reference, reporters_key(db))) == 1
    assert [row["action"] for row in db["events"].rows].count("reply_written") == 1


def test_other_words_from_the_same_page_are_not_lost(db: Database, reference: str) -> None:
    """As when somebody goes back to a page that the browser had kept, and writes once more."""
    for text in ("Merci", "Merci, c'est réparé"):
        reply(db, reference, text, actor=ACTOR, now=NOON, submission=Submission(UUID(int=1, version=4)))
    assert [each.text for each in replies_for_reporter(db, reference, reporters_key(db))] == [
        "Merci",
        "Merci, c'est réparé",
    ]


@pytest.mark.parametrize("text", ["", " \n ", "x" * (REPLY_LIMIT + 1)])
def test_an_empty_or_endless_reply_is_refused(text: str, db: Database, reference: str) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        reply(db, reference, text, actor=ACTOR, now=NOON)


def test_a_reply_to_nothing_is_refused(db: Database) -> None:
    with pytest.raises(LookupError):
        reply(db, "000-000-000", "Merci", actor=ACTOR, now=NOON)
    assert replies_for_reporter(db, "000-000-000", reporters_key(db)) == ()


def test_a_purged_reply_leaves_its_place(db: Database, reference: str) -> None:
    reply(db, reference, "Merci", actor=ACTOR, now=NOON)
    erase_unasked(db, "UPDATE replies SET for_reporter = NULL, for_staff = NULL")
    assert [each.text for each in replies_for_reporter(db, reference, reporters_key(db))] == [None]


@pytest.mark.parametrize("statement", ["DELETE FROM replies", "UPDATE replies SET for_staff = x'00'"])
def test_the_database_itself_refuses_to_lose_or_rewrite_a_reply(statement: str, db: Database, reference: str) -> None:
    reply(db, reference, "Merci", actor=ACTOR, now=NOON)
    with pytest.raises(sqlite3.IntegrityError):
        db.conn.execute(statement)
    db.conn.rollback()
