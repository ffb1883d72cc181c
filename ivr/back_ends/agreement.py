"""Whether a designer's catalogue and the live service speak of the same look-ups, writes and proofs.

A catalogue may leave fields and reasons out, so that a small installation stays small; it may not name what
is never given. Text may be called by another type of text: only the way of saying it differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dialogs.catalogue import Catalogue, LookupSchema, ValueType, WriteSchema
from dialogs.source import nearest
from ivr import writes
from ivr.identity import proofs
from ivr.lookups import SCHEMAS

_WORDS: frozenset[ValueType] = frozenset({"text", "digits", "phone", "time", "code"})
Way = tuple[str, ...]


@dataclass(frozen=True)
class LiveSchemas:
    """What the live service answers and does."""

    lookups: Mapping[str, LookupSchema] = field(default_factory=lambda: SCHEMAS)
    writes: Mapping[str, WriteSchema] = field(default_factory=lambda: writes.SCHEMAS)


OWN = LiveSchemas()
"""Without a file of back ends."""


def differing(declared: Catalogue, live: LiveSchemas = OWN) -> Iterator[tuple[Way, str]]:
    """Where a catalogue is not that of the live service, as the way to the key and what to do."""
    for name, schema in declared.lookups.items():
        answered = live.lookups.get(name)
        if answered is None:
            remedy = f"ask your operator to connect it ({nearest(name, live.lookups)})"
            yield ("lookups", name), f"nobody answers the look-up `{name}` on a live call: {remedy}"
        else:
            yield from _lookup(name, schema, answered)
    for name, wanted in declared.writes.items():
        done = live.writes.get(name)
        if done is None:
            remedy = f"ask your operator to connect it ({nearest(name, live.writes)})"
            yield ("writes", name), f"nobody does the write `{name}` on a live call: {remedy}"
        else:
            yield from _write(name, wanted, done)
    yield from proofs.differing(declared.identities)


def _lookup(name: str, declared: LookupSchema, live: LookupSchema) -> Iterator[tuple[Way, str]]:
    if set(declared.by) != set(live.by):
        asked = ", ".join(live.by)
        yield (
            ("lookups", name, "by"),
            f"`{name}` is asked by `{asked}` on a live call, and not by `{', '.join(declared.by)}`: write "
            f"`by: [{asked}]`, or ask your operator to change the look-up",
        )
    yield from _fields(("lookups", name), "look-up", declared.fields, live.fields)


def _write(name: str, declared: WriteSchema, live: WriteSchema) -> Iterator[tuple[Way, str]]:
    for value in sorted(set(declared.values) ^ set(live.values)):
        if value in live.values:
            what = f"`{name}` needs `{value}` on a live call: add `{value}: {live.values[value]}`"
            yield ("writes", name, "values"), what
        else:
            what = f"`{name}` takes no `{value}` on a live call: {nearest(value, live.values)}"
            yield ("writes", name, "values", value), what
    for value, kind in declared.values.items():
        wanted = live.values.get(value, kind)
        if wanted != kind and not {wanted, kind} <= _WORDS:
            what = (
                f"`{value}` of `{name}` is {wanted} on a live call, and not {kind}: write `{value}: {wanted}`"
            )
            yield ("writes", name, "values", value), what
    for reason in sorted(declared.reasons - live.reasons):
        remedy = nearest(reason, live.reasons)
        yield ("writes", name, "reasons"), f"`{name}` is never refused as `{reason}` on a live call: {remedy}"
    yield from _fields(("writes", name), "write", declared.fields, live.fields)


def _fields(
    way: Way, what: str, declared: Mapping[str, ValueType], live: Mapping[str, ValueType]
) -> Iterator[tuple[Way, str]]:
    name = way[1]
    for field_name, kind in declared.items():
        given = live.get(field_name)
        if given is None:
            remedy = f"ask your operator to add it ({nearest(field_name, live)})"
            yield (
                (*way, "fields", field_name),
                f"`{name}` never gives `{field_name}` on a live call: {remedy}",
            )
        elif given != kind and not {given, kind} <= _WORDS:
            yield (
                (*way, "fields", field_name),
                f"`{field_name}` of `{name}` is {given} on a live call, and not {kind}: write "
                f"`{field_name}: {given}`, or ask your operator to change the {what}",
            )
