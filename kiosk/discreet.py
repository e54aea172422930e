"""Discreet logging of errors: what kind and where, without a text that may quote a report."""

import traceback

from kiosk.errors import KioskError


def traceback_of(error: BaseException) -> str:
    """Its frames and its type; its text only where that is our own or the system's, which never quote a report."""
    name = type(error).__name__
    text = f"{name}: {error}" if isinstance(error, KioskError | OSError) else name
    return "".join(traceback.format_tb(error.__traceback__)) + text
