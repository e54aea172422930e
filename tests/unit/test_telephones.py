"""What an operator writes under `telephone` becomes numbers that can be dialled, each with its note."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.telephones import TelephoneNumber, in_one_line, telephone_numbers

DESK, NIGHT = ("04 65 71 00 01", "0465710001"), ("06 12 34 56 78", "0612345678")


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("04 65 71 00 01", [(*DESK, "")]),
        ("0465710001", [(*DESK, "")]),
        ("04.65.71.00.01", [(*DESK, "")]),
        ("04-65-71-00-01", [(*DESK, "")]),
        ("04/65/71/00/01", [(*DESK, "")]),
        ("(04) 65 71 00 01", [(*DESK, "")]),
        ("04\u00a065\u202f71\u200900\u201101", [(*DESK, "")]),
        ("\u200e04 65 71 00 01\u202c", [(*DESK, "")]),
        ("０４ ６５ ７１ ００ ０１", [(*DESK, "")]),
        ("٠٤ ٦٥ ٧١ ٠٠ ٠١", [(*DESK, "")]),
        ("Tél. : 04 65 71 00 01", [(*DESK, "")]),
        ("tel:0465710001", [(*DESK, "")]),
        ("+33 (0)4 65 71 00 01", [("+33 4 65 71 00 01", "+33465710001", "")]),
        ("\uff0b33465710001", [("+33 4 65 71 00 01", "+33465710001", "")]),
        ("0033 4 65 71 00 01", [("+33 4 65 71 00 01", "+33465710001", "")]),
        ("+212 5 22 12 34 56", [("+212 5 22 12 34 56", "+212522123456", "")]),
        ("+1 (555) 123-4567", [("+1 (555) 123 4567", "+15551234567", "")]),
        ("4512", [("4512", "4512", "")]),
        ("36 46", [("36 46", "3646", "")]),
        ("17", [("17", "17", "")]),
        ("112 ou 15", [("112", "112", ""), ("15", "15", "")]),
        ("Accueil 4512", [("4512", "4512", "Accueil")]),
        ("04 65 71 00 01 ou 06 12 34 56 78 (nuit)", [(*DESK, ""), (*NIGHT, "nuit")]),
        ("04 65 71 00 01 (jour), 06 12 34 56 78 (nuit)", [(*DESK, "jour"), (*NIGHT, "nuit")]),
        ("jour : 04 65 71 00 01 ; nuit : 06 12 34 56 78", [(*DESK, "jour"), (*NIGHT, "nuit")]),
        ("jour 04 65 71 00 01 nuit 06 12 34 56 78", [(*DESK, "jour"), (*NIGHT, "nuit")]),
        ("04 65 71 00 01 jour 06 12 34 56 78 nuit", [(*DESK, "jour"), (*NIGHT, "nuit")]),
        ("04 65 71 00 01 (jour)06 12 34 56 78 (nuit)", [(*DESK, "jour"), (*NIGHT, "nuit")]),
        ("04 65 71 00 01 (nuit 06 12 34 56 78)", [(*DESK, ""), (*NIGHT, "nuit")]),
        ("04 65 71 00 01 / 06 12 34 56 78", [(*DESK, ""), (*NIGHT, "")]),
        ("04 65 71 00 01 - 06 12 34 56 78", [(*DESK, ""), (*NIGHT, "")]),
        ("04 65 71 00 01 06 12 34 56 78", [(*DESK, ""), (*NIGHT, "")]),
        ("04 65 71 00 01\n06 12 34 56 78 (nuit)", [(*DESK, ""), (*NIGHT, "nuit")]),
        ("04 65 71 00 01/02", [(*DESK, ""), ("04 65 71 00 02", "0465710002", "")]),
        ("4512/4513", [("4512", "4512", ""), ("4513", "4513", "")]),
        ("04 65 71 00 01 poste 4512", [(*DESK, "poste 4512")]),
        ("04 65 71 00 01, poste 12 ; 06 12 34 56 78", [(*DESK, "poste 12"), (*NIGHT, "")]),
        ("04 65 71 00 01 (7h30-16h30) puis 06 12 34 56 78", [(*DESK, "7h30-16h30"), (*NIGHT, "")]),
        ("04 65 71 00 01 de 7 h 30 à 16 h 30", [(*DESK, "de 7 h 30 à 16 h 30")]),
        ("04 65 71 00 01 7:30-16:30", [(*DESK, "7:30-16:30")]),
        ("04 65 71 00 01 (24h/24, 7j/7)", [(*DESK, "24h/24, 7j/7")]),
        ("04 65 71 00 01 jusqu'au 31/12/2026", [(*DESK, "jusqu'au 31/12/2026")]),
        ("06 12 34 56 78 après 18 h", [(*NIGHT, "après 18 h")]),
        ("voir à l'accueil", [("voir à l'accueil", "", "")]),
        ("poste 12", [("poste 12", "", "")]),
        ('06"><b>', [('06"><b>', "", "")]),
        ("javascript:1", [("javascript:1", "", "")]),
        ("3", [("3", "", "")]),
        (" \u200b ", []),
        ("", []),
    ],
)
def test_numbers_and_notes(written: str, numbers: list[tuple[str, str, str]]) -> None:
    assert telephone_numbers(written) == tuple(TelephoneNumber(*each) for each in numbers)


@given(st.text(st.sampled_from("0123456789 +-./();:,\n\u00a0\u0660\uff10houàt"), max_size=60))
def test_whatever_is_written_stays_to_be_read_and_only_digits_are_dialled(written: str) -> None:
    for number in telephone_numbers(written):
        assert re.fullmatch(r"(?:\+?[0-9]{2,})?", number.dialled)
        assert number.shown
        assert not set("\n\t") & set(number.shown + number.note)


def test_a_mail_in_plain_text_breaks_no_number() -> None:
    line = in_one_line(telephone_numbers("04 65 71 00 01 ou 06 12 34 56 78 (nuit)"))
    assert line == "04\u00a065\u00a071\u00a000\u00a001 ou 06\u00a012\u00a034\u00a056\u00a078 (nuit)"


def test_digits_without_end_are_read_without_trying_every_way_to_part_them() -> None:
    written = f"+1{'2' * 60}x"
    assert telephone_numbers(written) == (TelephoneNumber(written, ""),)
