from kiosk.config import Audience, Role, When
from kiosk.config.audiences import default_audiences
from kiosk.duty.audiences import recipients


def told(
    kind: str = "virus", *, site: str = "siege", excluded: bool = False, more: tuple[Audience, ...] = ()
) -> list[str]:
    audiences = (*default_audiences(), *more)
    return [a.id for a in recipients(audiences, site=site, kind=kind, personal_data_excluded=excluded)]


def test_mssi_and_manager_are_always_told_and_the_dpo_unless_personal_data_is_excluded() -> None:
    assert told() == ["mssi", "manager", "dpo"]
    assert told(excluded=True) == ["mssi", "manager"]


def test_the_referent_is_told_of_lost_means_of_access_only() -> None:
    assert "referent" in told("lost_access")
    assert "referent" not in told("theft")


def test_the_deputy_waits_for_an_escalation_and_services_are_only_telephoned() -> None:
    assert not {"deputy", "infrastructures", "resources"} & set(told("lost_access"))


def test_a_manager_of_another_site_is_not_told() -> None:
    north = Audience(id="north", role=Role.MANAGER, name="Nord", address="n@x.fr", sites=("nord",))
    assert "north" not in told(more=(north,))
    assert "north" in told(site="nord", more=(north,))


def test_an_audience_that_was_switched_off_is_not_told() -> None:
    gone = Audience(id="gone", role=Role.SERVICE, name="x", address="g@x.fr", when=When.ALWAYS, active=False)
    assert "gone" not in told(more=(gone,))
