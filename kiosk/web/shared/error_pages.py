"""Error pages. Each says what to do next and links to the start."""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from kiosk.discreet import hide_error_text
from kiosk.errors import NotConfirmed, StoreError
from kiosk.store.base.damage import SqliteFailure, damage_in, note
from kiosk.web.shared.context import current_settings, distrust_database
from kiosk.web.shared.texts import gettext as _


class Words(NamedTuple):
    title: str
    advice: str


def install(
    app: Flask,
    *,
    layout: str,
    wording: Callable[[int], Words] | None = None,
    telephones: Callable[[], Sequence[object]] = tuple,
    salvage: Callable[[int], str | None] = lambda status: None,
) -> None:
    """``layout``: template that the pages extend; ``wording``: texts, if not those for contractors.

    ``salvage``: returns a better page for a status, with what was typed, or None.
    """

    def page_for(status: int) -> str:
        return salvage(status) or render_template(
            "errors/error.html", layout=layout, words=(wording or words)(status), telephones=telephones()
        )

    def http_error(error: HTTPException) -> Response | HTTPException:
        return _answer(error, page_for)

    def store_failed(error: NotConfirmed | StoreError | SqliteFailure) -> tuple[str, int]:
        app.logger.error("the store failed", exc_info=error)
        status = _status_of(error)
        return page_for(status), status

    app.logger.addFilter(discreet)
    app.register_error_handler(HTTPException, http_error)
    for failure in (NotConfirmed, StoreError, SqliteFailure):
        app.register_error_handler(failure, store_failed)


def _status_of(error: NotConfirmed | StoreError | SqliteFailure) -> int:
    """503 when the database or its disk failed, 500 for an error of ours. The connection is used no more."""
    distrust_database()
    if found := damage_in(error):
        note(current_settings().database, found)
    return 500 if isinstance(error, SqliteFailure) and not found else 503


def _answer(error: HTTPException, page_for: Callable[[int], str]) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error  # a redirect
    response = make_response(page_for(status), status)
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def discreet(record: logging.LogRecord) -> bool:
    """Log filter: drops the text of unknown errors, escapes unprintable characters."""
    hide_error_text(record)
    record.msg, record.args = _visible(record.getMessage()), ()
    return True


def _visible(text: str) -> str:
    """Escape line ends and control characters, for a log line."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def words(status: int) -> Words:
    if status in (404, 410):
        return Words(
            _("Cette page n'existe pas"),
            _("Elle a peut-être changé d'adresse. Revenez à l'accueil pour faire un signalement."),
        )
    if status == 413:
        return Words(
            _("C'est trop long pour un seul envoi"),
            _("Rien n'a été enregistré. Racontez l'essentiel en quelques phrases : c'est bien assez pour commencer."),
        )
    if status == 503:  # disk full or no database; for a form that was sent see templates/public/not_saved.html
        return Words(
            _("La borne ne répond pas comme elle devrait"),
            _("Rien n'est encore enregistré. Réessayez dans un instant, ou prévenez quelqu'un de vive voix."),
        )
    if status >= 500:
        return Words(
            _("Un problème est survenu sur la borne"),
            _("Si vous n'avez pas vu de référence, recommencez : un signalement envoyé deux fois ne gêne personne."),
        )
    return Words(
        _("Cette demande n'a pas été comprise"),
        _("Revenez à l'accueil et recommencez. Si vous aviez déjà écrit, prévenez aussi quelqu'un de vive voix."),
    )
