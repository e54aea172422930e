"""The main job on real parts: an empty instance, a relay's address, six reports, the MSSI's mailbox."""

import asyncio
import json
import os
import re
import signal
import threading
from email import message_from_bytes, policy
from pathlib import Path
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.catalogue import KINDS
from kiosk.store.base.connection import open_database
from kiosk.store.instance import start
from tests.crash.reporting import ENVIRONMENT, wait_until_all_is_sent
from tests.processes import Inbox, Kiosk, Program, free_port
from tests.waiting import PATIENCE, until

MSSI = "contact-ssi.cpam-marseille@assurance-maladie.fr"
DPO = "dpo.cpam-marseille@assurance-maladie.fr"


def report_one_of_each(kiosk: Kiosk) -> dict[str, str]:
    references = {}
    for kind in KINDS.values():
        fields = {"submission_id": str(uuid4()), "description": f"Constaté : {kind.code}", "ongoing": "yes"}
        status, page = kiosk.post(f"/fr/report/{kind.code}", fields)
        found = re.search(r'data-reference="([^"]+)"', page)
        assert (status, bool(found)) == (200, True)
        references[kind.code] = found[1] if found else ""
    return references


def test_six_reports_from_an_empty_instance_reach_the_mssi_and_the_dpo(tmp_path: Path) -> None:
    with Inbox() as inbox, Kiosk(instance=tmp_path / "instance", environment=inbox.environment) as kiosk:
        references = report_one_of_each(kiosk)
        inbox.wait_for(10)
        mails = [(to, message_from_bytes(content, policy=policy.default)) for to, content in inbox.mails]
        subjects = {mail["X-Kiosk-Reference"]: mail["Subject"] for to, mail in mails if to == MSSI}
        assert set(subjects) == set(references.values())
        for code, reference in references.items():
            assert KINDS[code].title in subjects[reference]
            assert subjects[reference].endswith(f"Siège · {reference}")
        without_personal_data = {"access_control_disabled", "device_outage"}
        told_dpo = {mail["X-Kiosk-Kind"] for to, mail in mails if to == DPO}
        assert told_dpo == set(KINDS) - without_personal_data
        assert kiosk.terminate() == 0


def test_without_a_relay_everything_waits_and_says_so_then_leaves_when_there_is_one(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    with Kiosk(instance=instance) as kiosk:
        references = report_one_of_each(kiosk)
        status, body = kiosk.get("/healthz")
        assert (status, "relay_none" in json.loads(body)["problems"]) == (503, True)
    with Program("queue", "--json", instance=instance) as queue:
        assert queue.ends() == 0
        listed = json.loads(queue.log[queue.log.index("[\n") :])
    assert {line["reference"] for line in listed} == set(references.values())
    assert {"reference", "audience", "state", "attempts", "next_attempt", "last_reply"} <= set(listed[0])
    with Inbox() as inbox:
        with Program("forward", "--once", instance=instance, environment=inbox.environment) as forward:
            assert forward.ends() == 0
        assert len(inbox.mails) == len(listed)


class SlowInbox(Inbox):
    """Takes its first mail when it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.goes_on = threading.Event(), threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.is_asked.set()
        while not self.goes_on.is_set():
            await asyncio.sleep(0.01)
        return await super().handle_DATA(server, session, envelope)


def test_the_same_forwarder_started_twice_sends_nothing_twice(tmp_path: Path) -> None:
    """The second one starts while the first is at a mail. When that is gone it takes over, and would send its copies,
    the oldest first, before it sends what came last.
    """
    instance = tmp_path / "instance"
    with SlowInbox() as inbox, Kiosk("--no-forwarder", instance=instance) as kiosk:
        environment = {**inbox.environment, **ENVIRONMENT}
        for _ in range(5):
            report_one_of_each(kiosk)
        with Program("forward", instance=instance, environment=environment) as one:
            assert inbox.is_asked.wait(PATIENCE)
            with Program("forward", instance=instance, environment=environment, log=tmp_path / "other.log") as other:
                until(lambda: "standing by" in other.log)
                # A third one starts and ends meanwhile: longer than the second one would take to begin its work.
                with Program("forward", "--once", instance=instance, log=tmp_path / "third.log") as third:
                    assert third.ends() == 1
                assert "Un autre envoi est en cours" in third.log
                inbox.goes_on.set()
                wait_until_all_is_sent(instance)
                assert (one.process.poll(), other.process.poll()) == (None, None)
                one.kill()
                report_one_of_each(kiosk)
                wait_until_all_is_sent(instance)
        assert (len(inbox.by_message_id()), len(inbox.mails)) == (60, 60)


def test_a_forwarder_dies_with_its_parent_and_is_started_again_when_it_dies_alone(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    with Inbox() as inbox, Kiosk(instance=instance, environment=inbox.environment) as kiosk:
        first = until(lambda: forwarder_of(instance))
        os.kill(first, signal.SIGKILL)
        second = until(lambda: forwarder_of(instance, other_than=first))
        kiosk.kill()
        until(lambda: not Path(f"/proc/{second}").exists())


def forwarder_of(instance: Path, *, other_than: int = 0) -> int:
    """The process that delivers, as its heartbeat says; 0 as long as there is none."""
    with open_database(instance / "kiosk.db") as db:
        row = db.execute("SELECT process FROM heartbeats WHERE name = 'forwarder'").fetchone()
    return int(row[0]) if row and row[0] != other_than else 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--demo", "--staff", "0.0.0.0:8081"), "loopback"),
        (("staff", "disable", "nobody"), "kiosk staff list"),
        (("run", "--public", "nonsense"), "HÔTE:PORT"),
        (("queue", "retry", "nonsense"), "n'est pas une référence"),
        (("test-mail",), "Aucun relais"),
    ],
)
def test_a_command_that_cannot_work_says_why_in_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    start.prepare(Settings(instance=tmp_path / "instance"), clock.now()).close()
    with Program(*arguments, instance=tmp_path / "instance") as program:
        assert program.ends() == 2
    assert said in program.log
    assert "Traceback" not in program.log


def test_a_setting_that_is_wrong_stops_the_start(tmp_path: Path) -> None:
    with Program("run", instance=tmp_path / "instance", environment={"KIOSK_SMTP__PROT": "25"}) as program:
        assert program.ends() == 2
    assert "smtp.prot" in program.log


def test_the_test_mail_goes_the_way_of_a_report(tmp_path: Path) -> None:
    start.prepare(Settings(instance=tmp_path / "instance"), clock.now()).close()
    with Inbox() as inbox:
        with Program("test-mail", instance=tmp_path / "instance", environment=inbox.environment) as program:
            assert program.ends() == 0
        assert {to for to, _ in inbox.mails} == {MSSI, DPO}
        subject = message_from_bytes(inbox.mails[0][1], policy=policy.default)["Subject"]
        assert subject.startswith("[ESSAI]")


def test_a_demonstration_keeps_its_mails_on_this_machine(tmp_path: Path) -> None:
    with Inbox() as inbox, Kiosk("--demo", instance=tmp_path / "instance", environment=inbox.environment) as kiosk:
        report_one_of_each(kiosk)
        until(lambda: len(list((kiosk.served / "mailbox").glob("*.eml"))) >= 17)
        status, page = kiosk.get("/demo/mailbox", door="staff")
        assert (status, page.count("[ESSAI]")) == (200, 17)
        assert kiosk.get("/demo/mailbox/1", door="staff")[0] == 200
        assert kiosk.get("/demo/mailbox/99", door="staff")[0] == 404
        assert "monstration" in kiosk.get("/")[1]
        assert inbox.mails == []


@pytest.mark.parametrize(("host", "told"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_a_public_door_in_clear_beyond_loopback_is_said_at_the_start_and_by_the_check(
    host: str, told: bool, tmp_path: Path
) -> None:
    doors = ("--public", f"{host}:{free_port()}", "--staff", f"127.0.0.1:{free_port()}", "--no-forwarder")
    with Program("run", *doors, instance=tmp_path / "instance") as kiosk:
        until(lambda: "the kiosk is on" in kiosk.log, told=lambda: kiosk.log)
        assert ("La borne répond en clair" in kiosk.log) == told
    with Program("check", instance=tmp_path / "instance", log=tmp_path / "check.log") as check:
        check.ends()
        assert ("La borne répond en clair" in check.log) == told
