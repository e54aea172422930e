"""The drill: a busy kiosk is backed up, its machine dies, another one goes on from the copy."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.store.base.connection import open_database
from tests.crash.reporting import wait_until_all_is_sent
from tests.processes import ROOT, Inbox, Kiosk
from tests.web.contractor import Answer

WAITING = 12


def command(instance: Path, *arguments: str, given: str = "") -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KIOSK_")}
    environment = {**clean, "KIOSK_INSTANCE": str(instance), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *arguments], env=environment, input=given, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def letters_in(said: str) -> list[str]:
    """The option that shows the backup to be this kiosk's own."""
    return ["--letters", re.findall(r"^\w{5}-\w{5}-\w{4} \w{5}-\w{5}-\w{4}$", said, re.MULTILINE)[0]]


def reported(kiosk: Kiosk, words: str) -> Answer:
    """A kind that the MSSI alone is told of: one mail."""
    return Answer(*kiosk.post("/fr/report/device_outage", {"description": words}))


@pytest.mark.ci
def test_another_machine_goes_on_from_the_copy_and_nothing_of_before_is_lost(tmp_path: Path) -> None:
    old, new, copy = tmp_path / "old", tmp_path / "new", tmp_path / "kiosk.backup"
    with Inbox() as inbox:
        with Kiosk(instance=old, environment=inbox.environment) as kiosk:
            sent = [reported(kiosk, f"parti {number}") for number in range(3)]
            inbox.wait_for(3)
        # The relay goes away: these wait, and leave after the copy was made.
        with Kiosk(instance=old, environment={**inbox.environment, "KIOSK_SMTP__PORT": "1"}) as kiosk:
            waiting = [reported(kiosk, f"attend {number}") for number in range(WAITING)]
            said = command(old, "backup", str(copy))
            key = "\n".join(said.splitlines()[-4:])
            late = reported(kiosk, "trop tard")
            kiosk.kill()
        with Kiosk(instance=old, environment=inbox.environment) as kiosk:
            inbox.wait_for(3 + WAITING + 1)
            kiosk.kill()
        assert "signalés comme doubles possibles" in command(
            new, "restore", str(copy), *letters_in(said), "--yes", given=key
        )
        with Kiosk(instance=new, environment={**inbox.environment, "KIOSK_SMTP__AMBIGUOUS_WAIT": "1"}) as kiosk:
            inbox.wait_for(3 + WAITING + 1 + WAITING + 1)
            wait_until_all_is_sent(new)
            page = kiosk.post("/fr/follow-up", {"code": waiting[0].follow_up_code})
            assert page[0] == 200
            assert "Transmis" in page[1]
        copies = inbox.by_message_id()
        (told,) = [mails[0].decode() for identity, mails in copies.items() if ".restore." in identity]
        for answer in waiting:
            (identity,) = [each for each in copies if answer.reference.lower() in each and ".mssi@" in each]
            assert len(set(copies[identity])) == 1, "every copy is the same mail"
            assert len(copies[identity]) == 2
            assert answer.reference in told
        for answer in sent:
            assert [len(mails) for each, mails in copies.items() if answer.reference.lower() in each] == [1]
            assert answer.reference not in told
    with open_database(new / "kiosk.db") as db:
        kept = {row[0] for row in db.execute("SELECT reference FROM reports")}
    assert kept == {answer.reference for answer in (*sent, *waiting)}
    assert late.reference not in kept


def test_a_running_kiosk_is_not_restored_over(tmp_path: Path) -> None:
    instance, copy = tmp_path / "instance", tmp_path / "kiosk.backup"
    with Kiosk(instance=instance) as kiosk:
        said = command(instance, "backup", str(copy))
        key = "\n".join(said.splitlines()[-4:])
        with pytest.raises(AssertionError, match="fonctionne sur cette instance"):
            command(instance, "restore", str(copy), "--replace", *letters_in(said), "--yes", given=key)
        assert kiosk.get("/ping")[0] == 204
