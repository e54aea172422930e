"""Settings from ``instance/kiosk.toml`` and the environment."""

from kiosk.config.load import load_settings
from kiosk.config.model import (
    Audience,
    Languages,
    Mail,
    Organisation,
    Role,
    Security,
    Settings,
    Site,
    Smtp,
    Terminal,
    Web,
    When,
    Zone,
)

__all__ = [
    "Audience",
    "Languages",
    "Mail",
    "Organisation",
    "Role",
    "Security",
    "Settings",
    "Site",
    "Smtp",
    "Terminal",
    "Web",
    "When",
    "Zone",
    "load_settings",
]
