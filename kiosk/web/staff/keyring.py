"""The keys that open what a member of staff may read, for one request."""

from kiosk.store import keys
from kiosk.store.keys import KeyOf
from kiosk.web.context import current_settings, database


def key_of() -> KeyOf:
    return keys.in_files(database(), current_settings().secrets)
