"""Repetitions: from a duplicate to the report that it repeats, which may repeat another."""

from collections.abc import Sequence

from sqlite_utils import Database

# ``UNION`` ends a circle, should a damaged database hold one.
FOLLOWED = (
    "WITH RECURSIVE followed(report_id) AS (VALUES (?) UNION SELECT repeats FROM reports JOIN followed"
    " ON id = report_id WHERE repeats IS NOT NULL)"
)


def followed(db: Database, report_id: int) -> Sequence[int]:
    """The report, the one that it repeats, the one that this repeats, and so on."""
    return [row[0] for row in db.execute(f"{FOLLOWED} SELECT report_id FROM followed", (report_id,))]


def may_repeat(db: Database, report_id: int, repeated: int) -> bool:
    """True if ``repeated`` is not hidden and does not itself repeat the report, directly or further on."""
    is_hidden = db.execute("SELECT hidden_as IS NOT NULL FROM reports WHERE id = ?", (repeated,)).fetchone()[0]
    return not is_hidden and report_id not in followed(db, repeated)
