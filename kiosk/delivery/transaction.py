"""SMTP transaction: one mail, from MAIL to the answer to the final dot. ``Dialogue.phase`` tells how far it came."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.delivery.dialogue import CHUNK, Dialogue, Phase
from kiosk.delivery.relay_reply import Broken, RelayReply
from kiosk.errors import MailRefused

LAST_WORDS_PATIENCE = 1.0  # seconds to read why the relay closed the connection
LONGEST_ENVELOPE_ID = 100  # characters (RFC 3461 section 4.4)
POSSIBLE_DUPLICATE = ".possible-duplicate"

PARAMETERS_REFUSED = {501, 504, 555}  # RFC 5321 section 4.2.2: some relays announce DSN and refuse it

UNSAFE_IN_COMMAND = re.compile(r"[^\x21-\x7e]|[<>]")
NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """``envelope_id`` comes back in bounces; ``repeat``: the relay may have this mail already."""

    sender: str
    recipient: str
    envelope_id: str
    repeat: bool = False

    def __post_init__(self) -> None:
        refuse_unsafe(self.sender)
        refuse_unsafe(self.recipient)

    @property
    def marked_id(self) -> str:
        suffix = POSSIBLE_DUPLICATE if self.repeat else ""
        return _xtext(self.envelope_id)[: LONGEST_ENVELOPE_ID - len(suffix)] + suffix


def refuse_unsafe(word: str) -> None:
    """Raises ValueError for non-ASCII, and for characters that could end a command or address."""
    if UNSAFE_IN_COMMAND.search(word):
        raise ValueError("an address or host name holds a space, a control character, an angle bracket or non-ASCII")


def is_sendable(body: bytes) -> bool:
    """7-bit with CRLF line ends only: relays read bare CR or LF differently."""
    return body.isascii() and body.count(b"\r\n") == body.count(b"\n") == body.count(b"\r")


@dataclass(frozen=True, slots=True)
class Parcel:
    """``text``: the bytes to send, dots doubled, final dot included."""

    body: bytes
    text: bytes


def pack(body: bytes) -> Parcel:
    """Raises MailRefused for a body that is not sendable."""
    if not is_sendable(body):
        raise MailRefused(Phase.DATA, "the stored mail is not 7-bit text with CRLF line ends; it was not sent")
    return Parcel(body, _with_final_dot(body))


def carry(
    dialogue: Dialogue, envelope: Envelope, parcel: Parcel, *, dot_patience: float, meanwhile: Callable[[], None]
) -> RelayReply:
    """Return the first answer that stops the mail, else the one to the final dot; raises Broken.

    A relay that refuses our parameters, which it announced, is asked once more without any; then for all its mails.

    Raises MailRefused, before any command, if the mail exceeds the relay's SIZE.
    """
    size = len(parcel.body)
    _check_size(dialogue, size)
    stopped = _announce(dialogue, _commands(dialogue, envelope, size))
    if stopped and stopped.code in PARAMETERS_REFUSED and dialogue.takes_parameters and dialogue.sock is not None:
        dialogue.takes_parameters = False
        dialogue.start_anew()
        stopped = _announce(dialogue, _commands(dialogue, envelope, size))
        dialogue.takes_parameters = stopped is not None and stopped.code in PARAMETERS_REFUSED  # not their fault
    return stopped or _transmit(dialogue, parcel.text, dot_patience, meanwhile)


def _check_size(dialogue: Dialogue, size: int) -> None:
    announced = dialogue.esmtp_features.get("size", "")
    limit = int(announced) if announced.isdecimal() else 0
    if 0 < limit < size:
        raise MailRefused(Phase.MAIL, f"the mail has {size} bytes, the relay announces to take {limit} at most")


def _commands(dialogue: Dialogue, envelope: Envelope, size: int) -> dict[Phase, str]:
    mail, rcpt = f"MAIL FROM:<{envelope.sender}>", f"RCPT TO:<{envelope.recipient}>"
    if not dialogue.takes_parameters:
        return {Phase.MAIL: mail, Phase.RCPT: rcpt, Phase.DATA: "DATA"}
    if dialogue.has_extn("size"):
        mail += f" SIZE={size}"
    if dialogue.has_extn("dsn"):
        mail += f" RET=HDRS ENVID={envelope.marked_id}"
        rcpt += f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{_xtext(envelope.recipient)}"
    return {Phase.MAIL: mail, Phase.RCPT: rcpt, Phase.DATA: "DATA"}


def _announce(dialogue: Dialogue, commands: dict[Phase, str]) -> RelayReply | None:
    """None if the relay awaits the mail, else the answer that stopped it. Pipelined if offered (RFC 2920)."""
    pipelined = dialogue.has_extn("pipelining")
    if pipelined:
        dialogue.send("".join(f"{command}\r\n" for command in commands.values()))
    for number, (phase, command) in enumerate(commands.items(), 1):
        dialogue.phase = phase
        if not pipelined:
            dialogue.putcmd(command)
        answer = dialogue.getreply()
        if not _goes_on(phase, answer):
            if pipelined and answer.is_plain_refusal:
                _skip_answers(dialogue, len(commands) - number)
            return answer
    return None


def _goes_on(phase: Phase, answer: RelayReply) -> bool:
    """By the first digit (RFC 5321 section 4.2.1); after DATA only 354 counts."""
    return answer.code == 354 if phase is Phase.DATA else answer.first_digit == 2


def _skip_answers(dialogue: Dialogue, count: int) -> None:
    """Read the answers to pipelined commands; close if the relay now awaits a mail it refused."""
    try:
        codes = [dialogue.getreply().code for _ in range(count)]
    except Broken:
        codes = []
    if len(codes) < count or 354 in codes:
        dialogue.close()


def _transmit(dialogue: Dialogue, text: bytes, dot_patience: float, meanwhile: Callable[[], None]) -> RelayReply:
    """Checks for an early answer before each chunk. DOT begins when the kernel has the last byte."""
    dialogue.phase = Phase.BODY
    rest = memoryview(text)
    while rest:
        if dialogue.spoke_early():
            return dialogue.getreply()
        try:
            dialogue.send(rest[:CHUNK])
        except Broken as broken:
            return _last_words(dialogue, broken)
        rest = rest[CHUNK:]
    dialogue.phase = Phase.DOT
    meanwhile()
    dialogue.patience = dot_patience
    return dialogue.getreply()


def _last_words(dialogue: Dialogue, broken: Broken) -> RelayReply:
    """A relay that refuses mid-mail often says why before it closes."""
    dialogue.patience = LAST_WORDS_PATIENCE
    try:
        return dialogue.getreply()
    except Broken:
        raise broken from None


def _with_final_dot(body: bytes) -> bytes:
    """Dots doubled at line starts (RFC 5321 section 4.5.2); adds a final line end only if missing."""
    text = (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")
    return text[2:] + (b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n")


def _xtext(text: str) -> str:
    """RFC 3461 section 4."""
    return NOT_XTEXT.sub(lambda match: "".join(f"+{byte:02X}" for byte in match[0].encode()), text)
