"""Who acts when in these tests, and what a page says to whoever reads it."""

import html
import re
from datetime import UTC, datetime

from werkzeug.test import TestResponse

from kiosk.domain.roles import Actor

FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # ten o'clock in Marseille
ANNE = Actor("anne", "Anne Exemple", "manager")
FRAGMENT = {"HX-Request": "true"}


def words_of(answer: TestResponse) -> str:
    """What a reader reads on a page."""
    spaced = re.sub(r"</?(?:td|th|br|p|li|div|dt|dd|h\d)\b[^>]*>", " ", answer.text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", spaced)).split())
