"""WSGI applications of the incident-reporting kiosk: one for each door."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # commands that serve nothing do not load Flask
    from flask import Flask

    from kiosk.config import Settings


def public_app(settings: "Settings") -> "Flask":
    """Application for contractors."""
    from kiosk.web.public import create

    return create(settings)


def staff_app(settings: "Settings") -> "Flask":
    """Application for staff."""
    from kiosk.web.staff import create

    return create(settings)
