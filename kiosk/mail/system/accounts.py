"""Mail about accounts and keys: what changed since the last one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kiosk.domain.purposes import Purpose
from kiosk.mail.french import moment_words
from kiosk.mail.render import Row
from kiosk.mail.safe_text import shown
from kiosk.mail.system.list_content import ListContent
from kiosk.mail.system.system_mail import Content

NAMED = 100  # changes listed in one mail


@dataclass(frozen=True, slots=True)
class ToldChange:
    """``whose``: account, site or recovery key; ``by``: who made the change."""

    whose: str
    what: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsChanged(ListContent, Content):
    purpose: ClassVar = Purpose.ACCOUNTS
    why: ClassVar = "tout changement des comptes et des clés est annoncé au MSSI"

    changes: tuple[ToldChange, ...]

    @property
    def banner(self) -> str:
        return "COMPTES ET CLÉS"

    @property
    def headline(self) -> str:
        many = "s" if len(self.changes) > 1 else ""
        return f"{len(self.changes)} changement{many} des comptes"

    @property
    def total(self) -> int:
        return len(self.changes)

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(_row(change) for change in self.changes[:NAMED])

    def essentials(self) -> Iterator[str]:
        yield self.headline
        yield from ListContent.essentials(self)


def _row(change: ToldChange) -> Row:
    return Row(shown(change.whose), change.what, note=f"{change.by}, le {moment_words(change.at)}")
