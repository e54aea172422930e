"""Which passwords are good enough, and that looking at one costs the same whoever it is for."""

import threading
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters

from kiosk.store.staff import passwords
from kiosk.store.staff.passwords import HASHER, TooBusy, hashed, is_outdated, matches, objection

NAMES = ("anna", "Anna Martin", "CPCAM 13", "Siège", "Tour Méditerranée")
GOOD = [
    "quatre mots bien choisis",
    "le chat dort sur le toit",
    "l'horloge avance lentement",
    "vélo tulipe 7 marteau",
    "correct horse battery staple",
    "un mot de passe de douze lettres au moins",
    "Tr0is-Petits-Chats!",
    "🐈" * 2 + " dort sur la borne",
    "x7Kp-9mQ2-vL4n",
    "$%&/()=?!*+#",
    "л" * 6 + "дом и сад",
    "\ud800 half a sign",
]
COMMON = [
    "motdepasse2026!", "Mot de passe 1234", "M0td3p@sse2026", "PASSWORD-password", "P@ssw0rd2026!!",
    "nouveau mot de passe", "azertyuiop123", "AZERTYUIOP123!", "azertyuiopqsdfghjklm", "qwertyuiop12345",
    "abcdefghijkl", "123456789012", "210987654321", "19771977197719", "000000111111", "aaaaaaaaaaaa",
    "abcabcabcabc", "              ", "!!!!!!!!!!!!!", "changezmoi2026", "bonjourbonjour", "Bienvenue2026!",
    "Soleil123456!", "jaimelechocolat", "jetaimejetaime", "chouchou1234", "Juillet2026!!!", "avril2026avril",
    "administrateur1", "letmeinletmein",
]  # fmt: skip
OF_THIS_HOUSE = [
    "kiosk-kiosk-1", "borne de signalement", "CPCAM-13-CPCAM-13", "Cpam13Marseille!", "cpamcpamcpam",
    "Marseille 13013!", "Sécurité-sociale", "Securite2026!!", "assurancemaladie13", "CPAM des Bouches-du-Rhône",
    "olympiquedemarseille", "Prestataire2026!", "responsable d'immeuble", "demonstration12",
]  # fmt: skip
OWN = [
    "Anna Martin 2026", "MARTINMARTIN", "anna.martin.cpam", "Anna2026Martin!", "Siège Siège 2026",
    "Tour-Méditerranée-13",
]  # fmt: skip


@pytest.mark.parametrize("password", GOOD)
def test_a_few_words_or_twelve_odd_signs_will_do(password: str) -> None:
    assert objection(password, password, *NAMES) is None


@pytest.mark.parametrize("password", COMMON + OF_THIS_HOUSE + OWN)
def test_what_is_guessed_first_will_not(password: str) -> None:
    assert "quatre mots" in str(objection(password, password, *NAMES))


@pytest.mark.parametrize("password", ["Camille Dupontel", "tour-mediterranee"])
def test_ones_own_words_are_worth_less_than_those_of_others(password: str) -> None:
    assert objection(password, password) is None
    assert objection(password, password, "Camille Dupontel", "Tour Méditerranée")


def test_of_a_long_password_no_more_than_its_beginning_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def remember(text: str, user_inputs: list[str]) -> dict[str, int]:
        judged.append(text)
        return {"score": 4}

    monkeypatch.setattr("zxcvbn.zxcvbn", remember)
    assert objection("x" * 257, "x" * 257)
    assert judged == []
    assert objection("4@8({[<3691!|/0$57+%2 " * 11, "", "anna") is not None
    assert {len(text) for text in judged} == {32}


def test_a_name_is_forgotten_by_the_next_one_that_chooses() -> None:
    assert objection("Camille Dupontel", "Camille Dupontel", "Camille Dupontel")
    assert objection("Camille Dupontel", "Camille Dupontel", "Anna Martin") is None


def test_length_is_counted_in_characters() -> None:
    assert "12" in str(objection("é" * 5 + "abcdef", "", *NAMES))
    long = "une phrase qui ne finit pas " * 10
    assert objection(long[:256], long[:256]) is None
    assert "256" in str(objection(long[:257], long[:257]))


def test_the_same_letters_are_the_same_password_on_every_keyboard() -> None:
    composed, decomposed = "déjà vu à la fenêtre", "de\u0301ja\u0300 vu a\u0300 la fene\u0302tre"
    assert objection(composed, decomposed) is None
    assert matches(decomposed, hashed(composed))


@pytest.mark.parametrize("odd", ["with\0nul and more", "\ud800 half a sign", "\u202egnol dna sdrawkcab", ""])
def test_odd_letters_are_hashed_like_any_other(odd: str) -> None:
    kept = hashed(odd)
    assert matches(odd, kept)
    assert not matches(odd + "x", kept)


def test_the_hash_is_argon2id_above_the_floor_of_owasp() -> None:
    for kept in (hashed("x"), passwords.DUMMY):
        parameters = extract_parameters(kept)
        assert parameters.type.name == "ID"
        assert parameters.memory_cost >= 47104
        assert not is_outdated(kept)
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("x"))


class Counting(PasswordHasher):
    count = 0

    def verify(self, *words: Any) -> Any:
        self.count += 1
        return super().verify(*words)


def test_a_name_that_does_not_exist_costs_one_look_like_one_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", counting)
    for kept in (None, passwords.DUMMY, counting.hash("x"), "no hash at all"):
        before = counting.count
        assert not matches("y", kept)
        assert counting.count == before + 1


def test_two_at_a_time_and_the_third_waits_or_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, leave = threading.Semaphore(0), threading.Event()

    class Slow(PasswordHasher):
        def hash(self, *words: Any, **more: Any) -> str:
            inside.release()
            leave.wait(10)
            return "done"

    monkeypatch.setattr(passwords, "HASHER", Slow())
    workers = [threading.Thread(target=hashed, args=("x",)) for _ in range(2)]
    for worker in workers:
        worker.start()
        assert inside.acquire(timeout=10)
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    with pytest.raises(TooBusy):
        matches("x", None)
    leave.set()
    for worker in workers:
        worker.join()
    monkeypatch.setattr(passwords, "HASHER", HASHER)
    assert not matches("x", None)
