"""One call from answer to record: every effect performed, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
from gevent.event import Event

from data.seeds import seed
from data.store import Store
from dialogs.effects import (
    Enqueue,
    Hangup,
    Lookup,
    Play,
    SetOutcome,
)
from dialogs.results import (
    Done,
    Failed,
    Found,
    Handed,
    Match,
    Missing,
    NobodyFree,
    NoInput,
    NoMatch,
    Played,
    Slow,
)
from ivr.lookups import Lookups
from tests.ivr.paper import LiveInbox
from tests.ivr.session_rig import PaperLookups, Rig, number_question, rig, spoken

__all__ = ["rig"]


def test_a_call_is_answered_recorded_spoken_to_and_ended(rig: Rig) -> None:
    """The plain course: the order of what the switch is told, and the record that stays."""
    dialog, record = rig.live([Play(spoken("hola"), "greet"), SetOutcome("told", "o"), Hangup("bye")])
    assert rig.call.orders == ["answer", "start_recording", "play hola.wav", "hang_up NORMAL_CLEARING"]
    assert dialog.results == [Played(), Done()]
    assert dialog.hung_up == ["NORMAL_CLEARING"]
    assert (record.outcome, record.ended_by, record.hangup_cause) == ("told", "system", "NORMAL_CLEARING")
    assert [(turn.who, turn.step, turn.text) for turn in record.turns] == [("system", "greet", "hola")]
    assert record.recording is not None
    assert record.recording.endswith(f"{record.call_id}.wav")


def test_keys_answer_a_question(rig: Rig) -> None:
    """Keys are judged as soon as there are enough of them."""
    rig.call.keys("45713")
    dialog, record = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [Match("45713", "45713", "keys")]
    assert [(turn.who, turn.kind, turn.text) for turn in record.turns] == [
        ("system", "said", "number?"),
        ("caller", "keys", "45713"),
    ]


def test_silence_is_no_input(rig: Rig) -> None:
    """Nobody says or keys anything: the question comes to an end by itself."""
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [NoInput()]


def test_too_few_keys_are_judged_after_the_pause(rig: Rig) -> None:
    """A caller who stops in the middle is not waited for without end."""
    rig.call.keys("45")
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [NoMatch("45")]


@pytest.mark.parametrize("keys", ["45", "*"])
def test_live_audio_does_not_keep_a_question_waiting_for_keys(rig: Rig, keys: str) -> None:
    """Frames arrive fifty times a second while the caller thinks: the pause is the clock's, not theirs."""
    rig.call.inbox = LiveInbox()
    rig.call.keys(keys)
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [NoMatch(keys)]


def test_a_terminator_after_a_complete_answer_belongs_to_it(rig: Rig) -> None:
    """ "45716#": the # neither stops the next prompt nor answers the next question."""
    rig.call.keys("45716#")
    dialog, _ = rig.live(
        [number_question(), Play(spoken("balance"), "tell"), number_question(), Hangup("bye")]
    )
    assert dialog.results == [Match("45716", "45716", "keys"), Played(), NoInput()]
    orders = rig.call.orders
    assert "stop_playing" not in orders[orders.index("play balance.wav") :]


def test_the_terminator_ends_the_keys_and_is_not_one_of_them(rig: Rig) -> None:
    """Who knows how, is not made to wait."""
    rig.call.keys("45#")
    dialog, _ = rig.live([number_question(), Hangup("bye")])
    assert dialog.results == [NoMatch("45")]


def test_keys_pressed_during_a_prompt_stop_it_and_answer_the_next_question(rig: Rig) -> None:
    """Type-ahead: who knows the menu hears nothing twice, and loses no key."""
    rig.call.hold_prompts = True
    rig.call.keys("45713")
    dialog, _ = rig.live([Play(spoken("long"), "greet"), number_question(), Hangup("bye")])
    assert dialog.results[0] == Played(interrupted=True)
    assert dialog.results[1] == Match("45713", "45713", "keys")
    assert "stop_playing" in rig.call.orders
    assert "play number?.wav" not in rig.call.orders


def test_a_sensitive_answer_is_masked_everywhere(rig: Rig) -> None:
    """The canary digits stand in the dialog's result and nowhere else: not in record, moments, recording."""
    rig.call.keys("45713")
    dialog, record = rig.live([number_question(sensitive=True), Hangup("bye")])
    assert dialog.results == [Match("45713", "45713", "keys")]
    assert "45713" not in repr(record)
    assert "45713" not in repr(rig.moments)
    orders = rig.call.orders
    assert orders.index("mask") < orders.index("play number?.wav") < orders.index("unmask")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda: Found({"balance": 1}), Found({"balance": 1})),
        (Missing, Missing()),
        (lambda: Failed("down"), Failed("down")),
        (Event().wait, Slow()),
    ],
)
def test_a_look_up_has_four_ends(
    rig: Rig, answer: Callable[[], Found | Missing | Failed], expected: object
) -> None:
    """Found, missing, failed, and slow when the back end does not answer in time."""
    rig.lookups = PaperLookups(answer)
    dialog, _ = rig.live([Lookup("account", {"customer_number": "45713"}, "look"), Hangup("bye")])
    assert dialog.results == [expected]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"cc_cause": "answered"}, Handed()),
        ({"cc_cause": "cancel", "cc_cancel_reason": "TIMEOUT"}, NobodyFree("timeout")),
        ({"cc_cause": "cancel", "cc_cancel_reason": "NO_AGENT_TIMEOUT"}, NobodyFree("no_agents")),
        ({"cc_cause": "cancel", "cc_cancel_reason": "EXIT_WITH_KEY"}, NobodyFree("left")),
        ({}, Failed("the queue ended without an agent (_none_)")),
    ],
)
def test_a_queue_gives_the_caller_back_with_a_reason(
    rig: Rig, variables: Mapping[str, str], expected: object
) -> None:
    """What mod_callcenter says in variables becomes a result that a flow can branch on."""
    rig.call.queue_variables = variables
    dialog, _ = rig.live([Enqueue("billing", "person", {}), Hangup("bye")])
    assert dialog.results == [expected]
    assert rig.call.orders.index("set hangup_after_bridge=true") < rig.call.orders.index(
        "enqueue billing@ivr"
    )


def test_a_segments_priority_is_the_queues_score_and_is_taken_back(rig: Rig) -> None:
    """mod_callcenter reads it as the member joins; the next queue must not inherit it."""
    rig.call.queue_variables = {"cc_cause": "cancel", "cc_cancel_reason": "TIMEOUT"}
    ahead = Enqueue("billing", "person", {}, priority=300)
    rig.live([ahead, Enqueue("support", "person", {}), Hangup("bye")])
    orders = [one for one in rig.call.orders if one.startswith(("set cc_base_score", "enqueue"))]
    assert orders == [
        *("set cc_base_score=300", "enqueue billing@ivr"),
        *("set cc_base_score=", "enqueue support@ivr"),
    ]


def test_a_caller_who_talks_to_a_person_is_not_cut_off(rig: Rig) -> None:
    """The dialog may end, the conversation goes on: no hang-up of ours, no prompt into it."""
    effects = [Enqueue("billing", "person", {}), SetOutcome("handed_over", "o"), Hangup("bye")]
    _, record = rig.live(effects)
    assert not [order for order in rig.call.orders if order.startswith(("hang_up", "play"))]
    assert (record.outcome, record.ended_by) == ("handed_over", "agent")


def test_the_record_can_be_played_again(rig: Rig) -> None:
    """Each turn has its flow, step, language and result; keys, look-ups and queues stand in it."""
    rig.lookups = PaperLookups(lambda: Found({"balance": 14230}))
    rig.call.queue_variables = {"cc_cancel_reason": "TIMEOUT"}
    rig.call.keys("45713")
    effects = [
        number_question(),
        Lookup("account", {"customer_number": "45713"}, "look"),
        Enqueue("billing", "person", {}),
        number_question(),
        Hangup("bye"),
    ]
    _, record = rig.live(effects)
    told = [turn for turn in record.turns if turn.kind != "said"]
    assert [(turn.kind, turn.step, turn.result) for turn in told] == [
        ("keys", "number", "match"),
        ("lookup", "look", "found"),
        ("handover", "person", ""),
        ("queue", "person", "timeout"),
        ("no_input", "number", "no_input"),
    ]
    assert {(turn.flow, turn.language) for turn in record.turns} == {("main", "es")}
    assert (told[0].keys, told[0].by) == ("45713", "keys")
    assert (told[1].text, told[1].asked, told[1].found) == (
        "account",
        {"customer_number": "45713"},
        {"balance": 14230},
    )


def test_what_a_call_reads_of_somebody_is_in_the_audit_log(rig: Rig) -> None:
    """Which fields, for which step, in which call; nothing for who was not found, and no value at all."""
    found = Found({"balance": 14230, "name": "Lucía"})
    answers = iter([found, Missing()])
    rig.lookups = PaperLookups(lambda: next(answers))
    asked = [Lookup("account", {"customer_number": number}, "look") for number in ("45713", "99999")]
    _, record = rig.live([*asked, Hangup("bye")])
    (entry,) = rig.store.audit.latest(5)
    assert (entry.who, entry.action, entry.what) == ("call", "read", "account: balance, name")
    assert (entry.why, entry.call_id, entry.customer_id) == ("main.look", record.call_id, None)
    assert "14230" not in repr(entry) and "45713" not in repr(entry)


def test_the_way_through_the_flow_is_kept(rig: Rig) -> None:
    """Which steps, and by which exit each was left: the record of the call knows where callers go."""
    rig.live([Hangup("bye")])
    way = rig.store.traffic.of("main")
    assert (way.calls, way.exits, way.ended) == (1, {("greet", "next"): 1}, {"number": 1})


def test_a_look_up_by_a_sensitive_answer_is_masked_by_its_value(rig: Rig) -> None:
    """The number that only the flow may know stands neither in what was asked nor in what was found."""
    rig.lookups = PaperLookups(lambda: Found({"dni": "X-45713-K", "balance": 14230}))
    rig.secrets = frozenset({"45713"})
    _, record = rig.live([Lookup("account", {"dni": "45713"}, "look"), Hangup("bye")])
    (turn,) = record.turns
    assert (turn.sensitive, turn.asked, turn.found) == (
        True,
        {"dni": "•••"},
        {"dni": "•••", "balance": 14230},
    )


def test_a_lookup_in_a_database_that_does_not_answer_is_slow(rig: Rig) -> None:
    """Somebody keeps the reading connection: the caller hears of it in time, the call goes on."""
    seed(rig.store, customers=7)
    other = Store(f"sqlite:///{rig.folder}/ivr.sqlite3")
    rig.lookups = Lookups(other, lambda: datetime(2026, 11, 23, tzinfo=UTC))
    by = {"order_id": "780346", "customer_number": "45716"}
    lookup = Lookup("order", by, "order", 4.0)
    with other.database.reading():
        dialog, _ = rig.live([lookup, Hangup("bye")])
    assert dialog.results == [Slow()]
    assert isinstance(rig.lookups.ask("order", by), Found)
    other.close()
