from pathlib import Path

import pytest

from kiosk.config import Settings, load_settings
from kiosk.errors import SettingsError


def load(tmp_path: Path, **environment: str) -> Settings:
    return load_settings({"KIOSK_INSTANCE": str(tmp_path), **environment})


def test_the_staffs_door_is_local_and_rests_half_an_hour_unless_told_otherwise(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert (settings.staff.idle, settings.staff.tls, settings.web.proxy) == (1800, False, "")
    told = load(tmp_path, KIOSK_STAFF__IDLE="600", KIOSK_STAFF__TLS="true", KIOSK_WEB__PROXY="10.0.0.1")
    assert (told.staff.idle, told.staff.tls, told.web.proxy) == (600, True, "10.0.0.1")


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("KIOSK_STAFF__IDLE", "59", "staff.idle"),
        ("KIOSK_STAFF__IDLE", "28801", "staff.idle"),
        ("KIOSK_STAFF__TLS", "perhaps", "staff.tls"),
        ("KIOSK_WEB__PROXY", "*", "web.proxy"),
        ("KIOSK_WEB__PROXY", "proxy.example", "web.proxy"),
    ],
)
def test_a_setting_that_would_open_or_shut_the_door_is_refused(
    tmp_path: Path, variable: str, value: str, named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        load(tmp_path, **{variable: value})
