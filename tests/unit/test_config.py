import os
import traceback
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from sqlite_utils import Database

from kiosk.config import Role, Security, Settings, When, load_settings
from kiosk.config.table import Table, spelled
from kiosk.delivery.credentials import make_relay
from kiosk.errors import DeliveryError, SettingsError
from tests import commands


def load(tmp_path: Path, toml: str = "", **environment: str) -> Settings:
    (tmp_path / "kiosk.toml").write_text(toml, encoding="utf-8")
    return load_settings({"KIOSK_INSTANCE": str(tmp_path), **environment})


def refusal(tmp_path: Path, toml: str, **environment: str) -> str:
    """The sentence, with plain spaces."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, toml, **environment)
    return str(caught.value).replace("\u00a0", " ")


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


def test_the_networks_of_terminals_are_no_names_of_terminals(tmp_path: Path) -> None:
    toml = '[web]\nterminals = ["10.1.2.0/24"]\n[[sites]]\nid = "nord"\nname = "Nord"\nterminals = ["Borne 1"]\n'
    loaded = load(tmp_path, toml)
    assert loaded.web.terminals == ("10.1.2.0/24",)
    assert [terminal.id for terminal in loaded.sites[0].terminals] == ["borne-1"]
    listed = load(tmp_path, KIOSK_WEB__TERMINALS="10.1.2.0/24, 2001:db8::/32").web
    assert listed.terminals == ("10.1.2.0/24", "2001:db8::/32")


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    assert load(tmp_path, KIOSK_SMTP__HOST="").smtp.host == ""


NO_ADDRESS = "doit être une adresse de courriel, par exemple borne@organisme.example."
NO_GREETING = "doit être un nom complet tel que borne.organisme.example, ou une adresse entre crochets."
NO_CODE = "doit être fait de lettres minuscules sans accent, de chiffres et de traits d'union."
NO_HOST = "qui n'est pas un nom de machine : ni https://, ni port."
NO_URL = "« mail.console_url » doit être l'adresse de la console, par exemple https://console.organisme.example."
NO_TRANSLATION = "« languages.offered » contient « de », une langue sans traduction (il y a : ar, en, fr)."
NO_LANGUAGE = "qui n'est pas un code de langue tel que fr ou pt-BR."
NO_NUMBER = '[[retention.kinds]] "theft" : « contact » doit être un nombre entier.'
A_SITE = "[[sites]]\nid='nord'\nname='Nord'\n"


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[smpt]\nhost='x'", "« smpt » n'est pas un réglage (vouliez-vous dire « smtp » ?)."),
        ("[smtp]\nhots='x'", "« smtp.hots » n'est pas un réglage (vouliez-vous dire « host » ?)."),
        ("[smtp]\nport='many'", "« smtp.port » doit être un nombre entier."),
        ("[smtp]\nport=true", "« smtp.port » doit être un nombre entier."),
        ("[smtp]\nport=99999", "« smtp.port » doit être compris entre 0 et 65535 (0 : selon « security »)."),
        ("[smtp]\nsecurity='ssl'", "« smtp.security » doit être l'une de ces valeurs : starttls, tls, none."),
        ("[smtp]\nhost='smtp://x'", "« smtp.host » doit être un nom ou une adresse de machine, rien d'autre."),
        (
            "[smtp]\nusername='x'",
            "« smtp.password_file » manque : avec « username », nommez le fichier qui contient le mot de passe.",
        ),
        ("[smtp]\ngreeting='kiosk'", f"« smtp.greeting » {NO_GREETING}"),
        ("[smtp]\ngreeting='127.0.0.1'", f"« smtp.greeting » {NO_GREETING}"),
        ("[smtp]\ngreeting='kiosk_1.organisme.example'", f"« smtp.greeting » {NO_GREETING}"),
        ("[smtp]\ngreeting='[300.1.1.1]'", f"« smtp.greeting » {NO_GREETING}"),
        (
            "[smtp]\nciphers='AES999'",
            "« smtp.ciphers » ne nomme aucune suite qu'OpenSSL connaisse ici (openssl ciphers -v en donne la liste).",
        ),
        (
            "[smtp]\nciphers='aNULL@SECLEVEL=0'",
            "« smtp.ciphers » admet des suites sans chiffrement, ou sans preuve de qui répond.",
        ),
        ("[smtp]\nca_file=3", "« smtp.ca_file » doit être le chemin d'un fichier, entre guillemets."),
        ("smtp = 3", "« smtp » doit être une table."),
        ("[organisation]\nname=3", "« organisation.name » doit être un texte entre guillemets."),
        ("[staff]\ntls='perhaps'", "« staff.tls » doit être true ou false."),
        ("demo = true", "« demo » n'est pas un réglage de kiosk.toml : retirez-le."),
        ("sites = 3", "« sites » doit être une liste."),
        ("sites = [3]", "« sites » nº 1 doit être une table."),
        ("sites = []", "« sites » est vide : il faut au moins un site."),
        ("[[sites]]\nid='a'", '[[sites]] "a" : « name » manque.'),
        ("[[sites]]\nname='a'", '[[sites]] "a" : « id » manque.'),
        (
            "[[sites]]\nid='a'\nnmae='A'",
            '[[sites]] "a" : « nmae » n\'est pas un réglage (vouliez-vous dire « name » ?).',
        ),
        ("[[sites]]\nid='A B'\nname='x'", f'[[sites]] "A B" : « id » {NO_CODE}'),
        (A_SITE + A_SITE, "« sites » contient deux fois « nord » : chaque site doit avoir son propre id."),
        (A_SITE + "zones=3", '[[sites]] "nord" : « zones » doit être une liste.'),
        (
            A_SITE + "zones=['Hall', 'Hall']",
            '[[sites]] "nord" : « zones » nomme deux fois « hall » : chaque zone doit avoir son propre code.',
        ),
        (A_SITE + "zones=[{code='a b', name='x'}]", f'[[sites]] "nord", zones "a b" : « code » {NO_CODE}'),
        (A_SITE + "terminals=[{id='a b', name='x'}]", f'[[sites]] "nord", terminals "a b" : « id » {NO_CODE}'),
        (
            A_SITE + "terminals=['Hall', 'Hall']",
            '[[sites]] "nord", terminals "hall" existe déjà : chaque terminal doit avoir son propre id.',
        ),
        (
            A_SITE + "terminals=[{id='a', name='A', printr='x'}]",
            '[[sites]] "nord", terminals "a" : « printr » n\'est pas un réglage (vouliez-vous dire « printer » ?).',
        ),
        (
            "terminal='nowhere'",
            "« terminal » nomme « nowhere », qui n'est pas un terminal des sites (connus : hall).",
        ),
        ("[[audiences]]\nid='manager'\naddress='nobody'", f'[[audiences]] "manager" : « address » {NO_ADDRESS}'),
        (
            "[[audiences]]\nid='manager'\naddress='a@b.fr\\r\\nBcc: x@y.fr'",
            f'[[audiences]] "manager" : « address » {NO_ADDRESS}',
        ),
        (
            "[[audiences]]\nid='manager'\nsites=['nowhere']",
            '[[audiences]] "manager" : « sites » nomme « nowhere », qui n\'est pas un site (connus : siege).',
        ),
        (
            "[[audiences]]\nid='mssi'\nactive=false",
            "« audiences » doit garder au moins un destinataire actif de rôle mssi.",
        ),
        ("[[audiences]]\nname='x'", '[[audiences]] "x" : « id » ou « role » doit nommer le destinataire.'),
        (
            "[[audiences]]\nid='dpo'\n[[audiences]]\nid='dpo'",
            '[[audiences]] "dpo" est écrit deux fois : gardez-en un, ou changez son id.',
        ),
        ("[[audiences]]\nid='The Guard'\nrole='service'\nname='x'", f'[[audiences]] "The Guard" : « id » {NO_CODE}'),
        ("[audiences]\nid='dpo'", "« audiences » : chaque destinataire doit être une table [[audiences]]."),
        ("[web]\nidle=29", "« web.idle » doit être compris entre 30 et 600 secondes."),
        (
            "[web]\nterminals=['10.1.2.3/24']",
            "« web.terminals » contient « 10.1.2.3/24 », qui n'est pas un réseau tel que 10.1.2.0/24.",
        ),
        ("[mail]\nsender='me'", f"« mail.sender » {NO_ADDRESS}"),
        ("[mail]\nbounce=''", f"« mail.bounce » {NO_ADDRESS}"),
        ("[mail]\nalarm_after=61", "« mail.alarm_after » doit être compris entre 0 et 60 minutes."),
        ("[languages]\noffered=['en']", "« languages.offered » doit contenir fr."),
        ("[languages]\noffered=['fr', 'klingon']", f"« languages.offered » contient « klingon », {NO_LANGUAGE}"),
        ("[languages]\noffered=['fr', 'zz']", f"« languages.offered » contient « zz », {NO_LANGUAGE}"),
        ("[languages]\noffered=['fr', '']", f"« languages.offered » contient «  », {NO_LANGUAGE}"),
        (
            "[languages]\noffered=['fr', 'de']",
            NO_TRANSLATION,
        ),
        ("[languages]\noffered=['fr', 'en', 'fr']", "« languages.offered » contient deux fois « fr »."),
        ("[languages]\noffered=['fr', 3]", "« languages.offered » nº 2 doit être un texte entre guillemets."),
        ("[[retention.kinds]]\nkind='theft'\ncontact='x'", NO_NUMBER),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(tmp_path: Path, toml: str, sentence: str) -> None:
    assert refusal(tmp_path, toml) == sentence


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("KIOSK_WEB__IDLE", "601", "« web.idle » doit être compris entre 30 et 600 secondes."),
        ("KIOSK_SMTP__PROT", "25", "« smtp.prot » n'est pas un réglage (vouliez-vous dire « port » ?)."),
        ("KIOSK_SMTP__PORT", "a lot", "« smtp.port » doit être un nombre entier."),
        ("KIOSK_DEMO", "1", "KIOSK_DEMO n'est pas un réglage : c'est une option de la commande."),
        ("KIOSK_SITES", "x", "KIOSK_SITES : ce réglage se fait dans kiosk.toml seulement."),
        (
            "KIOSK_AUDIENCES__MSSI",
            "x",
            "KIOSK_AUDIENCES__MSSI : ce réglage se fait dans kiosk.toml seulement.",
        ),
        ("KIOSK_TERMINAL__X", "1", "KIOSK_TERMINAL__X : « terminal » n'est pas une table de réglages."),
        ("KIOSK_NONSENSE", "1", "« nonsense » n'est pas un réglage."),
    ],
)
def test_a_wrong_variable_stops_the_start_with_one_sentence(
    tmp_path: Path, variable: str, value: str, sentence: str
) -> None:
    assert refusal(tmp_path, "terminal = 'hall'", **{variable: value}) == sentence


@pytest.mark.parametrize(
    "host",
    [
        "https://x",
        "x:25",
        "a b",
        "a..b",
        "-a.example",
        "a-.example",
        "1.2.3",
        "999.1.1.1",
        "x" * 64,
        "a/b",
        "[::1]",
        "é..x",
    ],
)
def test_a_relay_that_no_machine_can_be_is_refused(host: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, f"[smtp]\nhost='{host}'")
    assert told == "« smtp.host » doit être un nom ou une adresse de machine, rien d'autre."


@pytest.mark.parametrize("host", ["relais", "relais.example.", "mail_1.example", "10.0.0.1", "::1", "été.example"])
def test_a_relay_that_a_machine_can_be_is_taken(host: str, tmp_path: Path) -> None:
    assert load(tmp_path, f"[smtp]\nhost='{host}'").smtp.host == host


@pytest.mark.parametrize("host", ["https://borne.example", "borne.example:443", "*", "borne example", "a..b", "a/"])
def test_a_name_that_no_browser_can_ask_for_is_refused(host: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, f"[web]\nhosts=['{host}']") == f"« web.hosts » contient « {host} », {NO_HOST}"
    assert load(tmp_path, "[web]\nhosts=['a.example', '.b.example', '[::1]', '10.0.0.1']").web.hosts


@pytest.mark.parametrize(
    "url",
    [
        *("console.example", "ftp://console.example", "https://", "https://:443", "https://a b", "https://a..b"),
        *("https://a.example:0", "https://a.example:99999", "https://a.example:x", "https://a.example/console"),
        *("https://a.example?x", "https://a.example#x", "https://me@a.example", "javascript:alert(1)", "https://[::1"),
    ],
)
def test_a_console_that_no_link_can_lead_to_is_refused(url: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, f"[mail]\nconsole_url='{url}'") == NO_URL


@pytest.mark.parametrize("url", ["https://console.example", "http://10.0.0.1:8081/", "https://[2001:db8::1]:444"])
def test_a_console_that_a_link_can_lead_to_is_taken(url: str, tmp_path: Path) -> None:
    assert load(tmp_path, f"[mail]\nconsole_url='{url}'").mail.console_url == url


@pytest.mark.parametrize(
    "address",
    ["a", "a@", "@b.example", "a@b..example", "a@-b.example", ".a@b.example", "a..b@c.example", "a@b.example\u00a0x",
     "a b@c.example", "x" * 65 + "@b.example", "a@" + "b" * 64, "a@b.example,c@d.example"],
)  # fmt: skip
def test_a_mail_address_that_no_relay_takes_is_refused(address: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, f"[mail]\nsender='{address}'") == f"« mail.sender » {NO_ADDRESS}"


def lists_of_tables(cls: type = Settings, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Places in kiosk.toml that hold a list of tables."""
    for name, hint in get_type_hints(cls).items():
        for inner in (hint, *get_args(hint)):
            if is_dataclass(inner):
                if get_origin(hint) is tuple:
                    yield (*place, name)
                yield from lists_of_tables(inner, (*place, name))  # type: ignore[arg-type]


@pytest.mark.parametrize("place", sorted(set(lists_of_tables())), ids=".".join)
@pytest.mark.parametrize("key", ["id", "code", "kind", "name", "first"])
def test_a_fault_names_the_entry_and_not_its_number(place: tuple[str, ...], key: str) -> None:
    entry: Any = {key: "mine"}
    tree, path = entry, []
    for name in reversed(place):
        is_list = place[: place.index(name) + 1] in set(lists_of_tables())
        tree = {name: [{}, tree] if is_list else tree}
        path = [name, *([1] if is_list else []), *path]
    assert '"mine"' in spelled((*path, "x"), tree)


def test_settings_that_lead_nowhere_or_may_not_be_read_are_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a volume that is not mounted, or under another account."""

    def refused(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "kiosk.toml").symlink_to(tmp_path / "unmounted/kiosk.toml")
    with pytest.raises(SettingsError, match="ne peut pas être lu"):
        load_settings({"KIOSK_INSTANCE": str(tmp_path)})
    (tmp_path / "kiosk.toml").unlink()
    assert load_settings({"KIOSK_INSTANCE": str(tmp_path)}).smtp.host == ""
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(SettingsError, match="ne peut pas être lu"):
        load_settings({"KIOSK_INSTANCE": str(tmp_path)})


def test_a_variable_in_another_encoding_is_named(tmp_path: Path) -> None:
    """As in a service's environment file that was saved as Latin-1: no page could be shown with it."""
    told = refusal(tmp_path, "", KIOSK_ORGANISATION__NAME=os.fsdecode("Sécurité".encode("latin-1")))
    assert told.startswith("KIOSK_ORGANISATION__NAME n'est pas en UTF-8")
    assert load(tmp_path, KIOSK_ORGANISATION__NAME="Sécurité \r\n").organisation.name == "Sécurité"


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    told = refusal(tmp_path, "this is no toml")
    assert told.startswith(f"{tmp_path}/kiosk.toml n'est pas un fichier TOML correct (")
    assert "\n" not in told


def test_a_password_in_the_place_of_its_file_is_not_repeated(db: Database, settings: Settings, tmp_path: Path) -> None:
    listed = refusal(tmp_path, "[smtp]\npassword_file = ['hunter2']")
    (settings.instance / "kiosk.toml").write_text(
        "[smtp]\nhost = 'relais.example'\nusername = 'x'\npassword_file = 'hunter2'\nca_file = 'ca.pem'"
    )
    told = commands.invoke("check", settings.instance, tmp_path).output
    assert "« smtp.password_file » nomme un fichier qui n'existe pas" in told
    relay = make_relay(load_settings({"KIOSK_INSTANCE": str(settings.instance)}))
    with pytest.raises(DeliveryError) as caught:
        relay.open()
    assert "hunter2" not in listed + told + "".join(traceback.format_exception(caught.value))


def test_every_path_counts_from_the_folder_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not from wherever a timer or a service manager happens to run the command."""
    monkeypatch.chdir("/")
    (tmp_path / "kiosk.toml").write_text(
        "[smtp]\nca_file = 'ca.pem'\n[mail]\nsigning_certificate = 'me.pem'\nsigning_key = '/etc/me.key'\n"
        "[[audiences]]\nid = 'mssi'\ncertificate = 'certificates/mssi.pem'"
    )
    settings = load_settings({"KIOSK_INSTANCE": str(tmp_path), "KIOSK_SMTP__PASSWORD_FILE": "secrets/word"})
    assert (settings.smtp.ca_file, settings.smtp.password_file) == (tmp_path / "ca.pem", tmp_path / "secrets/word")
    assert (settings.mail.signing_certificate, settings.mail.signing_key) == (tmp_path / "me.pem", Path("/etc/me.key"))
    assert settings.audiences[0].certificate == tmp_path / "certificates/mssi.pem"


def settings_classes(cls: type = Settings) -> set[type]:
    """It, and all those that its fields hold."""
    inner = [each for hint in get_type_hints(cls).values() for each in (hint, *get_args(hint))]
    return {cls}.union(*(settings_classes(each) for each in inner if is_dataclass(each)))


def test_every_table_of_settings_can_check_itself() -> None:
    assert len(settings_classes()) > 15
    assert [cls for cls in settings_classes() if not issubclass(cls, Table)] == []
