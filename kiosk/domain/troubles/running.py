"""Troubles of a running kiosk. Those with ``Channel.HEALTHZ`` turn ``/healthz`` red."""

from kiosk.domain.troubles.trouble import Channel, Colour, Trouble

STAFF = frozenset({Channel.MAIL, Channel.CONSOLE, Channel.CHECK})
EVERYWHERE = STAFF | {Channel.HEALTHZ}

FORWARDER = Trouble(
    code="forwarder",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="envoi des courriels arrêté",
    over="l'envoi des courriels a repris",
    what="L'envoi des courriels est arrêté.",
    action="Les signalements sont gardés. Faites redémarrer la borne par le service informatique (kiosk run).",
    detail="{silent}",
)
LATE = Trouble(
    code="late",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="courriels en attente",
    over="plus aucun courriel n'attend depuis longtemps",
    what="Des courriels attendent depuis plus de 15 minutes.",
    action="Prévenez le MSSI par téléphone ; les courriels partiront d'eux-mêmes dès que le relais répond"
    " (kiosk queue montre ses réponses).",
    detail="{waiting} en attente, le plus ancien depuis {oldest}{first}",
)
HELD = Trouble(
    code="held",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="courriels refusés par le relais",
    over="plus aucun courriel n'est refusé par le relais",
    what="Le relais a refusé définitivement des courriels.",
    action="Lisez sa réponse sur la console, faites corriger la cause, puis : kiosk queue retry. Ce qui tient au relais"
    " (quota, droits de l'expéditeur, nom de la borne) est aussi réessayé une fois par jour.",
    detail="{held} en tout ; {refused}",
)
RELAY_NONE = Trouble(
    code="relay_none",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="aucun relais de messagerie",
    over="un relais de messagerie est configuré",
    what="Aucun relais de messagerie n'est configuré.",
    action="Les signalements sont gardés, rien n'est envoyé. Prévenez le MSSI par téléphone et faites renseigner"
    " host, port et security sous [smtp] dans kiosk.toml.",
)
RELAY_DOWN = Trouble(
    code="relay_down",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="relais de messagerie injoignable",
    over="le relais de messagerie répond de nouveau",
    what="Le relais de messagerie n'est pas joignable.",
    action="Les signalements sont gardés et partiront d'eux-mêmes dès son retour. Faites vérifier le réseau et le"
    " relais (smtp.host, smtp.port).",
    detail="sa réponse : {reply}",
)
RELAY_CIPHERS = Trouble(
    code="relay_ciphers",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="relais sans confidentialité persistante",
    over="la connexion au relais a de nouveau une confidentialité persistante",
    what="Le relais de messagerie n'offre aucun chiffrement à confidentialité persistante, ou aucun qui soit sûr.",
    action="Faites mettre le relais à jour. À défaut, nommez ceux qu'il connaît dans ciphers, sous [smtp], par exemple"
    " ECDHE+AESGCM:AES256-GCM-SHA384 : qui vole un jour la clé du relais pourra alors relire les courriels passés.",
)
RELAY_SILENT = Trouble(
    code="relay_silent",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="relais de messagerie muet",
    over="le relais de messagerie répond de nouveau",
    what="Le relais de messagerie ne répond plus.",
    action="Rien n'est perdu : les autres courriels passent par une autre connexion, et celui dont la réponse manque"
    " repartira de lui-même. Faites vérifier le relais et ses filtres (antivirus, antispam).",
    detail="aucune réponse depuis {owed} s",
)
RELAY_REFUSED = Trouble(
    code="relay_refused",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="identifiants refusés par le relais",
    over="le relais accepte de nouveau nos identifiants",
    what="Le relais de messagerie refuse nos identifiants.",
    action="Les signalements sont gardés. Faites corriger le fichier du mot de passe : l'envoi reprend aussitôt. Après"
    " une correction de smtp.username, redémarrez la borne.",
    detail="sa réponse : {reply}",
)
DISK = Trouble(
    code="disk",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="disque presque plein",
    over="le disque a de nouveau de la place",
    what="Le disque est presque plein.",
    action="Faites libérer de l'espace : quand plus aucun signalement n'aura de place, le terminal se dira hors"
    " service.",
    detail="{room}",
)
DISK_FILLING = Trouble(
    code="disk_filling",
    colour=Colour.AMBER,
    channels=STAFF,
    title="disque qui se remplit",
    over="le disque a de la place pour longtemps",
    what="Le disque se remplit.",
    action="Rien ne presse encore. Cherchez ce qui prend la place, ou donnez à la borne un disque plus grand ; si des"
    " signalements indésirables affluent, leurs courriels rendent leur place dès que le relais les a pris.",
    detail="{room}",
)
CLOCK = Trouble(
    code="clock",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="horloge fausse",
    over="l'horloge est de nouveau à l'heure",
    what="L'horloge de la borne n'est pas à l'heure.",
    action="Faites-la remettre à l'heure (NTP). Jusque-là, la borne compte les heures elle-même ; si l'horloge est"
    " juste, redémarrez la machine.",
    detail="{wrong}",
)
CHAIN = Trouble(
    code="chain",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="trace altérée",
    over="la trace est de nouveau entière",
    what="La trace des actes a été modifiée ou endommagée.",
    action="Ne touchez à rien : gardez une copie de la base, puis lancez kiosk verify avec un courriel conservé.",
    detail="événement {event}",
)
ALTERED = Trouble(
    code="altered",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="signalement modifié ou effacé hors de la borne",
    over="chaque signalement correspond de nouveau à la trace",
    what="Un signalement n'est plus ce que la trace a noté : quelqu'un l'a modifié ou effacé hors de la borne.",
    action="Lancez kiosk verify avec un courriel conservé, puis comparez avec les courriels reçus et une sauvegarde.",
    detail="{reference}",
)
UNRECORDED = Trouble(
    code="unrecorded",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="compte ou clé sans trace",
    over="la trace connaît de nouveau chaque compte et chaque clé",
    what="Un compte, une clé, un droit de lecture ou une deuxième étape n'est pas dans la base comme la trace le dit.",
    action="Quelqu'un a pu écrire dans la base : gardez-en une copie, ne confirmez personne et prévenez le MSSI."
    " kiosk staff disable ferme un compte.",
    detail="{rows}",
)
SAFEGUARD = Trouble(
    code="safeguard",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="structure de la base modifiée",
    over="la structure de la base est de nouveau celle de la borne",
    what="La base n'a pas la structure prévue : quelqu'un a pu modifier ce qui est gardé.",
    action="Vérifiez la trace (kiosk verify avec un courriel conservé), puis restaurez la dernière sauvegarde.",
    detail="{what}",
)
DATABASE = Trouble(
    code="database",
    colour=Colour.RED,
    channels=EVERYWHERE,
    title="base de données endommagée",
    over="la base de données est de nouveau entière",
    what="La base de données est endommagée ou ne peut pas être lue.",
    action="Prenez les signalements de vive voix. Arrêtez la borne, gardez une copie de l'instance, faites vérifier le"
    " disque, puis restaurez la dernière sauvegarde (kiosk restore --replace).",
    detail="{damage}",
)
CERTIFICATE = Trouble(
    code="certificate",
    colour=Colour.AMBER,
    channels=STAFF,
    title="certificat du relais bientôt expiré",
    over="le certificat du relais est renouvelé",
    what="Le certificat du relais de messagerie expire bientôt.",
    action="Faites-le renouveler : quand il aura expiré, plus aucun courriel ne partira.",
    detail="dans {days} jours",
)
SEAL_BROKEN = Trouble(
    code="seal_broken",
    colour=Colour.RED,
    channels=STAFF,
    title="certificat de chiffrement illisible",
    over="les certificats de chiffrement peuvent de nouveau être lus",
    what="Un certificat qui chiffre ou signe les courriels ne peut plus être lu.",
    action="Remettez le fichier en place (kiosk check le nomme) ; jusque-là, des courriels partent sans leur contenu.",
    detail="{reason}",
)
SEAL_ENDED = Trouble(
    code="seal_ended",
    colour=Colour.RED,
    channels=STAFF,
    title="certificat de chiffrement expiré",
    over="le certificat de chiffrement expiré est remplacé",
    what="Un certificat qui chiffre ou signe les courriels a expiré.",
    action="Les courriels restent chiffrés avec lui. Faites-le renouveler sans attendre et remplacez son fichier.",
    detail="{whose}",
)


def _seal_within(days: int) -> Trouble:
    return Trouble(
        code=f"seal_{days}",
        colour=Colour.AMBER,
        channels=STAFF,
        title=f"certificat de chiffrement : moins de {days} jours",
        over=f"les certificats de chiffrement valent encore plus de {days} jours",
        what=f"Un certificat qui chiffre ou signe les courriels expire dans moins de {days} jours.",
        action="Faites-le renouveler et remplacez son fichier.",
        detail="{whose}",
    )


SEAL_7, SEAL_30, SEAL_60 = _seal_within(7), _seal_within(30), _seal_within(60)
AUDIENCE = Trouble(
    code="audience",
    colour=Colour.RED,
    channels=STAFF,
    title="destinataire sans adresse",
    over="chaque destinataire a une adresse",
    what="Un destinataire n'a pas d'adresse et ne peut pas être prévenu.",
    action="Renseignez son adresse dans kiosk.toml, sous [[audiences]].",
    detail="{who}",
)
