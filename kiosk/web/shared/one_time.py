"""One-time pages of both doors: a rendered page that waits at a random address until it is shown."""

import logging

from flask import current_app, request

from kiosk import clock
from kiosk.domain.one_time import OneTimeToken
from kiosk.errors import NotConfirmed, StoreError
from kiosk.reporting.shown_once import NoRoom, RenderedPage, keep_page, rendered_page
from kiosk.store.reports.one_time_pages import SHARE
from kiosk.web.shared.context import database, distrust_database
from kiosk.web.shared.fair_queue import machine
from kiosk.web.shared.page_shares import PageShares

log = logging.getLogger(__name__)

SHARES = "kiosk-page-shares"


def kept(page: RenderedPage) -> OneTimeToken | None:
    """None if the page cannot wait: show it at once."""
    token, shares = OneTimeToken(), _shares()
    try:
        sealed = rendered_page(token, page, clock.now())
        if not shares.take(machine(request.remote_addr or ""), len(sealed.sealed)):
            raise NoRoom
        keep_page(database(), sealed)
    except NoRoom:
        if shares.is_worth_a_line():
            log.warning("too many pages wait at one-time addresses: some were shown at once")
        return None
    except (NotConfirmed, StoreError):
        log.exception("a page could not be kept for a one-time address")
        distrust_database()
        return None
    return token


def _shares() -> PageShares:
    shares: PageShares = current_app.extensions.setdefault(SHARES, PageShares(SHARE))
    return shares
