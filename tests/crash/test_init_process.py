"""`kiosk init` as a process of its own: also when its paper reaches nobody, and when it is killed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk import clock
from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.instance import start
from kiosk.store.keys import recovery
from tests.processes import ROOT
from tests.readers import Reader, opens_all
from tests.unit.test_keys import with_a_password
from tests.waiting import PATIENCE

KILLED_AFTER = """
import os, sys
from kiosk.commands import init
from kiosk.store.instance import init as splitting
def die(*rest):
    os.kill(os.getpid(), 9)
splitting.{step} = die
from kiosk.cli import main
sys.argv = ["kiosk", "init"]
main()
"""


def command(settings: Settings, *words: str, **options: object) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "KIOSK_INSTANCE": str(settings.instance)}
    return subprocess.run(
        [sys.executable, *words], env=environment, cwd=ROOT, text=True, timeout=PATIENCE, check=False, **options
    )  # type: ignore[call-overload, no-any-return]


def init(settings: Settings, **options: object) -> "subprocess.CompletedProcess[str]":
    return command(settings, "-m", "kiosk", "init", **{"capture_output": True, **options})


def key_in(printed: str) -> str:
    return "\n".join(re.findall(r"^\w{5}-\w{5}-\w{4}$", printed, re.MULTILINE))


@pytest.fixture
def instance(settings: Settings) -> Settings:
    with start.prepare(settings, clock.now()) as db:
        Reader(db, name="anna")
    return settings


def test_the_paper_opens_every_site_and_a_second_time_says_so(instance: Settings) -> None:
    first, second = init(instance), init(instance)
    assert (first.returncode, second.returncode) == (0, 1)
    assert first.stdout.rstrip().endswith("terminé : la clé de secours ci-dessus est valable.")
    assert (second.stdout, "Rien n'a été modifié" in second.stderr) == ("", True)
    with start.prepare(instance, clock.now()) as db:
        assert opens_all(db, key_in(first.stdout))
    assert {path.name for path in instance.secrets.iterdir()} == {"backup-signing.key", "follow-up.key"}


def test_a_paper_that_reaches_nobody_is_not_valid(instance: Settings) -> None:
    with Path("/dev/full").open("w") as full:
        failed = init(instance, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert failed.returncode != 0
    with start.prepare(instance, clock.now()) as db:
        assert recovery.current(db) is None
    assert init(instance).returncode == 0


@pytest.mark.parametrize(
    ("step", "holds"), [("split", False), ("_seal_all", False), ("remove_files", True), ("site_keys.sync_folder", True)]
)
def test_killed_half_way_it_has_either_changed_nothing_or_is_tidied_up_by_the_next_start(
    instance: Settings, step: str, holds: bool
) -> None:
    killed = command(instance, "-c", KILLED_AFTER.format(step=step), capture_output=True)
    assert killed.returncode == -9
    with start.prepare(instance, clock.now()) as db:
        assert (recovery.current(db) is not None) == holds
        if holds:
            assert opens_all(db, key_in(killed.stdout))
    left = {path.name for path in instance.secrets.iterdir()}
    assert (left == {"backup-signing.key", "follow-up.key"}) == holds
    assert init(instance).returncode == (1 if holds else 0)


def test_the_paper_is_read_from_a_file_or_the_standard_input_and_lets_somebody_read(
    instance: Settings, tmp_path: Path
) -> None:
    paper = tmp_path / "paper"
    paper.write_text(key_in(init(instance).stdout))
    with start.prepare(instance, clock.now()) as db:
        Reader(db, name="zoe")
    grant = ("-m", "kiosk", "staff", "grant", "zoe", "--recovery-file")
    granted = command(instance, *grant, str(paper), capture_output=True)
    assert (granted.returncode, granted.stdout) == (0, "Clés confiées à zoe : 2.\n")
    again = command(instance, *grant, "-", capture_output=True, input=paper.read_text())
    assert again.stdout == "zoe peut déjà tout lire.\n"
    typed = command(instance, *grant[:-1], capture_output=True, input=paper.read_text())
    assert "zoe peut déjà tout lire." in typed.stdout
    wrong = command(instance, *grant, "-", capture_output=True, input="no key")
    assert wrong.returncode == 2
    assert wrong.stderr.endswith("kiosk : Ce n'est pas une clé : elle a 4 lignes de 14 lettres et chiffres.\n")


def test_another_paper_is_made_with_a_readers_password_and_the_first_one_is_void(instance: Settings) -> None:
    with start.prepare(instance, clock.now()) as db:
        with_a_password(db, "zoe")
    first = init(instance).stdout
    renew = ("-m", "kiosk", "init", "--new-recovery-key", "Zoe")
    wrong = command(instance, *renew, capture_output=True, input="quatre mois\n")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "quatre" not in wrong.stderr
    right = command(instance, *renew, capture_output=True, input="quatre mots\n")
    assert right.returncode == 0
    assert "La précédente n'ouvre plus que les sauvegardes faites jusqu'ici" in right.stdout
    with start.prepare(instance, clock.now()) as db:
        assert opens_all(db, key_in(right.stdout))
        with pytest.raises(StoreError, match="pas la clé de secours"):
            opens_all(db, key_in(first))
