"""Common questions: every kind asks them, with the same codes in form, database, mail and JSON."""

from collections.abc import Mapping

from kiosk.domain.catalogue.vocabulary import N_, Choice, Question, line, one, yes_no
from kiosk.domain.worded import Worded

WHEN = one(
    "when",
    N_("Quand l'avez-vous remarqué ?"),
    {
        "now": N_("À l'instant"),
        "today": N_("Aujourd'hui"),
        "yesterday": N_("Hier"),
        "at": N_("À une autre date"),
    },
)

PERSONAL_DATA = yes_no(
    "personal_data",
    N_("Des données personnelles peuvent-elles être concernées ?"),
    hint=N_("Par exemple des noms d'assurés, des numéros de sécurité sociale ou des dossiers médicaux."),
)

CALLED = one(
    "called",
    N_("Avez-vous joint quelqu'un ?"),
    {
        "reached": N_("Joint"),
        "no_answer": N_("Pas de réponse"),
        "not_yet": N_("Pas encore"),
    },
)

ALREADY_DONE = line(
    "already_done",
    N_("Qu'est-ce qui a déjà été fait ?"),
    hint=N_("Par exemple : porte surveillée, appareil débranché, accueil prévenu."),
)

PLACE = line(
    "place",
    N_("Précisez l'endroit"),
    hint=N_("Étage, bureau, couloir… Si vous ne savez pas, passez."),
)


class UnlistedZone(Worded):
    """Answers to the zone question that are no zone of the site."""

    ELSEWHERE = "elsewhere", "autre endroit"
    UNKNOWN = "unknown", "endroit inconnu"


NOT_LISTED_ZONE = Choice(UnlistedZone.ELSEWHERE.value, N_("Autre endroit"))
UNKNOWN_ZONE = Choice(UnlistedZone.UNKNOWN.value, N_("Je ne sais pas"))


def zone_words(named: Mapping[str, str], zone: str | None) -> str:
    """Empty without a zone. ``named``: the site's zones."""
    return (named.get(zone) or UnlistedZone.word(zone)) if zone else ""


def ongoing(label: str) -> Question:
    return yes_no("ongoing", label)


# Codes that a kind's own question must not use.
RESERVED = frozenset(
    {
        "submission_id",
        "step",
        "zone",
        "place",
        "when",
        "when_date",
        "when_time",
        "ongoing",
        "personal_data",
        "called",
        "already_done",
        "description",
        "name",
        "company",
        "telephone",
    }
)
