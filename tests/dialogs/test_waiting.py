"""What a flow declares for those who wait: keys, and where to go when it takes too long."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.catalogue import Catalogue
from dialogs.effects import Enqueue, Play, Record
from dialogs.engine import Conversation
from dialogs.errors import Problem
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import read_flows
from dialogs.queue_facts import BEYOND, QueueFacts
from dialogs.results import NobodyFree, Played

FLOW = """
flow: main
summary: To a person
languages: [es]
person: person
steps:
  - id: person
    queue: billing
    waiting:
      say: {es: "Para un mensaje, marque uno."}
      keys: {1: sorry, 2: shop}
    overflow:
      - if: queue.agents == 0
        then: sorry
      - if: queue.wait > 600 and caller.segment != "vip"
        then: shop
      - if: queue.on_time < 80
        then: other
    busy: sorry
  - id: other
    queue: support
    busy: sorry
  - id: shop
    transfer: shop
    failed: sorry
  - id: sorry
    say: {es: "Lo siento."}
  - id: note
    message: billing
    prompt: {es: "Deje un mensaje."}
    silent: bye
    failed: bye
  - id: bye
    hangup: normal
"""
CATALOGUE = Catalogue(queues=frozenset({"billing", "support"}), destinations={"shop": "2001"})


def read(folder: Path, text: str = FLOW) -> tuple[FlowSet, list[Problem]]:
    (folder / "main.flow.yaml").write_text(text)
    return read_flows([folder], CATALOGUE)


def waiting(folder: Path, **caller: str) -> tuple[Conversation, Enqueue]:
    flows, problems = read(folder)
    assert problems == []
    conversation = Conversation(flows, "main", Facts(language="es", caller={"number": "1", **caller}))
    effect = conversation.start()
    assert isinstance(effect, Enqueue)
    return conversation, effect


def test_the_queue_is_told_its_keys_and_words(tmp_path: Path) -> None:
    """What the caller may press, and what is said about it."""
    _, effect = waiting(tmp_path)
    assert effect.keys == "12"
    assert [spoken.text for spoken in effect.invitation] == ["Para un mensaje, marque uno."]


@pytest.mark.parametrize(
    ("facts", "segment", "way"),
    [
        (QueueFacts(agents=4, wait=600), "", ""),
        (QueueFacts(agents=4, wait=601), "", "overflow 2"),
        (QueueFacts(agents=4, wait=601), "vip", ""),
        (QueueFacts(agents=0, wait=BEYOND), "", "overflow 1"),
        (QueueFacts(agents=4, wait=30, on_time=79), "vip", "overflow 3"),
    ],
)
def test_the_first_condition_that_holds(tmp_path: Path, facts: QueueFacts, segment: str, way: str) -> None:
    """Length, wait, nobody there, the service level; VIPs differently."""
    _, effect = waiting(tmp_path, segment=segment)
    assert effect.overflow is not None and effect.overflow(facts) == way


@pytest.mark.parametrize(
    ("back", "step"),
    [
        (NobodyFree("left", "1"), "sorry"),
        (NobodyFree("left", "2"), "shop"),
        (NobodyFree("left"), "sorry"),  # nobody knows by which key: as busy
        (NobodyFree("overflow", "overflow 3"), "other"),
        (NobodyFree("timeout"), "sorry"),
        (NobodyFree("closed"), "sorry"),
    ],
)
def test_every_way_out_has_its_step(tmp_path: Path, back: NobodyFree, step: str) -> None:
    """By key, by overflow, and by what the queue says."""
    conversation, _ = waiting(tmp_path)
    assert conversation.send(back).step == step


def test_to_the_end(tmp_path: Path) -> None:
    """Another queue's landing leads on."""
    conversation, _ = waiting(tmp_path)
    conversation.send(NobodyFree("overflow", "overflow 3"))
    sorry = conversation.send(NobodyFree("timeout"))
    assert isinstance(sorry, Play)
    message = conversation.send(Played())
    assert isinstance(message, Play)
    assert isinstance(conversation.send(Played()), Record)


WRONG = [
    ("    busy: sorry\n  - id: other", "  - id: other", "`busy` is missing"),
    ("keys: {1: sorry, 2: shop}", "keys: {1: sory, 2: shop}", "did you mean `sorry`?"),
    ("keys: {1: sorry, 2: shop}", "keys: {11: sorry}", "`11` is no key of a telephone"),
    ("keys: {1: sorry, 2: shop}", "keys: {}", "`keys` is empty"),
    ("queue.agents == 0", "queue.agent == 0", "knows no `queue.agent`, only the queue and the caller: did you mean `queue.agents`?"),
    ("queue.agents == 0", 'queue.agents == "0"', "which are never equal"),
    ("queue.wait > 600 and", "queue.wait > and", "cannot be read"),
    ("        then: sorry\n", "        then: bye\n", "`bye` hangs up on whoever has waited: write `busy: {offer"),
    ("keys: {1: sorry, 2: shop}", "keys: {1: bye}", "`bye` hangs up on whoever has waited"),
    ("    busy: sorry\n  - id: other", "    busy: bye\n  - id: other", "`bye` hangs up on whoever has waited"),
    ("    busy: sorry\n  - id: other", "    busy: sorry\n    closed: bye\n  - id: other", "`bye` hangs up on whoever has waited"),
    ("    busy: sorry\n  - id: other", "    busy: sorry\n    error: told\n  - id: told\n    say: {es: Adiós.}\n    then: bye\n  - id: other", "`told` offers nothing to whoever has waited before the call ends"),
    ("        then: other\n", "        then: person\n", "person"),
]  # fmt: skip


# ruff: noqa: E501 -- a table of changes and their messages
@pytest.mark.parametrize(("before", "after", "message"), WRONG, ids=[row[2][:30] for row in WRONG])
def test_mistakes(tmp_path: Path, before: str, after: str, message: str) -> None:
    """A queue step without a landing is a mistake, and so is one that leads nowhere, in circles, or hangs up."""
    assert before in FLOW
    _, problems = read(tmp_path, FLOW.replace(before, after, 1))
    assert any(message in str(problem) for problem in problems), problems
