"""What docs/embedded-switch.md says that the embedded switch can do, against what it does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import esl.embedded.switch  # noqa: F401 - it brings every application and command with it
from esl.embedded import line
from esl.embedded.api import API
from esl.embedded.apps import APPLICATIONS
from esl.embedded.config import SwitchConfig

DOCUMENT = (Path(__file__).parents[2] / "docs" / "embedded-switch.md").read_text(encoding="utf-8")


def listed(title: str) -> set[str]:
    """The names of a list `- **title**: name (remark), name. ...`."""
    found = re.search(rf"^- \*\*{title}\*\*: (.*)$", DOCUMENT, re.MULTILINE)
    assert found is not None
    sentence = re.sub(r"\([^()]*\)", "", found[1]).partition(".")[0]
    return {name.strip() for name in sentence.split(",")}


@pytest.mark.parametrize(("title", "there"), [("Applications", APPLICATIONS), ("api", API)])
def test_the_lists_are_complete_and_true(title: str, there: dict[str, object]) -> None:
    assert listed(title) == set(there)


def test_every_setting_is_described() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", DOCUMENT, re.MULTILINE))
    assert set(SwitchConfig.model_fields) <= rows


def test_every_frame_of_a_line_is_described() -> None:
    rows = set(re.findall(r"^\| `([A-Z])` ", DOCUMENT, re.MULTILINE))
    assert rows == {kind.decode() for kind in line._KINDS}
