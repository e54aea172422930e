"""Proof that this kiosk signed a backup: check letters from the paper, or heads of the trace that were kept elsewhere.

A head vouches for the signing key, because an event before it names the key: nobody can write that event anew under the
same head.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from kiosk.domain.trace_head import TraceHead
from kiosk.errors import StoreError
from kiosk.store.keys import backup_signing
from kiosk.store.trace import events

NAMING = ("keys_initialised", "recovery_key_renewed", "backup_written")
NOT_CHANGED = "Rien n'a été modifié."


@dataclass(frozen=True, slots=True)
class Proof:
    """``letters``: as ``backup_signing.check_letters`` spells them, None if only the heads prove it."""

    letters: str | None = None
    heads: Sequence[TraceHead] = ()

    def demand_signer(self, signer: bytes) -> None:
        """Before anything of the backup is used. Raises StoreError for another signer."""
        if self.letters is not None and backup_signing.check_letters(signer) != self.letters:
            raise StoreError(
                "Cette sauvegarde est signée par quelqu'un d'autre : les lettres de contrôle ne sont pas celles de"
                f" sa signature. Comparez-les avec le papier ; si elles sont justes, elle est fausse. {NOT_CHANGED}"
            )

    def demand_heads(self, db: Database, signer: bytes) -> None:
        """Raises StoreError unless the trace, whose chain holds, has every head and an event before it vouches."""
        if not self.heads:
            return
        _demand_tables(db)
        for head in self.heads:
            _demand_head(db, head)
        first = min(head.sequence for head in self.heads)
        if self.letters is None and not _vouches(db, first, backup_signing.check_letters(signer)):
            raise StoreError(
                "Cette tête de trace ne dit rien de la clé qui a signé la sauvegarde : prenez celle d'un courriel"
                f" d'après kiosk init ou d'après une sauvegarde, ou les lettres de contrôle. {NOT_CHANGED}"
            )


def _demand_tables(db: Database) -> None:
    """A view or a virtual table could answer each question in another way."""
    rows = db.execute("SELECT type, sql FROM sqlite_master WHERE name IN ('events', 'trace_anchors')").fetchall()
    if not rows or any((kind, sql.split()[:2]) != ("table", ["CREATE", "TABLE"]) for kind, sql in rows):
        raise StoreError(f"La trace de cette sauvegarde n'est pas celle d'une borne. {NOT_CHANGED}")


def _demand_head(db: Database, head: TraceHead) -> None:
    last = events.head(db).sequence
    if head.sequence > last:
        raise StoreError(
            f"La tête donnée est celle de l'événement {head.sequence}, et cette sauvegarde finit à l'événement {last} :"
            f" prenez une sauvegarde plus récente, ou un courriel d'avant celle-ci. {NOT_CHANGED}"
        )
    if head.sequence <= events.origin(db).sequence:
        raise StoreError(
            f"L'événement {head.sequence} n'est plus dans la trace de cette sauvegarde : prenez un courriel plus"
            f" récent. {NOT_CHANGED}"
        )
    if events.digest_at(db, head.sequence) != head.digest:
        raise StoreError(
            "La tête de trace donnée n'est pas dans cette sauvegarde : elle est d'une autre borne, ou quelqu'un l'a"
            f" fabriquée. {NOT_CHANGED}"
        )


def _vouches(db: Database, sequence: int, letters: str) -> bool:
    marks = ", ".join("?" for _ in NAMING)
    found = db.execute(
        f"SELECT 1 FROM events WHERE id > ? AND id <= ? AND action IN ({marks})"
        f" AND json_valid(detail) AND json_extract(detail, '$.{backup_signing.DETAIL}') = ?",
        (events.origin(db).sequence, sequence, *NAMING, letters),
    )
    return found.fetchone() is not None
