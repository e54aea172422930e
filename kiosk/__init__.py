"""The incident-reporting kiosk: two doors over one domain."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command that serves nothing need not load Flask
    from flask import Flask

    from kiosk.config import Settings


def public_app(settings: "Settings") -> "Flask":
    """The contractor's door."""
    from kiosk.web.public import create

    return create(settings)


def staff_app(settings: "Settings") -> "Flask":
    """The staff's door."""
    from kiosk.web.staff import create

    return create(settings)
