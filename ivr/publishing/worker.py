"""The process beside the server in which a release is read and checked: `python -m ivr.publishing.worker`.

It waits for the folder's path, a line on standard input; the end of input (the server is gone) ends it. It
writes parts to standard output, each with its length before it (4 bytes, big-endian): first a JSON object
`{"problems": [...]}`; if that list is empty, it also tells the look-ups, identities and writes as the
catalogue declares them, and the head of the set follows, then each flow's head and its steps one by one,
pickled, so that the server takes them in small bites.
"""

from __future__ import annotations

import gc

if __name__ == "__main__":
    gc.disable()  # it lives for one release: looking for rubbish is a seventh of its time

import json
import pickle
import struct
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from dialogs.catalogue import load_catalogue
from dialogs.errors import FlowsInvalid
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.source import Source

LENGTH = struct.Struct(">I")


def parts_of(flows: FlowSet) -> Iterator[Any]:
    """The set in bites: a head, then for each flow its head and its steps."""
    head = {field.name: getattr(flows, field.name) for field in fields(flows) if field.name != "flows"}
    yield {**head, "sizes": [len(flow.steps) for flow in flows.flows.values()]}
    for flow in flows.flows.values():
        # Where each key stands in the file is for problems; a set that is given out has none.
        yield replace(flow, steps={}, source=Source(flow.source.file))
        yield from flow.steps.items()


def main(folder: Path, extra_languages: list[str]) -> None:
    """Reads, checks, and writes to standard output what became of it."""
    out = sys.stdout.buffer
    try:
        catalogue = load_catalogue(folder / "catalogue.yaml")
        flows = load_flows([folder], catalogue, extra_languages=extra_languages)
    except FlowsInvalid as fault:
        _put(out, json.dumps({"problems": [str(problem) for problem in fault.problems]}).encode())
        return
    declared = {
        kind: {name: (schema.by, dict(schema.fields)) for name, schema in schemas.items()}
        for kind, schemas in (("lookups", catalogue.lookups), ("identities", catalogue.identities))
    }
    writes = {
        name: (dict(schema.values), sorted(schema.reasons), dict(schema.fields))
        for name, schema in catalogue.writes.items()
    }
    _put(out, json.dumps({"problems": [], **declared, "writes": writes}).encode())
    for part in parts_of(flows):
        _put(out, pickle.dumps(part, protocol=pickle.HIGHEST_PROTOCOL))
    out.flush()


def _put(out: Any, part: bytes) -> None:
    out.write(LENGTH.pack(len(part)) + part)


if __name__ == "__main__":
    wanted = sys.stdin.readline().rstrip("\n")
    if wanted:
        main(Path(wanted), sys.argv[1:])
