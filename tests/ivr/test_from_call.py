"""A call that was had becomes a test: lived in a real session, remembered by a real database, told again."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from dialogs.effects import Collect
from dialogs.loader import load_flows
from dialogs.play import play
from dialogs.rehearsal import scripts_of
from dialogs.results import (
    Alternative,
    Failed,
    Found,
    Heard,
    Keyed,
    Missing,
)
from dialogs.retold import NotRetold
from dialogs.source import parse
from ivr.cli.flows import SHIPPED
from ivr.publishing.catalogues import catalogue_in
from ivr.workshop.recorded_call import Site
from ivr.workshop.recorded_call import test_of as as_test
from tests.ivr.told_again import CUSTOMER, SECRET, ZONE, Scene, account, flows, gone, heard, in_turn, scene

__all__ = ["flows", "scene"]


def limit() -> Found:
    return Found({"holder": "Lucía", "limit": 90000, "limit_currency": "EUR"})


def test_a_plain_call_becomes_a_test_without_anybody_s_data(scene: Scene) -> None:
    """Number, name, telephone and amount are made up; the way through the flow is the same; notes say so."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(heard("mi saldo"), Keyed(CUSTOMER), heard("no gracias")))
    text = scene.retell(record)
    for real in (CUSTOMER, "Lucía", "759000101", "142,30", "14230", "+34600111222", "Ana Pérez"):
        assert real not in text
    assert "# customer_number: a made-up answer" in text
    assert "# what account found is made up" in text
    assert f"# from the call {record.call_id}" in text
    for kept in ("say: mi saldo", "lookup: account", "step: customer_number", "hangup: true", "now: "):
        assert kept in text


def test_with_data_everything_is_as_it_was(scene: Scene) -> None:
    """For a desk where real data may be."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), None, heard("no")))
    text = scene.retell(record, with_data=True)
    for real in (CUSTOMER, "Lucía Fernández Ortega", "14230", "142,30", "+34600111222"):
        assert real in text
    assert "real data" in text


@pytest.mark.parametrize("with_data", [False, True])
def test_a_masked_answer_gets_a_stated_placeholder(scene: Scene, with_data: bool) -> None:
    """The digits are nowhere in the record, so a made-up number of the right kind stands for them."""
    scene.answers = {
        "card": lambda: Found({"holder": "Ana", "limit": 90000, "limit_currency": "EUR", "number": SECRET})
    }
    record = scene.live(in_turn(Keyed("2"), Keyed("123"), Keyed(SECRET), Keyed("2")))
    assert SECRET not in repr(record)
    text = scene.retell(record, with_data=with_data)
    assert SECRET not in text
    assert "# pan: a made-up answer" in text
    assert text.count("key:") == 4


@pytest.mark.parametrize("balance", [1, 99_999, 100_001, 0, -5, 12_345])
@pytest.mark.parametrize("status", ["late", "open"])
def test_made_up_data_take_the_same_way(scene: Scene, balance: int, status: str) -> None:
    """Whatever conditions look at: amounts on both sides of each limit, and the words that they name."""
    scene.answers = {"account": account(balance=balance, status=status)}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), Keyed("2")))
    visited = [step for flow, step, _ in scene.trace.visits]
    text = scene.retell(record)
    (script,) = scripts_of(parse(text, "t.test.yaml"), scene.flows)
    assert {step for _flow, step, _ in play(scene.flows, script).visits} == set(visited)


def test_the_same_question_with_two_answers(scene: Scene) -> None:
    """A back end that is slow once and well the next time; a queue that is busy, then free."""
    found = iter([Failed("down"), Missing(), account()()])
    scene.answers = {"account": lambda: next(found)}
    scene.queues = ["TIMEOUT", "answered"]
    acts = [Keyed("1"), Keyed(CUSTOMER), Keyed("1"), Keyed(CUSTOMER), Keyed(CUSTOMER), Keyed("1"), Keyed("0")]
    record = scene.live(in_turn(*acts))
    text = scene.retell(record)
    assert "- busy\n" in text
    assert "- error\n" in text


def test_what_was_said_while_a_back_end_was_slow_is_no_part_of_the_test(scene: Scene) -> None:
    """What the live service says at the look-up's own step ("one moment, please"): no flow knows of it."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), Keyed("2")))
    turns = list(record.turns)
    at = next(n for n, turn in enumerate(turns) if turn.kind == "lookup")
    waited = replace(turns[at], kind="said", text="Un momento, por favor.", result="", asked={}, found={})
    text = scene.retell(replace(record, turns=(*turns[:at], waited, *turns[at:])))
    assert "Un momento" not in text
    assert "lookup: account" in text


def test_a_caller_who_goes_while_something_is_said_ends_the_test_there(scene: Scene) -> None:
    """What came after was never lived, and is not asserted."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER)), gone_at="¿Su número")
    text = scene.retell(record)
    assert "account" not in text
    assert text.rstrip().endswith("hang_up: true")


def test_a_language_change_and_a_half_trusted_answer(scene: Scene) -> None:
    """Readings with their confidences are kept as far as the question makes a difference of them."""
    scene.answers = {"account": account()}
    acts = [
        heard("en catalán"),
        Heard((Alternative("salvo", 0.5), Alternative("saldo", 0.45))),
        heard("sí"),
        heard("quatre cinc set u sis", 0.6),
        heard("sí"),
        None,
        heard("no"),
    ]
    record = scene.live(in_turn(*acts))
    text = scene.retell(record)
    assert "language: es" in text
    assert CUSTOMER not in text
    assert "quatre cinc set u sis" not in text


def test_a_record_of_other_flows_says_where_it_goes_astray(scene: Scene) -> None:
    """The folder has changed since: a clear word, and no test that tells something else."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), Keyed("2")))
    other = load_flows([SHIPPED], catalogue_in(SHIPPED))
    with pytest.raises(NotRetold, match="are they those that the call ran on"):
        as_test(record, other, Site(ZONE))


class RandomCaller:
    """Does something possible at every question: phrases, numbers, nonsense, keys, silence, hang-up."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.turns = self.random.randint(1, 14)

    def __call__(self, question: Collect) -> Heard | Keyed | None:
        choose, self.turns = self.random, self.turns - 1
        if self.turns < 0:
            raise gone()
        what = choose.random()
        if what < 0.1:
            return None
        if what < 0.5 and question.keys.longest:
            if choose.random() < 0.6 and question.keys.longest >= 5:
                return Keyed({5: CUSTOMER, 8: SECRET}.get(question.keys.longest, CUSTOMER))
            keys = "".join(choose.choices("0123456789*", k=choose.randint(1, question.keys.longest)))
            return Keyed(keys)
        if not question.voice:
            return None
        phrases = [
            *question.phrases,
            "quatre cinc set u sis",
            "cuatro cinco siete uno seis",
            "no sé qué decir",
        ]
        readings = choose.choices(phrases, k=choose.randint(0, 3))
        sure = sorted((choose.uniform(0.2, 1.0) for _ in readings), reverse=True)
        return Heard(tuple(Alternative(text, one) for text, one in zip(readings, sure, strict=True)))

    def found(self) -> Found | Missing | Failed:
        balance = self.random.choice([0, 1, -700, 14230, 99_999, 100_001, 5_000_000])
        status = self.random.choice(["late", "open"])
        return self.random.choice([account(balance=balance, status=status)(), Missing(), Failed("down")])


@pytest.mark.parametrize("seeds", [range(24), pytest.param(range(24, 300), marks=pytest.mark.long)])
def test_calls_of_random_callers_become_tests_that_pass(scene: Scene, seeds: range) -> None:
    """Record, retell, play: whatever callers do, whatever look-ups and queues answer; nobody's data in it."""
    told = 0
    for seed in seeds:
        caller = RandomCaller(seed)
        scene.answers = {
            "account": caller.found,
            "card": lambda caller=caller: caller.random.choice([limit(), Missing()]),  # type: ignore[misc]
        }
        reasons = ["answered", "TIMEOUT", "NO_AGENT_TIMEOUT", "EXIT_WITH_KEY", "BROKEN"]
        scene.queues = caller.random.choices(reasons, k=6)
        gone_at = caller.random.choice(["", "", "", "Saldo o", "Debe", "Deu", "Adi", "Algo", "Su ", "Hola"])
        record = scene.live(caller, language=caller.random.choice(["es", "ca"]), gone_at=gone_at)
        if not [turn for turn in record.turns if turn.kind != "said"]:
            continue  # gone before anything was answered
        assert SECRET not in repr(record), f"seed {seed}"
        try:
            text = scene.retell(record)
        except NotRetold as fault:
            raise AssertionError(f"seed {seed}: {fault}\n" + "\n".join(map(str, record.turns))) from fault
        assert not [real for real in (CUSTOMER, SECRET, "Lucía", "759000101") if real in text], f"seed {seed}"
        told += 1
        answers = [turn for turn in record.turns if turn.who == "caller" and turn.kind != "recorded"]
        does = sum(text.count(f"- {word}:") for word in ("say", "key", "silence", "confidence"))
        assert does >= len(answers), f"seed {seed}"
    assert told > len(seeds) * 0.6
