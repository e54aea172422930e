"""Troubles of the settings for mails: relay, senders, certificates. Only ``kiosk check`` shows them."""

from kiosk.domain.troubles.checked import amber, red

MAIL_CLEAR = red(
    "mail_clear",
    "Les courriels circulent en clair jusqu'au relais.",
    'Mettez security = "starttls" ou "tls" sous [smtp] dans kiosk.toml.',
    "{host}",
)
MAIL_GREETING = amber(
    "mail_greeting",
    "La borne se présente au relais sous un nom qui ne vaut pas hors de cette machine : certains relais refusent alors"
    " tous ses courriels.",
    "Mettez dans greeting, sous [smtp], un nom complet que le relais connaît, tel que borne.organisme.example.",
    "{name}",
)
MAIL_CIPHERS = amber(
    "mail_ciphers",
    "Les courriels vont au relais sans confidentialité persistante : qui vole un jour sa clé peut relire ce qui a été"
    " enregistré en chemin.",
    "Faites mettre le relais à jour, puis retirez ciphers sous [smtp] dans kiosk.toml.",
    "{ciphers}",
)
RELAY_FILE = red(
    "relay_file",
    "Un fichier que nomme [smtp] ne peut pas être utilisé : aucun courriel ne part.",
    "Corrigez-le : il est relu à chaque connexion.",
    "{reason}",
)
MAIL_SENDER = amber(
    "mail_sender",
    "Les courriels partent sous l'adresse du MSSI, qui n'est que l'adresse par défaut.",
    "Mettez dans sender et bounce, sous [mail], des boîtes de la borne que quelqu'un lit.",
)
SMTP_PORT = amber(
    "smtp_port",
    "Le port du relais n'est pas celui que les relais emploient pour cette sorte de chiffrement.",
    'Vérifiez port et security, sous [smtp] : d\'ordinaire 587 ou 25 avec "starttls", 465 avec "tls".',
    '{port} avec "{security}"',
)
MAIL_UNENCRYPTED = amber(
    "mail_unencrypted",
    "Des courriels attendent sur ce disque sans être chiffrés, jusqu'à ce que le relais les prenne.",
    "Mettez dans certificate, sous [[audiences]], le fichier PEM de chacun de ces destinataires.",
    "ceux de {names}",
)
SEAL_UNSIGNED = amber(
    "seal_unsigned",
    "Des courriels sont chiffrés sans être signés : qui les tient en chemin peut les altérer sans que cela se voie.",
    "Mettez signing_certificate et signing_key, sous [mail], dans kiosk.toml.",
)
SEAL_WEAK = amber(
    "seal_weak",
    "Un certificat des courriels a une clé RSA de moins de 3072 bits, trop courte pour des années.",
    "Demandez un certificat avec une clé RSA de 3072 bits ou plus à qui les délivre.",
    "{whose}",
)
SEAL_ADDRESS = amber(
    "seal_address",
    "Un certificat des courriels est au nom d'une autre adresse : seul le titulaire de cette adresse peut les lire.",
    "Vérifiez que c'est bien lui qui lit cette boîte ; sinon, demandez-en le certificat et remplacez le fichier.",
    "{whose}",
)
SEAL_PURPOSE = amber(
    "seal_purpose",
    "Un certificat des courriels n'est pas fait pour le courriel : des programmes refuseront ces courriels.",
    "Demandez un certificat S/MIME (emailProtection) à qui les délivre, et remplacez le fichier.",
    "{whose}",
)
SEAL_CHAIN = amber(
    "seal_chain",
    "Un fichier de certificat contient aussi les autorités qui l'ont délivré : rien n'est chiffré pour elles.",
    "Ne laissez dans le fichier que les certificats des personnes qui lisent.",
    "{whose}",
)
SEAL_PRIVATE = red(
    "seal_private",
    "Le fichier d'un certificat contient aussi sa clé privée : qui lit ce disque lit tous ces courriels.",
    "Rendez la clé à son propriétaire, ne gardez ici que le certificat, et faites-en délivrer un nouveau.",
    "{whose}",
)
