"""Health endpoints ``/ping`` and ``/healthz``, on both doors."""

import logging

from flask import Blueprint, Response, jsonify

from kiosk import clock
from kiosk.domain.troubles.running import DATABASE
from kiosk.errors import StoreError
from kiosk.store.watch.health import pulse
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.hosts import comes_from_here

log = logging.getLogger(__name__)


def make_blueprint(*, for_staff: bool) -> Blueprint:
    """One per app: a Flask blueprint remembers where it was registered."""
    made = Blueprint("health", __name__)
    made.get("/ping")(ping)
    made.get("/healthz", defaults={"with_words": for_staff})(healthz)
    return made


def ping() -> tuple[str, int]:
    return "", 204


def healthz(with_words: bool) -> tuple[Response, int]:
    """200 or 503. The figures, and on the staff door the relay's words, are for this machine alone."""
    try:
        found = pulse(database(), current_settings(), clock.now())
    except StoreError:
        log.exception("the database cannot be opened")
        told, status = {"status": "red", "problems": [DATABASE.code]}, 503
    else:
        told, status = found.as_json(with_words=with_words), 200 if found.healthy else 503
    return jsonify(told if comes_from_here() else {"status": told["status"]}), status
