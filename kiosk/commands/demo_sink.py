"""SMTP sink of the demonstration: a loopback mail server that stores mails as files in the instance."""

import os
import socket
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as SmtpEnvelope

from kiosk.config import Security, Smtp

LOOPBACK = "127.0.0.1"


class Mailbox:
    """0001.eml, 0002.eml … in order of arrival; a file appears complete or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: SmtpEnvelope) -> str:  # noqa: N802
        number = max((int(path.stem) for path in self._folder.glob("*.eml") if path.stem.isdecimal()), default=0) + 1
        aside = self._folder / f"{number:04d}.new"
        recipients = ", ".join(envelope.rcpt_tos)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(f"X-Demonstration-Recipient: {recipients}\r\n".encode() + content)
        aside.rename(self._folder / f"{number:04d}.eml")
        return f"250 2.0.0 kept in the demonstration's mailbox as {number:04d}"


class Sink:
    """On a free ``port``."""

    def __init__(self, folder: Path) -> None:
        self._port = _free_port()
        self._controller = Controller(Mailbox(folder), hostname=LOOPBACK, port=self._port)

    @property
    def port(self) -> int:
        return self._port

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


def sink_settings(port: int) -> Smtp:
    return Smtp(host=LOOPBACK, port=port, security=Security.NONE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
