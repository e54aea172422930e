"""Who acts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """``name`` is the sign-in name, which the trace keeps; ``display_name`` is for people; ``role`` as in accounts."""

    name: str
    display_name: str
    role: str
