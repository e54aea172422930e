"""Days for a kind that there is not would be days for nothing."""

from collections.abc import Iterator

from kiosk.config import Settings
from kiosk.intake.catalogue import KINDS
from kiosk.ops.problem import RED, Problem


def retention_problems(settings: Settings) -> Iterator[Problem]:
    for each in settings.retention.kinds:
        if each.kind not in KINDS:
            what = f"«retention.kinds» names «{each.kind}», which is no kind of incident: its reports keep other days."
            yield Problem(RED, what, f"Correct kind under [[retention.kinds]]: {', '.join(KINDS)}.")
