from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.base.log_erasure import overwrite_log
from kiosk.store.base.pool import Pool
from kiosk.store.instance import start
from tests.build import NOON, store


def test_requests_one_after_another_use_the_one_warm_connection(db: Database, settings: Settings) -> None:
    pool = Pool(settings.database)
    pool.warm("public door", 1, NOON)
    first = pool.take()
    pool.give_back(first)
    assert pool.take() is first


def test_two_requests_at_once_never_share_a_connection(db: Database, settings: Settings) -> None:
    pool = Pool(settings.database)
    assert pool.take() is not pool.take()


def test_a_connection_with_an_open_transaction_is_not_lent_again(db: Database, settings: Settings) -> None:
    pool = Pool(settings.database)
    careless = pool.take()
    careless.conn.execute("BEGIN IMMEDIATE")
    pool.give_back(careless)
    assert pool.take() is not careless
    assert store(db).is_new


def replace_database(settings: Settings) -> None:
    """As a restored backup does: another good database under the same name."""
    other = Settings(instance=settings.instance.with_name("other"))
    start.prepare(other, NOON).close()
    settings.database.rename(settings.instance / "moved.db")
    for beside in ("-wal", "-shm"):
        Path(f"{settings.database}{beside}").unlink()
    other.database.rename(settings.database)


def test_a_database_that_was_replaced_is_opened_anew(db: Database, settings: Settings) -> None:
    store(db)
    pool = Pool(settings.database)
    pool.give_back(pool.take())
    replace_database(settings)
    assert pool.take()["reports"].count == 0


def test_a_connection_that_was_out_when_its_file_was_replaced_is_not_lent_again(
    db: Database, settings: Settings
) -> None:
    pool = Pool(settings.database)
    out = pool.take()
    replace_database(settings)
    pool.give_back(pool.take())
    pool.give_back(out)
    assert pool.take() is not out


@pytest.mark.parametrize("content", [None, b"", b"this is no database" * 100])
def test_a_lost_or_foreign_database_is_an_error_and_nothing_is_made_in_its_place(
    db: Database, settings: Settings, content: bytes | None
) -> None:
    pool = Pool(settings.database)
    pool.give_back(pool.take())
    overwrite_log(db)  # as after every mail: what counts lies in the file itself
    settings.database.unlink()
    if content is not None:
        settings.database.write_bytes(content)
    with pytest.raises(StoreError):
        pool.take()
    assert settings.database.exists() == (content is not None)


def test_nothing_is_written_to_a_wal_that_somebody_deleted(db: Database, settings: Settings) -> None:
    pool = Pool(settings.database)
    pool.give_back(pool.take())
    Path(f"{settings.database}-wal").unlink()
    for _ in range(2):
        with pytest.raises(StoreError, match="supprimé"):
            pool.take()
