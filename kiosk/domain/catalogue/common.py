"""The questions that every kind asks in the same words, and their codes in form, database, mail and JSON."""

from kiosk.domain.catalogue.vocabulary import N_, Choice, Question, line, one, yes_no

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

NOT_LISTED_ZONE = Choice("elsewhere", N_("Autre endroit"))
UNKNOWN_ZONE = Choice("unknown", N_("Je ne sais pas"))


def ongoing(label: str) -> Question:
    return yes_no("ongoing", label)


# Names that a kind's own question must not take.
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
