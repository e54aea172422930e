"""Codes of an app, recovery codes and passkeys: each counts once, and only for its owner."""

import base64
import sqlite3
from datetime import timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.folding import ascii_digits
from kiosk.domain.second_factor import FactorKind, as_text, matching_step, setup_uri
from kiosk.errors import StaffError, StoreError
from kiosk.store.keys import factor_key
from kiosk.store.staff import accounts, recovery_codes, second_factors
from kiosk.store.staff.accounts import Member, NewMember
from kiosk.store.staff.second_factors import NewPasskey
from tests.build import NOON
from tests.staff import a_member, a_session

SECRET = b"12345678901234567890"  # of RFC 6238, appendix B
STEP = timedelta(seconds=30)


def code_at(moment: object) -> str:
    return pyotp.TOTP(as_text(SECRET)).at(moment)  # type: ignore[arg-type]


@pytest.fixture
def anna(db: Database) -> Member:
    return a_member(db, name="anna")


def with_app(db: Database, settings: Settings, member: Member, *, step: int = 0) -> tuple[str, ...]:
    added = second_factors.add_app(db, settings.secrets, member, SECRET, step, NOON, only_first=False)
    assert added is not None
    return added.codes


def actions(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT action FROM events ORDER BY id")]


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    moment = NOON.fromtimestamp(seconds, NOON.tzinfo)
    assert matching_step(SECRET, code, moment) == seconds // 30


@pytest.mark.parametrize(("drift", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_two_clocks_may_differ_by_one_step(drift: int, taken: bool) -> None:
    assert (matching_step(SECRET, code_at(NOON + drift * STEP), NOON) is not None) == taken


@pytest.mark.parametrize("typed", ["{} {}", "{}-{}", "Code : {}{}", "\u200e{}\u00a0{}", "{}.{}"])
def test_a_code_is_taken_however_its_digits_are_parted(typed: str) -> None:
    code = code_at(NOON)
    for digits in (code, code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))):
        assert matching_step(SECRET, typed.format(digits[:3], digits[3:]), NOON) is not None
    assert matching_step(SECRET, f"{code}1", NOON) is None


@given(st.text(max_size=12))
def test_whatever_is_typed_is_judged_without_an_error(typed: str) -> None:
    if matching_step(SECRET, typed, NOON) is not None:
        assert code_at(NOON) in "".join(filter(str.isdigit, ascii_digits(typed)))


def test_an_app_reads_the_secret_from_the_address_of_its_picture() -> None:
    read = pyotp.parse_uri(setup_uri(SECRET, account="anna", issuer="CPCAM 13 : accueil"))
    assert isinstance(read, pyotp.TOTP)
    assert (base64.b32decode(read.secret), read.name, read.digits, read.interval) == (SECRET, "anna", 6, 30)


def test_a_code_is_good_once_and_an_older_one_never_after_it(db: Database, settings: Settings, anna: Member) -> None:
    with_app(db, settings, anna)
    use = lambda typed: second_factors.use_app(db, settings.secrets, anna, typed, NOON)  # noqa: E731
    assert use(code_at(NOON))
    assert not use(code_at(NOON))
    assert not use(code_at(NOON - STEP))
    assert use(code_at(NOON + STEP))


def test_the_code_that_proved_the_app_opens_nothing_afterwards(db: Database, settings: Settings, anna: Member) -> None:
    with_app(db, settings, anna, step=matching_step(SECRET, code_at(NOON), NOON) or 0)
    assert not second_factors.use_app(db, settings.secrets, anna, code_at(NOON), NOON)


def test_the_secret_lies_sealed_and_opens_for_its_owner_alone(db: Database, settings: Settings, anna: Member) -> None:
    with_app(db, settings, anna)
    kept = second_factors.of_member(db, anna.id)[0].secret
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert SECRET not in settings.database.read_bytes()
    assert as_text(SECRET).encode() not in settings.database.read_bytes()
    assert factor_key.open_sealed(settings.secrets, kept, anna.id) == SECRET
    with pytest.raises(StoreError):
        factor_key.open_sealed(settings.secrets, kept, anna.id + 1)
    path = settings.secrets / factor_key.KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    with pytest.raises(StoreError, match=r"kiosk staff factor reset"):
        second_factors.use_app(db, settings.secrets, anna, code_at(NOON), NOON)


def test_a_recovery_code_works_once_for_its_owner_however_it_is_typed(
    db: Database, settings: Settings, anna: Member
) -> None:
    codes, bruno = with_app(db, settings, anna), a_member(db, name="bruno")
    assert len(set(codes)) == recovery_codes.COUNT
    assert not second_factors.use_recovery_code(db, bruno, codes[0], NOON)
    assert second_factors.use_recovery_code(db, anna, codes[0].lower().replace("-", " "), NOON)
    assert not second_factors.use_recovery_code(db, anna, codes[0], NOON)
    assert recovery_codes.left(db, anna.id) == recovery_codes.COUNT - 1
    assert actions(db)[-1] == "recovery_code_used"
    stored = settings.database.read_bytes() + str(list(db.execute("SELECT * FROM recovery_codes"))).encode()
    assert not any(code.encode() in stored or code.replace("-", "").encode() in stored for code in codes)


def test_new_recovery_codes_void_the_former_ones(db: Database, settings: Settings, anna: Member) -> None:
    old = with_app(db, settings, anna)
    new = second_factors.new_codes(db, anna, NOON)
    assert not second_factors.use_recovery_code(db, anna, old[0], NOON)
    assert second_factors.use_recovery_code(db, anna, new[0], NOON)


def test_a_passkey_whose_counter_stands_still_was_copied(db: Database, anna: Member) -> None:
    new = NewPasskey(credential=b"credential", host="console.example", counter=5)
    assert second_factors.add_passkey(db, anna, new, NOON, only_first=True)
    (factor,) = second_factors.of_member(db, anna.id)
    assert [second_factors.use_passkey(db, factor, counter, NOON) for counter in (5, 0, 4, 6, 6)] == [
        *[False] * 3,
        True,
        False,
    ]


def test_a_passkey_without_a_counter_is_taken_each_time(db: Database, anna: Member) -> None:
    new = NewPasskey(credential=b"c", host="localhost", counter=0)
    second_factors.add_passkey(db, anna, new, NOON, only_first=True)
    (factor,) = second_factors.of_member(db, anna.id)
    assert all(second_factors.use_passkey(db, factor, 0, NOON) for _ in range(2))


def test_a_passkey_that_an_account_has_is_added_to_none(db: Database, anna: Member) -> None:
    """A browser that ignores ``excludeCredentials`` can send it again, and nothing signs that it is its own."""
    new = NewPasskey(credential=b"c", host="localhost", counter=0)
    assert second_factors.add_passkey(db, anna, new, NOON, only_first=False)
    for member in (anna, a_member(db, name="bela")):
        assert second_factors.add_passkey(db, member, new, NOON, only_first=False) is None
    assert actions(db).count("second_factor_added") == 1


def test_the_password_alone_adds_the_first_factor_and_no_other(db: Database, settings: Settings, anna: Member) -> None:
    with_app(db, settings, anna)
    assert second_factors.add_app(db, settings.secrets, anna, SECRET, 0, NOON, only_first=True) is None
    new = NewPasskey(credential=b"c", host="localhost", counter=0)
    assert second_factors.add_passkey(db, anna, new, NOON, only_first=True) is None
    assert [each.kind for each in second_factors.of_member(db, anna.id)] == [FactorKind.TOTP]


def test_an_account_has_eight_factors_at_most(db: Database, settings: Settings, anna: Member) -> None:
    for _ in range(second_factors.MOST):
        assert second_factors.add_app(db, settings.secrets, anna, SECRET, 0, NOON, only_first=False)
    assert second_factors.add_app(db, settings.secrets, anna, SECRET, 0, NOON, only_first=False) is None


def test_one_removes_ones_own_and_the_codes_go_with_the_last(db: Database, settings: Settings, anna: Member) -> None:
    with_app(db, settings, anna)
    (factor,) = second_factors.of_member(db, anna.id)
    assert not second_factors.remove(db, a_member(db, name="bruno"), factor.id, NOON, keep_one=False)
    assert not second_factors.remove(db, anna, factor.id, NOON, keep_one=True)
    assert second_factors.remove(db, anna, factor.id, NOON, keep_one=False)
    assert (second_factors.of_member(db, anna.id), recovery_codes.left(db, anna.id)) == ([], 0)
    assert actions(db)[-1] == "second_factor_removed"


def test_a_lost_telephone_is_forgotten_with_the_sessions(db: Database, settings: Settings, anna: Member) -> None:
    with_app(db, settings, anna)
    a_session(db, anna)
    second_factors.reset(db, "anna", NOON)
    assert (second_factors.of_member(db, anna.id), recovery_codes.left(db, anna.id)) == ([], 0)
    assert db.execute("SELECT count(*) FROM staff_sessions").fetchone()[0] == 0
    assert actions(db)[-1] == "second_factor_reset"
    with pytest.raises(StaffError):
        second_factors.reset(db, "nobody", NOON)


@pytest.mark.parametrize("way", ["another link", "disabled", "taken again"])
def test_a_new_password_keeps_the_factors_and_a_new_owner_of_the_name_gets_none(
    db: Database, settings: Settings, anna: Member, way: str
) -> None:
    with_app(db, settings, anna)
    if way == "another link":
        accounts.renew_link(db, "anna", bytes(32), NOON)
    else:
        accounts.disable(db, "anna", NOON)
    if way == "taken again":
        accounts.admit(db, NewMember(name="anna", display_name="A", role=anna.role), bytes(32), NOON)
    kept = way == "another link"
    assert bool(second_factors.of_member(db, anna.id)) == kept
    assert bool(recovery_codes.left(db, anna.id)) == kept


@pytest.mark.parametrize(
    "change", ["counter = counter - 1", "staff_id = 2", "secret = x'00'", "kind = 'passkey', host = 'x'"]
)
def test_no_row_of_a_factor_is_turned_into_another(db: Database, settings: Settings, anna: Member, change: str) -> None:
    with_app(db, settings, anna, step=7)
    a_member(db, name="bruno")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(f"UPDATE staff_factors SET {change}")
