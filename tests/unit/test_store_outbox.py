from datetime import timedelta

import pytest
from sqlite_utils import Database

from kiosk.config import Settings, Site
from kiosk.config.audiences import default_audiences
from kiosk.config.sites import default_sites
from kiosk.store.instance import directory
from kiosk.store.keys import site_keys
from kiosk.store.outbox import claims, deliveries, outcomes, relay
from kiosk.store.outbox.attempts import Ending
from kiosk.store.outbox.claims import Turn
from kiosk.store.outbox.undelivered import undelivered
from kiosk.store.trace import events
from tests.build import NOON, claim, store

SENT = Ending("sent", "dot", "250 ok")
DEFERRED = Ending("deferred", "rcpt", "450 later")
REFUSED = Ending("refused", "rcpt", "550 no such user")
MINUTE = timedelta(minutes=1)
WAIT = timedelta(minutes=10)


def actions(db: Database) -> list[str]:
    return [row["action"] for row in db["events"].rows]


def test_a_claim_is_on_disk_before_anybody_connects(db: Database) -> None:
    store(db)
    claimed = claim(db)
    row = next(iter(db["deliveries"].rows))
    assert (row["state"], row["attempts"], row["claim"]) == ("sending", 1, claimed.token)
    assert db["attempts"].count == 1
    assert claimed.body.startswith(b"Subject: x")
    assert (claimed.reference, claimed.audience, claimed.repeat) == ("7K4-92Q-MX3", "mssi", False)


def test_two_senders_never_hold_the_same_delivery(db: Database) -> None:
    store(db)
    claim(db)
    assert claims.claim_next(db, Turn(), NOON) is None


def test_a_deferred_mail_comes_back_when_it_is_due_and_not_before(db: Database) -> None:
    store(db)
    assert outcomes.record_deferred(db, claim(db), DEFERRED, next_attempt_at=NOON + MINUTE, now=NOON)
    assert claims.claim_next(db, Turn(), NOON + MINUTE / 2) is None
    again = claim(db, NOON + MINUTE)
    assert (again.attempts, again.repeat) == (2, False)


@pytest.mark.parametrize("years", [-56, -10, 10])
def test_a_clock_that_jumps_makes_nothing_wait_longer_than_its_cap(db: Database, years: int) -> None:
    store(db)
    outcomes.record_deferred(db, claim(db), DEFERRED, next_attempt_at=NOON + MINUTE, now=NOON)
    after_jump = NOON + timedelta(days=365 * years)
    assert claims.claim_next(db, Turn(), after_jump) is not None


def test_a_refused_mail_is_held_with_the_relays_words_until_somebody_retries(db: Database) -> None:
    store(db)
    assert outcomes.record_held(db, claim(db), REFUSED, NOON)
    held = undelivered(db)[0]
    assert (held.state, held.last_reply, held.next_attempt) == ("held", "550 no such user", None)
    assert claims.claim_next(db, Turn(), NOON + timedelta(days=400)) is None
    assert deliveries.retry_now(db, reference="7K4-92Q-MX3", actor="test", now=NOON) == 1
    assert claim(db).attempts == 2
    assert actions(db) == ["report_received", "delivery_held", "retry_asked"]


def test_retrying_one_report_leaves_the_others_alone(db: Database) -> None:
    for number in range(2):
        store(db, reference=f"000-000-00{number}")
        outcomes.record_held(db, claim(db), REFUSED, NOON)
    assert deliveries.retry_now(db, reference="000-000-001", actor="test", now=NOON) == 1
    assert [line.state for line in undelivered(db)] == ["held", "queued"]


def test_a_relay_that_cannot_be_reached_costs_the_mail_no_attempt(db: Database) -> None:
    store(db)
    assert outcomes.record_not_tried(db, claim(db), Ending("relay", "connect", "refused"), NOON)
    assert claim(db).attempts == 1
    assert [row["outcome"] for row in db["attempts"].rows] == ["relay", None]


def test_a_claim_found_open_after_a_crash_is_ambiguous_and_waits_ten_minutes(db: Database) -> None:
    store(db)
    first = claim(db)
    assert claims.release_open_claims(db, wait=WAIT, now=NOON) == 1
    assert claims.claim_next(db, Turn(), NOON + WAIT - MINUTE) is None
    again = claim(db, NOON + WAIT)
    assert again.repeat
    assert (again.body, again.message_id) == (first.body, first.message_id)
    assert "delivery_ambiguous" in actions(db)
    assert [row["outcome"] for row in db["attempts"].rows] == ["crashed", None]


def test_a_sender_whose_claim_was_taken_away_cannot_put_the_mail_back(db: Database) -> None:
    store(db)
    stale = claim(db)
    claims.release_open_claims(db, wait=timedelta(0), now=NOON)
    claim(db)
    assert not outcomes.record_deferred(db, stale, DEFERRED, next_attempt_at=NOON, now=NOON)
    assert not outcomes.record_held(db, stale, REFUSED, NOON)
    assert not outcomes.record_not_tried(db, stale, Ending("relay", "connect", "x"), NOON)
    assert undelivered(db)[0].state == "sending"


def test_a_250_counts_even_from_a_sender_whose_claim_was_taken_away(db: Database) -> None:
    store(db)
    stale = claim(db)
    claims.release_open_claims(db, wait=WAIT, now=NOON)
    outcomes.record_sent(db, stale, SENT, NOON)
    assert undelivered(db) == []
    outcomes.record_sent(db, stale, SENT, NOON)
    assert actions(db).count("delivery_sent") == 1


def test_an_ambiguous_mail_is_marked_as_a_possible_double(db: Database) -> None:
    store(db)
    ending = Ending("ambiguous", "dot", "connection lost")
    outcomes.record_deferred(db, claim(db), ending, next_attempt_at=NOON + WAIT, now=NOON)
    assert claim(db, NOON + WAIT).repeat


def test_a_thousand_failing_mails_delay_a_new_one_by_one_attempt(db: Database) -> None:
    for number in range(40):
        store(db, reference=f"000-000-{number:03d}")
        outcomes.record_deferred(db, claim(db), DEFERRED, next_attempt_at=NOON, now=NOON)
    store(db, reference="999-999-999")
    first, second = claim(db, retries_first=True), claim(db, retries_first=False)
    assert "999-999-999" in (first.reference, second.reference)


def test_a_flood_of_new_mails_does_not_starve_a_retry(db: Database) -> None:
    store(db, reference="000-000-000")
    outcomes.record_deferred(db, claim(db), DEFERRED, next_attempt_at=NOON, now=NOON)
    for number in range(1, 40):
        store(db, reference=f"000-000-{number:03d}")
    claims = [claim(db, retries_first=turn % 2 == 1).reference for turn in range(2)]
    assert "000-000-000" in claims


def test_an_address_that_is_corrected_later_reaches_the_waiting_mail(db: Database, settings: Settings) -> None:
    store(db, "manager")
    assert claims.claim_next(db, Turn(), NOON) is None
    with_address = [
        audience
        if audience.id != "manager"
        else type(audience)(id="manager", role=audience.role, name="M.", address="m@x.fr")
        for audience in default_audiences()
    ]
    directory.sync(db, default_sites(), with_address)
    assert claim(db).address == "m@x.fr"


def test_the_relays_changes_are_told_once_each(db: Database) -> None:
    for _ in range(3):
        relay.relay_failed(db, state="down", reply="refused", next_try_at=NOON, now=NOON)
    assert relay.relay_state(db).failures == 3
    relay.relay_answered(db, NOON)
    relay.relay_answered(db, NOON)
    assert actions(db) == ["relay_down", "relay_up"]
    assert relay.relay_state(db).failures == 0
    assert events.first_break(db) is None


def test_sites_take_turns_so_that_none_starves_behind_anothers_backlog(db: Database, settings: Settings) -> None:
    two = (*default_sites(), Site(id="nord", name="Nord"))
    directory.sync(db, two, default_audiences())
    site_keys.ensure_site_keys(db, settings.secrets, ["nord"], NOON)
    for number in range(5):
        store(db, reference=f"000-000-00{number}")
    store(db, reference="999-999-999", site="nord", terminal=None)
    first = claim(db)
    second = claims.claim_next(db, Turn(after_site=first.site), NOON)
    assert second is not None
    third = claims.claim_next(db, Turn(after_site=second.site), NOON)
    assert third is not None
    assert {first.site, second.site, third.site} == {"siege", "nord"}
    assert "999-999-999" in {first.reference, second.reference}


def test_the_oldest_report_of_a_site_leaves_first(db: Database) -> None:
    for number in range(3):
        store(db, reference=f"000-000-00{number}")
    assert [claim(db).reference for _ in range(3)] == [f"000-000-00{number}" for number in range(3)]
