"""What `ivr doctor` says of the contact rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config import Settings
from ivr.config_sections import RetentionSettings
from ivr.doctor import _contact_rules


@pytest.mark.parametrize(("days", "state"), [(1094, "note"), (1095, "good"), (None, "good")])
def test_contacts_are_to_be_kept_as_long_as_a_rule_asks(tmp_path: Path, days: int | None, state: str) -> None:
    """The longest of all that are in force; a ledger that forgets sooner proves nothing."""
    found = _contact_rules(Settings(home=tmp_path, retention=RetentionSettings(contacts=days)))
    assert found.state == state
    assert ("us.collection asks for 1095" in found.found) == (state == "note")
    assert found.remedy.startswith("Set retention.contacts to 1095") == (state == "note")


def test_rules_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """With them nobody is contacted."""
    (tmp_path / "contact_rules").mkdir()
    (tmp_path / "contact_rules" / "own.yaml").write_text("rules:\n  - {id: own.x}\n")
    found = _contact_rules(Settings(home=tmp_path))
    assert found.state == "bad" and "own.yaml:2:" in found.found and "ivr rules check" in found.remedy
