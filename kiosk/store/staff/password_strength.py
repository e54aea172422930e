"""Password strength by zxcvbn, with the words of this workplace, its organisation and the member."""

import re
import string
import threading
import unicodedata
from collections.abc import Iterable, Iterator

ENOUGH = 3  # score of 4: at least 100 million guesses
ENOUGH_BESIDE_WORDS = 2  # at least a million guesses for what is left without known words
LONG = 4  # letters: shorter known words stay, they are parts of many others
# Characters that are scored. Each one costs more than the last: with many look-alike characters, 32 take 0.5 s of CPU
# time and 72 take 3 s.
JUDGED = 32
SEPARATORS = re.compile(r"[\s._'’-]+")
# What people here try first. zxcvbn knows the world's common passwords, but no year after 2019.
HOUSE = [
    "kiosk", "borne", "cpam", "cpcam", "securite", "sociale", "securitesociale", "assurance", "maladie",
    "assurancemaladie", "caisse", "primaire", "carte", "vitale", "ameli", "marseille", "bouches", "rhone",
    "bouchesdurhone", "provence", "olympique", "om", "massilia", "vieuxport", "accueil", "acces", "administrateur",
    "admin", "badge", "batiment", "bureau", "hall", "immeuble", "dimmeuble", "incident", "informatique", "parking",
    "prestataire", "responsable", "signalement", "site", "suppleant", "technique", "delegue", "protection",
    "donnees", "mssi", "ssi", "dpo", "motdepasse", "mot", "passe", "monmotdepasse", "secret", "changez",
    "changezmoi", "nouveau", "demonstration", "demo", "essai", "test", "azerty", "azertyuiop", "qsdfghjklm",
    "wxcvbn", "bonjour", "bonsoir", "bienvenue", "merci", "soleil", "chocolat", "doudou", "loulou", "coucou",
    "jetaime", "jaime", "amour", "vacances", "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet",
    "aout", "septembre", "octobre", "novembre", "decembre", "printemps", "ete", "automne", "hiver", "lundi",
    "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "de", "du", "des", "d", "le", "la", "les", "l",
    "un", "une", "et", "au", "aux", "a", "mon", "ma", "mes", "ton", "ta", "votre", "notre",
]  # fmt: skip
YEARS = [str(year) for year in range(2020, 2040)]

_judging = threading.Lock()  # zxcvbn keeps the words of a call in a module variable


def is_guessable(password: str, own_words: Iterable[str]) -> bool:
    """``own_words``: names, each of one or more words, that add almost no strength."""
    words = [*_words(own_words), *HOUSE, *YEARS]
    plain = _bare(password)
    condensed = SEPARATORS.sub("", plain).strip(string.punctuation) or plain
    if any(_score(each, words) < ENOUGH for each in {plain, condensed}):
        return True
    # zxcvbn accepts any three words, even three known ones: score what is left without them.
    long_words = sorted((word for word in words if len(word) >= LONG), key=len, reverse=True)
    rest = re.sub("|".join(map(re.escape, long_words)), "", condensed)
    return rest != condensed and _score(rest, words) < ENOUGH_BESIDE_WORDS


def _words(names: Iterable[str]) -> Iterator[str]:
    for name in map(_bare, names):
        yield from filter(None, (SEPARATORS.sub("", name), *SEPARATORS.split(name)))


def _score(text: str, words: list[str]) -> int:
    from zxcvbn import zxcvbn  # 14 MiB: only for choosing a password

    with _judging:
        return int(zxcvbn(text[:JUDGED], user_inputs=words)["score"]) if text else 0


def _bare(text: str) -> str:
    """Without accents and capitals."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in letters if not unicodedata.combining(sign))
