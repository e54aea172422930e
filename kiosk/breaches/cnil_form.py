"""CNIL notification form (GDPR art. 33(3)): its questions, and its answers verbatim.

Form, printed page, JSON and register are made from this one list, so none can lack a question. Codes are stored;
words are for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from kiosk.domain.catalogue import UNKNOWN, Choice, Form, Question, Tristate, vocabulary
from kiosk.domain.catalogue.vocabulary import text
from kiosk.domain.cnil import CnilOrigin

YES_NO = {answer.value: answer.french for answer in (Tristate.YES, Tristate.NO)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    title: str
    questions: tuple[Question, ...]


DOES_NOT_KNOW = Choice(UNKNOWN, "ne sait pas")
one = partial(vocabulary.one, dont_know=DOES_NOT_KNOW)
several = partial(vocabulary.several, dont_know=DOES_NOT_KNOW)

BANDS = {"0-5": "0 à 5", "6-50": "6 à 50", "51-300": "51 à 300", "301-5000": "301 à 5 000", "5000+": "plus de 5 000"}
ORIGINS = {origin.code: origin.label for origin in CnilOrigin}
DATA = {
    "civil_status": "État civil",
    "nir": "NIR (numéro de sécurité sociale)",
    "contact": "Coordonnées",
    "access": "Données d'identification ou d'accès",
    "financial": "Informations financières",
    "official": "Documents officiels",
    "location": "Localisation",
    "offences": "Infractions, condamnations",
    "health": "Santé (sensible)",
    "biometric": "Biométrie (sensible)",
    "genetic": "Génétique (sensible)",
    "origin": "Origine raciale ou ethnique (sensible)",
    "opinions": "Opinions politiques, religieuses ou philosophiques (sensible)",
    "union": "Appartenance syndicale (sensible)",
    "orientation": "Orientation sexuelle (sensible)",
    "other": "Autres",
}
PEOPLE = {
    "employees": "Employés",
    "users": "Utilisateurs",
    "insured": "Adhérents, assurés",
    "patients": "Patients",
    "minors": "Mineurs",
    "vulnerable": "Personnes vulnérables",
    "customers": "Clients",
    "other": "Autres",
}
CONSEQUENCES = {
    "control": "Perte de contrôle sur leurs données",
    "rights": "Limitation de leurs droits",
    "discrimination": "Discrimination",
    "identity": "Vol d'identité",
    "fraud": "Fraude",
    "pseudonyms": "Levée non autorisée de la pseudonymisation",
    "financial": "Pertes financières",
    "reputation": "Atteinte à la réputation",
    "secrecy": "Perte de confidentialité de données protégées par un secret professionnel",
    "other": "Autre",
}
SUPPORTS = {
    "server": "Serveur",
    "desktop": "Poste fixe",
    "laptop": "Ordinateur portable",
    "disk": "Disque externe",
    "usb": "Clé USB",
    "phone": "Téléphone",
    "paper": "Document papier",
    "other": "Autre",
}

CHAPTERS = (
    Chapter(
        title="La violation",
        questions=(
            one("certainty", "Violation", {"established": "établie", "suspected": "supposée"}),
            several(
                "nature",
                "Nature",
                {
                    "confidentiality": "Perte de la confidentialité",
                    "integrity": "Perte de l'intégrité",
                    "availability": "Perte de la disponibilité",
                },
            ),
            several("origin", "Origine de l'incident", ORIGINS),
            one(
                "cause",
                "Cause",
                {
                    "internal_malicious": "Acte interne malveillant",
                    "internal_accident": "Acte interne accidentel",
                    "external_malicious": "Acte externe malveillant",
                    "external_accident": "Acte externe accidentel",
                },
            ),
            text("circumstances", "Découverte et circonstances", hint="Par qui, où, comment ; début, fin ou en cours."),
            text("processor", "Sous-traitant concerné", hint="Nom, coordonnées, et quand il nous a prévenus."),
        ),
    ),
    Chapter(
        title="Les données et les personnes",
        questions=(
            several("data", "Catégories de données", DATA),
            one("records_band", "Nombre d'enregistrements", BANDS),
            several("people", "Catégories de personnes", PEOPLE),
            one("people_band", "Nombre de personnes", BANDS),
            several("support", "Support", SUPPORTS),
            one("encrypted", "Support chiffré", YES_NO),
        ),
    ),
    Chapter(
        title="Les conséquences et les mesures",
        questions=(
            several("consequences", "Conséquences possibles pour les personnes", CONSEQUENCES),
            one(
                "gravity",
                "Gravité",
                {"negligible": "Négligeable", "limited": "Limitée", "important": "Importante", "maximal": "Maximale"},
            ),
            text("measures_before", "Mesures en place avant la violation"),
            text("measures_after", "Mesures prises ou prévues depuis"),
            one(
                "informed",
                "Information des personnes",
                {
                    "done": "Oui, elles sont informées",
                    "planned": "Non, mais elles le seront",
                    "no": "Non, elles ne le seront pas",
                },
            ),
            text(
                "delay", "Motif du retard", hint="Si la CNIL est prévenue plus de 72 heures après que nous l'avons su."
            ),
        ),
    ),
)
QUESTIONS = tuple(question for chapter in CHAPTERS for question in chapter.questions)

REASONS = {
    "no_personal_data": "Aucune donnée personnelle n'est concernée",
    "no_risk": "Aucun risque pour les droits et libertés des personnes",
    "unreadable": "Les données sont illisibles pour un tiers (chiffrement)",
    "recovered": "Tout a été retrouvé avant qu'un tiers n'y accède",
    "not_controller": "Nous ne sommes pas responsables du traitement ; le responsable est prévenu",
    "other": "Autre raison, expliquée ci-dessous",
}
REASON, REASON_WORDS = "reason", "reason_words"  # for not notifying


def accepted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep only answers to these questions, and only choices that they offer."""
    told: dict[str, Any] = {}
    for question in QUESTIONS:
        answer = given.get(question.code)
        if question.form is Form.SEVERAL:
            told[question.code] = [code for code in answer or [] if question.offers(code)]
        elif question.form is Form.ONE:
            told[question.code] = answer if question.offers(answer) else ""
        else:
            told[question.code] = str(answer or "").strip()
    told[REASON] = given.get(REASON) if given.get(REASON) in REASONS else ""
    told[REASON_WORDS] = str(given.get(REASON_WORDS) or "").strip()
    return told
