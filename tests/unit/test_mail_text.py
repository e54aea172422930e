"""The text part says everything by itself, the decisive things first."""

from datetime import UTC, datetime

import pytest

from kiosk.mail.render import text_item
from kiosk.mail.safe_text import LINE_WIDTH
from tests.unit.mails import mail

MORNING = datetime(2026, 11, 21, 8, 12, tzinfo=UTC)


def plain(text: str) -> str:
    """With ordinary spaces, and broken lines joined."""
    return " ".join(text.split())


def test_the_decisive_facts_stand_in_the_first_lines() -> None:
    first = mail().text.split("\n")[:19]
    wanted = [
        "CRITIQUE",
        "Badge, clé ou code perdu ou volé",
        "7K4-92Q-MX3",
        "Siège · Local technique",
        "« 2e étage, porte 214 »",
        "hier (vendredi 20/11/2026)",
        "samedi 21/11/2026 à 09:12",
        "oui (Peut-il encore servir ?)",
        "Données personnelles : inconnu",
        "jusqu'au mardi 24/11/2026 à 09:12 pour notifier à la CNIL si une violation est établie",
        "compté depuis le signalement)",
        "« La porte est surveillée. »",
        "Joint par téléphone : personne (appel sans réponse)",
    ]
    found = plain("\n".join(first))
    positions = [found.index(plain(fact)) for fact in wanted]
    assert positions == sorted(positions)


def test_everything_else_follows() -> None:
    text = plain(mail().text)
    for fact in (
        "MSSI : tout incident de sécurité signalé à une borne lui est transmis",
        "Qu'est-ce qui est concerné ? Badge, Clé",
        "Quel numéro est écrit dessus ? « n° 4512 »",
        "Camille Exemple",
        "Froid et Climat",
        "06·00·00·00·00",
        "Responsable d'immeuble : 04 00 00 00 01",
        "Suppléant : non renseigné",
        "[ ] Désactiver le badge.",
        "Ne lui demandez pas d'enquêter.",
        "https://borne.example:8081/reports/7K4-92Q-MX3",
        "siege · hall · 0.1.0",
        "accès au système d'information",
        "Equipement perdu ou volé",
        "rsit:intrusions:burglary",
        "événement 42",
        "ab" * 32,
        "incident-7K4-92Q-MX3.json",
    ):
        assert fact in text


def test_the_description_is_marked_as_the_reporters_words() -> None:
    text = mail().text
    assert "dans les mots de l'intervenant\n\n    | Mon sac a disparu.\n    | Le badge était dedans.\n" in text


def test_a_foreign_description_names_its_language_and_keeps_its_direction() -> None:
    composed = mail(description="سُرق الحاسوب\nfin", language="ar", language_name="arabe").text
    assert "mots de l'intervenant (langue\u00a0: arabe)" in composed
    assert "    | \u2068سُرق الحاسوب\u2069\n    | fin\n" in composed
    assert "(langue" not in mail().text


def test_an_unanswered_personal_data_question_is_told_from_an_answered_one() -> None:
    unanswered = plain(mail(personal_data_answered=False).text)
    assert "inconnu (par défaut, à confirmer : la question est restée sans réponse)" in unanswered
    assert "(compté depuis le signalement, par prudence)" in unanswered
    assert "par défaut" not in mail().text
    assert "prudence" not in mail().text


def test_a_question_left_out_is_told_from_one_that_nobody_could_answer() -> None:
    left_out = mail(ongoing="unknown", ongoing_answered=False)
    assert "Toujours en cours : non précisé (Peut-il" in plain(left_out.text)
    assert left_out.payload["ongoing"] == "unknown"
    assert "Toujours en cours : inconnu (Peut-il" in plain(mail(ongoing="unknown").text)


@pytest.mark.parametrize(("code", "word"), [("yes", "oui"), ("no", "non"), ("unknown", "inconnu")])
def test_personal_data_is_said_in_one_word(code: str, word: str) -> None:
    assert f"Données personnelles : {word} Délai" in plain(mail(personal_data=code).text)


def test_no_deadline_is_shown_when_personal_data_is_excluded() -> None:
    assert "notifier" not in plain(mail(personal_data="no", deadline=None).text)


def test_the_deadline_follows_french_clocks_in_summer() -> None:
    deadline = datetime(2026, 7, 4, 22, 30, tzinfo=UTC)
    assert "jusqu'au dimanche 05/07/2026 à 00:30" in plain(mail(deadline=deadline).text)


def test_a_date_that_could_not_be_read_is_quoted() -> None:
    text = plain(mail(observed_precision="unknown", observed_words="non précisé", observed_typed="31/02 soir").text)
    assert "Constaté : date non reconnue : « 31/02 soir »" in text


def test_a_report_of_one_answer_reads_well() -> None:
    composed = mail(
        said=(), description="", place="", already_done="", telephones=(), zone=None, zone_name="", console_url="",
        site_address="", contact_name="", contact_company="", contact_telephone="", called=None, called_words="",
    ).text  # fmt: skip
    for words in (
        "Lieu : Siège Constaté",
        "Déjà fait : non précisé",
        "Joint par téléphone : non précisé",
        "Aucune réponse.",
        "Aucune description.",
        "Aucun contact laissé.",
        "Aucun numéro n'est renseigné",
    ):
        assert words in plain(composed)
    assert "console" not in composed
    assert "« »" not in composed.replace("\u00a0", "")


def test_what_happened_on_the_way_in_is_said_in_words() -> None:
    text = plain(mail(flags=("encoding", "unknown_choice", "origin_unknown", "brand_new")).text)
    assert "le texte reçu était endommagé" in text
    assert "n'était pas au catalogue" in text
    assert "n'a pas pu être reconnue" in text
    assert "brand_new" in text
    assert "Remarques" not in mail().text


def test_a_demonstration_says_in_its_first_line_that_nothing_is_real() -> None:
    assert mail(demo=True).text.startswith("ESSAI\u00a0: borne en démonstration, aucun incident réel")


def test_lines_fit_a_narrow_window() -> None:
    text = mail(description="mot " * 400, place="x" * 400, already_done="fait " * 80).text
    assert max(len(line) for line in text.split("\n")) <= LINE_WIDTH


def test_no_line_is_left_with_a_template_mark_or_a_trailing_gap() -> None:
    text = mail(demo=True, flags=("encoding",)).text
    assert "{" not in text
    assert "}" not in text
    assert "\n\n\n" not in text
    assert text.endswith("codées.\n")


def test_no_line_ends_in_blanks_where_a_word_just_fills_one() -> None:
    word = "x" * (LINE_WIDTH - len("[ ] "))
    assert text_item(f"{word} {word}", "[ ] ").split("\n") == [f"[ ] {word}", "", f"    {word}"]
