"""Where TLS is asked for, nothing of a mail and no password ever travels without it, or to a stranger."""

import datetime as dt
import smtplib
import ssl
import warnings
from pathlib import Path

import pytest

from kiosk.config.mail import Security, Smtp
from kiosk.delivery.relay import Envelope, Phase, Relay
from kiosk.domain.relay_words import NO_SAFE_CIPHER
from kiosk.errors import RelayUnavailable
from tests.smtp.certificates import Authority, Certificate
from tests.smtp.relay import FaultServer
from tests.waiting import PATIENCE

ENVELOPE = Envelope("bounce@kiosk.example", "mssi@cpam.example", "7K4-92Q-MX3.1")
MAIL = b"Subject: a report\r\n\r\nnobody else's business\r\n"
PASSWORD = "not-a-real-one"
DAY = dt.timedelta(days=1)

both = pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("known"), "known")


@pytest.fixture(scope="module")
def good(authority: Authority) -> Certificate:
    return authority.certify("relay")


def serve(security: Security, context: ssl.SSLContext, **options: object) -> FaultServer:
    return FaultServer(tls=context, implicit_tls=security is Security.TLS, **options)


def make_relay(server: FaultServer, security: Security, ca_file: Path | None, *, ciphers: str = "") -> Relay:
    trust = {"ca_file": ca_file, "ciphers": ciphers}
    smtp = Smtp(host="127.0.0.1", port=server.port, security=security, username="kiosk", **trust)
    return Relay(smtp, password=PASSWORD, local_hostname="kiosk.example", attempt_limit=PATIENCE)


def refusal(server: FaultServer, security: Security, ca_file: Path | None) -> RelayUnavailable:
    """What the kiosk says when it does not trust the relay, having shown it nothing."""
    relay = make_relay(server, security, ca_file)
    with pytest.raises(RelayUnavailable) as raised:
        relay.send(ENVELOPE, MAIL)
    assert not relay.connected
    assert_nothing_in_clear(server)
    assert not any(command.upper().startswith(("MAIL", "AUTH")) for command in server.commands)
    return raised.value


def assert_nothing_in_clear(server: FaultServer) -> None:
    heard = server.in_clear.upper()
    for never in (b"MAIL FROM", b"RCPT TO", b"AUTH ", PASSWORD.upper().encode(), b"BUSINESS"):
        assert never not in heard


@both
def test_a_relay_with_a_good_certificate_gets_the_mail(
    authority: Authority, good: Certificate, security: Security
) -> None:
    with serve(security, good.server_context()) as server:
        relay = make_relay(server, security, authority.itself.certificate)
        assert relay.send(ENVELOPE, MAIL).startswith("250 ")
        relay.close()
        assert server.taken == [MAIL]
        assert_nothing_in_clear(server)


@both
def test_a_self_signed_certificate_is_not_trusted(authority: Authority, security: Security) -> None:
    with serve(security, authority.self_signed("self-signed").server_context()) as server:
        assert "self-signed certificate" in refusal(server, security, authority.itself.certificate).reply


@both
def test_a_certificate_for_another_host_is_not_trusted(authority: Authority, security: Security) -> None:
    with serve(security, authority.certify("other", host="other.example").server_context()) as server:
        error = refusal(server, security, authority.itself.certificate)
    assert "not valid for '127.0.0.1'" in error.reply


@both
def test_an_expired_certificate_is_not_trusted(authority: Authority, security: Security) -> None:
    with serve(security, authority.certify("expired", start=-9 * DAY, end=-DAY).server_context()) as server:
        assert "certificate has expired" in refusal(server, security, authority.itself.certificate).reply


@both
def test_a_certificate_from_the_future_is_not_trusted(authority: Authority, security: Security) -> None:
    with serve(security, authority.certify("future", start=DAY, end=9 * DAY).server_context()) as server:
        assert "not yet valid" in refusal(server, security, authority.itself.certificate).reply


@both
def test_an_unknown_authority_is_trusted_once_it_is_configured(
    authority: Authority, good: Certificate, tmp_path: Path, security: Security
) -> None:
    stranger = Authority(tmp_path, "stranger").itself.certificate
    with serve(security, good.server_context(), struck_connections=0) as server:
        assert "unable to get local issuer" in refusal(server, security, None).reply
        assert "the relay's certificate is not trusted" in refusal(server, security, stranger).reply
        relay = make_relay(server, security, authority.itself.certificate)
        relay.send(ENVELOPE, MAIL)
        relay.close()
        assert server.taken == [MAIL]


@pytest.fixture
def outdated(good: Certificate) -> ssl.SSLContext:
    context = good.server_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def require_that_it_serves_the_old_version(server: FaultServer) -> None:
    lenient = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lenient.check_hostname, lenient.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        lenient.minimum_version = ssl.TLSVersion.TLSv1
    lenient.set_ciphers("ALL:@SECLEVEL=0")
    with smtplib.SMTP("127.0.0.1", server.port, timeout=PATIENCE) as client:
        try:
            client.starttls(context=lenient)
        except (ssl.SSLError, smtplib.SMTPException) as error:
            pytest.skip(f"NOT TESTED: this OpenSSL cannot serve TLS 1.0 at all ({error})")
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.version() == "TLSv1"


def test_a_relay_that_only_knows_tls_1_0_gets_nothing(authority: Authority, outdated: ssl.SSLContext) -> None:
    with serve(Security.STARTTLS, outdated) as server:
        require_that_it_serves_the_old_version(server)
        server.commands.clear()
        error = refusal(server, Security.STARTTLS, authority.itself.certificate)
    assert error.phase is Phase.STARTTLS
    assert "does not speak TLS 1.2" in error.reply


def test_a_stripped_starttls_is_noticed(authority: Authority) -> None:
    with FaultServer() as server:
        error = refusal(server, Security.STARTTLS, authority.itself.certificate)
    assert error.phase is Phase.STARTTLS
    assert "does not offer STARTTLS" in error.reply


def test_text_smuggled_behind_the_agreement_to_start_tls_is_noticed(authority: Authority, good: Certificate) -> None:
    smuggled = {"starttls": b"220 go ahead\r\n250-relay.example\r\n250 AUTH PLAIN"}
    with serve(Security.STARTTLS, good.server_context(), answers=smuggled) as server:
        error = refusal(server, Security.STARTTLS, authority.itself.certificate)
    assert error.phase is Phase.STARTTLS
    assert "in clear behind" in error.reply


def test_what_was_offered_in_clear_is_forgotten_once_tls_stands(authority: Authority, good: Certificate) -> None:
    with serve(Security.STARTTLS, good.server_context()) as server:
        relay = make_relay(server, Security.STARTTLS, authority.itself.certificate)
        relay.open()
        relay.close()
        assert [command.split()[0] for command in server.commands] == ["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]


def test_a_relay_that_speaks_no_tls_on_the_tls_port_gets_nothing(authority: Authority) -> None:
    with FaultServer() as server:
        assert refusal(server, Security.TLS, authority.itself.certificate).phase is Phase.CONNECT


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"], ids=["missing", "empty", "nonsense"])
def test_an_unusable_ca_file_stops_sending_with_its_name(good: Certificate, tmp_path: Path, content: bytes) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)
    with serve(Security.STARTTLS, good.server_context()) as server:
        assert "ca.pem" in refusal(server, Security.STARTTLS, ca_file).reply


@both
def test_a_relay_without_forward_secrecy_is_named_and_the_settings_can_allow_it(
    authority: Authority, security: Security
) -> None:
    context = authority.certify("old", rsa_key=True).server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-GCM-SHA384")
    with serve(security, context) as server:
        assert NO_SAFE_CIPHER in refusal(server, security, authority.itself.certificate).reply
    with serve(security, context) as server:
        ciphers = "ECDHE+AESGCM:AES256-GCM-SHA384"
        relay = make_relay(server, security, authority.itself.certificate, ciphers=ciphers)
        assert relay.send(ENVELOPE, MAIL).startswith("250 ")
        relay.close()


def test_a_port_that_does_not_speak_tls_is_named(authority: Authority) -> None:
    with FaultServer() as server:
        relay = make_relay(server, Security.TLS, authority.itself.certificate)
        with pytest.raises(RelayUnavailable, match="does not speak TLS on this port"):
            relay.open()
