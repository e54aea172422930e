"""A report with words in it, taken in as the public door takes it in."""

from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.moment import resolve
from kiosk.domain.one_time import OneTimeToken
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.reporting.accept import accept


def an_incident(
    db: Database,
    settings: Settings,
    kind: str = "theft",
    *,
    at: datetime | None = None,
    ago: int = 0,
    token: OneTimeToken | None = None,
    **said: Any,
) -> str:
    """Its reference; it came ``ago`` minutes before ``at`` (now if nobody says otherwise).

    ``token``: of the address that shows the receipt, as to a browser without scripts.
    """
    at = (at or clock.now()) - timedelta(minutes=ago)
    told: dict[str, Any] = {
        "site": "siege",
        "terminal": "hall",
        "language": "fr",
        "observed": resolve("now", "", "", at),
    }
    report = Report(submission=Submission(), kind_code=kind, received_at=at, **told | said)
    return accept(db, settings, report, at, token).reference
