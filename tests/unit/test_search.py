"""A report is found again by what was said in it, and nobody is told more was searched than was."""

from typing import Any

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.report import Contact
from kiosk.store.keys import site_keys
from kiosk.store.reports.report_lists import Selection
from kiosk.store.reports.search import Found, search
from kiosk.web.staff.lists.matching import matcher
from tests.build import erase_unasked
from tests.incident import an_incident
from tests.unit.test_mail_facts import NOW


def put(db: Database, settings: Settings, description: str = "", minutes: int = 0, **said: Any) -> str:
    return an_incident(db, settings, at=NOW, ago=-minutes, description=description, **said)


def found(db: Database, settings: Settings, words: str, **options: Any) -> Found:
    return search(db, Selection(sites=("siege",)), matcher(words), site_keys.in_files(db, settings.secrets), **options)


def references(result: Found) -> list[str]:
    return [line.reference for line, _ in result.hits]


@pytest.mark.parametrize("words", ["écran", "ECRAN", "bleu écran", "ecr", "cle usb", "Témoin", "0611", "volé"])
def test_words_are_found_wherever_they_were_said(db: Database, settings: Settings, words: str) -> None:
    wanted = put(
        db, settings, "Un Écran bleu", place="près de la clé USB", answers={"how": "stolen", "marking": "volé ?"},
        contact=Contact(name="Temoin Exemple", telephone="0611223344"),
    )  # fmt: skip
    put(db, settings, "Rien de tel")
    assert references(found(db, settings, words)) == [wanted]


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("Le cœur du réseau", "coeur"),
        ("Le coeur du réseau", "CŒUR"),
        ("Ex æquo", "aequo"),
        ("Ex aequo", "ÆQUO"),
        ("Une ﬁche ﬂottante", "fiche flottante"),
        ("Une fiche", "ﬁche"),
        ("De\u0301ja\u0300 vu", "déjà"),
        ("Salle １２ Ｂ", "12 b"),
        ("Salle ١٢", "12"),
        ("Salle 12", "١٢"),
        ("Salle ۱۲", "１２"),
        ("B\u0430dge p\u0435rdu", "badge perdu"),
        ("badge", "Вадge".replace("д", "d")),
        ("ΒΑDGE", "badge"),
        ("l’écran", "l'ecran"),
        ("l'écran", "l’écran"),
        ("porte\u2011fenêtre", "porte-fenetre"),
        ("mot\u00adclé\u200b ici", "motcle ici"),
        ("Straße, Łódź, Øre, İzmir", "strasse lodz ore izmir"),
        ("سُرِقَ الحَاسُوب", "سرق الحاسوب"),
        ("أخذت البطاقة", "اخذت البطاقه"),
        ("Appelez le 06 11 22 33 44", "0611223344"),
        ("Appelez le 0611223344", "06 11 22 33 44"),
        ("Appelez le 06.11.22.33.44", "06-11-22-33-44"),
        ("Appelez le +33 (0)6 11 22 33 44", "06 11 22 33 44"),
        ("Appelez le 06 11 22 33 44", "+33 6 11 22 33 44"),
        ("Appelez le ٠٦ ١١ ٢٢ ٣٣ ٤٤", "0033 611223344"),
        ("Série 12 34 56 78", "Série : 12345678".replace(" :", "")),
    ],
)
def test_however_it_was_spelt_it_is_found(db: Database, settings: Settings, said: str, typed: str) -> None:
    wanted = put(db, settings, said)
    put(db, settings, "Rien de tel")
    assert references(found(db, settings, typed)) == [wanted]


def test_numbers_with_other_digits_are_not_found(db: Database, settings: Settings) -> None:
    put(db, settings, "Appelez le 06 11 22 33 44")
    assert references(found(db, settings, "06 11 22 33 45")) == []


def test_an_excerpt_stands_where_the_word_was_said(db: Database, settings: Settings) -> None:
    put(db, settings, "œuvre " * 60 + "la clé " + "après " * 30)
    ((_, excerpt),) = found(db, settings, "cle").hits
    assert "la clé après" in excerpt


def test_every_word_must_be_there(db: Database, settings: Settings) -> None:
    put(db, settings, "Un écran bleu")
    assert references(found(db, settings, "écran rouge")) == []


def test_an_answer_is_found_by_its_french_words_and_not_by_its_code(db: Database, settings: Settings) -> None:
    wanted = put(db, settings, kind="virus", answers={"signs": ("ransom", "files")})
    assert references(found(db, settings, "demande de l'argent")) == [wanted]
    assert references(found(db, settings, "ransom")) == []


def test_the_newest_come_first_and_older_ones_are_said_to_be_left_out(db: Database, settings: Settings) -> None:
    old, middle, new = (put(db, settings, "porte", minutes) for minutes in (0, 1, 2))
    everything = found(db, settings, "porte")
    assert references(everything) == [new, middle, old]
    assert (everything.searched, everything.all_searched) == (3, True)
    some = found(db, settings, "porte", limit=2)
    assert references(some) == [new, middle]
    assert (some.searched, some.all_searched) == (2, False)


def test_other_sites_are_not_searched(db: Database, settings: Settings) -> None:
    put(db, settings, "porte")
    assert search(db, Selection(sites=()), matcher("porte"), lambda number: pytest.fail(str(number))).searched == 0


def test_what_no_key_opens_is_counted(db: Database, settings: Settings) -> None:
    put(db, settings, "porte")
    site_keys.key_file(settings.secrets, "siege").unlink()
    result = found(db, settings, "porte")
    assert (references(result), result.searched, result.unreadable) == ([], 1, 1)


def test_a_purged_report_is_passed_over(db: Database, settings: Settings) -> None:
    put(db, settings, "porte")
    erase_unasked(db, "UPDATE reports SET content = NULL")
    assert found(db, settings, "porte").hits == ()


def test_the_newest_are_found_through_an_index(db: Database) -> None:
    plan = db.execute(
        "EXPLAIN QUERY PLAN SELECT received_at, id FROM reports INDEXED BY reports_shown WHERE site_id = ?"
        " AND hidden_as IS NULL ORDER BY received_at DESC, id DESC LIMIT ?",
        ("siege", 10),
    ).fetchall()
    assert [row[3] for row in plan] == ["SEARCH reports USING INDEX reports_shown (site_id=?)"]


def test_an_excerpt_shows_the_first_word_where_it_stands(db: Database, settings: Settings) -> None:
    put(db, settings, "avant " * 30 + "la Clé était\ndans la porte " + "après " * 30)
    ((_, excerpt),) = found(db, settings, "cle porte").hits
    assert "avant la Clé était dans la porte après" in excerpt
    assert excerpt.startswith("…")
    assert excerpt.endswith("…")
    assert len(excerpt) <= 142
