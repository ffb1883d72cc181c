"""What flows may ask for: each look-up is declared in the catalogue, and answered by one module here.

Rules:
1. A look-up answers `Found`, `Missing` or `Failed`; the session keeps the deadline and says `Slow`.
2. What the caller said is a bound value of a query, never a part of one.
3. What flows say by themselves is a code (`status`, `state`, `topic`), which they map to words: no code
   and no text in another language is read out.
4. Each module says in `SCHEMA` what it is asked by and what it gives; a catalogue that declares it otherwise
   is not published (`differing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import gevent

from data.errors import DataError
from data.store import Store
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Failed, Found, Missing
from dialogs.source import nearest
from ivr.lookups import account, order, ticket

Answer = Found | Missing
Ask = Callable[[Store, Mapping[str, str], datetime], Answer]
"""The database, what it is asked by, and the time in the company's zone."""

LOOKUPS: Mapping[str, Ask] = {"account": account.ask, "order": order.ask, "ticket": ticket.ask}
SCHEMAS: Mapping[str, LookupSchema] = {
    "account": account.SCHEMA,
    "order": order.SCHEMA,
    "ticket": ticket.SCHEMA,
}
_WORDS: frozenset[ValueType] = frozenset({"text", "digits", "phone", "time", "code"})
"""Types of text: a catalogue may choose among them, because they differ in how they are said only."""

Way = tuple[str, ...]


def differing(declared: Mapping[str, LookupSchema]) -> Iterator[tuple[Way, str]]:
    """Where a catalogue's look-ups are not those of the live service, as the way to the key and what to do.

    A catalogue may leave fields out; it may not name what is never given.
    """
    for name, schema in declared.items():
        live = SCHEMAS.get(name)
        if live is None:
            remedy = f"ask your operator to connect it ({nearest(name, SCHEMAS)})"
            yield ("lookups", name), f"nobody answers the look-up `{name}` on a live call: {remedy}"
        else:
            yield from _differing(name, schema, live)


def _differing(name: str, declared: LookupSchema, live: LookupSchema) -> Iterator[tuple[Way, str]]:
    if set(declared.by) != set(live.by):
        asked = ", ".join(live.by)
        yield (
            ("lookups", name, "by"),
            f"`{name}` is asked by `{asked}` on a live call, and not by `{', '.join(declared.by)}`: write "
            f"`by: [{asked}]`, or ask your operator to change the look-up",
        )
    for field, kind in declared.fields.items():
        given = live.fields.get(field)
        if given is None:
            remedy = f"ask your operator to add it ({nearest(field, live.fields)})"
            yield (
                ("lookups", name, "fields", field),
                f"`{name}` never gives `{field}` on a live call: {remedy}",
            )
        elif given != kind and not {given, kind} <= _WORDS:
            yield (
                ("lookups", name, "fields", field),
                f"`{field}` of `{name}` is {given} on a live call, and not {kind}: write `{field}: {given}`, "
                "or ask your operator to change the look-up",
            )


class Lookups:
    """The look-ups of the own database."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        """`now` tells the time in the company's zone: what is late, and which day it is."""
        self._store, self._now = store, now

    def ask(self, name: str, by: Mapping[str, str]) -> Found | Missing | Failed:
        """Asks in gevent's thread pool, so that a slow database holds up only who asked."""
        ask = LOOKUPS.get(name)
        if ask is None:
            return Failed(f"no look-up is called {name}")
        answer: Found | Missing | Failed = gevent.get_hub().threadpool.apply(
            _in_thread, (ask, self._store, dict(by), self._now())
        )
        return answer


def _in_thread(ask: Ask, store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing | Failed:
    # Caught here: gevent prints what a thread of its pool raises, and a lost database is no surprise.
    try:
        return ask(store, by, now)
    except DataError as fault:
        return Failed(str(fault))
