"""The quick reading of YAML tells what ruamel's own does: events, places, and mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from dialogs.yaml_events import events_of

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
PAGE = """# of all that people write
flow: trial   # with a remark behind
steps:
- menu: main_menu
  prompt: {es: "Saldo: \\"uno\\"\\n  y más.", ca: 'l''hora, 09:30', en: plain words, with: a:b}
  choices: [a, {key: 1, phrases: [no, 'dos  tres'\t]}, ? odd, ~]

- say: one line
    and another:behind,  two   spaces

    and a paragraph # remark
  text: |2-
     kept
    lines
  folded: >+
    a
    b

- ? - complex
  : value
- &name !tag "x": *name
"""
SIGNS = [
    *":,[]{}#-?|>'\"\\!&*% \n\t\r\x85\u2028\ufeff\xa0@`~=aé😀",
    "- ",
    ": ",
    " #",
    "\n  ",
    "''",
    "\\x41",
    "---\n",
]
SIGNS += [
    "...\n",
    "? ",
    "<<: ",
    "\r\n",
    "%YAML 1.1\n---\n",
    "  b c",
    '"d e"',
    "'f:  g'",
    "h: i\n",
    "x" * 1030,
]


def told(events: Iterable[Any]) -> list[object]:
    """Everything that is asked of events, and of the mistake that ends them."""
    found: list[object] = []
    try:
        for event in events:
            marks = [(mark.index, mark.line, mark.column) for mark in (event.start_mark, event.end_mark)]
            asked = [
                getattr(event, name, None) for name in ("value", "style", "implicit", "anchor", "flow_style")
            ]
            found.append((type(event), marks, asked, str(getattr(event, "tag", None))))
    except MarkedYAMLError as fault:
        places = [mark and (mark.line, mark.column) for mark in (fault.problem_mark, fault.context_mark)]
        found.append((type(fault), fault.problem, fault.context, places))
    except YAMLError as fault:
        found.append((type(fault), getattr(fault, "position", None)))
    return found


def ruamel(text: str) -> list[object]:
    return told(YAML(typ="safe", pure=True).parse(text))


@pytest.mark.parametrize("name", ["catalogue.yaml", "main.flow.yaml", "balance.test.yaml"])
def test_files_of_the_product(name: str) -> None:
    text = (SHIPPED / name).read_text(encoding="utf-8")
    assert len(told(events_of(text))) > 300
    assert told(events_of(text)) == ruamel(text)


@settings(max_examples=250)
@given(st.lists(st.tuples(st.integers(0, len(PAGE)), st.booleans(), st.sampled_from(SIGNS)), max_size=6))
def test_a_page_with_slips(slips: list[tuple[int, bool, str]]) -> None:
    """Signs that are put in or lost at any place."""
    text = PAGE
    for at, lost, sign in slips:
        text = text[:at] + ("" if lost else sign) + text[at + lost :]
    assert told(events_of(text)) == ruamel(text)


@given(st.lists(st.sampled_from(SIGNS), max_size=25))
def test_signs_in_any_order(signs: list[str]) -> None:
    """What hardly is YAML any more."""
    text = "".join(signs)
    assert told(events_of(text)) == ruamel(text)
