"""Page texts: language, translation, French typography, dates.

The language is in the URL; the source texts are French. Templates call ``_()``; catalogue texts are marked with
``N_()`` and go through the filter ``translated``, which unlike ``_()`` leaves per cent signs alone and escapes as
usual.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from babel import Locale
from flask import Flask, g, has_request_context
from flask_babel import Babel, format_date, get_locale, get_translations, ngettext

from kiosk import clock
from kiosk.domain.catalogue.vocabulary import N_

DEFAULT_LANGUAGE = "fr"
# Where countries differ, dates and digits follow the one that most readers of the language know.
LOCALES = {"ar": "ar-MA", "en": "en-GB"}
# Zone names come from the settings. These usual ones are translated; any other is shown as it is.
USUAL_ZONES = (N_("Hall d'accueil"), N_("Parking"), N_("Extérieur"))
TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"
BEFORE_HIGH_PUNCTUATION = re.compile(r" (?=[:;?!»])|(?<=«) ")


def install(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT_LANGUAGE
    app.config["BABEL_DEFAULT_TIMEZONE"] = str(clock.PARIS)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, locale_selector=lambda: language_tag().replace("-", "_"))
    # flask-babel's own looks the catalogue up for every text: a sixth of the time of a form with an error.
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["language_tag"] = language_tag
    app.jinja_env.filters.update(
        translated=translated,
        in_french=in_french,
        clock_time=clock_time,
        long_date=long_date,
        upper_first=upper_first,
    )


def language() -> str:
    return g.get("language", DEFAULT_LANGUAGE) if has_request_context() else DEFAULT_LANGUAGE


def language_tag() -> str:
    """With the country, so that scripts format numbers as the page does."""
    return LOCALES.get(language(), language())


def direction() -> str:
    locale = get_locale()
    return str(locale.text_direction) if locale else "ltr"


def own_names(codes: Sequence[str]) -> list[tuple[str, str, str]]:
    """Code, name in the language itself, direction."""
    locales = [(code, Locale.parse(code, sep="-")) for code in codes]
    return [(code, (locale.get_display_name() or code).capitalize(), locale.text_direction) for code, locale in locales]


def gettext(text: str, **variables: object) -> str:
    """In the page's language, with ``%(name)s`` filled in."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    spoken: str = g.catalogue.ugettext(text)
    return spoken % variables if variables else spoken


def translated(text: str) -> str:
    """In French, no line begins with a colon or a question mark."""
    if not text:
        return ""
    spoken = gettext(text)
    return _typeset(spoken) if language() == "fr" else spoken


def in_french(text: str) -> str:
    """For staff at the desk, below a translated text; empty if both are the same."""
    return _typeset(text) if text and gettext(text) != text else ""


def _typeset(french: str) -> str:
    return BEFORE_HIGH_PUNCTUATION.sub("\N{NO-BREAK SPACE}", french)


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def clock_time(moment: datetime) -> str:
    return clock.local(moment).strftime("%H:%M")


def long_date(moment: datetime) -> str:
    return str(format_date(clock.local(moment).date(), "long"))
