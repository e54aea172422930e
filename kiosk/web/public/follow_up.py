"""Follow-up page: a report opened with its follow-up code, additions to it, and the polled transmission line."""

from flask import Response, g, render_template, request

from kiosk import clock
from kiosk.domain.reference import parse
from kiosk.domain.report import SentFrom
from kiosk.domain.submission import Sent, Submission
from kiosk.reporting.add import Addition, add
from kiosk.store.reports import additions, submissions
from kiosk.store.reports.follow_up import Followed, follow
from kiosk.store.reports.submissions import Transmission
from kiosk.web.public import page
from kiosk.web.public.followed import FollowedPage, page_of
from kiosk.web.public.page import posted, sent_from
from kiosk.web.public.page_cache import cached_page
from kiosk.web.public.progress import progress_of
from kiosk.web.public.readiness import nothing_leaves
from kiosk.web.public.transmission_line import transmission_line
from kiosk.web.public.typed_addition import Draft
from kiosk.web.shared import htmx, texts
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.origin import Origin, origin_of
from kiosk.web.shared.texts import gettext as _

TYPED_LIMIT = 100  # characters; a code has 19

blueprint = page.blueprint("follow_up")
Answer = str | tuple[str, int]


@blueprint.get("/<language:lang>/follow-up")
def ask() -> Response:
    return cached_page(_page)


@blueprint.post("/<language:lang>/follow-up")
def find() -> Answer:
    typed = _typed()
    draft = Draft.of(posted()) if "says" in posted() else None
    g.unsaved_addition = draft and (typed, draft)
    followed = follow(database(), typed, clock.now())
    if followed is None:
        return _unknown(typed)
    return _add(followed, typed, draft) if draft else _page(page_of(followed, _code(typed)))


@blueprint.post("/<language:lang>/transmission")
def poll_transmission() -> Answer:
    """204 while the step shown on screen is still current, and for an unknown code."""
    addition = Submission.posted(posted().get("addition"))
    progress = progress_of(_transmission(addition), clock.now(), nothing_leaves)
    if progress is None or progress.step == posted().get("shown"):
        return "", 204
    return transmission_line(progress, code=_code(_typed()), addition=addition.id if addition else None)


def unsaved_page(status: int) -> str | None:
    """After a server error: the page with the unsaved addition. Does not query the database."""
    unsaved = g.get("unsaved_addition")
    return _page(unsaved=unsaved) if unsaved and status >= 500 else None


def _typed() -> str:
    return posted().get("code", "")[:TYPED_LIMIT]


def _code(typed: str) -> str:
    return parse(typed, length=16) or ""


def _add(followed: Followed, typed: str, draft: Draft) -> Answer:
    if origin_of(request.headers, request.host) is Origin.FOREIGN:
        return _page(page_of(followed, _code(typed), draft=draft.renewed(), notice="foreign")), 403
    if draft.error:
        return _page(page_of(followed, _code(typed), draft=draft)), 422
    added = add(database(), current_settings(), followed, _addition(draft))
    return _page(page_of(follow(database(), typed, clock.now()) or followed, _code(typed), added=added))


def _addition(draft: Draft) -> Addition:
    sender = sent_from()
    return Addition(
        submission=draft.submission,
        found=draft.found,
        text=draft.text,
        language=texts.language(),
        terminal=current_settings().local_terminal if sender is SentFrom.TERMINAL else None,
        sent_from=sender,
        received_at=clock.now(),
    )


def _transmission(addition: Submission | None) -> Transmission | None:
    if addition:
        return additions.transmission(database(), addition.hash(Sent.ADDITION))
    followed = follow(database(), _typed(), clock.now())
    return submissions.transmission(database(), followed.report.reference) if followed else None


def _unknown(typed: str) -> Answer:
    """Wrong and expired codes get the same answer, so that it reveals nothing."""
    error = _("Ce code n'est pas reconnu. Vérifiez-le lettre par lettre, ou demandez à l'accueil.")
    return _page(typed=typed, error=error), 422


def _page(
    found: FollowedPage | None = None,
    *,
    typed: str = "",
    error: str = "",
    unsaved: tuple[str, Draft] | None = None,
) -> str:
    template = "public/_follow_up.html" if htmx.wants_fragment() else "public/follow_up.html"
    return render_template(template, found=found, typed=typed, error=error, unsaved=unsaved)
