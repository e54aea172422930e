"""French words of codes: each enumeration has one for every member, and no other table repeats them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.domain.account_states import AccountState, Confirmation
from kiosk.domain.catalogue import Domain, Tristate
from kiosk.domain.catalogue.common import UnlistedZone, zone_words
from kiosk.domain.cnil import BreachDecision
from kiosk.domain.delivery_states import AttemptOutcome, DeliveryState, InDigest
from kiosk.domain.handling import Eta, HiddenAs, HoldReason, Outcome, ending_words
from kiosk.domain.report import SentFrom, TellingWay
from kiosk.domain.roles import StaffRole
from kiosk.domain.second_factor import FactorKind
from kiosk.domain.severity import Severity
from kiosk.domain.worded import Worded
from kiosk.web.staff.account.forms import KnownToOthers

ROOT = Path(__file__).resolve().parents[2]
WORDED = [
    *(AccountState, AttemptOutcome, BreachDecision, Confirmation, DeliveryState, Domain, Eta, FactorKind),
    *(HiddenAs, HoldReason, InDigest, KnownToOthers),
    *(Outcome, SentFrom, Severity, StaffRole, TellingWay, Tristate, UnlistedZone),
]
IN_TEMPLATES = re.compile(r"""["'](\w+)["']\s*:\s*["']([^"'}]+)["']""")


def test_none_is_left_out_here() -> None:
    assert sorted(WORDED, key=str) == sorted(Worded.__subclasses__(), key=str)


@pytest.mark.parametrize("words", WORDED)
def test_each_member_has_a_word_of_its_own(words: type[Worded]) -> None:
    assert all(member.french for member in words)
    assert len({member.french for member in words}) == len(words)


@pytest.mark.parametrize("words", WORDED)
def test_a_code_is_worded_and_an_unknown_one_stays_as_it_is(words: type[Worded]) -> None:
    assert [words.word(member.value) for member in words] == [member.french for member in words]
    assert words.word("nobody knows this") == "nobody knows this"


def test_a_mail_tells_every_ending_in_words() -> None:
    assert all(ending_words(code) != code for code in (*Outcome, *HiddenAs))
    assert ending_words("nobody knows this") == "nobody knows this"


def test_a_zone_is_called_by_the_name_that_its_site_gives_it() -> None:
    assert zone_words({"lobby": "Hall"}, "lobby") == "Hall"
    assert zone_words({"lobby": "Hall"}, "elsewhere") == "autre endroit"
    assert zone_words({}, "gone") == "gone"
    assert zone_words({}, None) == ""


def pairs() -> Iterator[tuple[str, dict[str, str]]]:
    """Every table of codes and texts in the program, with its file."""
    for path in (ROOT / "kiosk").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                yield path.name, dict(_entries(node))
    for path in (ROOT / "templates").rglob("*.*"):
        yield path.name, dict(IN_TEMPLATES.findall(path.read_text(encoding="utf-8")))


def _entries(table: ast.Dict) -> Iterator[tuple[str, str]]:
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            if isinstance(key, ast.Constant):
                yield str(key.value), value.value
            elif isinstance(key, ast.Attribute):
                yield ast.unparse(key), value.value


@pytest.mark.parametrize("words", WORDED)
def test_no_second_table_holds_the_same_words(words: type[Worded]) -> None:
    codes = {member.value: member.french for member in words}
    codes |= {f"{words.__name__}.{member.name}": member.french for member in words}
    repeated = [
        (file, table)
        for file, table in pairs()
        if len(table.keys() & codes.keys()) > 1 and any(table.get(code, "").lower() == codes[code] for code in codes)
    ]
    assert repeated == []
