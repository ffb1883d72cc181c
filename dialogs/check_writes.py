"""What is wrong with a `write` beyond its own keys: what it would carry elsewhere, and its name."""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.catalogue import Catalogue
from dialogs.errors import Problem
from dialogs.flow import FlowSet
from dialogs.nodes.write import Write


def check_writes(flows: FlowSet, catalogue: Catalogue) -> Iterator[Problem]:
    """No sensitive answer leaves the call; what a write answers is called like nothing else."""
    slots = {name for name in flows.types if "." not in name}
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            if not isinstance(step, Write):
                continue
            for value, template in step.values.items():
                for secret in sorted(flows.sensitive.intersection(template.names)):
                    yield flow.problem(
                        name,
                        ("with", value),
                        f"`{secret}` is sensitive, and is never written elsewhere: write another value,"
                        " lead to a person, or take `sensitive` out of its question if it is no secret",
                    )
            schema = catalogue.writes.get(step.write)
            if schema is not None and schema.fields and step.write in {*slots, *catalogue.lookups, "caller"}:
                yield flow.problem(
                    name,
                    ("write",),
                    f"`{step.write}` is the name of a slot or a look-up too: give that another name",
                )
