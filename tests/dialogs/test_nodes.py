"""Every node type: an example that works, in its own documentation."""

from __future__ import annotations

import json
import re
import sys

import pytest

from dialogs.effects import Collect
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.loader import assemble
from dialogs.nodes import NODES
from dialogs.nodes.step import Step
from dialogs.results import Keyed
from dialogs.schema import flow_schema
from dialogs.slots import KINDS
from dialogs.source import parse
from dialogs.stand_in import StandIn
from tests.dialogs.flowtext import CATALOGUE

_EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_MISSING = re.compile(r"there is no step `(\w+)`")
_FLOW = re.compile(r"there is no flow `(\w+)`")

OPENING = """flow: trial
languages: [es, ca, en]
person: billing
steps:
  - id: opening_number
    ask: customer_number
    type: digits
    length: 5
    prompt: {es: "uno", ca: "u", en: "one"}
  - id: opening_account
    lookup: account
    by: {customer_number: "{customer_number}"}
    found: example
    missing: closing
    slow: closing
    error: closing
"""


def examples(module: str) -> list[str]:
    return _EXAMPLE.findall(sys.modules[module].__doc__ or "")


def trial(example: str) -> str:
    """A flow around an example: what it uses comes before it, where it leads is there."""
    lines = [f"  {line}" for line in example.rstrip().splitlines()]
    text = OPENING + "  - id: example\n    set: {unused: x}\n" + "\n".join(lines) + "\n"
    text += "  - id: closing\n    hangup: normal\n"
    found = assemble([parse(text, "trial.flow.yaml")], CATALOGUE)[1]
    for name in dict.fromkeys(m.group(1) for p in found if (m := _MISSING.search(p.message))):
        ends = "queue: billing\n    busy: closing" if name == "person" else "hangup: normal"
        text += f"  - id: {name}\n    {ends}\n"
    return text


@pytest.mark.parametrize("node", NODES.values(), ids=list(NODES))
def test_every_node_has_an_example_that_works(node: type[Step]) -> None:
    """A node whose documentation does not load, check and run is not finished."""
    found = examples(node.__module__)
    assert found, f"{node.__module__} shows no example"
    for example in found:
        assert f"{node.type_name}:" in example
        text = trial(example)
        sources = [parse(text, "trial.flow.yaml")]
        wrong = assemble(sources, CATALOGUE)[1]
        for name in {m.group(1) for p in wrong if (m := _FLOW.search(p.message))}:
            other = (
                f"flow: {name}\nlanguages: [es, ca, en]\nperson: billing\nsteps:\n  - outcome: been_there\n"
            )
            sources.append(parse(other, f"{name}.flow.yaml"))
        flows, wrong = assemble(sources, CATALOGUE)
        tolerated = ("no step leads to", "main menu")
        assert [str(p) for p in wrong if not any(t in p.message for t in tolerated)] == []
        record = {
            "balance": 100,
            "balance_currency": "EUR",
            "due_date": "2026-12-01",
            "name": "Ana",
            "open": True,
        }
        call = StandIn(Conversation(flows, "trial", Facts()), {"account": {"else": record}}, "free")
        call.start()
        for keys in ("12345", "1", "12345", "1", "1", "1"):
            if call.waiting is not None:
                assert isinstance(call.waiting, Collect)
                call.answer(call.waiting.judge(Keyed(keys[: call.waiting.keys.longest])), keys)
        assert call.conversation.faults == []
        types = {type(flows.flows[f].steps[s]) for f, s, _ in call.conversation.trace.visits}
        assert node in types, "the example was never reached"


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_of_answer_has_an_example(kind: str) -> None:
    """A slot's documentation shows how it is asked for, and that loads."""
    found = examples(KINDS[kind].__module__)
    assert found
    for example in found:
        wrong = assemble([parse(trial(example), "trial.flow.yaml")], CATALOGUE)[1]
        assert [str(p) for p in wrong if "no step leads to" not in p.message] == []


def test_every_node_and_slot_is_registered() -> None:
    """A file in the nodes' or slots' room whose class is not in the registry would be dead code."""
    assert {node.__name__ for node in _all_steps(Step)} - {"Question"} == {n.__name__ for n in NODES.values()}


def _all_steps(base: type[Step]) -> set[type[Step]]:
    below = set(base.__subclasses__())
    return below.union(*(_all_steps(node) for node in below)) if below else below


def test_the_schema_knows_every_node_and_its_keys() -> None:
    """`ivr schema` gives editors all nodes, their keys, and no inner ones."""
    schema = flow_schema()
    json.dumps(schema)
    refs = {item["$ref"].rpartition("/")[2] for item in schema["properties"]["steps"]["items"]["anyOf"]}
    assert refs == {f"step_{name}" for name in NODES}
    ask = schema["$defs"]["step_ask"]
    assert {"ask", "type", "length", "check_digit", "prompt", "no_match"} <= set(ask["properties"])
    assert "kind" not in ask["properties"]
    assert "kind" not in ask["required"]
    assert "if" in schema["$defs"]["Case"]["properties"]
    assert "else" in schema["$defs"]["step_branch"]["properties"]
    used = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert used <= set(schema["$defs"])
