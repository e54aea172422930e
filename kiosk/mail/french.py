"""French words for codes and dates. An unknown code is shown as it is, so that no mail fails."""

from datetime import datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from kiosk import clock

FLAGS = {
    "encoding": "le texte reçu était endommagé : des lettres peuvent manquer ou être fausses",
    "unknown_choice": "une réponse reçue n'était pas au catalogue et n'a pas été gardée",
    "origin_unknown": "la page d'où vient l'envoi n'a pas pu être reconnue",
}
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def word(words: dict[str, str], code: str) -> str:
    return words.get(code, code)


def date_words(moment: datetime) -> str:
    """``20/11/2026``, in French local time."""
    day = clock.local(moment)
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def time_words(moment: datetime) -> str:
    return f"{clock.local(moment):%H:%M}"


def day_words(moment: datetime) -> str:
    """``vendredi 20/11/2026``"""
    return f"{WEEKDAYS[clock.local(moment).weekday()]} {date_words(moment)}"


def moment_words(moment: datetime) -> str:
    """``vendredi 20/11/2026 à 14:10``"""
    return f"{day_words(moment)} à {time_words(moment)}"


def clock_remark(moment: datetime, step: timedelta) -> str:
    """Beside a moment that a wrong clock gave; empty for a right one."""
    return f"l'horloge de la borne était fausse ; heure corrigée : {moment_words(moment + step)}" if step else ""


@lru_cache(maxsize=64)
def language_name(code: str) -> str:
    """An unknown code as it is."""
    try:
        return Locale.parse(code, sep="-").get_display_name("fr") or code
    except (UnknownLocaleError, ValueError):
        return code


def written_words(moment: datetime) -> str:
    """So that a mail which waited for weeks is read as of its own day."""
    return (
        f"Écrit le {moment_words(moment)}, heure de Paris. S'il vous parvient bien plus tard, le relais de messagerie"
        " ne répondait pas."
    )
