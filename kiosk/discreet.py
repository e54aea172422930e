"""Error logging without personal data: no text that may quote a report."""

import traceback

from kiosk.errors import KioskError


def traceback_of(error: BaseException) -> str:
    """Frames and type; the text only of our own errors and OSError, which never quote a report."""
    name = type(error).__name__
    text = f"{name}: {error}" if isinstance(error, KioskError | OSError) else name
    return "".join(traceback.format_tb(error.__traceback__)) + text
