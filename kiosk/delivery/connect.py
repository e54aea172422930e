"""SMTP connection set-up: connect, TLS, EHLO, AUTH.

No mail is lost or at fault if this fails, so every unexpected answer, even a 5xx or a wrong 2xx, means
RelayUnavailable. Only refused credentials are an error of their own.
"""

import base64
import ssl

from kiosk.config.mail import Security, Smtp
from kiosk.delivery.dialogue import Dialogue, Phase
from kiosk.delivery.relay_reply import Broken, RelayReply, printable
from kiosk.delivery.tls import verifying_context
from kiosk.errors import AuthenticationRefused, RelayUnavailable

CONNECT_PATIENCE = 20.0  # seconds for each address of the relay


def establish(dialogue: Dialogue, smtp: Smtp, password: str | None) -> None:
    """Raises RelayUnavailable or AuthenticationRefused; the caller then closes the dialogue."""
    try:
        _secured(dialogue, smtp)
        if smtp.username:
            _sign_in(dialogue, smtp.username, password)
    except Broken as broken:
        raise RelayUnavailable(dialogue.phase, broken.what, str(broken)) from broken


def _secured(dialogue: Dialogue, smtp: Smtp) -> None:
    dialogue.phase = Phase.CONNECT
    context = None if smtp.security is Security.NONE else verifying_context(smtp.ca_file, smtp.ciphers)
    dialogue.reach(smtp.host, smtp.effective_port, CONNECT_PATIENCE)
    if context and smtp.security is Security.TLS:
        dialogue.secure(context, smtp.host)
    dialogue.phase = Phase.BANNER
    _expect(220, dialogue, dialogue.getreply())
    _greet(dialogue)
    if context and smtp.security is Security.STARTTLS:
        _start_tls(dialogue, context, smtp.host)
        _greet(dialogue)


def _greet(dialogue: Dialogue) -> None:
    """No fallback to HELO: it would silently lose TLS, AUTH, SIZE and DSN."""
    dialogue.phase = Phase.EHLO
    code, text = dialogue.ehlo()
    _expect(250, dialogue, RelayReply(code, text))


def _start_tls(dialogue: Dialogue, context: ssl.SSLContext, host: str) -> None:
    dialogue.phase = Phase.STARTTLS
    if not dialogue.has_extn("starttls"):
        raise Broken("the relay does not offer STARTTLS; nothing is sent in clear")
    dialogue.putcmd("STARTTLS")
    _expect(220, dialogue, dialogue.getreply())
    dialogue.secure(context, host)


def _sign_in(dialogue: Dialogue, username: str, password: str | None) -> None:
    """One try with one mechanism, so that a wrong password counts once towards an account lock."""
    dialogue.phase = Phase.AUTH
    if not password:
        raise AuthenticationRefused(Phase.AUTH, "smtp.username is set but there is no password")
    offered = dialogue.esmtp_features.get("auth", "").upper().split()
    plain = _encoded(f"\0{username}\0{password}")
    dialogue.mask([plain, _encoded(password), _encoded(username), password])
    if "PLAIN" in offered:
        answer = _say(dialogue, f"AUTH PLAIN {plain}")
    elif "LOGIN" in offered:
        answer = _say(dialogue, "AUTH LOGIN")
        for credential in (username, password):
            answer = _say(dialogue, _encoded(credential)) if answer.code == 334 else answer
    else:
        only = printable(" ".join(offered).encode("latin-1", "replace"), dialogue.secrets) or "nothing"
        lacks = "the relay offers neither AUTH PLAIN nor LOGIN"
        raise AuthenticationRefused(Phase.AUTH, lacks, f"{lacks}, only: {only}")
    if answer.first_digit == 5:
        raise AuthenticationRefused(Phase.AUTH, answer.status, dialogue.words(answer))
    _expect(235, dialogue, answer)


def _say(dialogue: Dialogue, line: str) -> RelayReply:
    dialogue.putcmd(line)
    return dialogue.getreply()


def _encoded(credential: str) -> str:
    return base64.b64encode(credential.encode()).decode()


def _expect(code: int, dialogue: Dialogue, answer: RelayReply) -> None:
    if answer.code != code:
        raise RelayUnavailable(dialogue.phase, answer.status, dialogue.words(answer))
