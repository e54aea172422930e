"""Kind: any other incident, including suspected weaknesses and mere doubt."""

from kiosk.domain.catalogue.vocabulary import N_, Domain, Kind, Tristate, line, one, rule, when
from kiosk.domain.cnil import CnilOrigin
from kiosk.domain.severity import Severity

OTHER = Kind(
    code="other",
    title=N_("Autre incident, ou simple doute"),
    summary=N_("Tout ce qui vous semble anormal. Un doute suffit."),
    pictogram="other",
    act_now=(
        N_("Signalez-le, même sans être sûr."),
        N_("Si c'est urgent, appelez aussi le responsable d'immeuble."),
        N_("En cas de danger, éloignez-vous et appelez le 112."),
    ),
    do_not=(
        N_("N'essayez pas de vérifier votre doute, ni de réparer quoi que ce soit vous-même."),
        N_("Ne copiez et ne photographiez ni papier ni écran."),
    ),
    ongoing_label=N_("Est-ce que cela continue ?"),
    questions=(
        one(
            "about",
            N_("De quoi s'agit-il ?"),
            {
                "person": N_("Personne inconnue"),
                "request": N_("Appel ou demande suspecte"),
                "information": N_("Données vues par erreur"),
                "left_behind": N_("Papiers ou appareil jetés"),
                "device": N_("Appareil ou câble inconnu"),
                "software": N_("Logiciel modifié"),
                "supplies": N_("Eau, courant, chaleur"),
                "else": N_("Autre chose"),
            },
        ),
        one(
            "certainty",
            N_("Comment le savez-vous ?"),
            {
                "seen": N_("Je l'ai vu ou entendu"),
                "told": N_("On me l'a dit"),
                "doubt": N_("C'est un simple doute"),
            },
            hint=N_("Un doute suffit. Personne ne vous le reprochera."),
        ),
        one(
            "disclosure",
            N_("Comment ces données sont-elles sorties ?"),
            {
                "recipient": N_("Envoyées à la mauvaise personne"),
                "screen": N_("Visibles sur un écran"),
                "spoken": N_("Dites à voix haute"),
                "published": N_("Visibles sur internet"),
            },
            shown_when=when("about", "information"),
        ),
        one(
            "left_what",
            N_("Qu'avez-vous trouvé ?"),
            {
                "papers_left": N_("Papiers laissés sans surveillance"),
                "papers_binned": N_("Papiers jetés sans être détruits"),
                "device_binned": N_("Ordinateur ou disque jeté"),
            },
            shown_when=when("about", "left_behind"),
        ),
        line(
            "detail",
            N_("Qui ou quoi, plus précisément ?"),
            hint=N_("Par exemple un appareil, un logiciel, une entreprise. Ni code, ni mot de passe, ni nom d'assuré."),
        ),
    ),
    decisive="about",
    severity=(
        rule(Severity.HIGH, when("certainty", "doubt"), when("about", "person", "device"), when("ongoing", "yes")),
        rule(Severity.HIGH, when("certainty", "doubt"), when("personal_data", "yes")),
        rule(Severity.NORMAL, when("certainty", "doubt")),
        rule(Severity.CRITICAL, when("about", "person", "device"), when("ongoing", "yes")),
        rule(Severity.CRITICAL, when("personal_data", "yes"), when("ongoing", "yes")),
        rule(Severity.HIGH, when("certainty", "seen")),
        rule(Severity.HIGH, when("personal_data", "yes")),
        rule(Severity.HIGH, when("ongoing", "yes")),
        rule(Severity.NORMAL),
    ),
    personal_data=Tristate.UNKNOWN,
    domains=(
        rule((Domain.ACCESS,), when("about", "person", "request")),
        rule((Domain.FLOWS,), when("about", "information", "left_behind", "device")),
        rule((Domain.INTEGRITY,), when("about", "software")),
        rule((Domain.CONTINUITY,), when("about", "supplies")),
        rule((Domain.UNCLASSIFIED,)),
    ),
    cnil_origin=(
        rule("", when("personal_data", "no")),
        rule(CnilOrigin.WRONG_RECIPIENT, when("disclosure", "recipient")),
        rule(CnilOrigin.SPOKEN, when("disclosure", "spoken")),
        rule(CnilOrigin.PUBLICATION, when("disclosure", "published")),
        rule(CnilOrigin.PAPER_DISPOSAL, when("left_what", "papers_binned")),
        rule(CnilOrigin.DEVICE_DISPOSAL, when("left_what", "device_binned")),
        rule(CnilOrigin.PAPER, when("left_what", "papers_left")),
        rule(CnilOrigin.OTHER, when("personal_data", "yes")),
        rule(""),
    ),
    rsit=(
        rule("information-gathering:social-engineering", when("about", "request")),
        rule("information-content-security:data-leak", when("about", "information", "left_behind")),
        rule("availability:outage", when("about", "supplies")),
        rule("other:undetermined"),
    ),
    checklist=(
        "Joindre la personne qui signale, si elle a laissé un contact, et préciser les faits.",
        "Constater sur place avec le personnel habilité, sans reproduire ni exploiter la faille.",
        "Personne inconnue : l'accompagner à l'accueil, vérifier le motif et la main courante ; 17 en cas de refus.",
        "Appareil inconnu : le photographier ; ne le débrancher qu'avec l'accord du MSSI.",
        "Documents ou supports exposés : les mettre sous clé ; confirmer au DPO la nature des données.",
        "Reclasser le signalement s'il relève d'un autre type et informer le MSSI de la suite donnée.",
        "Remercier la personne : un doute signalé n'est jamais reproché.",
    ),
)
