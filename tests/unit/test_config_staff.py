from pathlib import Path

import pytest

from tests.unit.test_config import load, refusal

IDLE = "« staff.idle » doit être compris entre 60 et 28800 secondes."
ROLES = "« staff.second_factor » nº 1 doit être l'une de ces valeurs : manager, deputy, authorised, mssi, dpo."
PROXY = "« web.proxy » doit être l'adresse IP du mandataire, par exemple 127.0.0.1."


def test_the_staffs_door_is_local_and_rests_half_an_hour_unless_told_otherwise(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert (settings.staff.idle, settings.staff.tls, settings.web.proxy) == (1800, False, "")
    assert settings.staff.second_factor == ()
    assert load(tmp_path, KIOSK_STAFF__SECOND_FACTOR="mssi, dpo").staff.second_factor == ("mssi", "dpo")
    told = load(tmp_path, KIOSK_STAFF__IDLE="600", KIOSK_STAFF__TLS="true", KIOSK_WEB__PROXY="10.0.0.1")
    assert (told.staff.idle, told.staff.tls, told.web.proxy) == (600, True, "10.0.0.1")


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("KIOSK_STAFF__IDLE", "59", IDLE),
        ("KIOSK_STAFF__IDLE", "28801", IDLE),
        ("KIOSK_STAFF__TLS", "perhaps", "« staff.tls » doit être true ou false."),
        ("KIOSK_STAFF__SECOND_FACTOR", "boss", ROLES),
        ("KIOSK_WEB__PROXY", "*", PROXY),
        ("KIOSK_WEB__PROXY", "proxy.example", PROXY),
    ],
)
def test_a_setting_that_would_open_or_shut_the_door_is_refused(
    tmp_path: Path, variable: str, value: str, sentence: str
) -> None:
    assert refusal(tmp_path, "", **{variable: value}) == sentence
