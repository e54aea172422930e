"""Large text and strong contrast last as long as one person's visit, on every page, without scripts as well."""

import re

import pytest

from tests.web.contractor import Answer, Contractor

PAGES = ["/", "/fr/", "/ar/", "/fr/help/rules", "/fr/report/theft", "/fr/follow-up", "/nowhere"]


def posts(contractor: Contractor, address: str, **fields: str) -> Answer:
    response = contractor.client.post(address, data=fields)
    return Answer(response.status_code, response.text)


def chosen(page: str) -> str:
    found = re.search(r'<html[^>]*data-display="([^"]*)"', page)
    return found[1] if found else ""


def switches(page: str) -> dict[str, str]:
    """What each switch leads to."""
    found = re.findall(r'(?:href|formaction)="([^"]*)" data-switch="(\w+)"', page)
    return {switch: address.partition("?")[2] for address, switch in found}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_enlarged_and_darkened_at_one_tap(path: str, contractor: Contractor) -> None:
    page = contractor.opens(path).page
    assert chosen(page) == ""
    assert switches(page) == {"large": "display=large", "contrast": "display=contrast"}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("asked", "shown", "next_tap"),
    [
        ("large", "large", {"large": "", "contrast": "display=both"}),
        ("contrast", "contrast", {"large": "display=both", "contrast": ""}),
        ("both", "contrast large", {"large": "display=contrast", "contrast": "display=large"}),
    ],
)
def test_a_second_tap_takes_it_back(
    path: str, asked: str, shown: str, next_tap: dict[str, str], contractor: Contractor
) -> None:
    page = contractor.opens(f"{path}?display={asked}").page
    assert chosen(page) == shown
    assert switches(page) == next_tap


def test_whoever_goes_on_keeps_it(contractor: Contractor) -> None:
    for path in PAGES:
        page = contractor.opens(f"{path}?display=large").page
        addresses = re.findall(r'<a [^>]*href="(/[^"]*)"', page) + re.findall(r'form(?:action)?="(/[^"]*)"', page)
        addresses += re.findall(r'(?:action|hx-post|hx-get)="(/[^"]*)"', page)
        addresses = [address for address in addresses if "/language" not in address]  # where a switch itself leads
        assert addresses
        assert [address for address in addresses if "display=" not in address] == [], path


def test_another_language_keeps_it_too(contractor: Contractor) -> None:
    page = contractor.opens("/fr/help/rules?display=contrast").page
    assert 'href="/ar/help/rules?display=contrast"' in page


def test_the_end_of_a_visit_leaves_it_behind(contractor: Contractor) -> None:
    sent = posts(contractor, "/fr/report/other?display=both", description="Vu")
    assert sent.is_receipt
    assert chosen(sent.page) == "contrast large"
    end = re.search(r'<a class="button send" href="([^"]+)"[^>]*>Terminer', sent.page)
    assert end
    assert end[1] == "/fr/"
    assert chosen(contractor.opens(end[1]).page) == ""


def test_a_form_is_enlarged_with_every_word_in_it(contractor: Contractor) -> None:
    address = "/fr/report/other/language?display=large"
    assert f'formaction="{address}"' in contractor.opens("/fr/report/other").page
    enlarged = posts(contractor, address, description="Une porte ouverte")
    assert "Une porte ouverte" in enlarged.page
    assert chosen(enlarged.page) == "large"


def test_a_receipt_is_never_lost_to_a_switch(contractor: Contractor) -> None:
    """Its address cannot be asked for again, so without scripts there is nothing to press."""
    sent = posts(contractor, "/fr/report/other", description="Vu")
    assert re.search(r'<div class="display"[^>]* hidden>', sent.page)


@pytest.mark.parametrize("asked", ["", "huge", "large&display=contrast", "%22%3E%3Cscript%3E"])
def test_an_address_that_asks_for_nonsense_shows_a_page_all_the_same(asked: str, contractor: Contractor) -> None:
    page = contractor.opens(f"/fr/?display={asked}").page
    assert chosen(page) in ("", "large")
    assert "<script>" not in page


def test_nothing_is_written_down_for_it(contractor: Contractor) -> None:
    response = contractor.fetches("/fr/?display=large")
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
