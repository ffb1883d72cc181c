"""docs/callers.md tells of every fact and every key, and its example is a sound file."""

from __future__ import annotations

import re
from pathlib import Path

from dialogs.loader import assemble
from dialogs.manual.tables import table
from dialogs.segments.facts import FACTS
from dialogs.segments.golden import GoldenExpect
from dialogs.segments.reading import SegmentFile, read_rules
from dialogs.source import parse
from tests.dialogs.segments.test_rules import FLOW, WIDE

PAGE = Path(__file__).parents[3] / "docs" / "callers.md"


def test_the_page_tells_of_every_fact() -> None:
    """The table is what the program knows; after a change, write it anew from `FACTS`."""
    rows = (
        (f"`{name}`", fact.kind + (" · said" if fact.said else ""), fact.meaning)
        for name, fact in FACTS.items()
    )
    shown = re.search(r"<!-- facts -->\n(.*)\n<!-- /facts -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert shown is not None
    assert shown.group(1) == table(("fact", "type", "meaning"), rows)


def test_the_page_tells_of_every_key() -> None:
    """Of a segment, and of what its tests expect."""
    text = PAGE.read_text("utf-8")
    for key in {*SegmentFile.model_fields, *GoldenExpect.model_fields}:
        assert f"`{key}`" in text or f"{key}:" in text, key


def test_the_pages_example_is_sound() -> None:
    """Whoever copies it begins with a file that `ivr check` takes, but for what its flows must have."""
    example = re.search(r"```yaml\n(shortcuts:.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    source = parse(example.group(1), "segments.yaml")
    assert read_rules(source)[1] == []
    wrong = assemble([parse(FLOW, "trial.flow.yaml")], WIDE, segments=source)[1]
    foreign = (
        "speaks `en`",
        "no step asks for `order_id`",
        "`offer` in any menu `order`",
        "short cut `order`",
    )
    assert [problem for problem in wrong if not any(one in problem.message for one in foreign)] == []
