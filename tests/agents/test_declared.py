"""`agents.yaml`, `outcomes.yaml`: each mistake with its line and remedy, and what they mean for the plan."""

from __future__ import annotations

from typing import Any

import pytest

from dialogs.catalogue import Catalogue
from dialogs.source import parse
from ivr.agents.opening import dial_strings
from ivr.agents.outcomes_reading import read_outcomes
from ivr.agents.reading import read_roster
from ivr.queueing.reading import read_plan
from ivr.queueing.sync import wanted
from tests.agents.conftest import AGENTS, OUTCOMES, OUTSIDE, QUEUES, plan_of

PLAN = read_plan(parse(QUEUES, "queues.yaml"), Catalogue(queues=frozenset({"billing", "support"})))[0]


def agents_problems(text: str, **more: Any) -> list[str]:
    given: dict[str, Any] = {"allowed": [OUTSIDE], "dial": "user/{number}", **more}
    return [f"{one.line}: {one.message}" for one in read_roster(parse(text, "agents.yaml"), PLAN, **given)[1]]


def outcome_problems(text: str) -> list[str]:
    found = read_outcomes(parse(text, "outcomes.yaml"), PLAN, webhooks=["crm"])[1]
    return [f"{one.line}: {one.message}" for one in found]


def test_the_usual_files_are_right() -> None:
    """Those that the other tests use."""
    assert agents_problems(AGENTS) == []
    assert outcome_problems(OUTCOMES) == []


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("queues: [support]", "queues: [suport]", "4: unknown queue `suport`: did you mean `support`?"),
        ("contact: user/1002", "contact: sip/1002", "is no contact: write user/1001"),
        ("contact: user/1002", "contact: user/1001", "4: user/1001 is somebody else's telephone, too"),
        ('"+34911000111"', '"+34911000112"', "5: `+34911000112` is not allowed: ask your operator"),
        ("key: 2,", "key: 1,", "key 1 is another pause's, too"),
        ("lunch: {key: 1, counts_as_work: false}", "lunch: {key: 1}", "counts_as_work"),
        ("lunch:", "not_answering:", "is a reason of the server's own: rename it"),
        ("wrap_up: {billing: 3}", "wrap_up: {bills: 3}", "unknown queue `bills`"),
        ("name: Joan,", "nam: Joan,", "did you mean `name`?"),
        ("2002: {", "x2: {", "is no agent: write 2 to 10 digits"),
        ("name: Joan,", "pin: 4711,", "pin"),
        ("name: Joan,", 'pin: "4711",', "a PIN is never written here, only its argon2id hash"),
        ("hold_off: {misses: 2", "hold_off: {mises: 2", "did you mean `misses`?"),
        ("{billing: {}, support: {level: 1, position: 2}}", "{billing: {level: 12}}", "9"),
    ],
)
def test_a_mistake_among_agents_is_told_with_its_remedy(wrong: str, right: str, told: str) -> None:
    """Each is one edit away from a file that is right."""
    assert wrong in AGENTS
    problems = agents_problems(AGENTS.replace(wrong, right, 1))
    assert any(told in one for one in problems), problems


def test_all_mistakes_come_at_once() -> None:
    """Also in an alert; and without a trunk nobody outside can be called."""
    text = AGENTS + "alerts: {a: {watch: waiting, above: 5, clear: 9}, b: {watch: nothing}}\n"
    assert len(agents_problems(text)) == 2
    assert "there is no trunk" in agents_problems(AGENTS, dial="")[0]


def test_nobody_serves_a_queue_first() -> None:
    """Helpers alone are nobody."""
    text = "agents:\n  2001: {queues: {billing: {}, support: {level: 1}}}\n"
    assert agents_problems(text) == [
        "1: nobody serves `support` first: give somebody its skills and languages, or level 0 there"
    ]


def test_one_person_stands_in_one_file() -> None:
    """Else nobody would know which wrap-up counts."""
    both = QUEUES + "agents: {2001: {queues: [billing, support]}}\n"
    plan = read_plan(parse(both, "queues.yaml"), Catalogue(queues=frozenset({"billing", "support"})))[0]
    told = read_roster(parse("agents:\n  2001: {queues: [billing]}\n", "agents.yaml"), plan)[1]
    assert any("stands in queues.yaml, too" in one.message for one in told)


def test_what_the_switch_gets() -> None:
    """Levels and positions become tiers, contacts dial strings; who helps by overflow comes after."""
    plan, roster = plan_of()
    goal = {one.name: one for one in wanted(plan, contacts=dial_strings(roster)).agents}
    assert goal["2001"].tiers == (("billing", 0), ("support", 1))
    assert goal["2001"].position("support") == 2
    assert goal["2001"].dial == "[leg_timeout=20]user/1001@ivr"
    assert goal["2001"].telephone == "1001"
    assert goal["2003"].dial == f"[leg_timeout=20]user/{OUTSIDE}"
    assert goal["2003"].telephone == ""
    assert ("support", 1) in goal["2003"].tiers


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("queues: [billing]", "queues: [bills]", "unknown queue `bills`"),
        ("form: script\n", "form: skript\n", "unknown form `skript`: did you mean `script`?"),
        ("webhook: crm", "webhook: erp", "unknown webhook `erp`"),
        ("to: mobile", "to: day", "`day` is a date: name a field of type phone"),
        ("{amount} el", "{sum} el", "there is no field `sum`"),
        ("callback: {at: at}", "callback: {at: on}", "there is no field `on`"),
        ("type: money", "type: cash", "money"),
        ("options: [disputes, forgot], ", "", "a choice has some"),
        ("if: {reason: disputes}", "if: {reason: dispute}", "`reason` is never `dispute`"),
        ("if: {reason: disputes}", "if: {cause: disputes}", "`cause` is not asked before"),
        ("- case: promise", "- {case: promise, webhook: crm}", "an action is one of"),
    ],
)
def test_a_mistake_among_outcomes_is_told_with_its_remedy(wrong: str, right: str, told: str) -> None:
    """Each is one edit away from a file that is right."""
    assert wrong in OUTCOMES
    problems = outcome_problems(OUTCOMES.replace(wrong, right, 1))
    assert any(told in one for one in problems), problems
