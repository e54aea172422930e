"""Bytes of a digest: its opening, then the mails in it unchanged, then its closing.

They are put together when the digest is claimed, from rows that do not change until it has ended: the same bytes for
every attempt, and no mail is stored twice.
"""

from sqlite_utils import Database

ORDER = "WHERE digest_id = ? AND digest_place IS NOT NULL ORDER BY digest_place"


def assembled(db: Database, digest: int, opening: bytes) -> tuple[bytes, list[int]]:
    """Final bytes, and the ids of the bodies of all its mails, also of those that are only listed."""
    before, closing = db.execute("SELECT before_each, closing FROM digests WHERE delivery_id = ?", (digest,)).fetchone()
    mails = db.execute(
        f"SELECT head, bytes FROM deliveries CROSS JOIN bodies ON bodies.id = body_id {ORDER}", (digest,)
    )
    parts = [part for head, body in mails for part in (before, head, body, b"\r\n")]
    used = db.execute("SELECT body_id FROM deliveries WHERE digest_id = ? AND body_id IS NOT NULL", (digest,))
    return b"".join([opening, *parts, closing]), [row[0] for row in used]
