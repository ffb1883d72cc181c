"""Every node type: an example that works, in its own documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dialogs.examples import examples
from dialogs.nodes import NODES
from dialogs.nodes.step import Step
from dialogs.schema import flow_schema
from dialogs.slots import KINDS
from tests.dialogs.golden import Golden


@pytest.mark.parametrize("node", NODES.values(), ids=list(NODES))
def test_every_node_has_an_example_that_loads(node: type[Step], tmp_path: Path) -> None:
    """A node whose documentation does not load and check is not finished."""
    found = examples(node)
    assert found, f"{node.__module__} shows no example"
    for example in found:
        assert f"{node.type_name}:" in example
        assert Golden(node, example, tmp_path).problems == []


@pytest.mark.parametrize("node", NODES.values(), ids=list(NODES))
def test_every_node_has_a_golden_test(node: type[Step], tmp_path: Path) -> None:
    """The test in its documentation passes in the simulator, in three languages, and reaches the node."""
    tests = examples(node, "test")
    assert tests, f"{node.__module__} shows no test"
    golden = Golden(node, examples(node)[0], tmp_path)
    played = [call for test in tests for call in golden.play(test)]
    assert [call.report() for call in played if not call.passed] == []
    assert {call.script.language for call in played} == {"es", "ca", "en"}
    reached = {type(golden.flows.flows[f].steps[s]) for call in played for f, s, _ in call.visits}
    assert node in reached, "the example was never reached"


@pytest.mark.parametrize("node", NODES.values(), ids=list(NODES))
def test_every_key_of_a_node_is_described(node: type[Step]) -> None:
    """Editors and the manual show what each key means; none is left to be guessed."""
    silent = [name for name, field in node.model_fields.items() if name != "kind" and not field.description]
    assert silent == []


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_of_answer_has_an_example(kind: str, tmp_path: Path) -> None:
    """A slot's documentation shows how it is asked for, and that loads."""
    found = examples(KINDS[kind])
    assert found
    for example in found:
        assert Golden(KINDS[kind], example, tmp_path).problems == []


def test_every_node_and_slot_is_registered() -> None:
    """A file in the nodes' or slots' room whose class is not in the registry would be dead code."""
    assert {node.__name__ for node in _all_steps(Step)} - {"Question", "Recording", "Unread"} == {
        n.__name__ for n in NODES.values()
    }


def _all_steps(base: type[Step]) -> set[type[Step]]:
    below = set(base.__subclasses__())
    return below.union(*(_all_steps(node) for node in below)) if below else below


def test_the_schema_knows_every_node_and_its_keys() -> None:
    """`ivr schema` gives editors all nodes, their keys, and no inner ones."""
    schema = flow_schema()
    json.dumps(schema)
    refs = {item["$ref"].rpartition("/")[2] for item in schema["properties"]["steps"]["items"]["anyOf"]}
    assert refs == {f"step_{name}" for name in NODES}
    ask = schema["$defs"]["step_ask_digits"]
    assert {"ask", "type", "length", "check_digit", "prompt", "no_match"} <= set(ask["properties"])
    assert "kind" not in ask["properties"]
    assert "kind" not in ask["required"]
    assert "if" in schema["$defs"]["Case"]["properties"]
    assert "else" in schema["$defs"]["step_branch"]["properties"]
    used = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert used <= set(schema["$defs"])
