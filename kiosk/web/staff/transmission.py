"""The first page of the staff's door: is everything on its way, and if not, what is in the way."""

from flask import Blueprint, render_template

from kiosk import clock
from kiosk.config import Audience, Settings, When
from kiosk.store import outbox
from kiosk.store.health import pulse
from kiosk.web import htmx
from kiosk.web.context import current_settings, database

LINES = 200  # of the queue on one page; `kiosk queue` lists all

blueprint = Blueprint("transmission", __name__)

# What each word of Pulse.problems means to the people on duty, and what they do about it.
PROBLEMS = {
    "forwarder": (
        "L'envoi des courriels est arrêté.",
        "Les signalements sont gardés. Faites redémarrer la borne par le service informatique.",
    ),
    "late": (
        "Des courriels attendent depuis plus de 15 minutes.",
        "Prévenez le MSSI par téléphone ; les courriels partiront d'eux-mêmes dès que le relais répond.",
    ),
    "held": (
        "Le relais a refusé définitivement des courriels.",
        "Lisez sa réponse ci-dessous, faites corriger la cause, puis : kiosk queue retry.",
    ),
    "disk": ("Le disque est presque plein.", "Faites libérer de l'espace avant qu'il ne soit trop tard."),
    "clock": ("L'horloge de la borne a reculé.", "Faites-la remettre à l'heure (NTP)."),
}

# The same for the problem "relay", by the state of the relay.
RELAY_PROBLEMS = {
    "none": (
        "Aucun relais de messagerie n'est configuré.",
        "Les signalements sont gardés, rien n'est envoyé. Prévenez le MSSI par téléphone et faites renseigner [smtp].",
    ),
    "down": (
        "Le relais de messagerie n'est pas joignable.",
        "Les signalements sont gardés et partiront d'eux-mêmes dès son retour. Faites vérifier le réseau et le relais.",
    ),
    "refused": (
        "Le relais de messagerie refuse nos identifiants.",
        "Les signalements sont gardés. Faites corriger nom ou mot de passe : l'envoi reprendra dans le quart d'heure.",
    ),
}

STATES = {"queued": "en attente", "sending": "envoi en cours", "held": "refusé"}


@blueprint.get("/")
def overview() -> str:
    settings, now = current_settings(), clock.now()
    found = pulse(database(), settings, now)
    template = "staff/_transmission.html" if htmx.wants_fragment() else "staff/transmission.html"
    return render_template(
        template,
        pulse=found,
        problems=[PROBLEMS.get(word) or RELAY_PROBLEMS[found.relay] for word in found.problems],
        relay_reply=found.relay_reply if "relay" in found.problems and found.relay != "none" else "",
        lines=outbox.undelivered(database(), limit=LINES),
        states=STATES,
        silent_audiences=_silent_audiences(settings),
        names={audience.id: audience.name for audience in settings.audiences},
        age=lambda moment: clock.span(now - moment, "jours"),
        checked_at=now,
    )


def _silent_audiences(settings: Settings) -> list[Audience]:
    """Those who should be told and cannot be: no address."""
    if settings.demo:
        return []
    return [a for a in settings.audiences if a.active and not a.address and a.when != When.NEVER]
