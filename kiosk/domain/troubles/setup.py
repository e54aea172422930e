"""Troubles of an installation: settings, keys, accounts, backups. Only ``kiosk check`` shows them."""

from kiosk.domain.troubles.trouble import Channel, Colour, Trouble


def _red(code: str, what: str, action: str, detail: str = "") -> Trouble:
    return _checked(code, Colour.RED, what, action, detail)


def _amber(code: str, what: str, action: str, detail: str = "") -> Trouble:
    return _checked(code, Colour.AMBER, what, action, detail)


def _checked(code: str, colour: Colour, what: str, action: str, detail: str) -> Trouble:
    return Trouble(
        code=code, colour=colour, channels=frozenset({Channel.CHECK}), what=what, action=action, detail=detail
    )


AUDIENCE_KIND = _red(
    "audience_kind",
    "Un destinataire doit être prévenu d'un type d'incident qui n'existe pas.",
    "Corrigez kinds sous [[audiences]] dans kiosk.toml.",
    "« {kind} » pour « {name} » (types connus : {known})",
)
AUDIENCE_TELEPHONE = _amber(
    "audience_telephone",
    "Un responsable ou suppléant n'a pas de numéro de téléphone à montrer aux intervenants.",
    "Renseignez telephone dans kiosk.toml, sous [[audiences]].",
    '« {name} » (id = "{id}")',
)
SITE_UNANSWERED = _red(
    "site_unanswered",
    "Personne ne répond d'un site, qui n'a ni responsable d'immeuble ni suppléant.",
    "Ajoutez ce site aux sites de l'un d'eux sous [[audiences]], ou ajoutez un destinataire.",
    '« {name} » (id = "{id}")',
)
MAIL_CLEAR = _red(
    "mail_clear",
    "Les courriels circulent en clair jusqu'au relais.",
    'Mettez security = "starttls" ou "tls" sous [smtp] dans kiosk.toml.',
    "{host}",
)
MAIL_GREETING = _amber(
    "mail_greeting",
    "La borne se présente au relais sous un nom qui ne vaut pas hors de cette machine : certains relais refusent alors"
    " tous ses courriels.",
    "Mettez dans greeting, sous [smtp], un nom complet que le relais connaît, tel que borne.organisme.example.",
    "{name}",
)
MAIL_CIPHERS = _amber(
    "mail_ciphers",
    "Les courriels vont au relais sans confidentialité persistante : qui vole un jour sa clé peut relire ce qui a été"
    " enregistré en chemin.",
    "Faites mettre le relais à jour, puis retirez ciphers sous [smtp] dans kiosk.toml.",
    "{ciphers}",
)
RELAY_FILE = _red(
    "relay_file",
    "Un fichier que nomme [smtp] ne peut pas être utilisé : aucun courriel ne part.",
    "Corrigez-le : il est relu à chaque connexion.",
    "{reason}",
)
MAIL_SENDER = _amber(
    "mail_sender",
    "Les courriels partent sous l'adresse du MSSI, qui n'est que l'adresse par défaut.",
    "Mettez dans sender et bounce, sous [mail], des boîtes de la borne que quelqu'un lit.",
)
CONSOLE_URL = _amber(
    "console_url",
    "Aucun courriel ne peut mener à son signalement : l'adresse de la console n'est pas renseignée.",
    "Mettez dans console_url, sous [mail], l'adresse par laquelle les navigateurs atteignent la console.",
)
CONSOLE_HOST = _amber(
    "console_host",
    "La console refuse peut-être le nom sous lequel les courriels mènent à elle, et leurs liens ne s'ouvrent pas.",
    "Ajoutez ce nom à hosts, sous [web], ou corrigez console_url, sous [mail].",
    "{name}",
)
SMTP_PORT = _amber(
    "smtp_port",
    "Le port du relais n'est pas celui que les relais emploient pour cette sorte de chiffrement.",
    'Vérifiez port et security, sous [smtp] : d\'ordinaire 587 ou 25 avec "starttls", 465 avec "tls".',
    '{port} avec "{security}"',
)
SECRET_READABLE = _red(
    "secret_readable",
    "Un fichier secret peut être lu par d'autres utilisateurs de cette machine.",
    "Retirez-leur ce droit : chmod go= suivi du nom du fichier.",
    "{path}",
)
FOREIGN_OWNER = _red(
    "foreign_owner",
    "Un fichier de l'instance n'appartient pas à l'utilisateur de la borne, qui risque de ne pas pouvoir s'en servir.",
    "Rendez tout à cet utilisateur : chown -R UTILISATEUR suivi du répertoire de l'instance.",
    "{path}{more}",
)
MAIL_UNENCRYPTED = _amber(
    "mail_unencrypted",
    "Des courriels attendent sur ce disque sans être chiffrés, jusqu'à ce que le relais les prenne.",
    "Mettez dans certificate, sous [[audiences]], le fichier PEM de chacun de ces destinataires.",
    "ceux de {names}",
)
DISK_UNENCRYPTED = _amber(
    "disk_unencrypted",
    "L'instance ne se trouve pas sur un disque chiffré (dm-crypt) : ce qui est effacé peut rester lisible sur un disque"
    " flash, et tout l'est avant kiosk init.",
    "Réinstallez la borne sur un disque chiffré (LUKS) ; si le disque se chiffre lui-même, vérifiez-le et notez-le.",
    "{path}",
)
DISK_UNKNOWN = _amber(
    "disk_unknown",
    "Il est impossible de dire d'ici si le disque de l'instance est chiffré.",
    "Vérifiez-le là où se trouve ce système de fichiers (réseau, machine hôte), et notez-le.",
    "{path}",
)
SEAL_UNSIGNED = _amber(
    "seal_unsigned",
    "Des courriels sont chiffrés sans être signés : qui les tient en chemin peut les altérer sans que cela se voie.",
    "Mettez signing_certificate et signing_key, sous [mail], dans kiosk.toml.",
)
SEAL_WEAK = _amber(
    "seal_weak",
    "Un certificat des courriels a une clé RSA de moins de 3072 bits, trop courte pour des années.",
    "Demandez un certificat avec une clé RSA de 3072 bits ou plus à qui les délivre.",
    "{whose}",
)
SEAL_ADDRESS = _amber(
    "seal_address",
    "Un certificat des courriels est au nom d'une autre adresse : seul le titulaire de cette adresse peut les lire.",
    "Vérifiez que c'est bien lui qui lit cette boîte ; sinon, demandez-en le certificat et remplacez le fichier.",
    "{whose}",
)
SEAL_PURPOSE = _amber(
    "seal_purpose",
    "Un certificat des courriels n'est pas fait pour le courriel : des programmes refuseront ces courriels.",
    "Demandez un certificat S/MIME (emailProtection) à qui les délivre, et remplacez le fichier.",
    "{whose}",
)
SEAL_CHAIN = _amber(
    "seal_chain",
    "Un fichier de certificat contient aussi les autorités qui l'ont délivré : rien n'est chiffré pour elles.",
    "Ne laissez dans le fichier que les certificats des personnes qui lisent.",
    "{whose}",
)
SEAL_PRIVATE = _red(
    "seal_private",
    "Le fichier d'un certificat contient aussi sa clé privée : qui lit ce disque lit tous ces courriels.",
    "Rendez la clé à son propriétaire, ne gardez ici que le certificat, et faites-en délivrer un nouveau.",
    "{whose}",
)
RETENTION_KIND = _red(
    "retention_kind",
    "« retention.kinds » nomme un type d'incident qui n'existe pas : ses signalements suivent d'autres durées.",
    "Corrigez kind sous [[retention.kinds]] dans kiosk.toml.",
    "« {kind} » (types connus : {known})",
)
DEMONSTRATION = _amber(
    "demonstration",
    "Une démonstration se trouve encore à côté de la vraie borne.",
    "Quand elle ne sert plus : kiosk demo clear.",
    "{path}",
)
PASSWORDS_CLEAR = _red(
    "passwords_clear",
    "Les mots de passe circulent en clair jusqu'à la console.",
    "Faites-la écouter sur loopback derrière un serveur mandataire avec TLS, et mettez tls = true sous [staff].",
    "{address}",
)
PUBLIC_CLEAR = _amber(
    "public_clear",
    "La borne répond en clair à d'autres machines.",
    "Faites-la écouter sur loopback derrière un serveur mandataire avec TLS : kiosk deploy en écrit la configuration.",
    "{address}",
)
PROXY_UNNAMED = _amber(
    "proxy_unnamed",
    "Tous les visiteurs de la console se confondent avec le serveur mandataire placé devant elle.",
    "Mettez dans proxy, sous [web], l'adresse de ce serveur.",
)
NOBODY_SIGNS_IN = _amber(
    "nobody_signs_in",
    "Personne ne peut ouvrir la console : aucun compte n'a de mot de passe.",
    "Créez un compte : kiosk staff add NOM --role manager.",
)
BROWSER_FILES = _red(
    "browser_files",
    "Les fichiers du navigateur (htmx, polices) n'ont pas été construits.",
    "Installez de nouveau avec make run ou pip install ., avec npm ou un réseau.",
)
BROWSER_FILE_ALTERED = _red(
    "browser_file_altered",
    "Un fichier du navigateur n'est plus celui qui a été construit : il n'est pas servi.",
    "Cherchez qui l'a modifié, puis installez de nouveau avec make run ou pip install .",
    "{name}",
)
BACKUP_NONE = _amber(
    "backup_none",
    "Aucune sauvegarde n'a encore été faite.",
    "Lancez chaque nuit kiosk backup FICHIER, sur un autre disque.",
)
BACKUP_OLD = _amber(
    "backup_old",
    "La dernière sauvegarde est trop ancienne.",
    "Lancez chaque nuit kiosk backup FICHIER, sur un autre disque.",
    "{days} jours",
)
BACKUP_SIGNER = _amber(
    "backup_signer",
    "Une autre clé signe les sauvegardes que celle dont le papier porte les lettres de contrôle.",
    "Remettez secrets/backup-signing.key à partir d'une sauvegarde, ou imprimez un autre papier : kiosk init"
    " --new-recovery-key NOM.",
)
KEY_MISSING = _red(
    "key_missing",
    "La clé privée d'un site manque : les signalements gardés ne peuvent pas être lus.",
    "Remettez ce fichier en place à partir d'une sauvegarde.",
    "« {site} », {path}",
)
KEY_UNPROTECTED = _red(
    "key_unprotected",
    "La clé privée d'un site se trouve sans protection à côté de la base.",
    "Chiffrez le disque de cette machine, puis répartissez la clé entre les membres du personnel : kiosk init.",
    "« {site} »",
)
KEY_IN_FILE = _amber(
    "key_in_file",
    "La clé privée d'un site reste dans un fichier tant que personne qui puisse lire ses signalements ne s'est"
    " connecté.",
    "Créez un compte pour ce site : kiosk staff add NOM --role manager --site SITE.",
    '« {site} » (id = "{id}")',
)
KEY_UNREAD = _red(
    "key_unread",
    "Aucun mot de passe n'ouvre les signalements d'un site.",
    "Permettez à quelqu'un de les lire avec la clé de secours : kiosk staff grant NOM.",
    "« {site} »{which}",
)
KEY_UNRECOVERABLE = _red(
    "key_unrecoverable",
    "La clé de secours n'ouvre pas les signalements d'un site.",
    "Redémarrez la borne ; si cela persiste, restaurez la dernière sauvegarde.",
    "« {site} »",
)
FOLLOW_UP_REPLACED = _amber(
    "follow_up_replaced",
    "Les codes de suivi remis avant ce jour ne retrouvent plus leur signalement : le fichier qui les reconnaît"
    " manquait, et un autre l'a remplacé.",
    "Les signalements eux-mêmes sont intacts. Arrêtez la borne et remettez secrets/follow-up.key"
    " à partir d'une sauvegarde d'avant ce jour.",
    "{day}",
)
READER_WAITING = _amber(
    "reader_waiting",
    "Une personne ne peut pas encore lire les signalements.",
    "Un responsable d'immeuble ou le MSSI, qui les lit déjà, la confirme sur la page « Comptes » de la console."
    " S'il l'a fait, il suffit qu'il ouvre la console. Sinon : kiosk staff grant NOM.",
    "« {name} »",
)
