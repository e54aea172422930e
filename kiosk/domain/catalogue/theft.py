"""Kind: equipment or documents missing or stolen."""

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

THEFT = Kind(
    code="theft",
    title=N_("Matériel ou document disparu"),
    summary=N_("Ordinateur, téléphone, clé USB, dossier papier : volé, perdu ou introuvable."),
    pictogram="theft",
    act_now=(
        N_("Si le voleur est encore là, éloignez-vous et appelez d'abord le 17."),
        N_("Prévenez tout de suite le responsable d'immeuble ou l'accueil."),
        N_("Laissez l'endroit comme il est et notez ce qui manque."),
    ),
    do_not=(
        N_("N'essayez pas de chercher le coupable, ni de réparer une porte ou une serrure vous-même."),
        N_("Ne touchez pas à ce qui est cassé ou forcé."),
        N_("Ne poursuivez personne."),
    ),
    ongoing_label=N_("Est-ce toujours introuvable ?"),
    questions=(
        several(
            "what",
            N_("Qu'est-ce qui a disparu ?"),
            {
                "computer": N_("Ordinateur"),
                "phone": N_("Téléphone ou tablette"),
                "storage": N_("Clé USB ou disque"),
                "documents": N_("Dossier ou papiers"),
                "post": N_("Courrier"),
                "equipment": N_("Autre matériel"),
            },
        ),
        one(
            "how",
            N_("À votre avis, que s'est-il passé ?"),
            {
                "lost": N_("C'est perdu ou mal rangé"),
                "stolen": N_("C'est volé"),
                "break_in": N_("C'est volé, une porte est forcée"),
            },
        ),
        yes_no(
            "encrypted",
            N_("L'appareil est-il chiffré ?"),
            hint=N_("Chiffré : illisible pour un voleur. Un mot de passe au démarrage ne suffit pas."),
            shown_when=when("what", "computer", "phone", "storage"),
        ),
        one(
            "owner",
            N_("À qui est-ce ?"),
            {
                "organisation": N_("À l'assurance maladie"),
                "company": N_("À mon entreprise"),
                "person": N_("À une personne"),
            },
        ),
        one(
            "last_seen",
            N_("Quand l'a-t-on vu pour la dernière fois ?"),
            {
                "today": N_("Aujourd'hui"),
                "yesterday": N_("Hier"),
                "days": N_("Il y a quelques jours"),
                "weeks": N_("Il y a plus d'une semaine"),
            },
        ),
        line(
            "inventory",
            N_("Quel numéro d'inventaire, quelle marque ou quel dossier ?"),
            hint=N_("Le numéro est sur une étiquette. Pour un dossier, dites le sujet, sans nom d'assuré."),
        ),
    ),
    decisive="how",
    can_be_found=True,
    severity=(
        rule(Severity.CRITICAL, when("how", "break_in")),  # the way in is still open
        rule(Severity.NORMAL, when("ongoing", "no"), when("how", "lost")),
        rule(Severity.HIGH, when("ongoing", "no")),
        rule(Severity.CRITICAL, when("what", "documents", "post"), when("personal_data", "yes")),
        rule(Severity.CRITICAL, when("encrypted", "no"), when("personal_data", "yes", "unknown")),
        rule(Severity.HIGH, when("encrypted", "yes")),
        rule(Severity.CRITICAL, when("personal_data", "yes")),
        rule(Severity.HIGH),
    ),
    personal_data=Tristate.UNKNOWN,
    domains=(rule((Domain.ACCESS, Domain.FLOWS)),),
    # Paper comes first: unlike a device, it can always be read.
    cnil_origin=(
        rule("", when("personal_data", "no")),
        rule(CnilOrigin.PAPER, when("what", "documents")),
        rule(CnilOrigin.POST, when("what", "post")),
        rule(CnilOrigin.EQUIPMENT, when("what", "computer", "phone", "storage", "equipment")),
        rule(CnilOrigin.OTHER, when("personal_data", "yes")),
        rule(""),
    ),
    rsit=(
        rule("intrusions:burglary", when("how", "break_in")),
        rule("information-content-security:data-leak", when("what", "documents", "post"), when("how", "stolen")),
        rule("intrusions:burglary", when("how", "stolen")),
        rule("information-content-security:data-loss", when("what", "documents", "post", "computer", "storage")),
        rule("information-content-security:data-loss", when("what", "phone")),
        rule("other:other", when("how", "lost")),
        rule("other:undetermined"),
    ),
    checklist=(
        "Préserver les lieux : fermer le local, n'y laisser entrer que le personnel habilité.",
        "Établir la liste : nature, n° d'inventaire, détenteur, dernière fois vu, données contenues, chiffrement.",
        "Avec le MSSI : bloquer ou effacer l'appareil à distance, révoquer les comptes et certificats associés.",
        "Demander la conservation des images de vidéosurveillance et des journaux d'accès de la période.",
        "En cas de vol : appeler la police (17), déposer plainte, déclarer le sinistre à l'assureur.",
        "Données personnelles non exclues : confirmer au DPO les catégories et le nombre de personnes concernées.",
        "Accès forcé : le faire surveiller jusqu'à la réparation de la porte ou de la serrure.",
    ),
)
