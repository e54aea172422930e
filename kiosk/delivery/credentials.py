"""Relay credentials: the password file, read at each connection, and a mark that tells when they change."""

import hashlib
from contextlib import suppress

from kiosk.config import Settings, Smtp
from kiosk.delivery.relay import Relay
from kiosk.errors import UnreadableFile
from kiosk.operator_files import read_password


def make_relay(settings: Settings) -> Relay:
    """Rereads the password file: a new password needs no restart. One that cannot be read is a state of the relay."""
    smtp, password, unusable = settings.smtp, None, ""
    credentials = credentials_mark(smtp)  # first: a change in between is then seen at the next look
    try:
        password = read_password(smtp.password_file) if smtp.password_file and smtp.username else None
    except UnreadableFile:
        unusable = "smtp.password_file cannot be used: it must name a file with the password in one line, as UTF-8"
    return Relay(smtp, password=password, unusable=unusable, local_hostname=smtp.greeting_name, credentials=credentials)


def credentials_mark(smtp: Smtp) -> str:
    """Changes when relay, user name or password file change; made of the file's identity, not of the password."""
    stat = None
    with suppress(OSError):
        stat = smtp.password_file.stat() if smtp.password_file else None
    written = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) if stat else ()
    facts = (smtp.host, smtp.effective_port, smtp.username, str(smtp.password_file), written)
    return hashlib.sha256(repr(facts).encode()).hexdigest()
