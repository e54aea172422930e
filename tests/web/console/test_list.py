"""The first page of the console: what somebody has to answer is there, in order and by itself, and nothing else is."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.duty import acts
from kiosk.duty.escalation import take_steps
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import ANNE, FRAGMENT, FRIDAY, words_of

ROW = re.compile(r'data-report="([\w-]+)"')


def listed(colleague: Colleague, path: str = "/") -> list[str]:
    answer = colleague.opens(path)
    assert answer.status_code == 200
    return ROW.findall(answer.text)


def read(colleague: Colleague, path: str = "/") -> str:
    return words_of(colleague.opens(path))


def asks_again(colleague: Colleague, page: str) -> tuple[int, str]:
    """As htmx does, with the address that the page says."""
    found = re.search(r'hx-get="([^"]+)"', page)
    assert found
    answer = colleague.opens(found[1].replace("&amp;", "&"), headers=FRAGMENT)
    return answer.status_code, answer.text


def test_a_line_says_what_where_since_when_and_by_when(db: Database, settings: Settings, anne: Colleague) -> None:
    reference = an_incident(db, settings, "virus", ago=8, zone="zone-3", answers={"network": "connected"})
    page = read(anne)
    for words in ("Critique", "Virus ou comportement anormal", "Siège · Local technique", "Attend depuis 8 min"):
        assert words in page
    assert "à prendre avant 10:07" in page
    assert reference in page


def test_what_is_late_says_by_how_much(db: Database, settings: Settings, anne: Colleague) -> None:
    an_incident(db, settings, "virus", ago=40, answers={"network": "connected"})
    assert "en retard de 25 min" in anne.opens("/").text


def test_what_somebody_took_says_who_and_until_when_and_waits_no_more(
    db: Database, settings: Settings, anne: Colleague
) -> None:
    reference = an_incident(db, settings, ago=5)
    acts.acknowledge(db, settings, reference, actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    mine = read(anne)
    assert "Vous l'avez pris" in mine
    assert "annoncé pour 11:00" in mine
    assert "Rien n'attend de réponse" in mine


def test_another_reader_is_told_who_has_it(
    db: Database, settings: Settings, door: Flask, signed_in: SignIn, now: Callable[[datetime], None]
) -> None:
    reference = an_incident(db, settings)
    acts.acknowledge(db, settings, reference, actor=ANNE, eta=Eta.QUARTER, now=FRIDAY)
    deputy = signed_in(door.test_client(), "deputy")
    assert "Anne Exemple s'en occupe" in read(deputy)
    now(FRIDAY + timedelta(minutes=20))
    assert "heure passée" in deputy.opens("/").text


def test_a_member_sees_their_own_sites_and_no_filter_shows_more(
    db: Database, settings: Settings, door: Flask, signed_in: SignIn
) -> None:
    here, there = an_incident(db, settings), an_incident(db, settings, site="nord", terminal=None)
    nord = signed_in(door.test_client(), sites=("nord",))
    everywhere = signed_in(door.test_client())
    assert listed(nord) == listed(nord, "/?site=nord") == listed(everywhere, "/?site=nord") == [there]
    assert listed(nord, "/?site=siege") == []
    assert set(listed(everywhere)) == {here, there}
    assert here not in nord.opens("/?state=all").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["open", "taken"]),
        ("state=waiting", ["open"]),
        ("state=taken", ["taken"]),
        ("state=closed", ["closed"]),
        ("state=all", ["open", "closed", "taken"]),
        ("state=hidden", ["hidden"]),
        ("kind=virus", ["open"]),
        ("from=2026-11-20", ["open", "taken"]),
        ("from=2026-11-21", []),
        ("to=2026-11-19", []),
        ("state=nonsense&kind=nonsense&from=yesterday&to=0000-00-00&after=x-y&site=", ["open", "taken"]),
    ],
)
def test_filters_stand_in_the_address(
    db: Database, settings: Settings, anne: Colleague, query: str, shown: list[str]
) -> None:
    made = {
        "taken": an_incident(db, settings, ago=30),
        "closed": an_incident(db, settings, ago=20),
        "open": an_incident(db, settings, "virus", ago=10),
        "hidden": an_incident(db, settings, ago=5),
    }
    acts.acknowledge(db, settings, made["taken"], actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    acts.close(db, settings, made["closed"], actor=ANNE, outcome=Outcome.RESOLVED, now=FRIDAY)
    acts.mark(db, settings, made["hidden"], actor=ANNE, hidden_as=HiddenAs.SPAM, now=FRIDAY)
    assert listed(anne, f"/?{query}") == [made[name] for name in shown]


def test_a_long_list_goes_on_behind_its_last_line(db: Database, settings: Settings, anne: Colleague) -> None:
    for number in range(55):
        an_incident(db, settings, ago=number)
    first = anne.opens("/?state=all").text
    found = re.search(r'href="(/\?[^"]*after=[^"]+)"', first)
    assert found
    rest = listed(anne, found[1].replace("&amp;", "&"))
    assert len(ROW.findall(first)) == 50
    assert len(rest) == 5
    assert not set(rest) & set(ROW.findall(first))


def test_an_open_page_is_told_nothing_until_something_happens(
    db: Database, settings: Settings, anne: Colleague
) -> None:
    page = anne.opens("/").text
    assert asks_again(anne, page) == (204, "")
    reference = an_incident(db, settings)
    status, fragment = asks_again(anne, page)
    assert (status, ROW.findall(fragment)) == (200, [reference])
    assert asks_again(anne, fragment) == (204, "")


def test_an_open_page_tells_the_time_anew_every_minute(
    db: Database, settings: Settings, anne: Colleague, now: Callable[[datetime], None]
) -> None:
    an_incident(db, settings)
    page = anne.opens("/").text
    now(FRIDAY + timedelta(minutes=1))
    status, fragment = asks_again(anne, page)
    assert status == 200
    assert "Attend depuis 1 min" in fragment


def test_a_reopened_report_is_late_however_often_somebody_was_told(
    db: Database, settings: Settings, anne: Colleague, now: Callable[[datetime], None]
) -> None:
    reference = an_incident(db, settings, "virus", answers={"network": "connected"})
    acts.close(db, settings, reference, actor=ANNE, outcome=Outcome.RESOLVED, now=FRIDAY)
    acts.reopen(db, settings, reference, actor=ANNE, now=FRIDAY)
    take_steps(db, settings, FRIDAY + timedelta(minutes=16))
    now(FRIDAY + timedelta(minutes=18))
    for page in (anne.opens("/").text, anne.opens(f"/reports/{reference}").text):
        assert "Attend depuis 18 min" in page
        assert "en retard de 3 min" in page


def test_the_page_says_which_is_the_newest_so_that_it_can_ring(
    db: Database, settings: Settings, anne: Colleague
) -> None:
    an_incident(db, settings, "virus", answers={"network": "connected"})
    an_incident(db, settings, "other")
    page = anne.opens("/?state=closed").text
    assert 'data-newest-critical="1" data-newest="2"' in page
    assert "<title>⚠ (2) Signalements" in page


def test_what_came_since_the_last_visit_is_marked_until_it_is_opened(
    db: Database, settings: Settings, anne: Colleague, now: Callable[[datetime], None]
) -> None:
    an_incident(db, settings)
    assert "mark-new" not in anne.opens("/").text, "to a newcomer nothing is new"
    for minutes in (20, 40):  # a session that nobody uses for half an hour is over
        anne.opens("/account")
        now(FRIDAY + timedelta(minutes=minutes))
    reference = an_incident(db, settings)
    assert anne.opens("/").text.count("mark-new") == 1
    assert anne.opens("/").text.count("mark-new") == 1, "a reload takes no mark away"
    anne.opens(f"/reports/{reference}")
    assert "mark-new" not in anne.opens("/").text


def test_trouble_with_a_mail_shows_at_its_report(
    db: Database, settings: Settings, anne: Colleague, now: Callable[[datetime], None]
) -> None:
    an_incident(db, settings)
    assert "Courriel" not in anne.opens("/").text
    now(FRIDAY + timedelta(minutes=16))
    assert "Courriel en attente" in anne.opens("/").text
    db.execute("UPDATE deliveries SET state = 'held'")
    assert "Courriel refusé par le relais" in anne.opens("/").text


def test_whoever_only_types_for_others_is_led_there_and_reads_nothing(
    db: Database, settings: Settings, door: Flask, signed_in: SignIn
) -> None:
    reference = an_incident(db, settings)
    desk = signed_in(door.test_client(), "authorised")
    assert desk.opens("/").location == "/on-behalf"
    for path in (f"/reports/{reference}", "/search", "/day/2026-11-20"):
        assert desk.opens(path).status_code == 403
