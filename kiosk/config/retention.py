"""Retention periods of reports, in days: the contact goes first, then everything else."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kiosk.config.table import Fault, Table, outside

LONGEST = 3650  # days
LONGEST_NOTICE = 30  # days
SHORTEST_BREACH = 365  # days: an inspection of the register may come later than that
SHORTEST_TRACE, LONGEST_TRACE = 6, 36  # months: CNIL recommendation on logs (2021-122); the longest only where needed


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDays(Table):
    """From when a report was closed, hidden, or last acted upon."""

    contact: int
    content: int

    def faults(self) -> Iterator[Fault]:
        yield from outside("content", self.content, 0, LONGEST, "jours")
        yield from outside("contact", self.contact, 0, self.content, "jours (la durée de « content »)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDays(ErasureDays):
    contact: int = 60
    content: int = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclosedDays(ErasureDays):
    contact: int = 365
    content: int = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenDays(ErasureDays):
    contact: int = 7
    content: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDays(ClosedDays):
    """Replaces ``closed`` for one kind."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Table):
    """``acknowledged``: reports taken and never closed. ``notice``: days of warning before content is erased.

    ``trace_months``: events. ``backups_days``: copies made before a migration. ``breach_days``: the file on a breach,
    from its decision on; its line in the register stays.
    """

    closed: ClosedDays = field(default_factory=ClosedDays)
    acknowledged: UnclosedDays = field(default_factory=UnclosedDays)
    hidden: HiddenDays = field(default_factory=HiddenDays)
    kinds: tuple[KindDays, ...] = ()
    notice: int = 7
    trace_months: int = 12
    backups_days: int = 30
    breach_days: int = 1825

    def faults(self) -> Iterator[Fault]:
        if len({each.kind for each in self.kinds}) < len(self.kinds):
            yield "kinds", "nomme deux fois le même type : gardez une seule entrée"
        yield from outside("notice", self.notice, 0, LONGEST_NOTICE, "jours")
        yield from outside("trace_months", self.trace_months, SHORTEST_TRACE, LONGEST_TRACE, "mois")
        yield from outside("breach_days", self.breach_days, SHORTEST_BREACH, LONGEST, "jours")
        yield from outside("backups_days", self.backups_days, 1, LONGEST, "jours")
