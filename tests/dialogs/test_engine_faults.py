"""Nothing ever escapes the engine: faults land, calls end, and no sequence of results breaks it."""
# ruff: noqa: E501 - results and flows are tables, read by rows

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.effects import Collect, Effect, Enqueue, Hangup, Lookup, Play, SetOutcome
from dialogs.engine import MOST_EFFECTS, Conversation
from dialogs.errors import ConversationOver, UnknownFlow
from dialogs.facts import Facts
from dialogs.nodes.say import Say
from dialogs.results import (
    Done,
    Failed,
    Found,
    Handed,
    Heard,
    Keyed,
    Match,
    Missing,
    NobodyFree,
    NoInput,
    NoMatch,
    Played,
    Result,
    Slow,
)
from tests.dialogs.engine_flows import LOOK, TWO, TWO_HEAD, ask
from tests.dialogs.flowtext import ASK, HEAD, conversation, flow_set, heard, key, say, spoken


def look() -> Conversation:
    call = conversation(HEAD.replace("billing", "people") + LOOK)
    key(call, call.start(), "45718")
    return call


# `XXX` is ISO 4217's code for "no currency": there are no words for it.
@pytest.mark.parametrize(
    "record",
    [{}, {"balance": None}, {"balance": "a lot"}, {"balance": 5}, {"balance": 5, "balance_currency": "XXX"},
     {"balance": 5, "balance_currency": "EUR", "due_date": "tomorrow"}, {"balance": True}],
)  # fmt: skip
def test_a_value_that_cannot_be_said_becomes_an_apology_and_a_person(record: dict[str, object]) -> None:
    """Half-broken rows never crash a call: noted, without the value, and a person takes over."""
    call = look()
    apology = call.send(Found(record))  # type: ignore[arg-type]  # what a broken look-up may give
    assert isinstance(apology, Play)
    assert "problema" in spoken(apology)
    assert isinstance(call.send(Played()), Enqueue)
    assert len(call.faults) == 1
    assert (call.faults[0].step, "a lot" in call.faults[0].reason) == ("tell", False)


def test_a_result_that_does_not_belong_is_a_fault_with_a_landing() -> None:
    """A session that mixes up results hears of it in `faults`; the caller reaches a person."""
    call = look()
    assert isinstance(call.send(Played()), Play)
    assert isinstance(call.send(Played()), Enqueue)
    assert "UnexpectedResult" in call.faults[0].reason


def test_a_fault_at_the_person_ends_with_regret() -> None:
    """Where even the person's step breaks, the caller hears it and the call ends."""
    call = look()
    assert isinstance(call.send(Slow()), Enqueue)
    assert "no podemos atenderle" in spoken(call.send(Played()))
    assert call.send(Played()) == SetOutcome("fault", "people")
    assert isinstance(call.send(Done()), Hangup)


def test_a_judge_that_breaks_is_a_miss_and_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session calls `judge` outside the engine; not even a bug there may reach it."""
    call, question = ask()
    assert isinstance(question, Collect)
    monkeypatch.setattr("dialogs.slots.digits.readings", lambda *_: 1 / 0)
    assert question.judge(heard("uno")) == NoMatch()
    assert [fault.reason.split(":")[0] for fault in call.faults] == ["ZeroDivisionError"]


def test_a_node_that_breaks_becomes_an_apology(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in a node is noted and lands the caller with a person; its message is not repeated."""

    def broken(self: Say, call: object) -> Iterator[Effect]:
        yield from ()
        raise RuntimeError("secret 45718")

    monkeypatch.setattr(Say, "run", broken)
    call, question = ask()
    assert "problema" in spoken(key(call, question, "45718"))
    assert "45718" not in str(call.faults)
    assert isinstance(call.send(Played()), Enqueue)


def test_hanging_up_ends_everything() -> None:
    """At any instant: finished, with the cause and the position kept; nothing can be sent any more."""
    call, _ = ask()
    call.hang_up("ORIGINATOR_CANCEL")
    call.hang_up("AGAIN")
    assert (call.finished, call.hangup_cause, call.position.step) == (
        True,
        "ORIGINATOR_CANCEL",
        "customer_number",
    )
    with pytest.raises(ConversationOver):
        call.send(Played())
    with pytest.raises(ConversationOver):
        call.start()


def test_misuse_is_told() -> None:
    """Unknown flow, a result before the start, a second start."""
    with pytest.raises(UnknownFlow, match="trial"):
        conversation(HEAD + ASK, flow="main")
    call = conversation(HEAD + ASK)
    with pytest.raises(ConversationOver):
        call.send(Played())
    call.start()
    with pytest.raises(ConversationOver):
        call.start()


# --- nothing escapes ---------------------------------------------------------------------------------

RESULTS: list[Result] = [
    Played(), NoInput(), NoMatch("x"), Missing(), Slow(), Failed("x"), Handed(), Done(), Found({}),
    Found({"balance": 100, "balance_currency": "EUR", "due_date": "2026-12-01"}),
    NobodyFree("timeout"), NobodyFree("closed"), NobodyFree("left"), NobodyFree("no_agents"),
    Match("45718", "x", "keys"), Match("nonsense", "x", "voice", 0.5, "check"), Match("@person", "x", "voice"),
    Match("@back", "x", "voice"), Match("@language:ca", "x", "voice"), Match("@language:xx", "x", "voice"),
    Match("@repeat", "x", "voice"), Match("@", "x", "voice"), Match("yes", "x", "keys"), Match("go", "x", "keys"),
]  # fmt: skip
SETS = [flow_set(TWO_HEAD + TWO), flow_set(HEAD.replace("billing", "people") + LOOK), flow_set(HEAD + ASK)]


def _fitting(effect: Effect) -> Result:
    match effect:
        case Collect():
            return NoInput()
        case Lookup():
            return Failed("x")
        case Enqueue():
            return NobodyFree("timeout")
        case Play():
            return Played()
    return Done()


@settings(max_examples=300, deadline=None)  # a busy machine is no counter-example
@given(which=st.integers(0, 2), results=st.lists(st.sampled_from(RESULTS), max_size=60))
def test_no_sequence_of_results_breaks_a_conversation(which: int, results: list[Result]) -> None:
    """Any results in any order: always an effect or the end; and a well-behaved rest always ends it."""
    call = Conversation(SETS[which], "trial", Facts())
    effect = call.start()
    for result in results:
        if call.finished:
            break
        effect = call.send(result)
    for _ in range(60):
        if call.finished:
            break
        effect = call.send(_fitting(effect))
    assert call.finished


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80), confidence=st.floats(0, 1))
def test_no_utterance_breaks_a_judge(text: str, confidence: float) -> None:
    """Whatever is heard or keyed is a match or none, at every kind of question."""
    for flows in SETS:
        call = Conversation(flows, "trial", Facts())
        question = call.start()
        assert isinstance(question, Collect)
        for answer in (heard(text, confidence), Keyed(text), Heard(())):
            assert isinstance(question.judge(answer), Match | NoMatch)
        assert call.faults == []


def test_a_call_cannot_go_on_for_ever() -> None:
    """A caller who circles through the menu a thousand times is let go with regret."""
    text = TWO.replace(
        "  - hangup: normal",
        '  - id: round\n    say: {es: "Otra.", ca: "Altra."}\n    then: m\n  - id: hangup_3\n    hangup: normal',
    )
    call = conversation(TWO_HEAD + text)
    effect = call.start()
    turns = 0
    while not call.finished and turns < MOST_EFFECTS + 10:
        turns += 1
        if isinstance(effect, Collect):
            effect = key(call, effect, "1" if effect.kind == "menu" else "1234")
        else:
            effect = call.send(_fitting(effect))
    assert call.finished
    assert call.outcome == "fault"
    assert turns >= MOST_EFFECTS


def test_a_caller_who_wears_the_call_out_by_a_universal_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound on steps is a fault like any other where a person's word led to the step, too."""
    monkeypatch.setattr("dialogs.flow_stack.MOST_STEPS", 2)
    call, question = ask()
    again = say(call, question, "volver")
    regret = say(call, again, "volver")
    assert "no podemos atenderle" in spoken(regret)
    assert call.send(Played()) == SetOutcome("fault", "customer_number")
    assert isinstance(call.send(Done()), Hangup)


def test_messages_are_frozen() -> None:
    """What the session gets cannot change the conversation behind its back."""
    _, question = ask()
    with pytest.raises(dataclasses.FrozenInstanceError):
        question.step = "x"  # type: ignore[misc]  # that is what must not work
