"""Error logging without personal data: no text that may quote a report."""

import logging
import time
import traceback
from typing import TextIO

from kiosk.errors import KioskError


def traceback_of(error: BaseException) -> str:
    """Frames and type; the text only of our own errors and OSError, which never quote a report."""
    name = type(error).__name__
    text = f"{name}: {error}" if isinstance(error, KioskError | OSError) else name
    return "".join(traceback.format_tb(error.__traceback__)) + text


def place_of(error: BaseException) -> str:
    """FILE:LINE of the innermost line of ours; ``?`` without any."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/kiosk/" in frame.filename] or frames
    return f"{ours[-1].filename.rpartition('/kiosk/')[2]}:{ours[-1].lineno}" if ours else "?"


def set_up_log(stream: TextIO) -> None:
    """For every module, also those of libraries. Moments in UTC, like the trace's."""
    handler = logging.StreamHandler(stream)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    formatter.converter = time.gmtime
    formatter.default_time_format, formatter.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
    handler.setFormatter(formatter)
    handler.addFilter(hide_error_text)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def hide_error_text(record: logging.LogRecord) -> bool:
    """Log filter."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.exc_text = traceback_of(error)
    return True
