"""The subject arrives as it was written, and nobody can smuggle anything through it."""

import random
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest

from kiosk.domain.severity import Severity
from kiosk.mail.envelope import subject
from kiosk.mail.mime import header_lines
from tests.unit.mails import facts, mail

WORDS = (
    "clé badge œuvre été niveau 2 3 accès n° l'été À côté : ; – · « panne » prolongée bâtiment salle Noël ça où "
    "contrôle-d'accès d'immeuble anticonstitutionnellement 7K4-92Q-MX3 [SSI] ÉLEVÉ maïs"
)


def sent(text: str) -> bytes:
    return header_lines([("Subject", text)]) + b"\r\n"


def test_three_thousand_french_subjects_come_back_as_they_were() -> None:
    shuffled = random.Random(932)
    for _ in range(3000):
        text = " ".join(shuffled.choices(WORDS.split(), k=shuffled.randint(1, 30)))
        raw = sent(text)
        assert message_from_bytes(raw, policy=policy.default)["Subject"] == text
        unfolded = "".join(message_from_bytes(raw)["Subject"].splitlines())
        assert str(make_header(decode_header(unfolded))) == text
        assert max(len(line) for line in raw.split(b"\r\n")) <= 76


def test_the_subject_says_severity_kind_site_and_reference() -> None:
    assert mail().parsed["Subject"] == "[SSI][CRITIQUE] Badge, clé ou code perdu ou volé · Siège · 7K4-92Q-MX3"
    assert subject(facts(severity=Severity.HIGH)).startswith("[SSI][ÉLEVÉ] ")
    assert subject(facts(severity=Severity.NORMAL)).startswith("[SSI][NORMAL] ")


def test_a_demonstration_says_so_first() -> None:
    assert mail(demo=True).parsed["Subject"].startswith("[ESSAI][SSI][CRITIQUE] ")


@pytest.mark.parametrize(
    "name",
    [
        "Siège\r\nBcc: v@x.example",
        "Siège\u2028Bcc: v@x.example",
        "Siège\x85\x0b\x0c\x1c\x1eBcc: v@x.example",
        "=?utf-8?q?=0D=0ABcc:_v@x.example?=",
        "=?=?utf-8?q?a?=",
        "=\x00?utf-8?b?DQpCY2M6IHZAeC5leGFtcGxl?=",
        "a\udcffb",
        "S" * 5000,
        "",
    ],
)
def test_a_site_name_from_the_settings_cannot_add_a_header(name: str) -> None:
    composed = mail(site_name=name)
    assert set(composed.parsed.keys()) == set(mail().parsed.keys())
    assert composed.parsed["Subject"].endswith(" · 7K4-92Q-MX3")
    assert "\r\n\r\n" not in composed.header_block
    assert not composed.fallback


def test_a_site_name_without_end_is_cut_in_the_subject_only() -> None:
    composed = mail(site_name="S" * 5000)
    assert len(composed.parsed["Subject"]) < 150
    assert composed.payload["place"]["site_name"] == "S" * 5000


@pytest.mark.parametrize("text", ["=?utf-8?q?=0D=0ABcc:_v@x.example?=", "a =?utf-8?b?DQpCY2M6IHZAeC5leGFtcGxl?= b"])
def test_an_encoded_word_that_somebody_wrote_is_never_decoded(text: str) -> None:
    read = message_from_bytes(sent(text), policy=policy.default)
    assert read.keys() == ["Subject"]
    assert read["Subject"] == text.replace("=?", "= ?")
