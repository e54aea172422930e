"""One relay, one kept connection, one recipient per mail; every failure is one of five verdicts.

The phase of the dialogue decides what a break means. Before the last byte of the final dot has been handed to the
kernel the relay cannot have the mail: deferred. After it the relay may have it: ambiguous, unless it answers 4xx
(deferred) or 5xx (refused). Only 2xx to the final dot is success; what QUIT brings is ignored. The bytes are sent as
given: a repeated mail is marked in the envelope (DSN's ENVID), never in its text.
"""

import re
import time
from dataclasses import dataclass

from kiosk.config.model import Smtp
from kiosk.delivery.dialogue import CHUNK, Dialogue, Phase
from kiosk.delivery.reply import Broken, Reply, printable
from kiosk.delivery.session import establish
from kiosk.errors import AuthenticationRefused, DeliveryError, MailAmbiguous, MailDeferred, MailRefused

ATTEMPT_LIMIT = 720.0  # seconds from connecting to the answer to the final dot, whatever the relay does
ANSWER_PATIENCE = 120.0  # seconds for one whole answer, or for one chunk of the mail
DOT_PATIENCE = 600.0  # seconds for the answer to the final dot (RFC 5321 section 4.5.3.2.6)
IDLE_AFTER = 1.0  # seconds of silence after which a relay may well have hung up on us

POSSIBLE_DUPLICATE = ".possible-duplicate"
LONGEST_ENVELOPE_ID = 100  # characters, encoded (RFC 3461 section 4.4)
SIGN_IN_FIRST = {530, 534, 535, 538}  # RFC 4954 section 6: about our credentials, not about the mail
UNSAFE_IN_COMMAND = re.compile(r"[\x00-\x20<>\x7f-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """``envelope_id`` comes back in bounces; ``repeat`` says that the relay may already have this mail."""

    sender: str
    recipient: str
    envelope_id: str
    repeat: bool = False

    def __post_init__(self) -> None:
        for address in (self.sender, self.recipient):
            _refuse_unsafe(address)


class _HungUp(Exception):
    """A kept connection turned out dead before anything of this mail was accepted."""


class Relay:
    """Not for use by two threads at once."""

    def __init__(
        self,
        smtp: Smtp,
        *,
        password: str | None,
        local_hostname: str,
        attempt_limit: float = ATTEMPT_LIMIT,
        io_timeout: float = ANSWER_PATIENCE,
        dot_timeout: float = DOT_PATIENCE,
    ) -> None:
        _refuse_unsafe(local_hostname)
        self._smtp = smtp
        self._password = password
        self._local_hostname = local_hostname
        self._attempt_limit = attempt_limit
        self._io_timeout = io_timeout
        self._dot_timeout = dot_timeout
        self._deadline = 0.0
        self._dialogue: Dialogue | None = None
        self._is_used = False
        self._last_heard = 0.0
        self._needs_reset = False

    @property
    def connected(self) -> bool:
        """Whether a connection is held; the relay may have hung up meanwhile, which ``send`` repairs."""
        return self._dialogue is not None

    def open(self) -> None:
        """Starts an attempt unless connected; raises RelayUnavailable or AuthenticationRefused."""
        if self._dialogue is None:
            self._deadline = time.monotonic() + self._attempt_limit
            self._connect()

    def send(self, envelope: Envelope, body: bytes) -> str:
        """The relay's own words once it has taken the mail; connects by itself where needed.

        Raises MailDeferred, MailRefused or MailAmbiguous, and what ``open`` raises. ``body`` must be 7-bit with CRLF
        line ends. A mail that fails leaves the connection usable or closed.
        """
        if not _is_sendable(body):
            raise MailRefused(Phase.DATA, "the stored mail is not 7-bit text with CRLF line ends; it was not sent")
        self.open()
        was_kept = self._is_used or time.monotonic() - self._last_heard > IDLE_AFTER
        if was_kept:
            self._deadline = time.monotonic() + self._attempt_limit
        try:
            return self._attempt(envelope, body, was_kept=was_kept)
        except _HungUp:
            self._connect()
            return self._attempt(envelope, body, was_kept=False)

    def close(self) -> None:
        """Says QUIT and hangs up within 2 seconds; never raises."""
        dialogue, self._dialogue = self._dialogue, None
        if dialogue:
            dialogue.leave()

    def _connect(self) -> None:
        dialogue = Dialogue(self._local_hostname, deadline=self._deadline, patience=self._io_timeout)
        try:
            establish(dialogue, self._smtp, self._password)
        except DeliveryError:
            dialogue.close()
            raise
        self._dialogue = dialogue
        self._is_used = self._needs_reset = False
        self._last_heard = time.monotonic()

    def _drop(self) -> None:
        dialogue, self._dialogue = self._dialogue, None
        if dialogue:
            dialogue.close()

    def _attempt(self, envelope: Envelope, body: bytes, *, was_kept: bool) -> str:
        dialogue = self._dialogue
        if dialogue is None:
            raise Broken("not connected")
        self._is_used = True
        dialogue.deadline, dialogue.patience, dialogue.phase = self._deadline, self._io_timeout, Phase.MAIL
        try:
            answer = self._converse(dialogue, envelope, body)
        except Broken as broken:
            self._drop()
            raise _verdict_of_break(dialogue.phase, str(broken), was_kept=was_kept) from broken
        except MailRefused:
            raise
        self._last_heard = time.monotonic()
        if dialogue.phase is Phase.DOT and answer.first_digit == 2:
            return dialogue.words(answer)
        self._leave_usable(dialogue, answer)
        raise _verdict_of_answer(dialogue.phase, answer, dialogue.words(answer), was_kept=was_kept)

    def _converse(self, dialogue: Dialogue, envelope: Envelope, body: bytes) -> Reply:
        """The answer that decides: the first that stops the mail, else the one to the final dot."""
        if dialogue.spoke_early():
            return _only_goodbye(dialogue.getreply())
        if self._needs_reset:
            if dialogue.docmd("RSET")[0] != 250:
                raise Broken("the relay refused RSET")
            self._needs_reset = False
        _check_size(dialogue, len(body))
        stopped = _announce(dialogue, _commands(dialogue, envelope, len(body)))
        return stopped or _transmit(dialogue, body, self._dot_timeout)

    def _leave_usable(self, dialogue: Dialogue, answer: Reply) -> None:
        """After a plain 4xx or 5xx the connection serves the next mail; after any other surprise it is not trusted."""
        orderly = answer.first_digit in (4, 5) and answer.code != 421 and answer.code not in SIGN_IN_FIRST
        if not orderly or dialogue.phase is Phase.BODY:
            self._drop()
        self._needs_reset = dialogue.phase is not Phase.DOT
