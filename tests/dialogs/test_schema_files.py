"""JSON Schemas of the files beside the flows: every shipped file is right, and each kind of slip is shown."""
# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from dialogs.source import parse, read
from ivr.cli.flows import schema as schema_command
from ivr.file_schemas import FILES as WRITTEN

ROOT = Path(__file__).parents[2]
FLOWS = ROOT / "dialogs" / "flows"
SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    kind: file.schema for kind, file in WRITTEN.items() if kind != "flow"
}
"""The flows' own is tested in test_schema.py."""
VALIDATORS = {kind: Draft202012Validator(schema()) for kind, schema in SCHEMAS.items()}
FILES = [
    *(("test", file) for file in sorted(FLOWS.glob("*.test.yaml")) if file.name != "segments.test.yaml"),
    *(("test", file) for file in sorted((ROOT / "tests" / "dialogs").rglob("*.test.yaml"))),
    ("segments", FLOWS / "segments.yaml"),
    ("segments-test", FLOWS / "segments.test.yaml"),
    ("queues", FLOWS / "queues.yaml"),
    ("catalogue", FLOWS / "catalogue.yaml"),
    ("catalogue", ROOT / "tests" / "dialogs" / "wrong" / "catalogue.yaml"),
]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_it_is_a_schema(kind: str) -> None:
    """By the standard's own schema."""
    Draft202012Validator.check_schema(SCHEMAS[kind]())


@pytest.mark.parametrize(("kind", "file"), FILES, ids=[file.name for _, file in FILES])
def test_shipped_files_are_valid(kind: str, file: Path) -> None:
    """An editor underlines nothing in a sound file."""
    errors = VALIDATORS[kind].iter_errors(read(file).content)
    assert [f"{list(error.absolute_path)}: {error.message[:200]}" for error in errors] == []


def test_what_the_docs_show_is_valid() -> None:
    """Each whole file that a page of the docs writes."""
    shown = {}
    for page, kind, begin in (
        ("back-ends", "back-ends", "systems:"),
        ("callers", "segments", "segments:"),
        ("configuration", "settings", "database:"),
        ("messages", "settings", "messages:"),
        ("verification", "settings", "verification:"),
        ("queues", "queues", "queues:"),
        ("agents", "agents", "agents:"),
        ("campaigns", "strategy", "strategy:"),
    ):
        text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
        blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        whole = [block for block in blocks if re.search(f"^{begin}", block, re.MULTILINE)]
        shown[page] = len(whole)
        for block in whole:
            errors = list(VALIDATORS[kind].iter_errors(parse(block, page).content))
            assert errors == [], block
    assert all(shown.values()), shown


@pytest.mark.parametrize(
    ("kind", "sound", "slips"),
    [
        (
            "test",
            'test: t\nflow: main\nlanguage: es\nsteps:\n  - say: hola\n  - key: 45716\n  - silence: 6s\n'
            "  - expect: {said: [a, b], queue: billing, hangup: true}\n",
            ["flow: → flwo:", "say: → sya:", "queue: → queu:", "silence: 6s → silence: [6]", "hangup: true → hangup: maybe", "steps: → step:", "key: 45716 → key: {a: 1}"],
        ),
        (
            "test",
            "flow: main\nagents: [busy, free]\ntests:\n  - test: t\n    steps: [{hang_up: true}]\n",
            ["tests: → tsts:", "agents: [busy, free] → agents: [bsy]", "test: t\n → tset: t\n", "hang_up → hangup", "steps: [{hang_up: true}] → steps: []"],
        ),
        (
            "settings",
            "home: /srv/ivr\ndatabase: {url: x, password: {env: DB}}\nspeech: {engine: vosk}\ncalls: {flow: main, zone: Europe/Madrid}\noutbound: {port: 8040}\n",
            ["home: → hmoe:", "{env: DB} → secret", "{env: DB} → {evn: DB}", "engine: vosk → engine: voks", "flow: main → flwo: main", "port: 8040 → port: many"],
        ),
        (
            "queues",
            "queues:\n  sales: {skills: [sales], longest_wait: 900}\nagents:\n  1001: {skills: [sales]}\n",
            ["queues: → queue:", "skills: [sales], → skils: [sales],", "longest_wait: 900 → longest_wait: long"],
        ),
        (
            "strategy",
            "strategy: fees\nactor: creditor\nbases: {students: {mapping: a.map.yaml}}\ncampaigns:\n  reminder: {base: students, flow: reminder, purpose: collection, countries: [ES], caller_ids: ['+34910000000']}\n",
            ["actor: creditor → actor: creditr", "mapping: → maping:", "purpose: collection → purpose: colection", "campaigns: → campains:"],
        ),
        (
            "segments",
            "segments:\n  - segment: vip\n    when: calls.total > 3\n    reason: muchas\n    priority: 60\n"
            "    human_first: true\n    shortcuts: [order]\n  - segment: rest\n    reason: {es: a}\n",
            ["segments: → segment:", "when: → wehn:", "priority: 60 → priority: 4000", "priority: 60 → priority: soon", "segment: vip → segment: VIP", "human_first: true → human_first: maybe", "[order] → order", "    reason: muchas\n → "],
        ),
        (
            "segments-test",
            "tests:\n  - test: t\n    history: {calls.total: 3}\n    language: es\n    expect: {segment: vip}\n",
            ["test: t → tset: t", "expect: → expct:", "{segment: vip} → {segmnt: vip}", "history: {calls.total: 3} → history: 3"],
        ),
        (
            "catalogue",
            "queues: [billing]\nlookups: {a: {by: [x], fields: {y: money, y_currency: text}}}\n"
            "calendars: {office: {days: {mon-fri: 09:00-18:00}}}\n",
            ["queues: → queus:", "by: → bye:", "y: money → y: mony", "[billing] → billing", "days: → dias:"],
        ),
        (
            "back-ends",
            "systems:\n  crm: {url: 'https://a.example', breaker: {failures: 2}, auth: {bearer: {env: A}}}\n"
            "lookups:\n  l: {system: crm, get: /a, by: [dni], fields: {tier: code, n: {type: number, at: /n}}}\n"
            "writes:\n  w: {system: crm, post: /w, values: {dni: text}}\n",
            ["systems: → sistems:", "url: → ulr:", "failures: 2 → failures: 0", "by: [dni] → by: []", "tier: code → tier: cod", "{env: A} → {evn: A}", "post: → pots:", "fields: → feilds:"],
        ),
    ],
    ids=["one-test", "tests", "settings", "queues", "strategy", "segments", "segments-test", "catalogue", "back-ends"],
)  # fmt: skip
def test_slips_are_shown(kind: str, sound: str, slips: list[str]) -> None:
    """While they are written: misspelt keys, words that are not known, numbers out of range."""
    assert list(VALIDATORS[kind].iter_errors(parse(sound, kind).content)) == []
    for slip in slips:
        right, _, wrong = slip.partition(" → ")
        assert right in sound, slip
        content = parse(sound.replace(right, wrong, 1), kind).content
        assert not VALIDATORS[kind].is_valid(content), slip


def test_all_are_written_with_the_setting_that_names_them(tmp_path: Path) -> None:
    """One command sets an editor up; each file of the setting is there, and is the schema of its kind."""
    folder = tmp_path / "schemas"
    done = CliRunner().invoke(schema_command, ["--all", str(folder)])
    assert done.exit_code == 0, done.output
    named = json.loads(done.output)["yaml.schemas"]
    assert len(named) == len(WRITTEN)
    for path in named:
        assert json.loads(Path(path).read_text("utf-8")).get("title")
    assert named[(folder / "settings.schema.json").as_posix()] == "ivr.yaml"
    assert str(ROOT) not in (folder / "settings.schema.json").read_text("utf-8"), "no place of this machine"
    blocked = tmp_path / "file"
    blocked.write_text("x", "utf-8")
    refused = CliRunner().invoke(schema_command, ["--all", str(blocked / "x")])
    assert (refused.exit_code, refused.output.count("\n")) == (2, 1), refused.output
