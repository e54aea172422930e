"""Content of one-time pages: the receipt of a stored report, or a page as it was rendered."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from kiosk.config import Settings
from kiosk.domain.one_time import OneTimeToken
from kiosk.domain.submission import Submission
from kiosk.store.base.connection import Database
from kiosk.store.reports import one_time_pages
from kiosk.store.reports.one_time_pages import SealedPage

__all__ = ["NoRoom", "RenderedPage", "forget_expired", "keep_page", "look_up", "receipt_page", "rendered_page", "void"]

NoRoom = one_time_pages.NoRoom


@dataclass(frozen=True, slots=True)
class RenderedPage:
    status: int
    html: str


def receipt_page(token: OneTimeToken, submission: Submission, now: datetime) -> SealedPage:
    """Holds the submission id alone, from which reference and code follow."""
    return _sealed(token, {"submission": str(submission.id)}, now)


def rendered_page(token: OneTimeToken, page: RenderedPage, now: datetime) -> SealedPage:
    return _sealed(token, asdict(page), now)


def keep_page(db: Database, page: SealedPage) -> None:
    """Raises NoRoom or NotConfirmed."""
    one_time_pages.put(db, page)


def look_up(db: Database, token: OneTimeToken, now: datetime) -> Submission | RenderedPage | None:
    """None for an address that was never given out, was shown or has expired. Shows it only if ``void`` agrees."""
    sealed = one_time_pages.find(db, token.digest, now)
    if sealed is None:
        return None
    content = json.loads(token.open(sealed))
    if "submission" in content:
        return Submission(UUID(content["submission"]))
    return RenderedPage(status=content["status"], html=content["html"])


def void(db: Database, token: OneTimeToken) -> bool:
    """False if another request has shown it meanwhile."""
    return one_time_pages.void(db, token.digest)


def forget_expired(db: Database, settings: Settings, now: datetime) -> None:
    """Background job."""
    one_time_pages.erase_expired(db, now)


def _sealed(token: OneTimeToken, content: object, now: datetime) -> SealedPage:
    return SealedPage.of(token, json.dumps(content, ensure_ascii=False).encode(), now)
