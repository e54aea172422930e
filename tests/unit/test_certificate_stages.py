"""A certificate that ends is told 60, 30 and 7 days before, once each, and is red once it has ended."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.troubles.running import SEAL_BROKEN
from kiosk.watch import check
from kiosk.watch.alarm import watch, with_earlier_stages
from kiosk.watch.certificates import seal_troubles
from tests.build import NOON
from tests.duty import staffed
from tests.smime import a_reader
from tests.unit.test_seal import sealed_to

DAY = timedelta(days=1)


@pytest.fixture
def configured(settings: Settings, tmp_path: Path) -> Settings:
    """Its certificate ends a hundred days after NOON."""
    return sealed_to(staffed(settings), a_reader(tmp_path, "reader", now=NOON, ends=100 * DAY).certificate)


@pytest.mark.parametrize(
    ("left", "codes"),
    [
        (61, ()),
        (59, ("seal_60",)),
        (29, ("seal_30", "seal_60")),
        (6, ("seal_7", "seal_30", "seal_60")),
        (-1, ("seal_ended", "seal_7", "seal_30", "seal_60")),
    ],
)
def test_the_stages_add_up(configured: Settings, left: int, codes: tuple[str, ...]) -> None:
    reached = seal_troubles(configured, NOON + (100 - left) * DAY)
    assert tuple(trouble.code for trouble in with_earlier_stages(reached)) == codes
    assert [each.trouble.code for each in reached] == list(codes[:1])


def alarms_told(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT detail FROM events WHERE action = 'alarm_mail' ORDER BY id")]


def test_each_stage_is_one_mail(db: Database, configured: Settings) -> None:
    quiet = dataclasses.replace(configured, mail=dataclasses.replace(configured.mail, alarm_after=0))
    for day in (41, 42, 43, 71, 72, 94, 95, 101, 102):
        watch(db, quiet, NOON + day * DAY)
        db.execute("UPDATE deliveries SET state = 'sending', claim = 'c' WHERE state = 'queued'")
        db.execute("UPDATE deliveries SET state = 'sent', claim = NULL, sent_at = '' WHERE state = 'sending'")
        db.conn.commit()
    told = "".join(alarms_told(db))
    assert [told.count(f'"{code}"') for code in ("seal_60", "seal_30", "seal_7", "seal_ended")] == [2, 2, 2, 2]


def test_the_words_say_whose_and_until_when(configured: Settings) -> None:
    (found,) = seal_troubles(configured, NOON + 41 * DAY)
    assert found.detail == "celui de « MSSI », jusqu'au 28/02/2027"


def said(db: Database, settings: Settings, colour: str, days: int) -> str:
    found = check.find_troubles(db, settings, NOON + days * DAY)
    return "\n".join(each.sentence for each in found if each.trouble.colour == colour)


def test_the_check_tells_the_stage_that_was_reached(db: Database, configured: Settings) -> None:
    assert "certificat qui chiffre" not in said(db, configured, "amber", 1)
    whose = "celui de « MSSI », jusqu'au 28/02/2027."
    assert f"expire dans moins de 60 jours : {whose}" in said(db, configured, "amber", 41)
    assert f"a expiré : {whose}" in said(db, configured, "red", 101)


def test_the_check_names_those_whose_mails_wait_unencrypted(db: Database, configured: Settings) -> None:
    told = said(db, configured, "amber", 1)
    (line,) = [line for line in told.splitlines() if "sans être chiffrés" in line]
    assert "DPO" in line
    assert "MSSI" not in line


def test_a_file_that_goes_bad_is_red_everywhere(db: Database, configured: Settings, tmp_path: Path) -> None:
    (tmp_path / "reader.pem").write_text("rubbish")
    assert [each.trouble for each in seal_troubles(configured, NOON)] == [SEAL_BROKEN]
    assert "ne peut plus être lu : " in said(db, configured, "red", 1)


def test_a_signing_key_that_others_can_read_is_red(db: Database, configured: Settings, tmp_path: Path) -> None:
    kiosk = a_reader(tmp_path, "kiosk", now=NOON)
    mail = dataclasses.replace(configured.mail, signing_certificate=kiosk.certificate, signing_key=kiosk.key)
    signing = dataclasses.replace(configured, mail=mail)
    assert "peut être lu par d'autres" not in said(db, signing, "red", 1)
    kiosk.key.chmod(0o644)
    assert f"autres utilisateurs de cette machine : {kiosk.key}." in said(db, signing, "red", 1)
