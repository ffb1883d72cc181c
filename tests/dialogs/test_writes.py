"""`write` steps beyond the page's example: checks, what a test may say, what a record tells again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialogs.catalogue import Catalogue, WriteSchema
from dialogs.effects import Enqueue, Lookup, Write
from dialogs.engine import Conversation
from dialogs.errors import FlowsInvalid
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import assemble
from dialogs.play import play
from dialogs.rehearsal import load_scripts
from dialogs.results import Match, Refused, Written
from dialogs.retold import Happening, Past, retold
from dialogs.source import parse
from dialogs.written import test_text
from tests.dialogs.flowtext import CATALOGUE, HEAD, conversation, key, problems

KNOWN: Catalogue = replace(
    CATALOGUE,
    writes={
        "day": WriteSchema(
            {"order_id": "digits", "day": "text"}, frozenset({"late", "unknown"}), {"reference": "digits"}
        )
    },
)
STEPS = """  - ask: order_id
    type: digits
    length: 5
    prompt: {es: "uno"}
  - write: day
    with: {order_id: "{order_id}", day: "2026-12-01"}
    done: told
    reasons: {late: sorry}
    refused: person
    later: noted
    error: person
  - id: told
    say: {es: "Hecho, {day.reference:digits}."}
    then: bye
  - id: sorry
    say: {es: "Tarde."}
    then: bye
  - id: noted
    say: {es: "Anotado."}
    then: bye
  - id: person
    queue: billing
    busy: {offer: callback, declined: bye}
  - id: bye
    hangup: normal
"""
FLOW = HEAD + STEPS


def flows() -> FlowSet:
    found, wrong = assemble([parse(FLOW, "trial.flow.yaml")], KNOWN)
    assert wrong == []
    return found


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("write: day", "write: dya", 9, "did you mean `day`?"),
        ("{order_id: \"{order_id}\", day", "{order: \"{order_id}\", day", 10, "did you mean `order_id`?"),
        (", day: \"2026-12-01\"", "", 10, "needs `day` too"),
        ("{late: sorry}", "{latte: sorry}", 12, "did you mean `late`?"),
        ("    later: noted\n", "", 9, "`later` is missing"),
        ("    done: told\n", "    done: tould\n", 11, "did you mean `told`?"),
        ("    error: person\n", "    error: person\n    then: bye\n", 16, "remove `then`"),
        ("    length: 5\n", "    length: 5\n    sensitive: true\n", 11, "never written elsewhere: write"),
        ("day.reference", "day.referense", 17, "did you mean `day.reference`?"),
        ("ask: order_id", "id: question\n    ask: day", 10, "give that another name"),
    ],
)  # fmt: skip
def test_mistakes_of_a_write(before: str, after: str, line: int, told: str) -> None:
    """Each at its line, with the remedy."""
    assert before in FLOW
    found = problems(FLOW.replace(before, after, 1), catalogue=KNOWN)
    assert any(one.line == line and told in one.message for one in found), [str(one) for one in found]


def test_it_asks_for_what_was_said_and_takes_the_branch_of_the_reason() -> None:
    """The values are filled; the reason chooses; another reason goes the common way."""
    for reason, step in (("late", "sorry"), ("unknown", "person"), ("anything", "person")):
        call = Conversation(flows(), "trial", Facts("es"))
        effect = key(call, call.start(), "45716")
        assert isinstance(effect, Write)
        assert (effect.name, effect.values) == ("day", {"order_id": "45716", "day": "2026-12-01"})
        assert effect.filler
        assert call.send(Refused(reason)).step == step


def test_what_is_known_once_it_is_done_is_said() -> None:
    """By its field."""
    call = Conversation(flows(), "trial", Facts("es"))
    key(call, call.start(), "45716")
    effect = call.send(Written({"reference": "99012"}))
    assert "99012" in " ".join(part.shown or part.text for part in getattr(effect, "prompt", ()))


def test_who_does_not_want_to_wait_for_a_look_up_gets_the_person() -> None:
    """The session answers with the caller's wish instead of a find."""
    text = (
        HEAD
        + """  - lookup: account
    by: {customer_number: "45716"}
    found: bye
    missing: bye
    slow: bye
    error: bye
    meanwhile: {es: "Espere."}
  - id: bye
    hangup: normal
"""
    )
    call = conversation(text)
    effect = call.start()
    assert isinstance(effect, Lookup)
    assert [part.text for part in effect.filler] == ["Espere."]
    handed = call.send(Match("@person", "0", "keys"))
    assert isinstance(handed, Enqueue)
    assert handed.queue == "billing"
    assert call.trace.path[0].left_by == "@person"


def test_nothing_is_known_while_it_is_looked_up() -> None:
    """What fills the time holds no value."""
    text = (
        HEAD
        + """  - lookup: account
    by: {customer_number: "45716"}
    found: bye
    missing: bye
    slow: bye
    error: bye
    meanwhile: {es: "Espere, {account.name}."}
  - id: bye
    hangup: normal
"""
    )
    found = [one for one in problems(text) if "nothing is known yet" in one.message]
    assert [one.line for one in found] == [11]


@pytest.mark.parametrize(
    ("world", "told"),
    [
        ("{dya: later}", "did you mean `day`?"),
        ("{day: lat}", "did you mean `late`?"),
        ("{day: {done: {referense: 1}}}", "did you mean `reference`?"),
    ],
)
def test_what_a_test_says_of_a_write_must_be_there(tmp_path: Path, world: str, told: str) -> None:
    """A misspelt reason would make the test pass for nothing."""
    file = tmp_path / "trial.test.yaml"
    head = "flow: trial\ntests:\n  - test: t\n"
    file.write_text(f"{head}    outside: {{write: {world}}}\n    steps: [{{key: 45716}}]\n")
    with pytest.raises(FlowsInvalid) as fault:
        load_scripts([file], flows())
    assert [one.line for one in fault.value.problems] == [4]
    assert told in fault.value.problems[0].message


SAID_AT = {"Hecho": "told", "Anotado.": "noted", "Tarde.": "sorry"}


@pytest.mark.parametrize(
    ("result", "found", "ended", "said"),
    [
        ("written", {"reference": "99012"}, {"done": {"reference": "99012"}}, "Hecho"),
        ("noted", {}, "later", "Anotado."),
        ("refused", {"reason": "late"}, "late", "Tarde."),
    ],
)
def test_a_call_with_a_write_becomes_a_test(
    result: str, found: dict[str, str], ended: object, said: str
) -> None:
    """As it ended then, so it ends in the test, which passes."""
    happenings = [
        Happening(kind="said", flow="trial", step="order_id"),
        Happening(
            kind="answer", flow="trial", step="order_id", result="match", by="keys", band="sure", keys="45716"
        ),
        Happening(kind="deed", flow="trial", step="day", result=result, found=found),
        Happening(kind="said", flow="trial", step=SAID_AT[said]),
    ]
    past = Past(
        flow="trial",
        language="es",
        now=datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid")),
        caller={},
        happenings=happenings,
        ended_by="system",
    )
    written = retold(past, flows(), with_data=True)
    assert written.outside["write"] == {"day": ended}
    text = test_text("as it was", written, flows())  # which passes, or it would not be written
    assert said in text


def test_a_test_that_says_nothing_of_it_hears_something_made_up(tmp_path: Path) -> None:
    """As in the simulator: a field of its type is said, and the flow goes on."""
    file = tmp_path / "trial.test.yaml"
    head = "flow: trial\ntests:\n  - test: t\n    steps:\n      - key: 45716\n"
    file.write_text(f'{head}      - expect: {{write: day, said: "10000008", hangup: true}}\n')
    (script,) = load_scripts([file], flows())
    played = play(flows(), script)
    assert played.passed, played.report()
