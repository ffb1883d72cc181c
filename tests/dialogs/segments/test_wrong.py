"""Mistakes in `segments.yaml` and its tests: each on its line and column, with what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data import caller_statements
from dialogs.errors import FlowsInvalid
from dialogs.loader import assemble, read_flows
from dialogs.segments import reach
from dialogs.segments.golden import golden_of
from dialogs.source import parse
from tests.dialogs.segments.test_rules import FLOW, SEGMENTS, WIDE, flows

LAST = """  - segment: regular
    reason: los demás
"""
FIRST = "segments:\n  - segment: vip\n    reason: x\n"
OTHER = "  - segment: other\n    reason: x\n"
REMEDY = re.compile(
    r": (did you mean|choose one of|write|add|move|rename|take|put|name|correct|begin|compare|there is none)"
)


def told(text: str) -> list[str]:
    """Every problem of the file, as `line:column: message`."""
    try:
        source = parse(text, "segments.yaml")
    except FlowsInvalid as fault:
        found = list(fault.problems)
    else:
        found = assemble([parse(FLOW, "trial.flow.yaml")], WIDE, segments=source)[1]
    found = [problem for problem in found if "in segments.yaml: " not in problem.message]
    assert all(problem.file == "segments.yaml" for problem in found), found
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("- a", "1:1: these are no segments: begin"),
        ("segment: []", "1:1: unknown key `segment`: did you mean `segments`?"),
        ("segments: []", "1:1: `segments` is empty: add at least one"),
        ("segments:\n  - segment: vip\n", "2:5: `reason` is missing"),
        (FIRST + "    wehn: x\n", "4:5: unknown key `wehn`: did you mean `when`?"),
        (FIRST + "    priority: urgente\n", "4:5: `priority` cannot be `urgente`: write a whole number"),
        (FIRST + "    priority: 4000\n", "4:5: `priority: 4000` is out of range: write 0 to 3600"),
        (FIRST + "    queue: [billing]\n", "4:5: `queue` cannot be a list: write the name of a queue"),
        (FIRST.replace("vip", "VIP"), "2:5: `VIP` is not a name in lower case"),
        (FIRST + "    when: people.count > 0\n", "4:5: the last segment is for everybody who is left: add"),
        (FIRST + LAST, "2:5: `vip` has no `when`: those below are never reached, move it to the end"),
        (
            FIRST + "    when: people.count > 1\n" + FIRST[10:] + "    when: people.count > 2\n" + LAST,
            "5:5: `vip` is also the segment in line 2: rename one",
        ),
        (
            FIRST + "    when: person.value >= 3.000\n" + LAST,
            "4:5: `person.value` is counted in cents, and `3` has decimals: write 300 for 3.00, or 300000",
        ),
        (
            FIRST + "    when: calls.ever >= 1.000\n" + LAST,
            "4:5: `calls.ever` is counted whole, and `1.0` has decimals: write 1, or 1000",
        ),
        *(
            (
                FIRST + f"    when: {beyond}\n" + LAST,
                f"4:5: `{name}` is counted up to 500 and is never more: write `>= 500`, or less",
            )
            for name, beyond in (
                ("calls.ever", "calls.ever >= 1000"),
                ("calls.ever", "calls.ever > 500"),
                ("calls.last_90_days", "people.count == 1 and calls.last_90_days in [3, 501]"),
                ("outcomes.handed_over", "outcomes.handed_over > 2000"),
            )
        ),
        (
            FIRST + "    when: calls.ever > 5 and calls.ever < 3\n" + LAST,
            "4:5: `calls.ever > 5 and calls.ever < 3` is always false: remove it, or correct",
        ),
        (
            FIRST + '    when: person.language == "cat"\n' + LAST,
            '4:5: `person.language` is never "cat": did you mean `ca`?',
        ),
        (
            FIRST + '    when: number.country == "España"\n' + LAST,
            '4:5: `number.country` is never "España": write two capital letters',
        ),
        (
            FIRST + '    when: calls.last_outcome == "handed_ovr"\n' + LAST,
            '4:5: no call ends with the outcome "handed_ovr": did you mean `handed_over`?',
        ),
        (
            FIRST
            + "    when: debts.overdue > 0 or calls.ever > 3\n"
            + OTHER
            + "    when: debts.overdue > 1\n"
            + LAST,
            "7:5: nobody comes to `other`: whoever it is about is `vip` already (line 2): move it above",
        ),
        (
            FIRST
            + '    when: person.membership == "gold"\n'
            + OTHER
            + '    when: person.membership in ["gold"]\n'
            + LAST,
            "7:5: nobody comes to `other`: whoever it is about is `vip` already (line 2): move it above",
        ),
        (
            FIRST + "    when: calls.last_90_day > 3\n" + LAST,
            "4:5: nothing is known as `calls.last_90_day`: did you mean `calls.last_90_days`?",
        ),
        (
            FIRST + "    when: person.membership == gold\n" + LAST,
            'if `gold` is text, it needs quotes: write "gold"',
        ),
        (
            FIRST + '    when: people.count == "1"\n' + LAST,
            '4:5: `people.count == "1"` compares a number with',
        ),
        (FIRST + "    when: people.count\n" + LAST, "4:5: `people.count` is not a yes-or-no condition"),
        (FIRST + "    when: people.count > 1 &&\n" + LAST, "4:5: `&&` is not allowed in a condition: write"),
        (FIRST + "    when: __import__('os')\n" + LAST, "4:5: `__import__` is not a name"),
        (FIRST + "    when: outcomes.hunded_over > 1\n" + LAST, "did you mean `outcomes.handed_over`?"),
        (FIRST.replace("reason: x", 'reason: "{person.valeu}"'), "did you mean `person.value`?"),
        (FIRST.replace("reason: x", 'reason: {en: "x"}'), "3:14: no flow speaks `en`: choose one of"),
        (
            FIRST.replace("reason: x", 'reason: "{person.value:date}"'),
            "it cannot be said as date: write `:money`",
        ),
        (
            FIRST.replace("reason: x", 'reason: "{number.mobile}"'),
            "is boolean, it cannot be said as text: take",
        ),
        (FIRST + '    greeting: {es: "Hola"}\n', '4:5: no text in `ca`: add `ca: "…"`'),
        (FIRST + '    whisper: {es: "Cliente"}\n', '4:5: no text in `ca`: add `ca: "…"`'),
        (FIRST + "    whisper: Cliente\n", "4:5: `whisper` cannot be"),
        (FIRST + "    whisper: {}\n", "4:5: `whisper` is empty: add at least one"),
        (
            FIRST + '    whisper: {es: "Debe {debts.amount}", ca: "Deu"}\n',
            "4:15: `debts.amount` cannot be filled in here: take it out",
        ),
        (
            FIRST + '    greeting: {es: "Debe {debts.amount}", ca: "Deu"}\n',
            "4:16: `debts.amount` is not said to somebody who has not proved who they are: take it out",
        ),
        (FIRST + "    queue: sails\n", "4:5: unknown queue `sails`: did you mean `sales`?"),
        (FIRST + "    queue: {biling: sales}\n", "4:13: unknown queue `biling`: did you mean `billing`?"),
        (FIRST + "    language: fr\n", "4:5: no flow speaks `fr`: choose one of `ca`, `es`, `former`"),
        (FIRST + "    shortcuts: [ordre]\n", "there is no short cut `ordre`: add one first, there is none"),
        (
            FIRST + "    menu_first: [too]\n",
            "there is no choice with an `offer` in any menu `too`: did you mean",
        ),
        (FIRST + "    menu_first: [three]\n", "there is no choice with an `offer` in any menu `three`"),
        (SEGMENTS.replace("{which: order", "{wich: order"), "no step asks for `wich`: did you mean `which`?"),
        (
            SEGMENTS.replace("which: order.number", "which: debts.amount"),
            "`debts.amount` may not answer for a",
        ),
        (
            SEGMENTS.replace("which: order.number", "which: order.expected_date"),
            "`which` is code, `order.expected",
        ),
        (SEGMENTS.replace("ask: {es", "aks: {es"), "4:5: unknown key `aks`: did you mean `ask`?"),
        (SEGMENTS.replace("reason: los demás", "reason: *all"), "an alias (`*name`) is not allowed"),
        (SEGMENTS + "segments: []\n", "`segments` stands twice (first in line 6): remove one"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_remedy(text: str, wanted: str) -> None:
    """One mistake in an otherwise sound file."""
    found = told(text)
    assert any(wanted in one for one in found), found


def test_every_mistake_is_told_in_one_run() -> None:
    """And each message of the shape checks says what to do."""
    text = SEGMENTS.replace("calls.last_30_days} veces", "calls.last_3_days} veces").replace(
        "queue: support", "queue: suport"
    )
    found = told(text.replace("language: ca", "language: cat"))
    assert len(found) == 3
    assert all(REMEDY.search(one) for one in found), found


def test_a_sound_file_has_no_problem() -> None:
    """The table above changes one thing each; without it nothing is wrong."""
    assert told(SEGMENTS) == []
    assert told("segments:\n" + LAST) == []


def test_a_flow_that_goes_on_from_no_short_cut_is_told_in_the_flow() -> None:
    """With the nearest name; also where there is no file of segments at all."""
    flow = parse(FLOW.replace("to: {order: which}", "to: {ordre: which}"), "trial.flow.yaml")
    found = assemble([flow], WIDE, segments=parse(SEGMENTS, "segments.yaml"))[1]
    where = "trial.flow.yaml:8:10: there is no short cut `ordre` in segments.yaml"
    assert [str(problem) for problem in found] == [f"{where}: did you mean `order`?"]
    assert [str(problem) for problem in assemble([flow], WIDE)[1]] == [
        f"{where}: add one first, there is none"
    ]


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        ("  - test: x\n    expect: {segment: vpi}\n", "3:14: there is no segment `vpi`: did you mean `vip`?"),
        ("  - test: x\n    expect: {segmnt: vip}\n", "3:14: unknown key `segmnt`: did you mean `segment`?"),
        (
            "  - test: x\n    hystory: {}\n    expect: {}\n",
            "3:5: unknown key `hystory`: did you mean `history`?",
        ),
        (
            "  - test: x\n    history: {person.vale: 3}\n    expect: {}\n",
            "3:15: nothing is known as `person.vale`: did you mean `person.value`?",
        ),
        (
            "  - test: x\n    history: {person.value: mucho}\n    expect: {}\n",
            "3:15: `person.value: mucho` must be a whole number of cents: correct it",
        ),
        (
            "  - test: x\n    history: {order.expected_date: mañana}\n    expect: {}\n",
            "must be a day, such as `2026-11-24`",
        ),
        ("  - test: x\n    history: {number.mobile: 1}\n    expect: {}\n", "must be true or false"),
        (
            "  - test: x\n    expect: {shortcut: ordre}\n",
            "there is no shortcut `ordre`: did you mean `order`?",
        ),
        ("  - test: x\n    language: en\n    expect: {}\n", "3:5: no flow speaks `en`: choose one of"),
        ("  - test: x\n    now: mañana\n    expect: {}\n", "3:5: unknown day: write it as `2026-11-23`"),
        ('  - test: x\n    expect: {reason: {es: "x"}}\n', 'has no text here: add `ca: "…"`'),
    ],
)
def test_a_mistake_in_a_test_of_segments(test: str, wanted: str) -> None:
    """A misspelt name would make a test pass for nothing."""
    with pytest.raises(FlowsInvalid) as fault:
        golden_of(parse("tests:\n" + test, "segments.test.yaml"), flows())
    found = [f"{problem.line}:{problem.column}: {problem.message}" for problem in fault.value.problems]
    assert any(wanted in one for one in found), found


def test_a_test_of_segments_that_fails_tells_what_it_wanted_and_what_was() -> None:
    """Every key that differs, in each language."""
    text = """tests:
  - test: everything is wrong
    history: {person.membership: gold, person.known: true, calls.last_30_days: 2}
    expect:
      segment: late
      reason: nada
      greeting: {es: "llamó 2 veces", ca: "3 trucades"}
      shortcut: order
      queue: {billing: billing}
      priority: 1
      greeted_in: es
      human_first: false
      menu_first: [one]
"""
    spanish, catalan = golden_of(parse(text, "segments.test.yaml"), flows())
    assert not spanish.passed
    assert spanish.report().startswith("segments.test.yaml:2: everything is wrong [es]\n")
    for wanted in (
        "segment: wanted “late”, was “vip”",
        "reason: wanted “nada”",
        "shortcut: wanted “order”, was “”",
        "queue for `billing`: wanted “billing”, was “sales”",
        "priority: wanted 1, was 300",
        "greeted_in: wanted “es”, was “ca”",
        "human_first: wanted False, was True",
        "menu_first: wanted ['one'], was ['two']",
    ):
        assert wanted in spanish.report()
    assert "greeting" not in spanish.report()
    assert "greeting: wanted “3 trucades”" in catalan.report()


def test_a_misspelt_key_hides_no_other_mistake() -> None:
    """What is sound is checked beside it; names of what is misshapen are known all the same."""
    text = (
        "shortcuts:\n  order: {wehn: x}\n"
        + FIRST
        + "    wehn: x\n    shortcuts: [order]\n"
        + FIRST[10:].replace("vip", "late")
        + "    when: calls.last_90_day > 3\n    shortcuts: [order, ordr]\n"
        + LAST
    )
    found = "\n".join(told(text))
    assert found.count("unknown key `wehn`") == 2
    assert "nothing is known as `calls.last_90_day`" in found
    assert "there is no short cut `ordr`: did you mean `order`?" in found
    assert "there is no short cut `order`" not in found
    assert "never reached" not in found


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("debts.overdue > 1", "debts.overdue > 0"),
        ("order.in_days <= 0", "order.in_days <= 1"),
        ("calls.last_days_ago <= 1 and calls.ever > 2", "calls.ever > 2"),
        ('person.membership == "gold"', 'person.membership != "silver"'),
        ("orders.late > 0", "debts.overdue > 0"),
        ("orders.late > orders.on_the_way", "orders.late > 3"),
        ("person.known and debts.open > 0", "person.known"),
    ],
)
def test_whom_somebody_may_come_to_is_not_doubted(above: str, below: str) -> None:
    """The narrower one first is how such a file is meant; what cannot be decided is left alone."""
    assert not told(f"{FIRST}    when: {above}\n{OTHER}    when: {below}\n{LAST}")


def test_segments_that_cannot_be_read_are_told_once(tmp_path: Path) -> None:
    """A missing quote brought three mistakes about short cuts that stood there, and came last."""
    (tmp_path / "trial.flow.yaml").write_text(FLOW, "utf-8")
    (tmp_path / "segments.yaml").write_text(FIRST + "    greeting: Hola: de nuevo\n" + LAST)
    found = read_flows([tmp_path], WIDE)[1]
    assert [problem.message for problem in found if "short cut" in problem.message] == []
    assert any("colon" in problem.message for problem in found), found


def test_what_calls_are_counted_up_to_is_the_same_everywhere() -> None:
    """The checker's figure is that of the query; days since the last call have no such end."""
    assert reach.MOST_CALLS == caller_statements.MOST_CALLS
    text = FIRST + "    when: calls.last_days_ago > 600 and calls.ever >= 500\n" + LAST
    assert told(text) == []
