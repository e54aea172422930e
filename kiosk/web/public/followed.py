"""Follow-up page: what the holder of a follow-up code may see.

Times, roles and replies; never the content of the report, never the name of a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from flask import Flask

from kiosk import clock
from kiosk.domain.handling import ReportState
from kiosk.domain.reference import follow_up_private_key
from kiosk.domain.submission import Sent
from kiosk.reporting.add import ADDITION_LIMIT, Added, can_be_found
from kiosk.reporting.reply import Reply, replies_for_reporter
from kiosk.store.keys.follow_up_secret import follow_up_secret
from kiosk.store.reports import additions, submissions
from kiosk.store.reports.follow_up import Followed
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.reports.submissions import ToldAudience
from kiosk.web.public import page
from kiosk.web.public.progress import Progress, progress_of
from kiosk.web.public.readiness import nothing_leaves
from kiosk.web.public.receipt import read_by
from kiosk.web.public.typed_addition import Draft
from kiosk.web.shared.context import database
from kiosk.web.shared.texts import gettext as _


def install(app: Flask) -> None:
    app.jinja_env.filters["role_name"] = role_name
    app.jinja_env.globals.update(addition_limit=ADDITION_LIMIT, new_id=uuid4)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedPage:
    """``draft``: an addition not stored yet, with its error or ``notice``; ``added``: the addition just stored."""

    report: ReportStatus
    code: str
    progress: Progress | None
    replies: Sequence[Reply]
    read_by: datetime | None
    draft: Draft | None = None
    notice: str = ""
    added: Added | None = None
    added_progress: Progress | None = None

    @property
    def waits(self) -> bool:
        return self.report.state == ReportState.OPEN

    @property
    def eta(self) -> datetime | None:
        """None once the promised time has passed."""
        eta = self.report.eta_at
        return eta if eta and eta > clock.now() else None

    @property
    def can_be_found(self) -> bool:
        return can_be_found(self.report) and self.report.state != ReportState.CLOSED


def page_of(
    followed: Followed, code: str, *, draft: Draft | None = None, notice: str = "", added: Added | None = None
) -> FollowedPage:
    db, report = database(), followed.report
    return FollowedPage(
        report=report,
        code=code,
        progress=progress_of(submissions.transmission(db, report.reference), clock.now(), nothing_leaves),
        replies=replies_for_reporter(db, report.reference, follow_up_private_key(code, follow_up_secret(db))),
        read_by=read_by(report.site, report.severity, report.received_at),
        draft=draft,
        notice=notice,
        added=added,
        added_progress=progress_of_addition(added) if added else None,
    )


def progress_of_addition(added: Added) -> Progress | None:
    found = additions.transmission(database(), added.submission.hash(Sent.ADDITION))
    return progress_of(found, clock.now(), nothing_leaves)


def role_name(role: str) -> str:
    """A reporter learns the role of a member, not the name."""
    return page.plain_name(ToldAudience(role, _("une personne habilitée"), None))
