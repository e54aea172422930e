"""Kind: means of access lost, stolen, known to others, or found."""

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

LOST_ACCESS = Kind(
    code="lost_access",
    title=N_("Badge, clé ou code perdu ou volé"),
    summary=N_("Aussi une carte à puce, un mot de passe, ou un badge que vous avez trouvé."),
    pictogram="lost-access",
    act_now=(
        N_("Prévenez tout de suite votre référent et le responsable d'immeuble."),
        N_("Demandez-leur de bloquer l'accès, même si vous cherchez encore."),
        N_("Si vous avez trouvé un badge ou une clé, apportez-le à l'accueil."),
    ),
    do_not=(
        N_("N'essayez pas de vérifier si l'accès marche encore, ni de le bloquer vous-même."),
        N_("N'écrivez aucun code ni mot de passe, même ici."),
        N_("N'utilisez pas le badge, la clé ou le code d'une autre personne."),
    ),
    ongoing_label=N_("Quelqu'un d'autre peut-il encore s'en servir ?"),
    questions=(
        several(
            "means",
            N_("Qu'est-ce qui est concerné ?"),
            {
                "badge": N_("Badge"),
                "key": N_("Clé"),
                "code": N_("Code d'accès"),
                "smart_card": N_("Carte à puce"),
                "login": N_("Mot de passe"),
            },
        ),
        one(
            "how",
            N_("Que s'est-il passé ?"),
            {
                "lost": N_("C'est perdu"),
                "stolen": N_("C'est volé"),
                "known": N_("Quelqu'un d'autre le connaît"),
                "found": N_("Je l'ai trouvé"),
            },
        ),
        yes_no(
            "pin_exposed",
            N_("Le code PIN est-il avec la carte ?"),
            hint=N_("Écrit dessus, rangé avec elle, ou connu d'une autre personne. N'écrivez pas ce code ici."),
            shown_when=when("means", "smart_card"),
        ),
        several(
            "opens",
            N_("Qu'est-ce que cela permet d'ouvrir ?"),
            {
                "building": N_("Le bâtiment ou des bureaux"),
                "technical": N_("Un local technique"),
                "archives": N_("Les archives"),
                "system": N_("Un ordinateur ou un logiciel"),
            },
        ),
        one(
            "last_seen",
            N_("Quand l'aviez-vous encore ?"),
            {
                "today": N_("Aujourd'hui"),
                "yesterday": N_("Hier"),
                "days": N_("Il y a quelques jours"),
                "weeks": N_("Il y a plus d'une semaine"),
            },
            shown_when=when("how", "lost", "stolen", UNKNOWN),
        ),
        line(
            "marking",
            N_("Quel nom ou quel numéro est écrit dessus ?"),
            hint=N_("Numéro du badge ou de la carte, nom d'utilisateur. N'écrivez jamais le code ni le mot de passe."),
        ),
    ),
    decisive="how",
    can_be_found=True,
    severity=(
        rule(Severity.HIGH, when("ongoing", "no"), when("pin_exposed", "yes")),
        rule(Severity.NORMAL, when("ongoing", "no"), when("how", "lost", "found")),
        rule(Severity.HIGH, when("ongoing", "no")),
        rule(Severity.CRITICAL, when("pin_exposed", "yes")),
        rule(Severity.CRITICAL, when("how", "stolen", "known"), when("opens", "technical", "archives", "system")),
        # A smart card or a password always opens the system, whatever else was answered.
        rule(Severity.CRITICAL, when("how", "stolen", "known"), when("means", "smart_card", "login")),
        rule(Severity.HIGH),
    ),
    personal_data=Tristate.UNKNOWN,
    domains=(rule((Domain.ACCESS,)),),
    # A lost badge alone is no breach; what it opens may make it one.
    cnil_origin=(
        rule("", when("personal_data", "no")),
        rule(
            CnilOrigin.EQUIPMENT,
            when("means", "badge", "key", "smart_card"),
            when("opens", "technical", "archives", "system"),
        ),
        rule(CnilOrigin.EQUIPMENT, when("means", "badge", "key", "smart_card"), when("personal_data", "yes")),
        rule(CnilOrigin.OTHER, when("personal_data", "yes")),
        rule(""),
    ),
    rsit=(
        rule("information-content-security:data-leak", when("how", "known")),
        rule("intrusions:burglary", when("how", "stolen")),
        rule("other:other", when("how", "lost", "found")),
        rule("other:undetermined"),
    ),
    checklist=(
        "Faire désactiver le badge ou la carte à puce (n° indiqué) dans le contrôle d'accès et noter l'heure.",
        "Faire changer le code ou le mot de passe ; pour une clé, faire remplacer le cylindre.",
        "Carte à puce ou mot de passe : demander au MSSI de révoquer les certificats et de fermer les sessions.",
        "Faire relever, par les agents autorisés, les passages et connexions depuis la dernière utilisation certaine.",
        "Prévenir le référent et l'entreprise du prestataire ; en cas de vol, demander le récépissé de plainte.",
        "Objet trouvé : le garder sous clé, le faire désactiver et en rechercher le titulaire.",
        "Informer le MSSI des mesures prises ; remettre le nouveau moyen d'accès contre signature.",
    ),
)
