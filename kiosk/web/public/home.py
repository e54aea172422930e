"""The tiles, and what a contractor should know before typing a word."""

import logging
from enum import StrEnum

from flask import render_template

from kiosk import clock
from kiosk.errors import StoreError
from kiosk.intake.catalogue import KINDS
from kiosk.store.health import pulse
from kiosk.web.context import current_settings, database
from kiosk.web.public import page

log = logging.getLogger(__name__)
blueprint = page.blueprint("home")


class Readiness(StrEnum):
    READY = "ready"
    WAITING = "waiting"
    OUT_OF_ORDER = "out_of_order"


@blueprint.get("/", endpoint="french")
@blueprint.get("/<language:lang>/", endpoint="tiles")
def tiles() -> str:
    return render_template("public/home.html", kinds=KINDS.values(), readiness=_readiness())


def _readiness() -> Readiness:
    try:
        problems = pulse(database(), current_settings(), clock.now()).problems
    except StoreError:
        log.exception("the database cannot be opened")
        return Readiness.OUT_OF_ORDER
    waits = {"forwarder", "late", "held"} if current_settings().demo else {"forwarder", "late", "held", "relay"}
    return Readiness.WAITING if waits & set(problems) else Readiness.READY
