"""The JSON Schema for editors: it accepts what the loader accepts, shows a mistake where one is, and explains
every key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dialogs.examples import examples
from dialogs.nodes import NODES
from dialogs.nodes.step import Step
from dialogs.schema import flow_schema
from dialogs.slots import KINDS
from dialogs.source import parse, read
from tests.dialogs.flowtext import HEAD
from tests.dialogs.tutorial import tutorial

SCHEMA = flow_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
SHIPPED = sorted((Path(__file__).parents[2] / "dialogs" / "flows").rglob("*.flow.yaml"))
WRONG = Path(__file__).parent / "wrong"
TOLD = re.findall(
    r"[\w-]+",
    """
    head-key flow-name no-person no-languages language-unknown head-retries node-misspelt no-type
    key-misspelt key-of-another-node name-capital text-one-for-all kind-misspelt kind-option
    kind-value prompt-missing retries-high sensitive-text lookup-no-error queue-no-busy
    message-too-long branch-no-else hangup-how
    """,
)
"""Wrong flows whose mistake a schema can tell."""


def valid(content: Any) -> bool:
    return bool(VALIDATOR.is_valid(content))


def test_it_is_a_schema() -> None:
    """By the standard's own schema."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", SHIPPED, ids=[file.stem for file in SHIPPED])
def test_the_shipped_flows_are_valid(file: Path) -> None:
    """An editor that uses the schema shows no error in a sound flow."""
    found = [
        f"{list(error.absolute_path)}: {error.message[:200]}"
        for error in VALIDATOR.iter_errors(read(file).content)
    ]
    assert found == []


def test_the_tutorial_is_valid() -> None:
    """The first flow that a newcomer writes is not underlined."""
    assert valid(parse(tutorial()["parcel.flow.yaml"], "parcel.flow.yaml").content)


@pytest.mark.parametrize("node", NODES.values(), ids=list(NODES))
def test_every_example_is_valid(node: type[Step]) -> None:
    """What the documentation shows, the schema accepts."""
    for example in examples(node):
        steps = parse(example, "x").content
        assert valid({**parse(HEAD + "  - hangup: normal\n", "x").content, "steps": steps}), example


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_of_answer_is_valid_with_its_own_keys_only(kind: type) -> None:
    """Its examples are accepted; a key of no kind is not."""
    head = parse(HEAD + "  - hangup: normal\n", "x").content
    for example in examples(kind):
        steps = parse(example, "x").content
        assert valid({**head, "steps": steps}), example
        assert not valid({**head, "steps": [{**steps[0], "foreign": 1}]})


@pytest.mark.parametrize(
    ("steps", "good"),
    [
        ("  - hangup: normal\n", True),
        ("  - hangup: later\n", False),
        ('  - say: {es: "a"}\n    thn: b\n', False),
        ('  - sya: {es: "a"}\n', False),
        (
            '  - ask: n\n    type: digits\n    length: 5\n    prompt: {es: "a"}\n    no_input: {es: "b"}\n',
            True,
        ),
        (
            '  - ask: n\n    type: digits\n    length: 5\n    prompt: {es: "a"}\n    no_input: [{es: "b"}]\n',
            True,
        ),
        ('  - ask: n\n    type: yes_no\n    length: 5\n    prompt: {es: "a"}\n', False),
        ('  - ask: n\n    type: dgits\n    prompt: {es: "a"}\n', False),
        ("  - queue: billing\n", False),
        ("  - branch: [{if: a > 0, then: b}]\n    else: c\n", True),
        ("  - branch: [{if: a > 0}]\n    else: c\n", False),
    ],
)
def test_right_and_wrong_steps(steps: str, good: bool) -> None:
    """The editor tells them apart as the loader does."""
    assert valid(parse(HEAD + steps, "x").content) is good


@pytest.mark.parametrize("name", TOLD)
def test_mistakes_that_an_editor_shows_while_they_are_made(name: str) -> None:
    """Before the file is even saved."""
    (file,) = WRONG.glob(f"??-{name}.flow.yaml")
    assert not valid(read(file).content)


def test_every_key_is_explained() -> None:
    """Hovering over any key shows what it means; every step and kind shows an example, too."""
    assert [path for path, schema in properties(SCHEMA, "") if not schema.get("description")] == []
    for name in [*(f"step_{node}" for node in NODES), *(f"step_ask_{kind}" for kind in KINDS)]:
        assert "```yaml" in SCHEMA["$defs"][name]["markdownDescription"], name
        assert SCHEMA["$defs"][name]["description"], name


def properties(schema: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for name, below in schema.items():
            if name == "properties" and isinstance(below, dict):
                yield from ((f"{path}/{key}", value) for key, value in below.items())
            if name != "examples":
                yield from properties(below, f"{path}/{name}")
    elif isinstance(schema, list):
        for at, below in enumerate(schema):
            yield from properties(below, f"{path}/{at}")


def test_editors_propose_no_null_and_no_whole_question_as_a_value() -> None:
    """What yaml-language-server made of them: `id: null`, and `[object Object]` behind `type:`."""

    def parts(schema: Any) -> Iterator[dict[str, Any]]:
        for one in (
            schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        ):
            yield from parts(one)
        if isinstance(schema, dict):
            yield schema

    bare = [{key: value for key, value in part.items() if key != "examples"} for part in parts(SCHEMA)]
    assert not [part for part in bare if "default" in part and part["default"] is None]
    assert {"type": "null"} not in bare
    for name in KINDS:
        assert "examples" not in SCHEMA["$defs"][f"step_ask_{name}"]["properties"]["type"]
