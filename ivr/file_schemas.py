"""JSON Schemas of every file that people write, each from the model that reads it.

Models are imported when their schema is asked for: `ivr check` shares this module's command, and is quick.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True)
class WrittenFile:
    """A kind of file, and where its shape stands."""

    patterns: tuple[str, ...]
    """Which files they are, as editors take it; `!` excepts."""
    module: str
    name: str
    """A function of the module that gives the schema, or a model."""
    title: str = ""
    """For a model."""
    description: str = ""

    def schema(self) -> Schema:
        """JSON Schema (2020-12)."""
        found = getattr(import_module(self.module), self.name)
        if not isinstance(found, type):
            return dict(found())
        schema_of = import_module("dialogs.schema_files").schema_of
        schema = dict(schema_of(found, self.title, self.description))
        for entry in schema.get("properties", {}).values():
            if entry.get("format") == "path":
                entry.pop("default", None)  # the place of this machine
        return schema


FILES: Mapping[str, WrittenFile] = {
    "flow": WrittenFile(("*.flow.yaml",), "dialogs.schema", "flow_schema"),
    "test": WrittenFile(("*.test.yaml", "!segments.test.yaml"), "dialogs.schema_files", "test_schema"),
    "segments": WrittenFile(("segments.yaml",), "dialogs.schema_files", "segments_schema"),
    "segments-test": WrittenFile(("segments.test.yaml",), "dialogs.schema_files", "segments_test_schema"),
    "catalogue": WrittenFile(("catalogue.yaml",), "dialogs.schema_files", "catalogue_schema"),
    "back-ends": WrittenFile(("back_ends.yaml",), "ivr.back_ends.schema", "back_ends_schema"),
    "queues": WrittenFile(
        ("queues.yaml",), "ivr.queueing.written", "QueuesFile", "Queues", "Queues, and who serves them"
    ),
    "agents": WrittenFile(
        ("agents.yaml",), "ivr.agents.written", "AgentsFile", "Agents", "Agents, their pauses, alerts"
    ),
    "outcomes": WrittenFile(
        ("outcomes.yaml",), "ivr.agents.outcomes_written", "OutcomesFile", "Outcomes", "How contacts end"
    ),
    "strategy": WrittenFile(
        ("strategies/*.yaml", "!*.map.yaml"), "ivr.campaigns.strategies", "StrategyFile", "Strategy",
        "Customer bases and campaigns that serve one goal",
    ),
    "settings": WrittenFile(
        ("ivr.yaml",), "ivr.config", "Settings", "Settings", "What the server goes by (docs/configuration.md)"
    ),
}  # fmt: skip
"""Kind → file, in the order in which they are told."""


def file_name(kind: str) -> str:
    """What a schema's own file is called."""
    return f"{kind.replace('-', '_')}.schema.json"


def schema_text(kind: str) -> str:
    """The schema as it is printed or written."""
    return json.dumps(FILES[kind].schema(), ensure_ascii=False, indent=2)


def write_all(folder: Path) -> str:
    """Writes every schema into the folder; the setting `yaml.schemas` of VS Code that names them, as JSON.

    Raises `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    named = {}
    for kind, file in FILES.items():
        path = folder / file_name(kind)
        path.write_text(f"{schema_text(kind)}\n", encoding="utf-8")
        named[f"./{path.as_posix()}" if not path.is_absolute() else path.as_posix()] = (
            file.patterns[0] if len(file.patterns) == 1 else list(file.patterns)
        )
    return json.dumps({"yaml.schemas": named}, ensure_ascii=False, indent=2)
