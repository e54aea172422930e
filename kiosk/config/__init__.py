"""Settings, from ``instance/kiosk.toml`` and the environment."""

from kiosk.config.audiences import Audience, Role, When
from kiosk.config.certificates import Signer, all_certificates, recipients_of, signer_of
from kiosk.config.load import load_settings
from kiosk.config.look import Keyboard, Organisation, Printer, Terminal
from kiosk.config.mail import Mail, Security, Smtp
from kiosk.config.retention import Retention
from kiosk.config.settings import Languages, Settings, Web
from kiosk.config.sites import Site, Zone
from kiosk.config.staff import Staff

__all__ = [
    "Audience",
    "Keyboard",
    "Languages",
    "Mail",
    "Organisation",
    "Printer",
    "Retention",
    "Role",
    "Security",
    "Settings",
    "Signer",
    "Site",
    "Smtp",
    "Staff",
    "Terminal",
    "Web",
    "When",
    "Zone",
    "all_certificates",
    "load_settings",
    "recipients_of",
    "signer_of",
]
