"""A rule that wants a person within reach of whoever is called: told by the check, and held at the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.own_rule import own_rule
from tests.campaigns.test_collections_are_held_to_it import NEUTRAL, with_a_sample, written
from tests.commands import ivr as run
from tests.databases import store_at

OWN = own_rule("own.person", "human_option: required")
TOLD = (
    "fees.yaml:5:20: own.person wants a person within reach of whoever is called, and `nag` has none:"
    " lead its `person` to a queue or a transfer, or have it hand over"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation whose campaign tells something and hangs up."""
    written(tmp_path, words=NEUTRAL)
    (tmp_path / "contact_rules").mkdir()
    store_at(tmp_path / "ivr.sqlite3", customers=8).close()
    with_a_sample(tmp_path)
    return tmp_path


def rule(home: Path, text: str) -> None:
    (home / "contact_rules" / "own.yaml").write_text(text, "utf-8")


def test_nobody_asks_for_it(home: Path) -> None:
    """What no rule wants is no mistake."""
    assert run(home, "campaign", "check", "fees").returncode == 0
    assert run(home, "campaign", "start", "fees", "nag").returncode == 0


def test_a_flow_without_a_person_is_told_and_does_not_start(home: Path) -> None:
    """With the line of the campaign's flow; and it starts as soon as the flow hands over."""
    rule(home, OWN)
    checked = run(home, "campaign", "check", "fees")
    assert (checked.returncode, TOLD in checked.stdout) == (1, True), checked
    refused = run(home, "campaign", "start", "fees", "nag")
    assert (refused.returncode, TOLD in refused.stderr) == (2, True), refused
    flow = home / "flows" / "nag.flow.yaml"
    over = "  - id: over\n"
    offer = "  - id: desk\n    queue: desk\n    busy: {offer: callback, declined: over}\n"
    flow.write_text(flow.read_text("utf-8").replace(over, offer + over, 1), "utf-8")
    assert run(home, "campaign", "check", "fees").returncode == 0
    assert run(home, "campaign", "start", "fees", "nag").returncode == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("human_option: required", "human_option: open"),
        ("[collection]", "[commercial]"),
        ("[ES]", "[PT]"),
        ("status: practice", "status: draft"),
        ("valid_from: 2020-01-01", "valid_from: 9999-01-01"),
    ],
)
def test_another_rule_wants_nothing_here(home: Path, old: str, new: str) -> None:
    """Of another purpose or country, or not in force."""
    assert old in OWN
    rule(home, OWN.replace(old, new))
    assert run(home, "campaign", "check", "fees").returncode == 0
    assert run(home, "campaign", "start", "fees", "nag").returncode == 0


def test_rules_with_a_mistake_start_nothing(home: Path) -> None:
    """The one that cannot be read may be the one that forbids."""
    rule(home, OWN.replace("practice", "custom"))
    refused = run(home, "campaign", "start", "fees", "nag")
    assert (refused.returncode, "own.yaml:" in refused.stderr) == (2, True), refused
