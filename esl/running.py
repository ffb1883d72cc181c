"""What has been started on a leg and has not ended: applications, fences, and who waits for what.

Rules:
1. An application ends once, whoever tells it first: its completion, the fence behind it, or a look at the
   switch after a gap. What is told a second time is ignored.
2. A fence is a command without effect, queued behind others: once it has ended, what it stands for has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count

from gevent.event import AsyncResult

from esl.switch import Finished

NO_RESPONSE = "_none_"
"""FreeSWITCH's Application-Response of an application that says nothing."""


class Running:
    """The commands of one leg that are under way; `post` gets a `Finished` for each application."""

    def __init__(self, post: Callable[[Finished], None]) -> None:
        self._post = post
        self._numbers = count(1)
        self._applications: dict[str, str] = {}
        self._fences: dict[str, tuple[str, ...]] = {}
        self._awaited: dict[str, AsyncResult[None]] = {}

    def next_id(self) -> str:
        """A command id that this leg has not used yet."""
        return f"c{next(self._numbers)}"

    def begin(self, identity: str, application: str) -> None:
        """It is about to be sent."""
        self._applications[identity] = application

    def drop(self, identity: str) -> None:
        """It could not be sent; no `Finished` follows."""
        self._applications.pop(identity, None)

    def fence(self, identity: str, behind: Iterable[str]) -> None:
        """Once `identity` has ended, so have those."""
        self._fences[identity] = tuple(behind)

    def awaiting(self, identity: str) -> AsyncResult[None]:
        """Set when the command has ended, or the leg."""
        return self._awaited.setdefault(identity, AsyncResult())

    def named(self, application: str) -> list[str]:
        """The ids of the application's runs that are under way."""
        return [identity for identity, name in self._applications.items() if name == application]

    @property
    def quick(self) -> list[str]:
        """The ids of what ends at once when its turn has come: fences."""
        return [*self._fences, *self._awaited]

    def finish(self, identity: str, response: str = NO_RESPONSE, variables: Mapping[str, str] = {}) -> None:
        """The command has ended."""
        self.settle(identity)
        application = self._applications.pop(identity, None)
        if application is not None:
            self._post(Finished(identity, application, response, variables))

    def settle(self, fence: str) -> None:
        """The fence has ended, or enough time has passed: what it stands for has no completion of its own."""
        if (waiting := self._awaited.pop(fence, None)) is not None:
            waiting.set(None)
        for identity in self._fences.pop(fence, ()):
            self.finish(identity)

    def end(self) -> None:
        """The leg is gone: nobody waits any more."""
        awaited, self._awaited = self._awaited, {}
        for waiting in awaited.values():
            waiting.set(None)
