from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.store.pool import Pool
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


def test_a_database_that_was_replaced_is_opened_anew(db: Database, settings: Settings) -> None:
    pool = Pool(settings.database)
    before = pool.take()
    pool.give_back(before)
    settings.database.rename(settings.instance / "moved.db")
    settings.database.write_bytes(b"")
    assert pool.take() is not before
