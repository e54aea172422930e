"""A post that another site sent is shown again instead of stored; everything else is taken."""

from uuid import uuid4

import pytest

from tests.web.contractor import Contractor, Organisation

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://["},
    {"Origin": "http://[::1"},
]
OURS = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://name-of-a-proxy.example"},
]
DOUBTFUL = [{"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "something-new"}]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_post_is_not_stored_but_every_word_can_be_sent_from_here(
    headers: dict[str, str], contractor: Contractor, organisation: Organisation
) -> None:
    key = str(uuid4())
    said = {"description": "MARKER-7261", "zone": "zone-2", "name": "A. Martin"}
    answer = contractor.sends(headers=headers, submission_id=key, **said)
    assert answer.status == 403
    assert organisation.reports == 0
    assert "MARKER-7261" in answer.page
    assert 'value="A. Martin"' in answer.page
    assert 'id="zone-zone-2" autocomplete="off" checked' in answer.page
    assert answer.submission_id != key, "whoever chose it would know the follow-up code"
    assert contractor.sends(submission_id=answer.submission_id, **said).is_receipt


@pytest.mark.parametrize("headers", OURS)
def test_a_post_of_ours_is_taken(headers: dict[str, str], contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends(headers=headers, description="Vu")
    assert organisation.flags(answer.reference) == []


@pytest.mark.parametrize("headers", DOUBTFUL)
def test_a_doubtful_post_is_taken_and_flagged(
    headers: dict[str, str], contractor: Contractor, organisation: Organisation
) -> None:
    answer = contractor.sends(headers=headers, description="Vu")
    assert organisation.flags(answer.reference) == ["origin_unknown"]
