"""The back ends of a process, behind one port: the own database and the company's systems."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import tzinfo

from dialogs.results import Failed, Found, Missing, Slow
from ivr.back_ends import schemas_of
from ivr.back_ends.asking import Inquiry
from ivr.back_ends.cache import Cache
from ivr.back_ends.reading import Declared
from ivr.back_ends.systems import Connected, connect
from ivr.back_ends.writing import DeclaredTarget
from ivr.lookups import LISTS, Lookups


class BackEnds:
    """The back ends of one process."""

    def __init__(
        self,
        own: Lookups,
        declared: Declared,
        *,
        zone: tzinfo,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`zone`: the company's; `now`: seconds of a clock that never goes back."""
        self._own = own
        self.systems: Mapping[str, Connected] = connect(declared.systems, now)
        self.schemas = schemas_of(declared)
        self._declared = declared
        self._cache = cache = Cache(now)
        self._inquiries = {
            name: Inquiry(name, one, self.systems[one.system], zone, cache, now)
            for name, one in declared.lookups.items()
        }

    def ask(
        self, name: str, by: Mapping[str, str], *, deadline: float, sensitive: bool
    ) -> Found | Missing | Slow | Failed:
        """Waits cooperatively, at most about `deadline` seconds where a system of the company is asked; the
        own database keeps its own limits. `sensitive`: a sensitive answer is among what it is asked by."""
        inquiry = self._inquiries.get(name)
        if inquiry is None:
            if told := [one for one in LISTS.get(name, ()) if one in self._inquiries]:
                return Failed(f"`{told[0]}` is a system's, and the list `{name}` is not: declare it, too")
            return self._own.ask(name, by)
        return inquiry.ask(by, deadline=deadline, sensitive=sensitive)

    def system_of(self, name: str) -> Connected | None:
        """The system behind a look-up; `None`: the own database."""
        inquiry = self._inquiries.get(name)
        return None if inquiry is None else inquiry.system

    def targets(self) -> dict[str, DeclaredTarget]:
        """The declared writes, each with the system that does it."""
        return {
            name: DeclaredTarget(one, self.systems[one.system], self._forgetting(one.system))
            for name, one in self._declared.writes.items()
        }

    def _forgetting(self, system: str) -> Callable[[], None]:
        """Drops what is kept of that system's answers: something was written there."""
        names = frozenset(name for name, one in self._declared.lookups.items() if one.system == system)
        return lambda: self._cache.forget(names)

    def close(self) -> None:
        """Closes the connections."""
        for system in self.systems.values():
            system.close()
