"""Bytes of a digest: its opening, then the mails in it unchanged, then the ends of its two multiparts.

They are put together when the digest is claimed, from rows that do not change until it has ended: the same bytes for
every attempt, and no mail is stored twice.
"""

import re

from sqlite_utils import Database

OUTER = re.compile(rb'multipart/mixed; boundary="([^"]+)"')
INNER = re.compile(rb'multipart/digest; boundary="([^"]+)"')
MAILS = (
    "SELECT reference, head, bytes FROM deliveries CROSS JOIN bodies ON bodies.id = body_id"
    " CROSS JOIN reports ON reports.id = report_id"
    " WHERE digest_id = ? AND digest_place IS NOT NULL ORDER BY digest_place"
)


def assembled(db: Database, digest: int, opening: bytes) -> tuple[bytes, list[int]]:
    """Final bytes, and the ids of the bodies of all its mails, also of those that are only listed."""
    used = db.execute("SELECT body_id FROM deliveries WHERE digest_id = ? AND body_id IS NOT NULL", (digest,))
    bodies = [row[0] for row in used]
    inner, outer = INNER.search(opening), OUTER.search(opening)
    if inner is None or outer is None:
        return opening, bodies
    parts = [
        part
        for reference, head, body in db.execute(MAILS, (digest,))
        for part in (_before(inner[1], reference), head, body, b"\r\n")
    ]
    closing = b"--%b--\r\n\r\n--%b--\r\n" % (inner[1], outer[1])
    return b"".join([opening, *parts, closing]), bodies


def _before(boundary: bytes, reference: str) -> bytes:
    """A name, since some programs show none for a mail that is attached."""
    named = f'Content-Disposition: attachment; filename="signalement-{reference}.eml"'
    return b"--%b\r\nContent-Type: message/rfc822\r\n%b\r\n\r\n" % (boundary, named.encode())
