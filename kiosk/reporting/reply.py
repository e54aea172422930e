"""Replies of staff to the reporter."""

from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.domain.roles import Actor
from kiosk.domain.submission import Sent, Submission
from kiosk.domain.text import clean_text
from kiosk.store.base.connection import Database
from kiosk.store.keys.site_keys import KeyOf
from kiosk.store.reports import replies, report_status
from kiosk.store.reports.replies import NewReply, Reply

REPLY_LIMIT = 5_000  # characters

__all__ = ["REPLY_LIMIT", "Reply", "replies_for_reporter", "replies_of", "reply"]


def reply(
    db: Database, reference: str, text: str, *, actor: Actor, now: datetime, submission: Submission | None = None
) -> None:
    """Store a reply; durable on return and idempotent under the same ``submission``.

    Another text, or the same to another report, is a reply of its own. Raises UnknownReport, NotConfirmed, and
    ValueError for an empty text or more than REPLY_LIMIT characters.
    """
    said = clean_text(text)
    if not 0 < len(said) <= REPLY_LIMIT:
        raise ValueError(f"a reply has between 1 and {REPLY_LIMIT} characters")
    report = report_status.get(db, reference)
    new = NewReply(
        submission_hash=(submission or Submission()).hash(Sent.REPLY, f"{reference} {said}"),
        text=said,
        actor=actor.name,
        author=actor.display_name,
        role=actor.role,
        written_at=now,
    )
    replies.add(db, report, new)


def replies_of(db: Database, reference: str, key_of: KeyOf) -> Sequence[Reply]:
    """For staff, oldest first; empty for an unknown reference."""
    report = report_status.find(db, reference)
    return replies.of_report(db, report, key_of) if report else ()


def replies_for_reporter(db: Database, reference: str, follow_up_key: X25519PrivateKey) -> Sequence[Reply]:
    """Oldest first. ``follow_up_key`` is derived from the code. Only the author's role may be shown."""
    report = report_status.find(db, reference)
    return replies.to_reporter(db, report, follow_up_key) if report else ()
