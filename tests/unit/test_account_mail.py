"""What happens to accounts and keys is told to the MSSI, many changes in one mail, each change once."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.roles import StaffRole
from kiosk.store.keys import reader_keys
from kiosk.store.staff import accounts, second_factors
from kiosk.store.staff.accounts import NewMember
from kiosk.store.trace import account_ledger, events
from kiosk.store.trace.events import Event
from kiosk.watch.account_mail import tell_accounts
from tests.build import MAILS, NOON
from tests.readers import Reader, initialised
from tests.staff import a_member
from tests.unit.test_unrecorded import NO_KIOSK_WRITES, append_raw

ZOE = NewMember(name="zoe", display_name="Zoe Martin", role=StaffRole.DEPUTY, sites=("siege",))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def admit(db: Database, name: str, now: datetime) -> None:
    accounts.admit(db, replace(ZOE, name=name), secrets.token_bytes(32), now)


def told(db: Database) -> list[str]:
    rows = db.execute(f"{MAILS} WHERE purpose = 'accounts'")
    parsed = [message_from_bytes(row[0], policy=policy.default) for row in rows]
    bodies = [mail.get_body(("plain",)) for mail in parsed]
    return [" ".join(body.get_content().replace("\N{NO-BREAK SPACE}", " ").split()) for body in bodies if body]


def is_sent(db: Database) -> None:
    db.execute("UPDATE deliveries SET state = 'sent', sent_at = created_at WHERE purpose = 'accounts'")


def test_changes_are_folded_and_told_once(db: Database, settings: Settings) -> None:
    for number in range(9):
        admit(db, f"newcomer-{number}", NOON + minutes(number))
        tell_accounts(db, settings, NOON + minutes(number + 0.5))
    assert told(db) == [], "there is still something happening"
    tell_accounts(db, settings, NOON + minutes(10))
    (mail,) = told(db)
    assert [f"newcomer-{number}" in mail for number in range(9)] == [True] * 9
    assert "compte créé ou rouvert : suppléant, Siège (par la borne ou sa ligne de commande" in mail
    tell_accounts(db, settings, NOON + minutes(60))
    assert len(told(db)) == 1


def test_a_change_alone_is_told_after_two_minutes(db: Database, settings: Settings) -> None:
    admit(db, "zoe", NOON)
    tell_accounts(db, settings, NOON + minutes(1.9))
    assert told(db) == []
    tell_accounts(db, settings, NOON + minutes(2))
    assert len(told(db)) == 1


def test_no_second_mail_waits_behind_the_first(db: Database, settings: Settings) -> None:
    admit(db, "zoe", NOON)
    tell_accounts(db, settings, NOON + minutes(3))
    accounts.disable(db, "zoe", NOON + minutes(4))
    tell_accounts(db, settings, NOON + minutes(60))
    assert len(told(db)) == 1
    is_sent(db)
    tell_accounts(db, settings, NOON + minutes(61))
    assert "compte désactivé" in told(db)[-1]


def test_every_step_of_a_newcomer_and_a_new_recovery_key_are_told(db: Database, settings: Settings) -> None:
    anna = Reader(db, name="anna")
    initialised(db, settings)
    zoe = Reader(db, "deputy", name="zoe", sites=("siege",))
    anna.confirms(zoe)
    accounts.renew_link(db, "anna", secrets.token_bytes(32), NOON, compromised=True)
    tell_accounts(db, settings, NOON + timedelta(days=400))
    (mail,) = told(db)
    (reader,) = [each for each in reader_keys.readers(db) if each.name == "zoe"]
    for words in (
        f"clé de lecture créée, empreinte {reader.fingerprint} (par zoe,",
        f"empreinte {reader.fingerprint} confirmée (par anna,",
        "peut lire : Siège (par anna,",
        "nouveau lien pour choisir un mot de passe (quelqu'un d'autre connaissait peut-être l'ancien)",
        "Clé de secours : créée, empreinte",
        "Site Siège : nouvelle clé pour les prochains signalements",
    ):
        assert words in mail


def test_every_change_of_a_second_factor_is_told(db: Database, settings: Settings) -> None:
    anna = a_member(db, name="anna")
    added = second_factors.add_app(db, settings.secrets, anna, bytes(20), 0, NOON, only_first=True)
    assert added
    assert second_factors.use_recovery_code(db, anna, added.codes[0], NOON)
    second_factors.new_codes(db, anna, NOON)
    (app,) = second_factors.of_member(db, anna.id)
    second_factors.remove(db, anna, app.id, NOON, keep_one=False)
    second_factors.reset(db, "anna", NOON)
    tell_accounts(db, settings, NOON + minutes(3))
    (mail,) = told(db)
    for words in (
        "anna : deuxième étape de connexion ajoutée : application d'authentification (par anna,",
        "un code de secours a remplacé la deuxième étape (par anna,",
        "nouveaux codes de secours de la deuxième étape (par anna,",
        "deuxième étape de connexion retirée : application d'authentification (par anna,",
        "deuxième étape de connexion effacée, sessions terminées (par la borne ou sa ligne de commande,",
    ):
        assert words in mail


@pytest.mark.parametrize("detail", [{}, {"role": 7, "sites": 5}, {"role": "mssi", "sites": [[]], "account": None}])
def test_an_event_written_past_the_kiosk_is_told_whatever_it_holds(
    db: Database, settings: Settings, detail: dict[str, object]
) -> None:
    events.append(db, [Event(action="account_added", detail=detail)], NOON)
    tell_accounts(db, settings, NOON + minutes(3))
    assert "compte créé ou rouvert" in told(db)[0]


@pytest.mark.parametrize("detail", NO_KIOSK_WRITES, ids=lambda detail: detail[:9])
def test_an_event_that_no_kiosk_writes_is_told_and_hides_no_other(
    db: Database, settings: Settings, detail: bytes
) -> None:
    append_raw(db, detail)
    admit(db, "zoe", NOON)
    tell_accounts(db, settings, NOON)
    assert "2 changements des comptes" in told(db)[0]
    assert "zoe" in told(db)[0]


@pytest.mark.parametrize(
    "detail",
    [*NO_KIOSK_WRITES, b'{"last": 9999}', b'{"last": "1"}', b'{"last": 1e99}'],
    ids=lambda detail: detail[:14],
)
def test_an_event_that_claims_a_mail_about_what_was_to_come_silences_none(
    db: Database, settings: Settings, detail: bytes
) -> None:
    admit(db, "zoe", NOON)
    append_raw(db, detail, action=account_ledger.TOLD)
    tell_accounts(db, settings, NOON + minutes(3))
    assert "zoe" in told(db)[0]


def test_without_an_address_the_changes_wait(db: Database, settings: Settings) -> None:
    silent = replace(settings, audiences=tuple(replace(each, address="") for each in settings.audiences))
    admit(db, "zoe", NOON)
    tell_accounts(db, silent, NOON + minutes(3))
    tell_accounts(db, settings, NOON + minutes(4))
    assert "zoe" in told(db)[0]
