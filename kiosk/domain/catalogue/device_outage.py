"""Kind: long outage of a device that protects the building."""

from kiosk.domain.catalogue.vocabulary import (
    N_,
    UNKNOWN,
    Domain,
    Kind,
    Tristate,
    line,
    one,
    rule,
    several,
    when,
    yes_no,
)
from kiosk.domain.cnil import CnilOrigin
from kiosk.domain.severity import Severity

DEVICE_OUTAGE = Kind(
    code="device_outage",
    title=N_("Équipement de sécurité en panne prolongée"),
    summary=N_("Caméra, alarme, détecteur, interphone : en panne depuis longtemps."),
    pictogram="device-outage",
    act_now=(
        N_("Prévenez le responsable d'immeuble ou l'accueil."),
        N_("Si c'est la sécurité incendie, prévenez quelqu'un de vive voix, tout de suite."),
        N_("Fermez bien les portes derrière vous."),
    ),
    do_not=(
        N_("N'essayez pas de tester, de redémarrer ou de réparer l'appareil vous-même."),
        N_("Ne débranchez rien et ne coupez pas le courant."),
        N_("Ne parlez pas de cette panne à l'extérieur."),
    ),
    ongoing_label=N_("L'appareil est-il toujours en panne ?"),
    questions=(
        several(
            "device",
            N_("Qu'est-ce qui est en panne ?"),
            {
                "camera": N_("Caméra"),
                "alarm": N_("Alarme"),
                "intrusion": N_("Détecteur d'intrusion"),
                "intercom": N_("Interphone"),
                "fire": N_("Sécurité incendie"),
                "other": N_("Autre appareil"),
            },
        ),
        one(
            "since",
            N_("Depuis combien de temps ?"),
            {
                "day": N_("Moins d'un jour"),
                "days": N_("Quelques jours"),
                "weeks": N_("Plus d'une semaine"),
                "months": N_("Plus d'un mois"),
            },
        ),
        yes_no(
            "damage",
            N_("Voyez-vous un dégât, ou un câble coupé ?"),
            hint=N_("Regardez sans toucher."),
        ),
        one(
            "repair",
            N_("Une réparation est-elle prévue ?"),
            {
                "today": N_("Oui, aujourd'hui"),
                "later": N_("Oui, plus tard"),
                "none": N_("Non"),
            },
        ),
        line(
            "repair_details",
            N_("Par quelle entreprise, et quand ?"),
            hint=N_("Date, heure ou numéro d'intervention, si vous les connaissez."),
            shown_when=when("repair", "today", "later"),
        ),
        line(
            "marking",
            N_("Quel nom ou quel numéro est écrit dessus ?"),
            hint=N_("Regardez l'étiquette. S'il n'y a rien, passez."),
        ),
    ),
    decisive="damage",
    severity=(
        rule(Severity.HIGH, when("ongoing", "no"), when("damage", "yes")),
        rule(Severity.NORMAL, when("ongoing", "no")),
        rule(Severity.CRITICAL, when("damage", "yes")),  # a break-in may be under way
        rule(Severity.CRITICAL, when("device", "fire")),  # people are at risk, not only information
        rule(Severity.HIGH, when("device", "camera", "alarm", "intrusion", "other", UNKNOWN)),
        rule(Severity.NORMAL, when("device", "intercom")),  # alone it neither opens nor monitors anything
        rule(Severity.HIGH),
    ),
    personal_data=Tristate.NO,
    domains=(rule((Domain.CONTINUITY,)),),
    cnil_origin=(rule(CnilOrigin.OTHER, when("personal_data", "yes")), rule("")),
    rsit=(rule("availability:sabotage", when("damage", "yes")), rule("availability:outage")),
    checklist=(
        "Compenser la panne : rondes, agent de sécurité, passage obligé par l'accueil.",
        "Sécurité incendie : prévenir aussitôt le responsable de la sécurité incendie et faire surveiller les locaux.",
        "Rechercher la cause : panne isolée, coupure (courant, réseau) ou sabotage.",
        "Sabotage : ne rien toucher, appeler la police (17), déposer plainte, appeler le MSSI.",
        "Ouvrir ou relancer la demande auprès du mainteneur ; noter le n° d'intervention et le délai.",
        "Relever la période sans couverture et contrôler ce qui s'est passé pendant ce temps.",
        "Faire essayer l'appareil après réparation ; donner au MSSI la durée totale d'indisponibilité.",
    ),
)
