"""Troubles of an installation: settings, keys, accounts, backups. Only ``kiosk check`` shows them."""

from kiosk.domain.troubles.checked import amber, red

AUDIENCE_KIND = red(
    "audience_kind",
    "Un destinataire doit être prévenu d'un type d'incident qui n'existe pas.",
    "Corrigez kinds sous [[audiences]] dans kiosk.toml.",
    "« {kind} » pour « {name} » (types connus : {known})",
)
AUDIENCE_TELEPHONE = amber(
    "audience_telephone",
    "Un responsable ou suppléant n'a pas de numéro de téléphone à montrer aux intervenants.",
    "Renseignez telephone dans kiosk.toml, sous [[audiences]].",
    '« {name} » (id = "{id}")',
)
SITE_UNANSWERED = red(
    "site_unanswered",
    "Personne ne répond d'un site, qui n'a ni responsable d'immeuble ni suppléant.",
    "Ajoutez ce site aux sites de l'un d'eux sous [[audiences]], ou ajoutez un destinataire.",
    '« {name} » (id = "{id}")',
)
CONSOLE_URL = amber(
    "console_url",
    "Aucun courriel ne peut mener à son signalement : l'adresse de la console n'est pas renseignée.",
    "Mettez dans console_url, sous [mail], l'adresse par laquelle les navigateurs atteignent la console.",
)
CONSOLE_HOST = amber(
    "console_host",
    "La console refuse peut-être le nom sous lequel les courriels mènent à elle, et leurs liens ne s'ouvrent pas.",
    "Ajoutez ce nom à hosts, sous [web], ou corrigez console_url, sous [mail].",
    "{name}",
)
SECRET_READABLE = red(
    "secret_readable",
    "Un fichier secret peut être lu par d'autres utilisateurs de cette machine.",
    "Retirez-leur ce droit : chmod go= suivi du nom du fichier.",
    "{path}",
)
FOREIGN_OWNER = red(
    "foreign_owner",
    "Un fichier de l'instance n'appartient pas à l'utilisateur de la borne, qui risque de ne pas pouvoir s'en servir.",
    "Rendez tout à cet utilisateur : chown -R UTILISATEUR suivi du répertoire de l'instance.",
    "{path}{more}",
)
DISK_UNENCRYPTED = amber(
    "disk_unencrypted",
    "L'instance ne se trouve pas sur un disque chiffré (dm-crypt) : ce qui est effacé peut rester lisible sur un disque"
    " flash, et tout l'est avant kiosk init.",
    "Réinstallez la borne sur un disque chiffré (LUKS) ; si le disque se chiffre lui-même, vérifiez-le et notez-le.",
    "{path}",
)
DISK_UNKNOWN = amber(
    "disk_unknown",
    "Il est impossible de dire d'ici si le disque de l'instance est chiffré.",
    "Vérifiez-le là où se trouve ce système de fichiers (réseau, machine hôte), et notez-le.",
    "{path}",
)
RETENTION_KIND = red(
    "retention_kind",
    "« retention.kinds » nomme un type d'incident qui n'existe pas : ses signalements suivent d'autres durées.",
    "Corrigez kind sous [[retention.kinds]] dans kiosk.toml.",
    "« {kind} » (types connus : {known})",
)
DEMONSTRATION = amber(
    "demonstration",
    "Une démonstration se trouve encore à côté de la vraie borne.",
    "Quand elle ne sert plus : kiosk demo clear.",
    "{path}",
)
PASSWORDS_CLEAR = red(
    "passwords_clear",
    "Les mots de passe circulent en clair jusqu'à la console.",
    "Faites-la écouter sur loopback derrière un serveur mandataire avec TLS, et mettez tls = true sous [staff].",
    "{address}",
)
PUBLIC_CLEAR = amber(
    "public_clear",
    "La borne répond en clair à d'autres machines.",
    "Faites-la écouter sur loopback derrière un serveur mandataire avec TLS : kiosk deploy en écrit la configuration.",
    "{address}",
)
PROXY_UNNAMED = amber(
    "proxy_unnamed",
    "Tous les visiteurs de la console se confondent avec le serveur mandataire placé devant elle.",
    "Mettez dans proxy, sous [web], l'adresse de ce serveur.",
)
NOBODY_SIGNS_IN = amber(
    "nobody_signs_in",
    "Personne ne peut ouvrir la console : aucun compte n'a de mot de passe.",
    "Créez un compte : kiosk staff add NOM --role manager.",
)
BROWSER_FILES = red(
    "browser_files",
    "Les fichiers du navigateur (htmx, polices) n'ont pas été construits.",
    "Installez de nouveau avec make run ou pip install ., avec npm ou un réseau.",
)
BROWSER_FILE_ALTERED = red(
    "browser_file_altered",
    "Un fichier du navigateur n'est plus celui qui a été construit : il n'est pas servi.",
    "Cherchez qui l'a modifié, puis installez de nouveau avec make run ou pip install .",
    "{name}",
)
BACKUP_NONE = amber(
    "backup_none",
    "Aucune sauvegarde n'a encore été faite.",
    "Lancez chaque nuit kiosk backup FICHIER, sur un autre disque.",
)
BACKUP_OLD = amber(
    "backup_old",
    "La dernière sauvegarde est trop ancienne.",
    "Lancez chaque nuit kiosk backup FICHIER, sur un autre disque.",
    "{days} jours",
)
BACKUP_SIGNER = amber(
    "backup_signer",
    "Une autre clé signe les sauvegardes que celle dont le papier porte les lettres de contrôle.",
    "Remettez secrets/backup-signing.key à partir d'une sauvegarde, ou imprimez un autre papier : kiosk init"
    " --new-recovery-key NOM.",
)
KEY_MISSING = red(
    "key_missing",
    "La clé privée d'un site manque : les signalements gardés ne peuvent pas être lus.",
    "Remettez ce fichier en place à partir d'une sauvegarde.",
    "« {site} », {path}",
)
KEY_UNPROTECTED = red(
    "key_unprotected",
    "La clé privée d'un site se trouve sans protection à côté de la base.",
    "Chiffrez le disque de cette machine, puis répartissez la clé entre les membres du personnel : kiosk init.",
    "« {site} »",
)
KEY_IN_FILE = amber(
    "key_in_file",
    "La clé privée d'un site reste dans un fichier tant que personne qui puisse lire ses signalements ne s'est"
    " connecté.",
    "Créez un compte pour ce site : kiosk staff add NOM --role manager --site SITE.",
    '« {site} » (id = "{id}")',
)
KEY_UNREAD = red(
    "key_unread",
    "Aucun mot de passe n'ouvre les signalements d'un site.",
    "Permettez à quelqu'un de les lire avec la clé de secours : kiosk staff grant NOM.",
    "« {site} »{which}",
)
KEY_UNRECOVERABLE = red(
    "key_unrecoverable",
    "La clé de secours n'ouvre pas les signalements d'un site.",
    "Redémarrez la borne ; si cela persiste, restaurez la dernière sauvegarde.",
    "« {site} »",
)
FOLLOW_UP_REPLACED = amber(
    "follow_up_replaced",
    "Les codes de suivi remis avant ce jour ne retrouvent plus leur signalement : le fichier qui les reconnaît"
    " manquait, et un autre l'a remplacé.",
    "Les signalements eux-mêmes sont intacts. Arrêtez la borne et remettez secrets/follow-up.key"
    " à partir d'une sauvegarde d'avant ce jour.",
    "{day}",
)
READER_WAITING = amber(
    "reader_waiting",
    "Une personne ne peut pas encore lire les signalements.",
    "Un responsable d'immeuble ou le MSSI, qui les lit déjà, la confirme sur la page « Comptes » de la console."
    " S'il l'a fait, il suffit qu'il ouvre la console. Sinon : kiosk staff grant NOM.",
    "« {name} »",
)
