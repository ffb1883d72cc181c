"""Who is taken for whom, and what follows: in rules alone, and in a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

import pytest

from dialogs.catalogue import Catalogue
from dialogs.effects import CallBack, Collect, Enqueue, Hangup, Play
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import assemble
from dialogs.results import Alternative, Handed, Heard, Keyed, Match, NobodyFree, Played, Result
from dialogs.segments.facts import ABSENT, FACTS, Scalar
from dialogs.segments.rules import NO_RULES, SegmentRules
from dialogs.source import parse
from tests.dialogs.flowtext import CATALOGUE

FLOW = """flow: trial
languages: [es, ca]
person: people
steps:
  - id: hello
    greet: {es: "Hola.", ca: "Bon dia."}
  - shortcut: known_matter
    to: {order: which}
    else: offers
  - ask: which
    type: order_id
    length: 6
    prompt: {es: "¿Qué pedido?", ca: "Quina comanda?"}
  - id: told
    say: {es: "Es el {which}.", ca: "És la {which}."}
  - id: offers
    menu: offers
    prompt: {es: "Diga.", ca: "Digui."}
    choices:
      one: {key: 1, then: which, phrases: {es: [uno], ca: [u]}, offer: {es: "Uno, uno.", ca: "U, u."}}
      two: {key: 2, then: people, phrases: {es: [dos], ca: [dos]}, offer: {es: "Dos, dos.", ca: "Dos, dos."}}
      three: {key: 3, then: people, phrases: {es: [tres], ca: [tres]}}
  - id: people
    queue: billing
    busy: {offer: callback}
"""
SEGMENTS = """shortcuts:
  order:
    when: orders.on_the_way > 0
    ask: {es: "¿Por su pedido {order.number}?", ca: "Per la comanda {order.number}?"}
    answers: {which: order.number}
segments:
  - segment: vip
    when: person.value >= 100000 or person.membership == "gold"
    reason: {es: "{person.value} en un año", ca: "{person.value} en un any"}
    greeting: {es: "Hola, llamó {calls.last_30_days} veces.", ca: "Bon dia, {calls.last_30_days} trucades."}
    menu_first: [two]
    queue: {billing: sales}
    priority: 300
    language: ca
    human_first: true
    shortcuts: []
  - segment: late
    when: order.in_days < 0
    reason: "{order.expected_date}"
    queue: support
  - segment: angry
    when: outcomes.handed_over >= 2 and not number.withheld
    reason: "{outcomes.handed_over} veces con una persona, {tickets.oldest_days} días"
    language: former
  - segment: regular
    reason: los demás
    language: former
"""
WIDE = replace(CATALOGUE, queues=frozenset({"billing", "sales", "support"}))
ORDER: Mapping[str, Scalar] = {"person.known": True, "orders.on_the_way": 1, "order.number": "780346"}


def flows(segments: str = SEGMENTS, catalogue: Catalogue = WIDE) -> FlowSet:
    found, wrong = assemble(
        [parse(FLOW, "trial.flow.yaml")], catalogue, segments=parse(segments, "segments.yaml")
    )
    assert wrong == []
    return found


@pytest.fixture(scope="module")
def trial() -> FlowSet:
    return flows()


def begun(trial: FlowSet, history: Mapping[str, Scalar] | None, **facts: object) -> Conversation:
    known = Facts(now=datetime(2026, 11, 23, 10), history=history, **facts)  # type: ignore[arg-type] # a table
    return Conversation(trial, "trial", known)


def heard_of(conversation: Conversation, *results: Result) -> list[object]:
    """The effects, up to the one behind the last result."""
    effects: list[object] = [conversation.start()]
    effects += [conversation.send(result) for result in results]
    return effects


def words(effect: object) -> str:
    assert isinstance(effect, Play | Collect)
    return " ".join(spoken.shown or spoken.text for spoken in effect.prompt)


# --- rules ---


@pytest.mark.parametrize(
    ("history", "segment"),
    [
        ({"person.value": 100_000}, "vip"),
        ({"person.value": 99_999}, "regular"),
        ({"person.membership": "gold", "order.in_days": -3}, "vip"),
        ({"order.in_days": -1}, "late"),
        ({"order.in_days": 0}, "regular"),
        ({"order.in_days": None}, "regular"),
        ({"outcomes.handed_over": 2}, "angry"),
        ({"outcomes.handed_over": 2, "number.withheld": True}, "regular"),
        ({}, "regular"),
    ],
)
def test_the_first_that_holds_counts(trial: FlowSet, history: Mapping[str, Scalar], segment: str) -> None:
    """In the order of the page; what is unknown holds nowhere; everybody is something."""
    assert trial.segments.decide(history).segment.name == segment


def test_every_rule_that_was_tried_is_told_with_its_verdict(trial: FlowSet) -> None:
    """Up to the one that held; a condition about something unknown is told apart from one that fails."""
    tried = trial.segments.decide({}).tried
    assert [(one.segment, one.verdict) for one in tried] == [
        ("vip", "does not hold"),
        ("late", "unknown"),
        ("angry", "does not hold"),
        ("regular", "default"),
    ]
    assert tried[1].condition == "order.in_days < 0"


def test_the_reason_has_the_figures_as_people_read_them(trial: FlowSet) -> None:
    """Money, dates, counts in the language; a dash for what is unknown; one text serves all languages."""
    rules = trial.segments
    vip = rules.decide({"person.value": 123_456, "person.value_currency": "EUR"})
    assert vip.reason("ca") == "1.234,56 € en un any"
    assert vip.reason("en").endswith("en un año")
    late = rules.decide({"order.in_days": -2, "order.expected_date": "2026-11-21"})
    assert late.reason("es", date(2026, 11, 23)) == "21 de noviembre de 2026"
    assert rules.decide({"outcomes.handed_over": 3}).reason("es") == "3 veces con una persona, – días"


def test_without_rules_nobody_is_anything(trial: FlowSet) -> None:
    """A folder without the file works as before; a test may still say what the caller is."""
    assert NO_RULES.decide({"person.value": 10**9}).segment.name == ""
    forced = SegmentRules().decide({}, forced="vip")
    assert (forced.segment.name, forced.segment.priority, forced.reason("es")) == ("vip", 0, "")
    assert trial.segments.decide({}, forced="vip").segment.priority == 300


def test_every_fact_has_a_value_for_somebody_nobody_knows() -> None:
    """Of its type, or unknown; so no condition of the file can break on a stranger."""
    kinds = {"number": int, "money": int, "boolean": bool, "text": str}
    for name, fact in FACTS.items():
        assert name == name.lower()
        assert fact.meaning
        value = ABSENT[name]
        assert value is None or isinstance(value, kinds[fact.kind]), name


# --- in a conversation ---


def test_a_segment_is_greeted_in_its_words_and_language(trial: FlowSet) -> None:
    """The figures are the caller's; everybody else hears the flow's own greeting."""
    vip = begun(trial, {"person.membership": "gold", "calls.last_30_days": 4})
    assert words(vip.start()) == "Bon dia, 4 trucades."
    assert vip.language == "ca"
    assert words(begun(trial, {}).start()) == "Hola."


@pytest.mark.parametrize(
    ("history", "language"),
    [
        ({"calls.language": "ca", "person.language": "es"}, "ca"),
        ({"person.language": "ca"}, "ca"),
        ({"calls.language": "en"}, "es"),
        ({}, "es"),
    ],
)
def test_the_former_language_is_spoken_if_the_flow_speaks_it(
    trial: FlowSet, history: Mapping[str, Scalar], language: str
) -> None:
    """What was spoken the last time goes before what somebody has noted."""
    assert begun(trial, history).language == language


def test_a_yes_to_the_short_cut_answers_its_question_once(trial: FlowSet) -> None:
    """The order's number is not asked for; the next time that the step is come to, it is."""
    call = begun(trial, ORDER)
    hello, question, told = heard_of(call, Played(), Match("yes", "sí", "voice"))
    assert words(hello) == "Hola."
    assert words(question) == "¿Por su pedido 780346?"
    assert isinstance(question, Collect)
    assert words(told) == "Es el 780346."
    assert call.slots == {"which": "780346"}
    menu = call.send(Played())
    assert isinstance(menu, Collect)
    again = call.send(menu.judge(Keyed("1")))
    assert words(again) == "¿Qué pedido?"


@pytest.mark.parametrize(
    ("heard", "goes_on"),
    [
        ("no", True),
        ("no, es por otra cosa", True),
        ("no, no es por eso", True),
        ("el perro del vecino", False),
    ],
)
def test_whatever_begins_with_no_leads_to_the_menu(trial: FlowSet, heard: str, goes_on: bool) -> None:
    """Nobody who says no is asked the same again; who was not understood is."""
    call = begun(trial, ORDER)
    _, question = heard_of(call, Played())
    assert isinstance(question, Collect)
    after = call.send(question.judge(Heard((Alternative(heard, 0.9),))))
    assert ("Diga." in words(after)) is goes_on


@pytest.mark.parametrize(
    "history",
    [
        {**ORDER, "person.known": False, "people.count": 2},
        {**ORDER, "order.number": None},
        {**ORDER, "person.membership": "gold"},
        {"person.known": True},
    ],
    ids=["a shared number", "no number to name", "a segment without it", "nothing on the way"],
)
def test_the_short_cut_is_not_offered(trial: FlowSet, history: Mapping[str, Scalar]) -> None:
    """To whom it may not be said, for whom there is nothing to say, where the business does not want it."""
    after = heard_of(begun(trial, history), Played())[-1]
    assert isinstance(after, Collect)
    assert "780346" not in words(after)


def test_menus_begin_with_what_the_segment_has_first(trial: FlowSet) -> None:
    """The others follow in the order of the page; keys stay; a choice without an offer is not read out."""
    regular = heard_of(begun(trial, {}), Played())[-1]
    assert words(regular) == "Diga. Uno, uno. Dos, dos."
    vip = heard_of(begun(trial, {"person.membership": "gold"}), Played())[-1]
    assert words(vip) == "Digui. Dos, dos. U, u."


@pytest.mark.parametrize(
    ("history", "queue", "priority"),
    [
        ({"person.membership": "gold"}, "sales", 300),
        ({"order.in_days": -1}, "support", 0),
        ({}, "billing", 0),
    ],
    ids=["its own for one queue", "one for all", "the flow's"],
)
def test_queue_priority_and_callback_are_the_segments(
    trial: FlowSet, history: Mapping[str, Scalar], queue: str, priority: int
) -> None:
    """Whichever step hands over; what travels with the caller tells the segment and the reason."""
    call = begun(trial, history, caller={"number": "+34600111222"})
    enqueue = heard_of(call, Played(), Match("two", "dos", "voice"))[-1]
    assert isinstance(enqueue, Enqueue)
    assert (enqueue.queue, enqueue.priority) == (queue, priority)
    assert enqueue.context["segment"] == call.known.segment.name
    assert enqueue.context["reason"] == call.reason
    offered = call.send(NobodyFree("timeout"))
    assert isinstance(offered, Collect)
    back = call.send(Match("yes", "sí", "voice"))
    assert isinstance(back, CallBack)
    assert back.queue == queue


def test_what_is_learnt_in_a_call_counts_from_there_on(trial: FlowSet) -> None:
    """Who proves to be a VIP waits as one; the language that is being spoken stays."""
    call = begun(trial, {})
    heard_of(call, Played())
    assert call.learn({"person.membership": "gold", "person.value": 5, "person.value_currency": "EUR"})
    assert not call.learn({"person.membership": "gold"})
    assert (call.known.segment.name, call.language) == ("vip", "es")
    enqueue = call.send(Match("two", "dos", "voice"))
    assert isinstance(enqueue, Enqueue)
    assert (enqueue.queue, enqueue.priority) == ("sales", 300)
    assert isinstance(call.send(Handed()), object)
    assert call.values["caller.segment"] == "vip"
    assert call.values["caller.human_first"] is True


def test_nothing_known_is_no_segment(trial: FlowSet) -> None:
    """A lost database: the call goes on as everybody's, and no rule has been tried on made-up nothing."""
    call = begun(trial, None)
    assert (call.known.segment.name, call.known.tried, call.reason) == ("", (), "")
    assert words(call.start()) == "Hola."
    assert not isinstance(call.send(Played()), Hangup)
