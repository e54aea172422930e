"""Page frame of the public door: telephones, language, links, values for every template."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl

from flask import Blueprint, Flask, g, request, url_for
from werkzeug.datastructures import MultiDict

from kiosk.config import Role
from kiosk.domain.report import SentFrom
from kiosk.domain.telephones import TelephoneNumber, telephone_numbers
from kiosk.duty.audiences import serves
from kiosk.web.public import display
from kiosk.web.public.language import guess_language, page_in, put_language, redirect_unknown, take_language
from kiosk.web.shared import texts
from kiosk.web.shared.app import PARTS_LIMIT
from kiosk.web.shared.context import current_settings
from kiosk.web.shared.hosts import passed_a_proxy
from kiosk.web.shared.texts import gettext as _


@dataclass(frozen=True, slots=True)
class ShownTelephone:
    """``dials``: each number is a link, on a visitor's own telephone; a terminal has nothing that could dial."""

    who: str
    numbers: tuple[TelephoneNumber, ...]
    dials: bool


def install(app: Flask) -> None:
    app.context_processor(_page_values)
    app.before_request(guess_language)
    display.install(app)
    app.jinja_env.globals.update(telephones=telephones, dials=dials, page_in=page_in)


def blueprint(name: str) -> Blueprint:
    made = Blueprint(name, __name__)
    made.url_value_preprocessor(take_language)
    made.url_defaults(put_language)
    made.url_defaults(display.put_display)
    made.before_request(redirect_unknown)
    return made


def telephones(kind: str | None = None) -> Sequence[ShownTelephone]:
    """Manager, deputy and (if the kind is theirs) referent; failing these, the services.

    Only audiences of this site with a number.
    """
    settings = current_settings()
    roles = [Role.MANAGER, Role.DEPUTY, *([Role.REFERENT] if kind else [])]
    reachable = [
        audience
        for audience in settings.audiences
        if telephone_numbers(audience.telephone) and serves(audience, site=settings.local_site.id, kind=kind or "")
    ]
    first = [audience for role in roles for audience in reachable if audience.role == role]
    called = first or [audience for audience in reachable if audience.role == Role.SERVICE]
    return [ShownTelephone(plain_name(each), telephone_numbers(each.telephone), dials()) for each in called]


def dials() -> bool:
    return sent_from() == SentFrom.VISITOR


class Known(Protocol):
    """An audience: from the settings, or as recorded when a report was sent to it."""

    @property
    def role(self) -> str: ...
    @property
    def name(self) -> str: ...


def plain_name(audience: Known) -> str:
    names: dict[str, str] = {
        Role.MSSI: _("le responsable de la sécurité informatique (MSSI)"),
        Role.MANAGER: _("le responsable d'immeuble"),
        Role.DEPUTY: _("le suppléant"),
        Role.DPO: _("le délégué à la protection des données (DPO)"),
        Role.REFERENT: _("le référent des prestataires"),
    }
    return names.get(audience.role, audience.name)


def _page_values() -> dict[str, Any]:
    settings = current_settings()
    language = g.get("language", texts.DEFAULT_LANGUAGE)
    return {
        "demo": settings.demo,
        "organisation": settings.organisation.name,
        "site": settings.local_site,
        "language": language,
        "direction": texts.direction(),
        "languages": texts.own_names(settings.languages.offered),
        "idle_seconds": settings.web.idle,
        "keyboard": settings.screen.keyboard,
        "home_url": url_for("home.tiles", lang=language),
        "start_url": f"/{texts.DEFAULT_LANGUAGE}/",
        "dpo_address": next((a.address for a in settings.audiences if a.role == Role.DPO and a.active), ""),
    }


def sent_from() -> SentFrom:
    """Terminal or visitor, by the client's address, looked at once a request.

    Behind a proxy, by the address that it forwards; no terminal if ``web.proxy`` names no proxy.
    """
    if "sent_from" not in g:
        g.sent_from = _sent_from()
    found: SentFrom = g.sent_from
    return found


def _sent_from() -> SentFrom:
    web = current_settings().web
    is_known = bool(web.proxy) or not passed_a_proxy()
    return SentFrom.TERMINAL if is_known and web.is_terminal(request.remote_addr or "") else SentFrom.VISITOR


def posted() -> MultiDict[str, str]:
    """Fields of a posted form, parsed once; bytes that are no UTF-8 become lone surrogates.

    Of a body with such bytes Werkzeug would drop every field, or take a tenth of a second for 256 KiB of them.
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        return request.form
    if "posted" not in g:
        fields = request.get_data().decode("utf-8", "surrogateescape").split("&", PARTS_LIMIT)[:PARTS_LIMIT]
        g.posted = MultiDict(parse_qsl("&".join(fields), keep_blank_values=True, errors="surrogateescape"))
    parsed: MultiDict[str, str] = g.posted
    return parsed
