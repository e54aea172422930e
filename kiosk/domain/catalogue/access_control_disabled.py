"""Kind: access control disabled or broken, at a door, a gate or a reader."""

from kiosk.domain.catalogue.vocabulary import (
    N_,
    UNKNOWN,
    Domain,
    Kind,
    Tristate,
    line,
    one,
    rule,
    when,
    yes_no,
)
from kiosk.domain.cnil import CnilOrigin
from kiosk.domain.severity import Severity

ACCESS_CONTROL_DISABLED = Kind(
    code="access_control_disabled",
    title=N_("Contrôle d'accès neutralisé ou en panne"),
    summary=N_("Porte bloquée, serrure forcée, lecteur de badge en panne."),
    pictogram="access-control-disabled",
    act_now=(
        N_("Si quelqu'un est enfermé ou en danger, appelez d'abord le 18."),
        N_("Prévenez tout de suite le responsable d'immeuble ou l'accueil."),
        N_("Puis, si c'est sans danger, retournez près de l'accès jusqu'à l'arrivée de quelqu'un."),
        N_("Envoyez à l'accueil les personnes que vous ne connaissez pas."),
    ),
    do_not=(
        N_("N'essayez pas de vérifier si l'on peut entrer, ni de réparer l'accès vous-même."),
        N_("Ne laissez entrer personne sans badge."),
        N_("Ne bloquez jamais une porte ouverte, même pour aider."),
    ),
    ongoing_label=N_("Le problème est-il toujours là ?"),
    questions=(
        one(
            "state",
            N_("Dans quel état est l'accès ?"),
            {
                "open": N_("Bloqué ouvert"),
                "no_check": N_("S'ouvre sans badge"),
                "closed": N_("Bloqué fermé"),
                "forced": N_("Forcé ou cassé"),
                "reader": N_("Lecteur en panne"),
            },
            hint=N_("Porte, portail, barrière ou lecteur de badge."),
        ),
        one(
            "leads_to",
            N_("Où mène cet accès ?"),
            {
                "entrance": N_("Entrée ou parking"),
                "offices": N_("Bureaux"),
                "technical": N_("Local technique"),
                "archives": N_("Archives"),
            },
        ),
        yes_no(
            "watched",
            N_("Quelqu'un surveille-t-il cet accès ?"),
            shown_when=when("state", "open", "no_check", "forced", "reader", UNKNOWN),
        ),
        one(
            "cause",
            N_("À votre avis, pourquoi ?"),
            {
                "breakdown": N_("C'est une panne"),
                "deliberate": N_("C'est fait exprès"),
                "works": N_("Il y a des travaux"),
            },
        ),
        one(
            "since",
            N_("Depuis combien de temps ?"),
            {
                "hour": N_("Moins d'une heure"),
                "day": N_("Moins d'un jour"),
                "days": N_("Quelques jours"),
                "weeks": N_("Plus d'une semaine"),
            },
        ),
        line(
            "marking",
            N_("Quel nom ou quel numéro est écrit dessus ?"),
            hint=N_("Sur la porte, la barrière ou le lecteur. S'il n'y a rien, passez."),
        ),
    ),
    decisive="state",
    severity=(
        rule(Severity.HIGH, when("ongoing", "no"), when("state", "forced")),
        rule(Severity.HIGH, when("ongoing", "no"), when("cause", "deliberate")),
        rule(Severity.HIGH, when("ongoing", "no"), when("leads_to", "technical", "archives")),
        rule(Severity.NORMAL, when("ongoing", "no")),
        rule(Severity.HIGH, when("watched", "yes")),
        # Without a known watcher the place counts as unwatched.
        rule(Severity.CRITICAL, when("state", "open", "no_check", "forced"), when("leads_to", "technical", "archives")),
        rule(
            Severity.CRITICAL,
            when("state", "open", "no_check", "forced"),
            when("leads_to", "entrance"),
            when("watched", "no"),
        ),
        rule(Severity.HIGH, when("cause", "deliberate")),
        rule(Severity.NORMAL, when("state", "closed")),
        rule(Severity.HIGH),
    ),
    personal_data=Tristate.NO,
    # Anybody could reach files or servers.
    exposes_when=(when("state", "open", "no_check", "forced"), when("leads_to", "technical", "archives")),
    domains=(rule((Domain.ACCESS,)),),
    cnil_origin=(
        rule(CnilOrigin.PAPER, when("leads_to", "archives"), when("personal_data", "yes")),
        rule(CnilOrigin.OTHER, when("personal_data", "yes")),
        rule(""),
    ),
    rsit=(
        rule("availability:sabotage", when("cause", "deliberate")),
        rule("availability:sabotage", when("state", "forced")),
        rule("availability:outage"),
    ),
    checklist=(
        "Faire surveiller l'accès par une personne désignée jusqu'à la remise en service.",
        "Local technique ou archives : faire contrôler baies, câbles, appareils ajoutés et documents manquants.",
        "Relever qui est entré : journaux du contrôle d'accès, vidéosurveillance, main courante.",
        "Accès bloqué fermé : vérifier que personne n'est enfermé et que l'évacuation reste possible.",
        "Effraction : ne rien toucher, appeler la police (17), déposer plainte, prévenir l'assureur.",
        "Faire intervenir le mainteneur, autorisé et accompagné ; noter le délai annoncé.",
        "Essayer l'accès après réparation et donner au MSSI l'heure de remise en service.",
    ),
)
