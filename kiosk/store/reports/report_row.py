"""Clear columns of a report: they need no key."""

import json
from dataclasses import dataclass
from datetime import datetime

from kiosk import clock
from kiosk.domain.report import SentFrom
from kiosk.domain.severity import Severity

Column = str | int | bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """``told_at``, ``told_way``, ``entered_by``: only of a report that staff entered for a reporter.

    ``ongoing`` and ``personal_data`` hold the default of a question that was left out.
    """

    reference: str
    kind: str
    severity: Severity
    site: str
    zone: str | None
    terminal: str | None
    sent_from: SentFrom
    language: str
    observed_precision: str
    observed_earliest: datetime | None
    observed_latest: datetime | None
    ongoing: str
    personal_data: str
    aware_at: datetime
    received_at: datetime
    deadline_at: datetime | None
    flags: tuple[str, ...]
    told_at: datetime | None = None
    told_way: str | None = None
    entered_by: str | None = None

    def columns(self) -> dict[str, Column]:
        return {
            "reference": self.reference,
            "kind": self.kind,
            "severity": self.severity,
            "site_id": self.site,
            "zone": self.zone,
            "terminal_id": self.terminal,
            "sent_from": self.sent_from,
            "language": self.language,
            "observed_precision": self.observed_precision,
            "observed_earliest": text_or_none(self.observed_earliest),
            "observed_latest": text_or_none(self.observed_latest),
            "ongoing": self.ongoing,
            "personal_data": self.personal_data,
            "aware_at": clock.to_text(self.aware_at),
            "received_at": clock.to_text(self.received_at),
            "deadline_at": text_or_none(self.deadline_at),
            "flags": json.dumps(list(self.flags)),
            "told_at": text_or_none(self.told_at),
            "told_way": self.told_way,
            "entered_by": self.entered_by,
        }


def text_or_none(moment: datetime | None) -> str | None:
    return clock.to_text(moment) if moment else None
