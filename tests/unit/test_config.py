from pathlib import Path

import pytest

from kiosk.config import Role, Security, Settings, When, load_settings
from kiosk.errors import SettingsError


def load(tmp_path: Path, toml: str = "", **environment: str) -> Settings:
    (tmp_path / "kiosk.toml").write_text(toml, encoding="utf-8")
    return load_settings({"KIOSK_INSTANCE": str(tmp_path), **environment})


def test_an_empty_instance_has_a_site_and_the_addresses_of_mssi_and_dpo(tmp_path: Path) -> None:
    settings = load_settings({"KIOSK_INSTANCE": str(tmp_path)})
    assert [site.name for site in settings.sites] == ["Siège"]
    addresses = {audience.id: audience.address for audience in settings.audiences}
    assert addresses["mssi"] == "contact-ssi.cpam-marseille@assurance-maladie.fr"
    assert addresses["dpo"] == "dpo.cpam-marseille@assurance-maladie.fr"
    assert settings.smtp.host == ""
    assert settings.local_terminal == "hall"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    toml = '[smtp]\nhost = "relay.invalid"\nport = 2525\n'
    settings = load(tmp_path, toml, KIOSK_SMTP__PORT="25", KIOSK_SMTP__SECURITY="none")
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.security) == ("relay.invalid", 25, Security.NONE)


@pytest.mark.parametrize(
    ("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)], ids=["starttls", "tls", "none"]
)
def test_the_port_follows_from_the_security(tmp_path: Path, security: str, port: int) -> None:
    settings = load(tmp_path, KIOSK_SMTP__SECURITY=security)
    assert settings.smtp.effective_port == port


def test_an_audience_entry_changes_the_default_of_its_id_and_others_are_added(tmp_path: Path) -> None:
    toml = """
    [[audiences]]
    id = "manager"
    address = "responsable@organisme.invalid"
    telephone = "04 65 71 00 01"
    [[audiences]]
    id = "guard"
    role = "service"
    name = "PC sécurité"
    when = "never"
    """
    audiences = {audience.id: audience for audience in load(tmp_path, toml).audiences}
    assert audiences["manager"].role == Role.MANAGER
    assert audiences["manager"].telephone == "04 65 71 00 01"
    assert audiences["guard"].when == When.NEVER
    assert "mssi" in audiences


def test_zones_and_terminals_may_be_plain_names(tmp_path: Path) -> None:
    toml = '[[sites]]\nid = "nord"\nname = "Nord"\nzones = ["Hall d\'accueil"]\nterminals = ["Borne 1"]\n'
    site = load(tmp_path, toml).sites[0]
    assert [(zone.code, zone.name) for zone in site.zones] == [("hall-d-accueil", "Hall d'accueil")]
    assert [terminal.id for terminal in site.terminals] == ["borne-1"]


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    assert load(tmp_path, KIOSK_SMTP__HOST="").smtp.host == ""


@pytest.mark.parametrize(
    ("toml", "environment", "named"),
    [
        ("[smpt]\nhost='x'", {}, "smpt"),
        ("[smtp]\nhots='x'", {}, "smtp.hots"),
        ("[smtp]\nport='many'", {}, "smtp.port"),
        ("[smtp]\nport=true", {}, "smtp.port"),
        ("[smtp]\nport=99999", {}, "smtp.port"),
        ("[smtp]\nsecurity='ssl'", {}, "smtp.security"),
        ("[smtp]\nhost='smtp://x'", {}, "smtp.host"),
        ("[smtp]\nusername='x'", {}, "smtp.password_file"),
        ("[smtp]\nca_file='/nowhere/ca.pem'", {}, "smtp.ca_file"),
        ("smtp = 3", {}, "smtp"),
        ("demo = true", {}, "demo"),
        ("sites = []", {}, "sites"),
        ("[[sites]]\nid='a'", {}, "name"),
        ("[[sites]]\nid='A B'\nname='x'", {}, "A B"),
        ("[[sites]]\nid='a'\nname='x'\n[[sites]]\nid='a'\nname='y'", {}, "twice"),
        ("terminal='nowhere'", {}, "terminal"),
        ("[[audiences]]\nid='manager'\naddress='nobody'", {}, "audiences.manager.address"),
        ("[[audiences]]\nid='manager'\naddress='a@b.fr\\r\\nBcc: x@y.fr'", {}, "audiences.manager.address"),
        ("[[audiences]]\nid='manager'\nsites=['nowhere']", {}, "nowhere"),
        ("[[audiences]]\nid='mssi'\nactive=false", {}, "mssi"),
        ("[[audiences]]\nname='x'", {}, "neither id nor role"),
        ("[[audiences]]\nid='dpo'\n[[audiences]]\nid='dpo'", {}, "twice"),
        ("[web]\nidle=29", {}, "web.idle"),
        ("", {"KIOSK_WEB__IDLE": "601"}, "web.idle"),
        ("[audiences]\nid='dpo'", {}, "[[audiences]]"),
        ("[mail]\nsender='me'", {}, "mail.sender"),
        ("[languages]\noffered=['en']", {}, "languages.offered"),
        ("[languages]\noffered=['fr', 'klingon']", {}, "klingon"),
        ("[languages]\noffered=['fr', 'zz']", {}, "zz"),
        ("[languages]\noffered=['fr', '']", {}, "languages.offered"),
        ("[[audiences]]\nid='The Guard'\nrole='service'\nname='x'", {}, "The Guard"),
        ("", {"KIOSK_SMTP__PROT": "25"}, "smtp.prot"),
        ("", {"KIOSK_SMTP__PORT": "a lot"}, "smtp.port"),
        ("", {"KIOSK_DEMO": "1"}, "KIOSK_DEMO"),
        ("", {"KIOSK_SITES": "x"}, "KIOSK_SITES"),
        ("", {"KIOSK_NONSENSE": "1"}, "nonsense"),
        ("this is no toml", {}, "kiosk.toml"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence_that_names_it(
    tmp_path: Path, toml: str, environment: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, toml, **environment)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_a_slip_of_the_pen_is_answered_with_the_nearest_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean «host»"):
        load(tmp_path, KIOSK_SMTP__HOTS="x")
