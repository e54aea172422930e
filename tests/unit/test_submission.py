"""An id that a form carries: random or not taken, a retry's or another's, and told to nobody."""

from uuid import NAMESPACE_DNS, UUID, uuid4, uuid5

import pytest

from kiosk.domain.submission import Sent, Submission

NOT_RANDOM = [UUID("c232ab00-9414-11ec-b3c8-9f6bdeced846"), uuid5(NAMESPACE_DNS, "borne.example"), UUID(int=0)]


@pytest.mark.parametrize("given", NOT_RANDOM, ids=str)
def test_an_id_that_could_be_guessed_is_none(given: UUID) -> None:
    with pytest.raises(ValueError, match="random"):
        Submission(given)
    assert Submission.posted(str(given)) is None


@pytest.mark.parametrize("posted", [None, "", "0b5c", "\ud800", "x" * 5_000])
def test_what_is_no_id_is_none(posted: str | None) -> None:
    assert Submission.posted(posted) is None


def test_an_id_is_read_however_it_is_spelt() -> None:
    given = uuid4()
    for posted in (str(given), str(given).upper(), f"{{{given}}}", given.hex):
        assert Submission.posted(posted) == Submission(given)


def test_the_id_is_not_told_when_a_submission_is_printed() -> None:
    given = Submission()
    assert str(given.id) not in f"{given!r} {given}"


def test_what_is_sent_under_one_id_is_kept_apart_by_what_it_is() -> None:
    given = Submission()
    hashes = {given.hash(what, words) for what in Sent for words in ("", "7K4-92Q-MX9 Merci")}
    assert len(hashes) == 2 * len(Sent)
    assert given.hash(Sent.REPORT) != Submission().hash(Sent.REPORT)


def test_other_words_under_an_id_get_another_one_that_a_retry_finds() -> None:
    given = Submission()
    another = given.another(given.fingerprint("la fenêtre"))
    assert another == given.another(given.fingerprint("la fenêtre"))
    assert len({given, another, given.another(given.fingerprint("la porte"))}) == 3
