"""Where a flow asks our own database for a customer whom nobody has proved.

Our own look-ups and writes take `customer_number` for a proof, because it is to come from one
(docs/decisions/identity-what-needs-proof.md): whoever can make a flow give another number hears what that
customer owes, or moves them elsewhere. In a company's own systems (`back_ends.yaml`) that is the company's
to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dialogs.errors import Problem
from dialogs.expressions import Template
from dialogs.flow import FlowSet
from dialogs.nodes.lookup import Lookup
from dialogs.nodes.set import Set
from dialogs.nodes.step import Step
from dialogs.nodes.write import Write
from ivr.back_ends.agreement import OWN, LiveSchemas

PROOF = "customer_number"
_TOLD_BY_US = frozenset({"caller.customer_number"})
"""Whom a campaign calls: the sample says so, and not the person who answers."""


def unproved(flows: FlowSet, live: LiveSchemas) -> list[Problem]:
    """Every place that gives a customer's number which no `verify` has proved.

    They are notes and no mistakes, because a flow may have reasons of its own.
    """
    proved = frozenset(_proved(flows))
    identity = next(iter(flows.catalogue.identities), "IDENTITY")
    remedy = f'put `verify` before it, and write "{{{identity}.{PROOF}}}" (docs/verification.md)'
    return [
        flow.problem(
            name,
            (key, PROOF),
            f"nobody has proved `{one}`, and whoever knows a number hears or changes what is another's:"
            f" {remedy}",
        )
        for flow in flows.flows.values()
        for name, step in flow.steps.items()
        for key, template in _given(step, live).items()
        for one in [one for one in template.names if one not in proved | _TOLD_BY_US][:1]
    ]


def _given(step: Step, live: LiveSchemas) -> Mapping[str, Template]:
    """The key and the number that one of our own look-ups or writes gets there."""
    if isinstance(step, Lookup) and live.lookups.get(step.lookup) is OWN.lookups.get(step.lookup):
        return {"by": step.by[PROOF]} if PROOF in step.by else {}
    if isinstance(step, Write) and live.writes.get(step.write) is OWN.writes.get(step.write):
        return {"with": step.values[PROOF]} if PROOF in step.values else {}
    return {}


def _proved(flows: FlowSet) -> Iterator[str]:
    """The names of values that come from a proof, also through a `set`."""
    identities = flows.catalogue.identities
    for name, identity in identities.items():
        yield from (f"{name}.{field}" for field in identity.fields)
    handed_on: set[str] = set()
    asked: set[str] = set()
    for flow in flows.flows.values():
        for step in flow.steps.values():
            if not isinstance(step, Set):
                asked |= {name for way in step.exits() for name in step.fills(flows.catalogue, way.label)}
                continue
            for slot, template in step.set.items():
                of_proof = [one.partition(".")[0] in identities for one in template.names]
                (handed_on if of_proof and all(of_proof) else asked).add(slot)
    yield from handed_on - asked
