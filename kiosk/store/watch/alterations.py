"""Alterations past the kiosk: reports, accounts and structure of the database that do not fit the trace.

The background process looks each minute. Accounts and structure are compared as a whole; of the reports a few at a
time, then from the beginning again: up to a thousand each minute. Whoever can write to the database can also forge
this result; `kiosk check` and `kiosk verify` compare everything anew.
"""

import sqlite3
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from kiosk.store.base import schema_checks
from kiosk.store.base.connection import any_text, immediate
from kiosk.store.staff.unrecorded import unrecorded_rows
from kiosk.store.trace import checks, row_checks

NAMED = 10  # rows in one sentence
UNREADABLE = "lignes illisibles"


@dataclass(frozen=True, slots=True)
class Alterations:
    """``compared_to``: last report compared; ``followed_to``: last event whose report was looked for; None at first.

    ``report``: one that does not fit; ``lost``: one that is gone. All texts in French, empty without any.
    """

    compared_to: int | None = None
    followed_to: int | None = None
    report: str = ""
    lost: str = ""
    accounts: str = ""
    structure: str = ""


def found(db: Database) -> Alterations:
    """Findings of the background process."""
    with any_text(db):
        columns = "compared_to, followed_to, report, lost, accounts, structure"
        row = db.execute(f"SELECT {columns} FROM alterations").fetchone()
    return Alterations(*row) if row else Alterations()


def look(db: Database, secrets: Path) -> None:
    """Compare some reports, and all accounts. Writes only changes. ``secrets``: folder of the site keys in files."""
    before = found(db)
    after = replace(_followed(db, _compared(db, before)), accounts=_accounts(db, secrets), structure=_structure(db))
    if after != before:
        with immediate(db):
            db.execute("INSERT OR REPLACE INTO alterations VALUES (1, ?, ?, ?, ?, ?, ?)", astuple(after))


def look_at_everything(db: Database, secrets: Path) -> Alterations:
    misfit, lost = next(row_checks.misfits(db), None), checks.reports_without_row(db)
    report = misfit.reference if misfit else ""
    return Alterations(report=report, lost="".join(lost[:1]), accounts=_accounts(db, secrets), structure=_structure(db))


def _compared(db: Database, before: Alterations) -> Alterations:
    """A report that does not fit is told until a comparison from the first report to the last finds none."""
    try:
        compared_to, misfit = row_checks.compare_some(db, before.compared_to)
    except sqlite3.DatabaseError:  # a damaged page: it must not keep the other troubles from being told
        return replace(before, compared_to=None, report=UNREADABLE)
    if misfit:
        return replace(before, compared_to=None, report=misfit.reference)
    return replace(before, compared_to=compared_to, report="" if compared_to is None else before.report)


def _followed(db: Database, before: Alterations) -> Alterations:
    followed_to, lost = checks.lost_among(db, before.followed_to)
    return replace(before, followed_to=followed_to, lost=lost or ("" if followed_to is None else before.lost))


def _accounts(db: Database, secrets: Path) -> str:
    return _enumerated([str(row) for row in unrecorded_rows(db, secrets)])


def _structure(db: Database) -> str:
    return _enumerated([each.french for each in schema_checks.differences(db)])


def _enumerated(several: list[str]) -> str:
    more = [f"et {len(several) - NAMED} de plus"] if len(several) > NAMED else []
    return ", ".join([*several[:NAMED], *more])
