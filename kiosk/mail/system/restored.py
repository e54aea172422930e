"""Mail about a restored backup: which mails may come twice, what the kiosk no longer knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kiosk.domain.purposes import Purpose
from kiosk.mail.french import moment_words
from kiosk.mail.render import Row, row_words
from kiosk.mail.system.system_mail import Content, Tone

NAMED = 40  # references listed in one mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored(Content):
    """``doubtful``: references of reports whose mails may come twice; ``mails``: their number.

    ``saved_at``: when the backup was written; ``sequence``: its last event.
    """

    purpose: ClassVar = Purpose.RESTORE
    why: ClassVar = "une sauvegarde a été restaurée sur la borne"

    saved_at: datetime
    restored_at: datetime
    doubtful: tuple[str, ...]
    mails: int
    sequence: int

    @property
    def banner(self) -> str:
        return "SAUVEGARDE RESTAURÉE"

    @property
    def tone(self) -> Tone:
        return Tone.ALARM

    @property
    def subject(self) -> str:
        return "sauvegarde restaurée"

    @property
    def headline(self) -> str:
        return f"La borne a repris l'état qu'elle avait le {moment_words(self.saved_at)}"

    @property
    def named(self) -> tuple[str, ...]:
        return self.doubtful[:NAMED]

    @property
    def more(self) -> int:
        return len(self.doubtful) - len(self.named)

    @property
    def rows(self) -> tuple[Row, ...]:
        return (
            Row("Sauvegarde du", f"{moment_words(self.saved_at)}, heure de Paris"),
            Row("Restaurée le", f"{moment_words(self.restored_at)}, heure de Paris"),
            Row("Dernier événement sauvegardé", str(self.sequence)),
        )

    def essentials(self) -> Iterator[str]:
        yield self.headline
        yield from (f"{row.label} : {row_words(row)}" for row in self.rows)
