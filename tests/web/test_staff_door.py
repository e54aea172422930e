import dataclasses
import html
import re
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings, Smtp
from kiosk.domain.roles import READERS, StaffRole
from kiosk.store.base import heartbeat
from kiosk.store.outbox import outcomes, relay
from kiosk.store.outbox.attempts import Ending
from kiosk.store.watch import health
from tests.build import claim, store
from tests.web.colleague import SignIn


@pytest.fixture
def door(settings: Settings, signed_in: SignIn) -> FlaskClient:
    client = staff_app(dataclasses.replace(settings, smtp=Smtp(host="127.0.0.1"))).test_client()
    return signed_in(client).client


@pytest.fixture
def demo_door(db: Database, settings: Settings) -> FlaskClient:
    return staff_app(dataclasses.replace(settings, demo=True, smtp=Smtp(host="127.0.0.1"))).test_client()


def put_mail(settings: Settings, text: str = "Bonjour", markup: str = "<p style='color:red'>Bonjour</p>") -> Path:
    mail = EmailMessage()
    mail["Subject"] = "[ESSAI][SSI][CRITIQUE] Badge · Siège · 7K4-92Q-MX3"
    mail["X-Demonstration-Recipient"] = "mssi@demonstration.invalid"
    mail.set_content(text)
    mail.add_alternative(markup, subtype="html")
    mail.add_attachment(b'{"lang": "fr"}', maintype="application", subtype="json", filename="incident.json")
    settings.demo_mailbox.mkdir(parents=True)
    path = settings.demo_mailbox / "0001.eml"
    path.write_bytes(mail.as_bytes())
    return path


def test_all_in_order_says_so(settings: Settings, db: Database, signed_in: SignIn) -> None:
    heartbeat.beat(db, health.FORWARDER, 1, clock.now())
    audiences = tuple(dataclasses.replace(each, address="a@organisme.example") for each in settings.audiences)
    reached = dataclasses.replace(settings, audiences=audiences, smtp=Smtp(host="127.0.0.1"))
    page = signed_in(staff_app(reached).test_client()).client.get("/transmission").text
    assert "Tout est en ordre" in page
    assert "Aucun courriel n'attend" in page


@pytest.mark.parametrize(("role", "shown"), [(role, role in READERS) for role in StaffRole])
def test_the_relays_words_are_shown_to_those_who_may_read_reports(
    role: StaffRole, shown: bool, settings: Settings, db: Database, signed_in: SignIn
) -> None:
    store(db)
    outcomes.record_held(db, claim(db), Ending("refused", "rcpt", "550 5.7.1", "550 5.7.1 MARKER-8841"), clock.now())
    page = signed_in(staff_app(settings).test_client(), role=role).client.get("/transmission").text
    assert "550 5.7.1" in page
    assert ("MARKER-8841" in page) == shown


def test_what_waits_is_listed_with_the_relays_words_escaped(door: FlaskClient, db: Database) -> None:
    store(db, now=clock.now() - timedelta(minutes=20))
    outcomes.record_held(db, claim(db, clock.now()), Ending("refused", "rcpt", "550 <b>no</b>"), clock.now())
    page = door.get("/transmission").text
    assert "À traiter maintenant" in page
    assert "7K4-92Q-MX3" in page
    assert "550 &lt;b&gt;no&lt;/b&gt;" in page
    assert "20 min" in page


def test_the_page_renews_itself_with_the_fragment_alone(door: FlaskClient) -> None:
    fragment = door.get("/transmission", headers={"HX-Request": "true"}).text
    assert fragment.startswith('<div id="transmission"')
    assert "<html" not in fragment


def test_nothing_of_a_report_but_its_reference_is_shown(door: FlaskClient, db: Database) -> None:
    store(db, content=b'{"description": "MARKER-8810"}')
    assert "MARKER-8810" not in door.get("/transmission").text


def test_audiences_without_an_address_are_named(door: FlaskClient) -> None:
    page = door.get("/transmission").text
    assert "Responsable d&#39;immeuble" in page
    assert "Un destinataire n&#39;a pas d&#39;adresse" in page
    assert "Tout est en ordre" not in page


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("down", "Le relais de messagerie n'est pas joignable."),
        ("refused", "Le relais de messagerie refuse nos identifiants."),
        ("none", "Aucun relais de messagerie n'est configuré."),
    ],
)
def test_what_is_wrong_with_the_relay_is_said_exactly(
    settings: Settings, db: Database, signed_in: SignIn, state: str, said: str
) -> None:
    store(db)
    smtp = Smtp(host="" if state == "none" else "127.0.0.1")
    if state != "none":
        relay.relay_failed(db, state=state, reply="127.0.0.1: no", next_try_at=clock.now(), now=clock.now())
    client = signed_in(staff_app(dataclasses.replace(settings, smtp=smtp)).test_client()).client
    page = html.unescape(client.get("/transmission").text)
    assert [line for line in re.findall(r"<strong>(.*?)</strong>", page) if "relais" in line] == [said]
    assert ("sa réponse : 127.0.0.1: no</span>" in page) == (state != "none")


def test_the_demonstrations_mailbox_exists_only_in_a_demonstration(door: FlaskClient) -> None:
    assert door.get("/demo/mailbox").status_code == 404


def test_a_mail_of_the_demonstration_can_be_read_whole(demo_door: FlaskClient, settings: Settings) -> None:
    put_mail(settings)
    assert "Badge · Siège" in demo_door.get("/demo/mailbox").text
    page = demo_door.get("/demo/mailbox/1")
    assert "Bonjour" in page.text
    assert "{\n  &#34;lang&#34;: &#34;fr&#34;\n}" in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("importance", "marked"), [("high", True), ("High", True), ("low", False), (None, False)])
def test_a_critical_mail_stands_out_in_the_mailbox(
    demo_door: FlaskClient, settings: Settings, importance: str | None, marked: bool
) -> None:
    path = put_mail(settings)
    if importance:
        path.write_bytes(f"Importance: {importance}\n".encode() + path.read_bytes())
    assert ('class="important"' in demo_door.get("/demo/mailbox").text) == marked


def test_the_html_part_is_shown_in_a_frame_that_may_do_nothing(demo_door: FlaskClient, settings: Settings) -> None:
    put_mail(settings, markup="<script>alert(1)</script>")
    answer = demo_door.get("/demo/mailbox/1/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy


def test_an_empty_mailbox_and_a_missing_mail_are_told_kindly(demo_door: FlaskClient) -> None:
    assert "Rien encore" in demo_door.get("/demo/mailbox").text
    assert demo_door.get("/demo/mailbox/7").status_code == 404


@pytest.mark.parametrize(
    ("visitor", "host"),
    [("127.0.0.1", "console.example"), ("10.0.0.7", "console.example"), ("10.0.0.7", "localhost"), ("", "localhost")],
)
def test_whoever_comes_through_a_proxy_sees_neither_the_mailbox_nor_the_figures(
    db: Database, settings: Settings, visitor: str, host: str
) -> None:
    put_mail(settings)
    web = dataclasses.replace(settings.web, hosts=("console.example",))
    door = staff_app(dataclasses.replace(settings, demo=True, web=web)).test_client()
    met = {"environ_base": {"REMOTE_ADDR": visitor}, "headers": {"Host": host}}
    for path in ("/demo/mailbox", "/demo/mailbox/1", "/demo/mailbox/1/html"):
        assert door.get(path, **met).status_code == 404  # type: ignore[arg-type]
    assert door.get("/healthz", **met).json == {"status": "red"}  # type: ignore[arg-type]
    assert "relay_reply" in door.get("/healthz").text


def test_a_number_beyond_all_numbers_is_like_one_that_does_not_exist(demo_door: FlaskClient, door: FlaskClient) -> None:
    for number in ("9" * 23, "9" * 300):
        assert demo_door.get(f"/demo/mailbox/{number}").status_code == 404
        for path in (f"/absences/{number}/end", f"/account/sessions/{number}/end"):
            assert door.post(path).status_code == 404


def test_the_health_of_the_kiosk_can_be_asked_here_too(door: FlaskClient) -> None:
    assert door.get("/ping").status_code == 204
    answer = door.get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["problems"] == ["forwarder"]
    assert "Set-Cookie" not in answer.headers


def test_a_broken_database_is_red_and_not_a_traceback(door: FlaskClient, settings: Settings, db: Database) -> None:
    db.close()
    settings.database.write_bytes(b"garbage" * 1000)
    answer = door.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "red", "problems": ["database"]})
    assert door.get("/transmission").status_code == 503


def test_a_stray_file_and_many_mails_do_not_hide_the_newest(demo_door: FlaskClient, settings: Settings) -> None:
    first = put_mail(settings)
    for number in (9999, 10_000, 10_001):
        first.with_name(f"{number}.eml").write_bytes(first.read_bytes())
    first.with_name("copie de 0001.eml").write_bytes(b"")
    found = re.findall(r"/demo/mailbox/(\d+)", demo_door.get("/demo/mailbox").text)
    assert found == ["10001", "10000", "9999", "1"]


def test_the_mailbox_tells_the_mails_about_one_report_apart(demo_door: FlaskClient, settings: Settings) -> None:
    mail = put_mail(settings)
    preview = b'<span style="display:none;mso-hide:all">ESSAI &middot; Anne l&#39;a pris</span>'
    mail.write_bytes(b"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + preview)
    assert "Anne l&#39;a pris" in demo_door.get("/demo/mailbox").text


def test_a_page_that_is_not_there_sends_staff_to_the_console_and_not_to_the_reception(door: FlaskClient) -> None:
    page = door.get("/reports/000-000-000").text
    assert "Revenir à la console" in page
    assert "Adressez-vous" not in page


def test_the_page_of_the_mailbox_stays_short(
    demo_door: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.web.staff.demo_mailbox.SHOWN", 2)
    first = put_mail(settings)
    for number in (2, 3):
        first.with_name(f"{number:04d}.eml").write_bytes(first.read_bytes())
    assert re.findall(r"/demo/mailbox/(\d+)", demo_door.get("/demo/mailbox").text) == ["3", "2"]
    assert demo_door.get("/demo/mailbox/1").status_code == 200
