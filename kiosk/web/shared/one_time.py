"""One-time pages of both doors: a rendered page that waits at a random address until it is shown."""

import logging

from kiosk import clock
from kiosk.domain.one_time import OneTimeToken
from kiosk.errors import NotConfirmed, StoreError
from kiosk.reporting.shown_once import NoRoom, RenderedPage, keep_page
from kiosk.web.shared.context import database, distrust_database

log = logging.getLogger(__name__)


def kept(page: RenderedPage) -> OneTimeToken | None:
    """None if the page cannot wait: show it at once."""
    token = OneTimeToken()
    try:
        keep_page(database(), token, page, clock.now())
    except NoRoom:
        log.warning("too many pages wait at one-time addresses: one was shown at once")
        return None
    except (NotConfirmed, StoreError):
        log.exception("a page could not be kept for a one-time address")
        distrust_database()
        return None
    return token
