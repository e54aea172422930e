"""Kind: virus, or abnormal behaviour of a computer."""

from kiosk.domain.catalogue.vocabulary import (
    N_,
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

VIRUS = Kind(
    code="virus",
    title=N_("Virus ou comportement anormal d'un poste"),
    summary=N_("Message étrange, fichiers illisibles, souris qui bouge seule, clé USB douteuse."),
    pictogram="virus",
    act_now=(
        N_("Débranchez le câble réseau ou coupez le wifi, si vous savez le faire."),
        N_("Laissez l'ordinateur allumé, avec l'écran tel qu'il est."),
        N_("Laissez la clé USB ou le disque à sa place."),
        N_("Prévenez tout de suite le responsable d'immeuble ou l'accueil."),
    ),
    do_not=(
        N_("N'éteignez pas l'ordinateur et ne le redémarrez pas."),
        N_("N'essayez pas de vérifier si c'est un virus, ni de le supprimer vous-même."),
        N_("Ne tapez aucun mot de passe et ne branchez rien d'autre."),
    ),
    ongoing_label=N_("L'ordinateur a-t-il toujours ce problème ?"),
    questions=(
        one(
            "network",
            N_("L'ordinateur est-il encore relié au réseau ?"),
            {
                "connected": N_("Oui, encore relié"),
                "isolated": N_("Non, débranché"),
                "off": N_("Non, il est éteint"),
            },
        ),
        several(
            "signs",
            N_("Qu'avez-vous vu ?"),
            {
                "ransom": N_("Message qui demande de l'argent"),
                "files": N_("Fichiers illisibles ou disparus"),
                "remote": N_("Souris ou écran qui bouge seul"),
                "alert": N_("Alerte de l'antivirus"),
                "strange": N_("Fenêtres ou lenteur anormales"),
                "email": N_("Lien ou pièce jointe suspecte"),
            },
        ),
        one(
            "extent",
            N_("Combien d'ordinateurs sont touchés ?"),
            {"one": N_("Un seul"), "several": N_("Plusieurs")},
        ),
        yes_no("removable", N_("Une clé USB, un disque ou un téléphone y a-t-il été branché ?")),
        line(
            "removable_details",
            N_("Quel appareil, et où est-il maintenant ?"),
            hint=N_("Par exemple : clé USB rouge, encore sur l'ordinateur."),
            shown_when=when("removable", "yes"),
        ),
        line(
            "machine",
            N_("Quel ordinateur ?"),
            hint=N_("Le nom ou le numéro sur l'étiquette. Dites s'il est à votre entreprise."),
        ),
    ),
    decisive="network",
    severity=(
        rule(Severity.CRITICAL, when("network", "connected")),
        rule(Severity.CRITICAL, when("extent", "several")),
        rule(Severity.CRITICAL, when("signs", "ransom")),
        rule(Severity.HIGH, when("network", "isolated", "off")),
        rule(Severity.CRITICAL, when("signs", "remote", "files")),  # active now and not isolated
        rule(Severity.HIGH),
    ),
    personal_data=Tristate.UNKNOWN,
    domains=(rule((Domain.ANTIVIRUS,)),),
    cnil_origin=(rule("", when("personal_data", "no")), rule(CnilOrigin.HACKING)),
    rsit=(
        rule("malicious-code:infected-system", when("signs", "ransom", "files", "remote", "alert", "strange")),
        rule("fraud:phishing", when("signs", "email")),
        rule("malicious-code:infected-system"),
    ),
    checklist=(
        "Isoler la machine du réseau (câble et wifi) sans l'éteindre ni la redémarrer.",
        "Appeler le MSSI ; ne rien nettoyer ni réinstaller avant son accord.",
        "Relever le nom de la machine, l'utilisateur et l'heure ; photographier l'écran.",
        "Mettre de côté, sous enveloppe datée, la clé USB ou le disque branché.",
        "Rechercher les autres postes touchés : même bureau, même utilisateur, mêmes partages, même support.",
        "Faire changer, depuis une machine saine, les mots de passe saisis sur ce poste.",
        "Machine d'un prestataire : lui interdire le réseau et prévenir son entreprise.",
    ),
)
