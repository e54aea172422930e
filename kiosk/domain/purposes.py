"""Mail purposes: French name, and when a mail is cancelled."""

from enum import StrEnum
from typing import Self


class Scope(StrEnum):
    REPORT = "report"
    KIOSK = "kiosk"


class OnlyWhile(StrEnum):
    """State of the report; ``HANDLED``: taken or closed; ``UNDECIDED``: of its breach."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    HANDLED = "handled"
    UNDECIDED = "undecided"


class Purpose(StrEnum):
    """``french``: name on staff pages.

    ``only_while``: a mail has exactly one of these conditions and is cancelled when it no longer holds; empty for a
    mail that is always sent.
    """

    french: str
    scope: Scope
    only_while: tuple[OnlyWhile, ...]

    # Every member gives all of these; mypy needs the defaults for the look-up ``Purpose("report")``.
    def __new__(cls, code: str, french: str = "", scope: Scope = Scope.REPORT, *only_while: OnlyWhile) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.french, member.scope, member.only_while = french, scope, only_while
        return member

    REPORT = "report", "signalement", Scope.REPORT
    ADDITION = "addition", "précision", Scope.REPORT
    ESCALATION = "escalation", "relance", Scope.REPORT, OnlyWhile.OPEN
    REMINDER = "reminder", "rappel", Scope.REPORT, OnlyWhile.OPEN, OnlyWhile.ACKNOWLEDGED
    TAKEN = "taken", "prise en charge", Scope.REPORT, OnlyWhile.HANDLED
    # Always sent: what becomes of one of the reports ends the news of no other.
    TAKEN_TOGETHER = "taken_together", "prise en charge groupée", Scope.REPORT
    BREACH = "breach", "rappel des 72 heures", Scope.REPORT, OnlyWhile.UNDECIDED
    TEST = "test", "essai", Scope.KIOSK
    DAILY = "daily", "bilan du jour", Scope.KIOSK
    ALARM = "alarm", "alarme", Scope.KIOSK
    RETENTION = "retention", "conservation", Scope.KIOSK
    RESTORE = "restore", "sauvegarde restaurée", Scope.KIOSK
    ABSENCE = "absence", "absence", Scope.KIOSK
    ACCOUNTS = "accounts", "comptes et clés", Scope.KIOSK
    DIGEST = "digest", "envoi groupé", Scope.KIOSK
