"""The company's systems as they are now: connected, resting, or not usable as they are declared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ivr.back_ends.breaker import Breaker
from ivr.back_ends.declared import Breaking, HttpSystem, System
from ivr.back_ends.errors import NotAsAgreed
from ivr.back_ends.http import JsonLink
from ivr.back_ends.sql import SqlLink, open_sql
from ivr.errors import BackEndUnfit
from ivr.outside.faults import NotReached, SystemFault


class Resting(NotReached):
    """The breaker is open: the system was not asked."""


@dataclass
class Connected:
    """A system with its connections and its breaker."""

    name: str
    declared: System
    http: JsonLink | None
    sql: SqlLink | None
    breaker: Breaker
    unfit: str = ""
    """Why it cannot be asked as it is declared."""

    @contextmanager
    def asked(self) -> Iterator[None]:
        """One exchange. Raises `Resting` instead of beginning one with a system that does not work.

        An answer that is wrong in itself says nothing against the system; no answer does.
        """
        if self.unfit:
            raise NotReached(self.unfit)
        entered = self.breaker.enter()
        if entered is None:
            raise Resting(f"`{self.name}` has failed too often and is left alone for a while")
        try:
            yield
        except NotAsAgreed:
            self.breaker.succeeded(entered)
            raise
        except SystemFault:
            self.breaker.failed(entered)
            raise
        except BaseException:
            self.breaker.left(entered)
            raise
        else:
            self.breaker.succeeded(entered)

    def close(self) -> None:
        for link in (self.http, self.sql):
            if link is not None:
                link.close()


def connect(
    declared: Mapping[str, System], now: Callable[[], float] = time.monotonic
) -> dict[str, Connected]:
    """Each system; one whose secret cannot be read is there too, and says so when it is asked."""
    return {name: _connected(name, system, now) for name, system in declared.items()}


def _connected(name: str, system: System, now: Callable[[], float]) -> Connected:
    breaking: Breaking = system.breaker
    breaker = Breaker(failures=breaking.failures, rest=breaking.rest, now=now)
    try:
        if isinstance(system, HttpSystem):
            return Connected(name, system, JsonLink(system), None, breaker)
        return Connected(name, system, None, open_sql(system), breaker)
    except BackEndUnfit as fault:
        return Connected(name, system, None, None, breaker, str(fault))
