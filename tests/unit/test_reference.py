"""References and follow-up codes: the same for a retry, spelt one way, and no slip of the finger finds another."""

import hashlib
import hmac
import os
import random
from itertools import combinations, islice
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.reference import (
    follow_up_code,
    follow_up_hash,
    follow_up_private_key,
    parse,
    references,
)
from kiosk.domain.spelling import ALPHABET, check_letter
from kiosk.domain.submission import Sent, Submission

SECRET = bytes(range(32))
GIVEN_OUT = [  # what has been printed on receipts must be read for ever: these lines are never changed
    (
        "00000000-0000-4000-8000-000000000000",
        ("A0G-SD0-BNF", "A0G-SD0-BPR"),
        "K3H5-XZC2-P4A2-3QT8",
        ("956fb12687fc052a", "9d1f0ffacc4eacf1", "3455cc69fe9db455"),
    ),
    (
        "5f0c7a52-8e1d-4b6f-9a3e-2d4c6b8a0f13",
        ("B5Q-64T-RW1", "B5Q-64T-RXC"),
        "8VC3-QWNW-0R79-Y61B",
        ("b9e250b6eda5a963", "e40fd3075202ee6a", "9c4e91fdab4ebc57"),
    ),
    (
        "ffffffff-ffff-4fff-bfff-ffffffffffff",
        ("AYS-P2H-ES4", "AYS-P2H-ETK"),
        "5QS8-3XB3-VYDA-P13Y",
        ("8d43476d69f6e40d", "d908fdfdc87ee0d7", "e25dd6be479e0e25"),
    ),
]

submissions = st.builds(Submission, st.uuids(version=4))


def first_reference(submission: Submission) -> str:
    return next(references(submission))


def bare(code: str) -> str:
    return code.replace("-", "")


def sample(count: int) -> list[str]:
    """Letters of references and follow-up codes, half of each."""
    source = random.Random(1996)
    ids = [Submission(UUID(bytes=source.randbytes(16), version=4)) for _ in range(count // 2)]
    return [bare(code) for each in ids for code in (first_reference(each), follow_up_code(each))]


@pytest.mark.parametrize(("submission", "spelt", "code", "digests"), GIVEN_OUT)
def test_what_was_given_out_is_still_derived_today(
    submission: str, spelt: tuple[str, ...], code: str, digests: tuple[str, ...]
) -> None:
    sent = Submission(UUID(submission))
    public = follow_up_private_key(code, SECRET).public_key().public_bytes_raw()
    assert tuple(islice(references(sent), 2)) == spelt
    assert follow_up_code(sent) == code
    hashes = (sent.hash(Sent.REPORT), follow_up_hash(code, SECRET), public)
    assert tuple(digest.hex()[:16] for digest in hashes) == digests


def test_the_derivation_is_the_published_one() -> None:
    """HKDF-SHA256 (RFC 5869) written out, as a terminal without network has to do it."""
    submission = Submission()
    for purpose, length, take in ((b"reference", 5, 8), (b"follow-up code", 10, 15)):
        extracted = hmac.digest(bytes(32), submission.id.bytes, hashlib.sha256)
        number = int.from_bytes(hmac.digest(extracted, b"kiosk " + purpose + b"\x01", hashlib.sha256)[:length])
        letters = "".join(ALPHABET[number >> 5 * place & 31] for place in range(take - 1, -1, -1))
        derived = first_reference(submission) if take == 8 else follow_up_code(submission)
        assert bare(derived) == letters + check_letter(letters)


@given(submissions)
def test_a_retry_shows_the_same_codes_in_one_spelling(submission: Submission) -> None:
    reference, code = first_reference(submission), follow_up_code(submission)
    assert (reference, code) == (first_reference(submission), follow_up_code(submission))
    assert [len(group) for group in reference.split("-")] == [3, 3, 3]
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert set(bare(reference) + bare(code)) <= set(ALPHABET)
    assert parse(reference, length=9) == reference
    assert parse(code, length=16) == code


@given(submissions)
def test_the_reference_tells_nothing_of_the_follow_up_code(submission: Submission) -> None:
    assert bare(first_reference(submission))[:8] not in bare(follow_up_code(submission))
    assert submission.hash(Sent.REPORT) != follow_up_hash(follow_up_code(submission), SECRET)


@given(submissions)
def test_when_a_reference_is_taken_there_is_always_another(submission: Submission) -> None:
    offered = list(islice(references(submission), 40))
    assert len(set(offered)) == 40
    assert all(parse(reference, length=9) == reference for reference in offered)


def test_references_go_round_at_the_end_of_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Submission, "derive", lambda *_: b"\xff" * 5)
    assert list(islice(references(Submission()), 2)) == ["ZZZ-ZZZ-ZZ" + check_letter("Z" * 8), "000-000-000"]


def test_the_alphabet_leaves_out_letters_that_look_like_others() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("ILOU")
    assert list(ALPHABET) == sorted(ALPHABET), "else the order of references would not be that of their numbers"


def test_every_single_wrong_letter_is_caught() -> None:
    for letters in sample(60):
        for place, right in enumerate(letters):
            for wrong in ALPHABET.replace(right, ""):
                slip = letters[:place] + wrong + letters[place + 1 :]
                assert parse(slip, length=len(letters)) is None


def test_every_swap_of_two_letters_is_caught() -> None:
    for letters in sample(400):
        for left, right in combinations(range(len(letters)), 2):
            swapped = list(letters)
            swapped[left], swapped[right] = swapped[right], swapped[left]
            if swapped != list(letters):
                assert parse("".join(swapped), length=len(letters)) is None


def test_every_letter_has_a_weight_of_its_own() -> None:
    """Up to the thirty letters that the check letter promises to serve: the proof behind the two tests above."""
    weights = {check_letter("0" * place + "1" + "0" * (29 - place)) for place in range(30)}
    assert len(weights) == 30
    assert weights.isdisjoint({"0", "1"})  # the check letter itself weighs 1
    for place in range(30):
        alone = {check_letter("0" * place + letter) for letter in ALPHABET}
        assert len(alone) == 32


def test_two_wrong_letters_are_caught_31_times_in_32() -> None:
    letters = sample(2)[0]
    slips = [
        letters[:2] + one + letters[3:6] + other + letters[7:]
        for one in ALPHABET.replace(letters[2], "")
        for other in ALPHABET.replace(letters[6], "")
    ]
    assert sum(parse(slip, length=9) is not None for slip in slips) == 31  # of 31 times 31


@pytest.mark.parametrize(
    "typed",
    [
        "B5Q-64T-RW1",
        "b5q-64t-rw1",
        "b5q64trw1",
        " B5Q 64T RW1 ",
        "B5Q.64T.RW1",
        "B5Q–64T—RW1",
        "B5Q\N{NO-BREAK SPACE}64T\N{NON-BREAKING HYPHEN}RWI",
        "b5q-64t-rwl",
        "B5Q/64T_RWi\n",
        "b 5 q 6 4 t r w 1",
    ],
)
def test_people_may_spell_a_reference_their_own_way(typed: str) -> None:
    assert parse(typed, length=9) == "B5Q-64T-RW1"


@pytest.mark.parametrize("typed", ["8vc3 qwnw or79 y6ib", "8VC3QWNWOR79Y61B", "8VC3-QWNW-oR79-y6lB"])
def test_people_may_spell_a_follow_up_code_their_own_way(typed: str) -> None:
    assert parse(typed, length=16) == "8VC3-QWNW-0R79-Y61B"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "B5Q-64T-RW",
        "B5Q-64T-RW11",
        "B5Q-64T-RW2",
        "5BQ-64T-RW1",
        "U5Q-64T-RW1",
        "8VC3-QWNW-0R79-Y61B",
        "é5Q-64T-RW1",
        "٣5Q-64T-RW1",
        "\ud800\x00%00",
        "B5Q-64T-RW1" * 10_000,
    ],
)
def test_what_is_no_reference_is_none(typed: str) -> None:
    assert parse(typed, length=9) is None


@given(st.text(), st.sampled_from([9, 16]))
def test_reading_a_code_never_fails_and_ends_in_the_one_spelling(typed: str, length: int) -> None:
    read = parse(typed, length=length)
    assert read is None or parse(read, length=length) == read


@given(submissions, st.data())
def test_lookalikes_and_breaks_change_nothing(submission: Submission, data: st.DataObject) -> None:
    code = follow_up_code(submission)
    spellings = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(
        data.draw(st.sampled_from(spellings.get(letter, letter + letter.lower())))
        + data.draw(st.sampled_from(["", " ", "-", "."]))
        for letter in bare(code)
    )
    assert parse(typed, length=16) == code


def test_a_reply_can_be_opened_with_the_code_and_the_kiosks_secret() -> None:
    code = follow_up_code(Submission())
    stored = X25519PublicKey.from_public_bytes(follow_up_private_key(code, SECRET).public_key().public_bytes_raw())
    someone = follow_up_private_key(follow_up_code(Submission()), SECRET)
    assert follow_up_private_key(code, SECRET).exchange(someone.public_key()) == someone.exchange(stored)


def test_without_the_kiosks_secret_a_code_leads_to_neither_hash_nor_key() -> None:
    code, other = follow_up_code(Submission()), bytes(32)
    assert follow_up_hash(code, SECRET) != follow_up_hash(code, other)
    pair = [follow_up_private_key(code, each).public_key().public_bytes_raw() for each in (SECRET, other)]
    assert pair[0] != pair[1]


def test_hashes_of_other_submissions_differ() -> None:
    ids = [Submission(UUID(bytes=os.urandom(16), version=4)) for _ in range(200)]
    assert len({each.hash(Sent.REPORT) for each in ids}) == 200
    assert len({follow_up_hash(follow_up_code(each), SECRET) for each in ids}) == 200
    assert all(len(each.hash(Sent.REPORT)) == 32 for each in ids)


REFERENCE, CODE = GIVEN_OUT[1][1][0], GIVEN_OUT[1][2]


@pytest.mark.parametrize(
    "typed",
    [
        "Réf. {}",
        "Référence : {}",
        "référence n° {} svp",
        "Votre code de suivi, à garder pour vous :\n{}",
        "الرقم المرجعي: {}",
        "REF={}",
        "« {} »",
        "{}.",
        "\u200f{}\u200f",
    ],
)
@pytest.mark.parametrize("code", [REFERENCE, CODE])
def test_a_code_is_taken_with_what_stands_around_it(typed: str, code: str) -> None:
    for written in (code, bare(code), code.replace("-", " "), code.replace("-", "\u2011"), code.lower()):
        assert parse(typed.format(written), length=len(bare(code))) == code


FULL_WIDTH = str.maketrans({letter: chr(ord(letter) + 0xFEE0) for letter in (*ALPHABET, "-")})
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
CYRILLIC = str.maketrans("ABCEHKMPTXYJSQW", "АВСЕНКМРТХҮЈЅԚԜ".replace("Ү", "У"))
GREEK = str.maketrans("ABEZHKMNPTXY", "ΑΒΕΖΗΚΜΝΡΤΧΥ")


@pytest.mark.parametrize("script", [FULL_WIDTH, ARABIC, PERSIAN, CYRILLIC, GREEK], ids=range(5))
def test_a_code_is_taken_in_letters_that_look_alike(script: dict[int, int]) -> None:
    for code in sample(50):
        length = len(bare(code))
        assert parse(code.translate(script), length=length) == parse(code, length=length)
        assert parse(code.translate(script).lower(), length=length) == parse(code, length=length)


def test_a_label_is_no_part_of_a_code() -> None:
    assert parse("code de suivi", length=9) is None
    assert parse(f"code {REFERENCE[:-1]}", length=9) is None
