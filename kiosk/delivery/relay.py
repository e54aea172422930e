"""SMTP relay client: one kept connection, one recipient per mail, five kinds of failure (verdict.py).

The phase decides what a break means. Until the kernel has the last byte of the final dot the relay cannot have the
mail: deferred. After that it may: ambiguous. Only 2xx to the final dot is success; the answer to QUIT is ignored. Bytes
are sent as given: a possible duplicate is marked in the envelope (ENVID, if the relay offers DSN), never in the text.
"""

import time
from collections.abc import Callable
from datetime import datetime

from kiosk.config.mail import Smtp
from kiosk.delivery import verdict
from kiosk.delivery.connect import establish
from kiosk.delivery.dialogue import Dialogue, Phase
from kiosk.delivery.relay_reply import Broken, RelayReply
from kiosk.delivery.transaction import Envelope, Parcel, carry, pack, refuse_unsafe
from kiosk.errors import AuthenticationRefused, MailRefused

ATTEMPT_LIMIT = 720.0  # seconds from connecting to the answer to the final dot, whatever the relay does
ANSWER_PATIENCE = 120.0  # seconds for one whole answer, or for one chunk of the mail
DOT_PATIENCE = 600.0  # seconds for the answer to the final dot (RFC 5321 section 4.5.3.2.6)
ANY_SIZE = 1 << 40  # bytes
IDLE_AFTER = 1.0  # seconds of silence after which the relay may have closed the connection


class _HungUp(Exception):
    """A kept connection was dead before anything of this mail was accepted."""


class Relay:
    """Not thread-safe but for ``silent_for`` and ``has_begun_a_mail``. Times are in seconds.

    ``local_hostname``: for EHLO; empty for the address that we connect from. ``credentials``: changes with what the
    relay is signed in to with; holds no secret. ``unusable``: why there is no password.
    """

    def __init__(
        self,
        smtp: Smtp,
        *,
        password: str | None,
        unusable: str = "",
        local_hostname: str,
        credentials: str = "",
        attempt_limit: float = ATTEMPT_LIMIT,
        io_timeout: float = ANSWER_PATIENCE,
        dot_timeout: float = DOT_PATIENCE,
    ) -> None:
        refuse_unsafe(local_hostname)
        self._smtp = smtp
        self._password = password
        self._unusable = unusable
        self._local_hostname = local_hostname
        self.credentials = credentials
        self._attempt_limit = attempt_limit
        self._io_timeout = io_timeout
        self._dot_timeout = dot_timeout
        self._dialogue: Dialogue | None = None
        self._deadline = 0.0
        self._last_heard = 0.0
        self._is_used = False
        self._needs_reset = False
        self._under_way: Dialogue | None = None
        self._awaited: Dialogue | None = None
        self._parcel = pack(b"")

    @property
    def connected(self) -> bool:
        """May be outdated; ``send`` reconnects."""
        return self._dialogue is not None

    @property
    def largest(self) -> int:
        """Bytes that the relay takes in one mail, as far as it says so."""
        told = self._dialogue.esmtp_features.get("size", "") if self._dialogue else ""
        return int(told) if told.isdecimal() and int(told) else ANY_SIZE

    @property
    def is_in_doubt(self) -> bool:
        """After an internal error in ``open`` or ``send``: whether the relay may have the mail."""
        return self._under_way is not None and self._under_way.phase is Phase.DOT

    @property
    def silent_for(self) -> float:
        """Time for which the relay has owed an answer; 0 while nothing is asked of it."""
        awaited = self._awaited
        return time.monotonic() - awaited.heard_at if awaited else 0.0

    @property
    def has_begun_a_mail(self) -> bool:
        """It was greeted and is being given a mail."""
        return self._awaited is not None and self._awaited is self._under_way

    @property
    def certificate_until(self) -> datetime | None:
        """None without TLS."""
        return self._dialogue.certificate_until if self._dialogue else None

    def open(self) -> None:
        """Start an attempt unless connected; raises RelayUnavailable or AuthenticationRefused."""
        self._under_way = None
        if self._dialogue is None:
            self._deadline = time.monotonic() + self._attempt_limit
            self._connect()

    def prepare(self, body: bytes) -> None:
        """Encode the body in advance for ``send``; raises MailRefused."""
        self._parcel = pack(body)

    def send(self, envelope: Envelope, body: bytes, *, meanwhile: Callable[[], None] = lambda: None) -> str:
        """Send a mail, connecting if needed; returns the status of the answer to the final dot.

        The first mail after ``open`` shares its time limit. Raises MailDeferred, MailRefused, MailAmbiguous or the
        errors of ``open``. ``meanwhile`` runs between the final dot and its answer; it must not raise.
        """
        parcel = self._parcel if self._parcel.body is body else pack(body)
        self.open()
        now = time.monotonic()
        was_kept = self._is_used or now - self._last_heard > IDLE_AFTER
        if self._is_used or now >= self._deadline:
            self._deadline = now + self._attempt_limit
        try:
            return self._attempt(envelope, parcel, meanwhile, was_kept=was_kept)
        except _HungUp:
            self._connect()
            return self._attempt(envelope, parcel, meanwhile, was_kept=False)

    def close(self) -> None:
        """QUIT and close within 2 seconds; never raises."""
        dialogue, self._dialogue = self._dialogue, None
        if dialogue:
            dialogue.leave()

    def _connect(self) -> None:
        if self._unusable:
            raise AuthenticationRefused(Phase.AUTH, self._unusable)
        dialogue = Dialogue(self._local_hostname, deadline=self._deadline, patience=self._io_timeout)
        self._awaited = dialogue
        try:
            establish(dialogue, self._smtp, self._password)
        except BaseException:
            dialogue.close()
            raise
        finally:
            self._awaited = None
        self._dialogue = dialogue
        self._last_heard = time.monotonic()
        self._is_used = self._needs_reset = False

    def _drop(self) -> None:
        dialogue, self._dialogue = self._dialogue, None
        if dialogue:
            dialogue.close()

    def _attempt(self, envelope: Envelope, parcel: Parcel, meanwhile: Callable[[], None], *, was_kept: bool) -> str:
        dialogue = self._ready()
        try:
            answer = self._converse(dialogue, envelope, parcel, meanwhile)
        except Broken as broken:
            self._drop()
            if was_kept and dialogue.phase is Phase.MAIL:
                raise _HungUp from broken
            raise verdict.of_break(dialogue.phase, broken) from broken
        except MailRefused:
            raise  # too large: no command was sent
        except BaseException:
            self._drop()
            raise
        finally:
            self._awaited = None
        return self._judge(dialogue, answer, was_kept=was_kept)

    def _ready(self) -> Dialogue:
        dialogue = self._dialogue
        if dialogue is None:
            raise RuntimeError("not connected")
        dialogue.phase, dialogue.deadline, dialogue.patience = Phase.MAIL, self._deadline, self._io_timeout
        self._is_used = True
        dialogue.heard_at = time.monotonic()
        self._under_way = self._awaited = dialogue
        return dialogue

    def _converse(
        self, dialogue: Dialogue, envelope: Envelope, parcel: Parcel, meanwhile: Callable[[], None]
    ) -> RelayReply:
        if dialogue.spoke_early():
            raise Broken("the relay spoke out of turn", dialogue.words(dialogue.getreply()))
        if self._needs_reset:
            dialogue.start_anew()
            self._needs_reset = False
        return carry(dialogue, envelope, parcel, dot_patience=self._dot_timeout, meanwhile=meanwhile)

    def _judge(self, dialogue: Dialogue, answer: RelayReply, *, was_kept: bool) -> str:
        self._last_heard = time.monotonic()
        phase = dialogue.phase
        if phase is Phase.DOT and answer.first_digit == 2:
            return answer.status
        error = verdict.of_answer(phase, answer, dialogue.words(answer))
        self._needs_reset = phase is not Phase.DOT
        is_usable = answer.is_plain_refusal and phase is not Phase.BODY and dialogue.sock is not None
        if not is_usable or isinstance(error, AuthenticationRefused):
            self._drop()
        if was_kept and phase is Phase.MAIL and answer.code == 421:
            raise _HungUp
        raise error


__all__ = ["Envelope", "Phase", "Relay"]
