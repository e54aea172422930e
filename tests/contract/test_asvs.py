"""OWASP ASVS 5.0.0: every requirement of levels 1 and 2 has one verdict, and the summary says the same."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
SUMMARY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").partition("\n## OWASP ASVS 5.0, level 2\n")[2]
VERDICTS = ("met", "not applicable", "not met")
ROW = re.compile(r"^\| (\d[^|]*) \| ([^|]+) \|(?: ([^|]+) \|)?", re.MULTILINE)

# By section, how many requirements of levels 1 and 2 the standard's CSV has: they are the first ones of each section.
REQUIREMENTS = {
    **{"1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2},
    **{"2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1},
    **{"3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2},
    **{"4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4},
    **{"5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3},
    **{"6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4},
    **{"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2},
    **{"8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1},
    **{"9.1": 3, "9.2": 4},
    **{"10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3},
    **{"11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1},
    **{"12.1": 3, "12.2": 2, "12.3": 4},
    **{"13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5},
    **{"14.1": 2, "14.2": 4, "14.3": 3},
    **{"15.1": 3, "15.2": 3, "15.3": 7},
    **{"16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3},
    **{"17.1": 1, "17.2": 4, "17.3": 2},
}
EVERY = [f"{section}.{number}" for section, count in REQUIREMENTS.items() for number in range(1, count + 1)]


def numbers(told: str) -> Iterator[str]:
    """Of « 1.1.1–1.1.3, 1.2.4 »."""
    for part in told.split(", "):
        first, _, last = part.partition("–")
        section, _, start = first.rpartition(".")
        assert not last or last.rpartition(".")[0] == section, part
        yield from (f"{section}.{number}" for number in range(int(start), int((last or first).rpartition(".")[2]) + 1))


def verdicts() -> Iterator[tuple[str, str]]:
    for told, _, verdict in ROW.findall(TABLE):
        yield from ((number, verdict) for number in numbers(told))


def test_every_requirement_has_one_verdict_in_the_order_of_chapters() -> None:
    found = list(verdicts())
    assert len(EVERY) == 253  # the standard's own count
    assert Counter(number for number, _ in found) == Counter(EVERY)
    assert {verdict for _, verdict in found} == set(VERDICTS)


def test_each_requirement_stands_in_its_chapter() -> None:
    chapters = re.split(r"^## V(\d+) .*$", TABLE, flags=re.MULTILINE)[1:]
    rows = [
        (chapter, told)
        for chapter, text in zip(chapters[::2], chapters[1::2], strict=True)
        for told in ROW.findall(text)
    ]
    assert [
        told for chapter, (told, _, _) in rows if any(each.split(".")[0] != chapter for each in numbers(told))
    ] == []


def test_the_summary_counts_and_lists_the_same() -> None:
    counts = Counter(verdict for _, verdict in verdicts())
    told = re.search(r"(\d+) met, (\d+) not applicable, (\d+) not\s+met", SUMMARY)
    assert told
    assert [int(number) for number in told.groups()] == [counts[verdict] for verdict in VERDICTS]
    listed = [number for row in ROW.findall(SUMMARY) for number in numbers(row[0])]
    assert Counter(listed) == Counter(number for number, verdict in verdicts() if verdict == "not met")
