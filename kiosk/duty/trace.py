"""The head of the trace as mails tell it, asked for while a mail is composed: it names what was there before."""

from kiosk.mail.facts import TraceHead
from kiosk.store import events
from kiosk.store.connection import Database


def trace_head(db: Database) -> TraceHead:
    head = events.head(db)
    return TraceHead(head.sequence, head.digest.hex())
