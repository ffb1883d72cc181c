"""The bounds that keep a designer's loop short, in processor time: a busy machine proves nothing."""

# ruff: noqa: E501 - a flow is read by rows

from __future__ import annotations

from datetime import datetime
from functools import partial

from dialogs.effects import Collect
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import assemble
from dialogs.results import Alternative, Heard, Keyed, Played
from dialogs.source import parse
from tests.dialogs.conftest import Walk
from tests.dialogs.flowtext import CATALOGUE
from tests.pace import quiet_seconds, usual_seconds


def large_flow(steps: int) -> str:
    """A flow of questions, look-ups, branches and prompts, in three languages."""
    text = "flow: large\nlanguages: [es, ca, en]\nperson: person\nsteps:\n"
    for at in range(0, steps - 2, 4):
        text += f"""  - ask: number_{at}
    type: digits
    length: 5
    prompt: {{es: "Diga o marque su número.", ca: "Digui o marqui el número.", en: "Say or key in the number."}}
    no_input: {{es: "No le he oído. Su número.", ca: "No l'he sentit. El número.", en: "I did not hear you."}}
  - id: look_{at}
    lookup: account
    by: {{customer_number: "{{number_{at}}}"}}
    found: owes_{at}
    missing: person
    slow: person
    error: person
  - id: owes_{at}
    branch: [{{if: account.balance > {at}, then: tell_{at}}}]
    else: person
  - id: tell_{at}
    say: {{es: "Son {{account.balance:money}}.", ca: "Són {{account.balance:money}}.", en: "{{account.balance:money}}."}}
"""
    return (
        text
        + "  - id: person\n    queue: billing\n    busy: {offer: callback, declined: end}\n  - id: end\n    hangup: normal\n"
    )


def test_a_flow_of_200_steps_is_checked_within_a_second() -> None:
    """Reading, schema and all rules, from text to set."""
    text = large_flow(202)
    made = []
    taken = quiet_seconds(lambda: made.append(assemble([parse(text, "large.flow.yaml")], CATALOGUE)))
    [(flows, problems)] = made
    assert problems == []
    assert len(flows.flow("large").steps) >= 200
    assert taken < 1.0, f"{taken:.2f} s"


def test_a_thousand_scripted_calls_run_within_ten_seconds(walk: Walk) -> None:
    """The shipped ones, which are more."""
    assert len(walk.calls) > 1000
    taken = walk.seconds / len(walk.calls) * 1000
    assert taken < 10.0, f"{taken:.2f} s"


def test_judging_never_holds_up_the_other_calls(shipped: FlowSet) -> None:
    """The longest nonsense that a recogniser could write is judged in well under 20 ms, at any question."""
    for keys, words in (("", 10), ("", 40), ("1", 16), ("1", 40)):
        call = Conversation(shipped, "main", Facts(now=datetime(2026, 11, 23, 10)))
        call.start()
        question = call.send(Played())
        for pressed in keys:
            assert isinstance(question, Collect)
            question = call.send(question.judge(Keyed(pressed)))
        assert isinstance(question, Collect)
        said = [
            " ".join(f"{chr(97 + (seed * 7 + at * 3) % 26) * 2}ontira{at}" for at in range(words))
            for seed in range(9)
        ]
        taken = usual_seconds([partial(question.judge, Heard((Alternative(text, 0.9),))) for text in said])
        assert taken < 0.02, f"{keys!r} {words}: {taken * 1000:.1f} ms"
