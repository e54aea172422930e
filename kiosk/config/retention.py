"""How long what a report says is kept, in days: first the contact goes, then everything else that was written."""

from dataclasses import dataclass, field

from kiosk.errors import SettingsError

LONGEST = 3650  # days
LONGEST_NOTICE = 30  # days
SHORTEST_BREACH = 365  # days: whoever controls the register may come later than that
SHORTEST_TRACE, LONGEST_TRACE = 6, 36  # months: what the CNIL names for logs (2021-122), the last where there is a need


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Counted from the moment a report was closed, hidden, or last acted upon."""

    contact: int = 60
    content: int = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclosedDays(Days):
    contact: int = 365
    content: int = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenDays(Days):
    contact: int = 7
    content: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDays(Days):
    """Of closed reports of one kind, in the place of ``closed``."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """``acknowledged``: of reports that somebody has taken and nobody closed. ``notice`` in days before content goes.

    ``trace_months``: how long events are kept; ``backups_days``: how long the copies made before a migration are.
    ``breach_days``: how long the file on a breach is, from its decision on; its line in the register stays.
    """

    closed: Days = field(default_factory=Days)
    acknowledged: UnclosedDays = field(default_factory=UnclosedDays)
    hidden: HiddenDays = field(default_factory=HiddenDays)
    kinds: tuple[KindDays, ...] = ()
    notice: int = 7
    trace_months: int = 12
    backups_days: int = 30
    breach_days: int = 1825


def check_retention(retention: Retention) -> None:
    """Raises SettingsError."""
    for name in ("closed", "acknowledged", "hidden"):
        _check_days(f"retention.{name}", getattr(retention, name))
    for each in retention.kinds:
        _check_days(f"retention.kinds.{each.kind}", each)
    if len({each.kind for each in retention.kinds}) < len(retention.kinds):
        raise SettingsError("«retention.kinds» names a kind twice.")
    if not 0 <= retention.notice <= LONGEST_NOTICE:
        raise SettingsError(f"«retention.notice» must lie between 0 and {LONGEST_NOTICE} days.")
    if not SHORTEST_TRACE <= retention.trace_months <= LONGEST_TRACE:
        raise SettingsError(f"«retention.trace_months» must lie between {SHORTEST_TRACE} and {LONGEST_TRACE} months.")
    if not SHORTEST_BREACH <= retention.breach_days <= LONGEST:
        raise SettingsError(f"«retention.breach_days» must lie between {SHORTEST_BREACH} and {LONGEST} days.")
    if not 1 <= retention.backups_days <= LONGEST:
        raise SettingsError(f"«retention.backups_days» must lie between 1 and {LONGEST} days.")


def _check_days(where: str, days: Days) -> None:
    if not 0 <= days.contact <= days.content <= LONGEST:
        raise SettingsError(
            f"«{where}»: contact must not be kept longer than content, nor content than {LONGEST} days."
        )
