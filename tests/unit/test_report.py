"""A report as a value: what follows from what was said, and what tells a retry from another report."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kiosk import clock
from kiosk.domain.catalogue import KINDS, Domain, Tristate
from kiosk.domain.moment import Moment, Precision, resolve
from kiosk.domain.reference import follow_up_code
from kiosk.domain.report import Contact, Report
from kiosk.domain.severity import Severity
from kiosk.domain.submission import Submission

RECEIVED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SUBMISSION = Submission(UUID("5f0c7a52-8e1d-4b6f-9a3e-2d4c6b8a0f13"))


def a_report(**said: Any) -> Report:
    told: dict[str, Any] = {
        "submission": SUBMISSION,
        "kind_code": "lost_access",
        "site": "siege",
        "terminal": "hall",
        "language": "fr",
        "received_at": RECEIVED,
    }
    return Report(**{**told, **said})


FULL = a_report(
    zone="zone-3",
    place="2e étage",
    observed=Moment(Precision.AT, RECEIVED - timedelta(hours=2), RECEIVED - timedelta(hours=1)),
    ongoing=Tristate.YES,
    personal_data_answer=Tristate.YES,
    called="reached",
    already_done="porte surveillée",
    answers={"means": ("badge", "key"), "how": "stolen", "marking": "n° 1042"},
    description="Sac volé dans le vestiaire",
    contact=Contact(name="A. Martin", company="Ascenseurs du Sud", telephone="0400000000"),
)

OTHER_WORDS = [
    {"kind_code": "theft"},
    {"zone": "zone-4"},
    {"zone": None},
    {"place": "3e étage"},
    {"observed": Moment(Precision.NOW, RECEIVED, RECEIVED)},
    {"observed": Moment(Precision.AT, RECEIVED - timedelta(hours=2), RECEIVED)},
    {"observed": Moment(Precision.AT, RECEIVED - timedelta(hours=1), RECEIVED - timedelta(hours=1))},
    {"observed": Moment(Precision.UNKNOWN, typed="mardi")},
    {"ongoing": Tristate.NO},
    {"ongoing": None},
    {"personal_data_answer": Tristate.UNKNOWN},
    {"personal_data_answer": None},
    {"called": "not_yet"},
    {"already_done": ""},
    {"answers": {"means": ("badge",), "how": "stolen", "marking": "n° 1042"}},
    {"answers": {"means": "badge", "how": "stolen", "marking": "n° 1042"}},
    {"answers": {}},
    {"description": "Sac volé dans le vestiaire."},
    {"contact": Contact()},
    {"contact": replace(FULL.contact, name="")},
    {"contact": Contact(name="A. Martin Ascenseurs du Sud", telephone="0400000000")},
]


def test_a_retry_has_the_same_fingerprint_whenever_and_wherever_it_arrives() -> None:
    retry = replace(FULL, received_at=RECEIVED + timedelta(days=3), terminal=None, language="pt", flags=("late",))
    assert retry.fingerprint() == FULL.fingerprint()


@pytest.mark.parametrize("change", OTHER_WORDS, ids=[str(next(iter(change))) for change in OTHER_WORDS])
def test_other_words_have_another_fingerprint(change: dict[str, Any]) -> None:
    assert replace(FULL, **change).fingerprint() != FULL.fingerprint()


def test_the_order_of_answers_is_no_other_text() -> None:
    turned = dict(reversed(FULL.answers.items()))
    assert replace(FULL, answers=turned).fingerprint() == FULL.fingerprint()


@pytest.mark.parametrize("precision", ["now", "today", "yesterday"])
def test_a_retry_after_midnight_of_what_was_noticed_today_is_still_a_retry(precision: str) -> None:
    before, after = RECEIVED, RECEIVED + timedelta(days=1)
    first = a_report(observed=resolve(precision, "", "", before))
    retry = a_report(observed=resolve(precision, "", "", after), received_at=after)
    assert retry.fingerprint() == first.fingerprint()


def test_a_whole_day_is_not_the_midnight_at_its_end() -> None:
    day = a_report(observed=resolve("at", "2026-11-18", "", RECEIVED))
    midnight = a_report(observed=resolve("at", "2026-11-19", "00:00", RECEIVED))
    assert day.observed.latest == midnight.observed.latest
    assert day.fingerprint() != midnight.fingerprint()


def test_without_the_submission_id_a_fingerprint_tells_nothing() -> None:
    assert replace(FULL, submission=Submission()).fingerprint() != FULL.fingerprint()
    assert len(FULL.fingerprint()) == 32


def test_other_words_under_a_used_id_become_a_report_of_their_own_that_a_retry_finds_again() -> None:
    other = replace(FULL, description="Autre chose").as_another()
    assert other.submission != FULL.submission
    assert other.submission.id.version == 4
    assert replace(FULL, description="Autre chose").as_another() == other
    assert replace(FULL, description="Encore autre chose").as_another().submission != other.submission
    assert replace(other, submission=FULL.submission) == replace(FULL, description="Autre chose")
    assert other.follow_up_code != FULL.follow_up_code


def test_the_follow_up_code_comes_from_the_submission_alone() -> None:
    assert FULL.follow_up_code == a_report().follow_up_code == follow_up_code(SUBMISSION)


def test_the_deadline_is_72_hours_after_we_were_told() -> None:
    assert a_report(personal_data_answer=Tristate.YES).deadline == RECEIVED + timedelta(hours=72)
    assert a_report(personal_data_answer=Tristate.UNKNOWN).deadline == RECEIVED + timedelta(hours=72)
    assert a_report(personal_data_answer=Tristate.NO).deadline is None


def test_the_deadline_counts_real_hours_when_clocks_change() -> None:
    friday = datetime(2026, 10, 23, 10, 0, tzinfo=UTC)  # noon in France; clocks go back on Sunday
    deadline = a_report(received_at=friday).deadline
    assert deadline is not None
    assert clock.local(deadline).hour == 11


@pytest.mark.parametrize("code", KINDS)
def test_an_unanswered_question_about_personal_data_counts_as_the_kind_says(code: str) -> None:
    kind = KINDS[code]
    report = a_report(kind_code=code)
    assert report.personal_data == kind.personal_data
    assert (report.deadline is None) == (kind.personal_data == Tristate.NO)
    assert a_report(kind_code=code, personal_data_answer=Tristate.YES).personal_data == Tristate.YES


@pytest.mark.parametrize(
    ("state", "leads_to", "excluded"),
    [
        ("open", "archives", False),
        ("forced", "technical", False),
        ("closed", "archives", True),
        ("open", "entrance", True),
    ],
)
def test_an_open_door_to_the_files_does_not_exclude_personal_data(state: str, leads_to: str, excluded: bool) -> None:
    answers = {"state": state, "leads_to": leads_to}
    unasked = a_report(kind_code="access_control_disabled", answers=answers)
    assert (unasked.personal_data == Tristate.NO) is excluded
    denied = a_report(kind_code="access_control_disabled", answers=answers, personal_data_answer=Tristate.NO)
    assert denied.personal_data == Tristate.NO


@pytest.mark.parametrize(
    ("observed", "aware_at"),
    [
        (Moment(Precision.UNKNOWN), RECEIVED),
        (Moment(Precision.UNKNOWN, typed="mardi"), RECEIVED),
        (resolve("now", "", "", RECEIVED), RECEIVED),
        (resolve("today", "", "", RECEIVED), RECEIVED),
        (resolve("yesterday", "", "", RECEIVED), datetime(2026, 11, 20, 23, 0, tzinfo=UTC)),
        (resolve("at", "2026-11-18", "14:30", RECEIVED), datetime(2026, 11, 18, 13, 30, tzinfo=UTC)),
        (resolve("at", "2062-11-18", "14:30", RECEIVED), RECEIVED),
    ],
    ids=["not said", "in words", "now", "today", "yesterday", "at a time", "in the future by mistake"],
)
def test_the_contractor_knew_at_the_latest_when_they_say_and_never_after_telling_us(
    observed: Moment, aware_at: datetime
) -> None:
    assert a_report(observed=observed).aware_at == aware_at


def test_rules_see_the_kinds_answers_and_the_common_ones() -> None:
    assert FULL.all_answers == {
        **FULL.answers,
        "zone": "zone-3",
        "ongoing": "yes",
        "personal_data": "yes",
        "called": "reached",
    }
    assert a_report().all_answers == {"personal_data": "unknown"}


def test_a_report_is_classified_by_what_was_said() -> None:
    report = replace(FULL, answers={**FULL.answers, "opens": ("technical",)})
    assert FULL.severity == Severity.HIGH
    assert report.severity == Severity.CRITICAL
    assert report.domains == (Domain.ACCESS,)
    assert report.rsit == "intrusions:burglary"
    assert report.cnil_origin == "Equipement perdu ou volé"


@pytest.mark.parametrize("kind_code", ["", "no_such_kind", "LOST_ACCESS", "-1", str(2**63)])
def test_an_unknown_kind_is_another_incident_and_still_a_report(kind_code: str) -> None:
    report = a_report(kind_code=kind_code, description="Une odeur de brûlé")
    assert report.kind is KINDS["other"]
    assert report.severity == Severity.NORMAL
    assert report.fingerprint()


def test_what_is_sealed_is_all_that_was_said_and_not_who_said_it() -> None:
    sealed = json.dumps([FULL.content(), FULL.contact_content()], ensure_ascii=False)
    assert json.loads(sealed) == [FULL.content(), FULL.contact_content()]
    for words in ("2e étage", "reached", "porte surveillée", "n° 1042", "Sac volé dans le vestiaire"):
        assert words in str(FULL.content())
    for who in ("A. Martin", "Ascenseurs du Sud", "0400000000"):
        assert who in FULL.contact_content().values()
        assert who not in str(FULL.content())
    assert a_report(observed=Moment(Precision.UNKNOWN, typed="mardi")).content()["observed_typed"] == "mardi"


def test_a_contact_is_there_as_soon_as_one_part_of_it_is() -> None:
    assert not Contact()
    assert all((Contact(name="A"), Contact(company="B"), Contact(telephone="1")))
