"""Whether the declared systems can be asked from here: for `ivr doctor`. Nothing is changed by trying."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.back_ends.declared import HttpSystem, SqlLookup
from ivr.back_ends.reading import Declared
from ivr.back_ends.systems import Connected, connect
from ivr.outside.faults import SystemFault


@dataclass(frozen=True)
class Tried:
    """What came of trying one system."""

    name: str
    good: bool
    found: str
    remedy: str = ""


def try_systems(declared: Declared) -> Iterator[Tried]:
    """Each system in turn: reached, let in, and its queries understood."""
    for name, system in connect(declared.systems).items():
        try:
            yield _tried(name, system, declared)
        finally:
            system.close()


def _tried(name: str, system: Connected, declared: Declared) -> Tried:
    if system.unfit:
        return Tried(name, False, *_split(system.unfit))
    began = time.monotonic()
    try:
        found = _over_http(system) if system.http is not None else _over_sql(name, system, declared)
    except SystemFault as fault:
        remedy = "Look at its address, at `auth`, and at what stands between here and there"
        return Tried(name, False, str(fault), remedy)
    return Tried(name, True, f"{found} ({(time.monotonic() - began) * 1000:.0f} ms)")


def _over_http(system: Connected) -> str:
    link, declared = system.http, system.declared
    assert link is not None
    assert isinstance(declared, HttpSystem)
    if declared.ping is None:
        link.connect(deadline=declared.deadline)
        return f"{link.host} takes connections; add `ping: /path` to see whether it lets us in"
    answer = link.send("GET", declared.ping.source, deadline=declared.deadline)
    if answer.status >= 400:
        raise SystemFault(f"answers {declared.ping.source} with the status {answer.status}")
    return f"{link.host} answers {declared.ping.source} with {answer.status}"


def _over_sql(name: str, system: Connected, declared: Declared) -> str:
    assert system.sql is not None
    queries = {
        look_up: one
        for look_up, one in declared.lookups.items()
        if one.system == name and isinstance(one, SqlLookup)
    }
    for look_up, one in queries.items():
        blanks = dict.fromkeys(one.by, "")
        try:
            system.sql.rows(f"EXPLAIN {one.query}", blanks, deadline=system.declared.deadline)
        except SystemFault as fault:
            raise SystemFault(f"the look-up `{look_up}`: {fault}") from fault
    if not queries:
        system.sql.rows("SELECT 1", {}, deadline=system.declared.deadline)
    return f"the database understands {len(queries)} queries" if queries else "the database answers"


def _split(unfit: str) -> tuple[str, str]:
    what, _, remedy = unfit.partition(". ")
    return what, remedy
