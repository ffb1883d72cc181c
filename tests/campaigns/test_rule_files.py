"""Rule files as people write them: each mistake with its line and what to do, and no gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.errors import FlowsInvalid
from ivr.campaigns.contact_rules.reading import PRESETS, load_rulebook, presets, read_rules

RULE = """\
rules:
  - id: own.rule
    jurisdictions: [CO]
    purposes: [collection]
    actors: [creditor]
    channels: [call]
    status: practice
    source: our own
    verified_on: 2026-11-22
    valid_from: 2026-01-01
    valid_to: open
    zones: every_candidate
    windows:
      - channels: [call]
        days: {mon-sat: 08:00-19:00, sun: closed}
        on_holidays: as_weekday
"""


def problems_of(tmp_path: Path, text: str) -> str:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    _, problems = read_rules([file], taken=frozenset({"co.collection"}))
    return "\n".join(f"{one.line}: {one.message}" for one in problems)


def test_a_whole_rule_has_no_mistakes(tmp_path: Path) -> None:
    """What the others change one thing of."""
    assert problems_of(tmp_path, RULE) == ""


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    """Nothing that only follows from it: neither of the list, nor of what else might have stood there."""
    gap = problems_of(tmp_path, RULE.replace(", sun: closed", ""))
    assert gap == "15: the week has a gap, nothing is said of sun: write hours or `closed` for each"
    assert "is empty" in problems_of(tmp_path, "rules: []\n"), "a list that is short by itself is told"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "sun: closed",
            "",
            "15: the week has a gap, nothing is said of sun: write hours or `closed` for each",
        ),
        ("[call]\n    status", "[call, sms]\n    status", "2: `own.rule` has a gap, no window for sms"),
        ("    valid_to: open\n", "", "`valid_to` is missing"),
        ("valid_to: open", "valid_to: 2025-01-01", "2: `own.rule` ends before it begins"),
        ("    source: our own\n", "", "`source` is missing"),
        ("    verified_on: 2026-11-22\n", "", "`verified_on` is missing"),
        ("on_holidays: as_weekday", "on_holidays: closed", "is closed on holidays, and names none"),
        ("[CO]", "[Colombia]", "`Colombia` is no country: write two capital letters"),
        ("status: practice", "status: lwa", "7: `lwa` is not allowed for `status`: did you mean `law`?"),
        ("08:00-19:00", "8-19", "`8-19` are no hours: write `09:00-18:00`"),
        ("id: own.rule", "id: co.collection", "2: `co.collection` is a preset's name: choose another"),
        ("id: own.rule", "id: house.rule", "names with `house.` are taken"),
        (
            "    zones: every_candidate\n",
            "    zones: every_candidate\n    windws: []\n",
            "unknown key `windws`: did you mean `windows`?",
        ),
        (
            "    zones: every_candidate\n",
            "    zones: every_candidate\n    max_wait_s: 0\n",
            "13: `max_wait_s: 0` is out of range",
        ),
        (
            "    zones: every_candidate\n",
            "    zones: every_candidate\n    max_wait_s: true\n",
            "13: `true` is no number: write it in figures",
        ),
        (
            "    zones: every_candidate\n",
            "    zones: every_candidate\n    human_option: wanted\n",
            "`wanted` is not allowed for `human_option`",
        ),
        (
            "    windows:",
            "    caps: [{scope: person, channels: call, counts: attempt, n: 1, period: month}]\n    windows:",
            "`month` is no period: write day, week",
        ),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Where it is, what it is, and what to do."""
    assert old in RULE
    assert told in problems_of(tmp_path, RULE.replace(old, new))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("abandon", "{cap: 0.03, denominator: attempts, window: day, threshold_s: 2}"),
        ("human_option", "required"),
        ("max_wait_s", "60"),
        ("min_ring_s", "20"),
    ],
)
def test_what_only_calls_can_keep_to(tmp_path: Path, key: str, value: str) -> None:
    """A rule about messages alone would have it obeyed by nobody."""
    extra = RULE.partition("    windows:")[0].replace(
        "own.rule", f"own.rule\n    extra: true\n    {key}: {value}"
    )
    assert problems_of(tmp_path, extra) == ""
    told = f"2: `own.rule` has `{key}`, which is of calls: add `call` to `channels`"
    assert problems_of(tmp_path, extra.replace("channels: [call]", "channels: [sms]")) == told


@pytest.mark.parametrize(
    ("ends", "begins", "told"),
    [
        ("2026-05-31", "2026-06-01", ""),
        ("2026-05-31", "2026-06-03", "nothing of `own.rule` holds on 2026-06-01, a gap"),
        ("2026-05-31", "2026-05-31", "two versions of `own.rule` hold on 2026-05-31"),
        ("open", "2026-06-01", "two versions of `own.rule` hold on 2026-06-01"),
    ],
)
def test_versions_follow_each_other(tmp_path: Path, ends: str, begins: str, told: str) -> None:
    """Day by day, without a hole through which a call could fall."""
    first = RULE.replace("valid_to: open", f"valid_to: {ends}")
    second = RULE.removeprefix("rules:\n").replace("valid_from: 2026-01-01", f"valid_from: {begins}")
    found = problems_of(tmp_path, first + second)
    assert told in found if told else found == ""


def test_a_wrong_own_file_stops_everything(tmp_path: Path) -> None:
    """A rule that nobody can read may be the one that forbids."""
    (tmp_path / "own.yaml").write_text(RULE.replace("sun: closed", ""))
    with pytest.raises(FlowsInvalid, match="gap"):
        load_rulebook(tmp_path)


def test_the_presets_say_where_they_are_from() -> None:
    """Each dated, with a source, a status and a day on which it was looked at, and the note on counsel."""
    assert {one.id for one in presets().rules} >= {
        "co.collection", "co.commercial", "es.commercial", "es.collection", "mx.collection", "pe.collection",
        "cl.collection", "us.collection", "us.telemarketing", "uk", "uk.commercial", "us.commercial_email",
        "mx.commercial", "pe.commercial", "cl.commercial",
    }  # fmt: skip
    assert all(one.source and one.verified_on.year == 2026 for one in presets().rules)
    assert all("counsel" in file.read_text(encoding="utf-8") for file in PRESETS.glob("*.yaml"))
