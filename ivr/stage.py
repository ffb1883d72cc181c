"""A stage for calls that are played: a server and an embedded switch, and callers who join it.

The demo, the benchmarks and the tests of whole calls play on it. Everything is real but the caller:
sockets, protocol, sound in real time, recogniser, synthesiser, database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import gevent

from data.seed_rows import REFERENCE_DAY
from esl.embedded.caller import ScriptedCaller
from ivr.clock import Clock
from ivr.config import Settings
from ivr.embedded import EmbeddedSwitchProcess, switch_config
from ivr.moments import Watch, Watchers, nobody_watches
from ivr.server import Server
from ivr.voice import Fetching, Tell

MORNING = datetime.combine(REFERENCE_DAY, time(10), ZoneInfo("Europe/Madrid"))
"""When a played world begins: on the day of the made-up customers, a Monday. Played calls must come out
alike on a Sunday night and on a working day."""


class Stage:
    """Server and switch on free ports, from `with` to its end."""

    def __init__(
        self,
        settings: Settings,
        *,
        watch: Watch = nobody_watches,
        tell: Tell = lambda _text: None,
        fetching: Fetching = lambda _what, _done, _total: None,
        agent_voice: Path | None = None,
        agent_talks_for: float = 4.0,
        extra_languages: Sequence[str] = (),
        clock: Clock | None = None,
    ) -> None:
        """`clock`: by default that of the made-up company, on a morning on which it is open.

        `agent_voice`: a WAV file that callers hear from the person who answers them.

        `extra_languages`: beyond those of the product, for tests (Korean).
        """
        outbound = settings.outbound.model_copy(update={"port": 0})
        self.settings = settings.model_copy(update={"outbound": outbound})
        self.watchers = Watchers(watch)
        self._agent_voice = agent_voice
        self._agent_talks_for = agent_talks_for
        self.server = Server(
            self.settings,
            watch=self.watchers.tell,
            tell=tell,
            fetching=fetching,
            extra_languages=extra_languages,
            clock=clock or Clock(begins=MORNING),
        )
        self.switch: EmbeddedSwitchProcess | None = None

    def watch_caller(self, number: str, watch: Watch) -> None:
        """Tells `watch` the moments of the next call from `number`, and of no other."""
        self.watchers.add_for_caller(number, watch)

    def caller(
        self, number: str, name: str = "", ear: Callable[[bytes], None] | None = None
    ) -> ScriptedCaller:
        """A caller who has not dialled yet; `ear` is given what they hear, 20 ms at a time."""
        assert self.switch is not None
        return ScriptedCaller(
            self.switch.addresses.lines,
            destination=self.settings.switch.destination,
            number=number,
            name=name,
            ear=ear,
        )

    def wait_until_idle(self) -> None:
        """Waits until no call is lived and every record is written."""
        while self.server.active_calls:
            gevent.sleep(0.02)
        self.server.rooms.records.wait_until_written()

    def __enter__(self) -> Self:
        self.server.start()
        try:
            config = switch_config(
                self.settings,
                server=self.server.outbound_address,
                queues=sorted(self.server.rooms.queues),
                plan=self.server.rooms.people.plan,
                ports=(0, 0),
                agent_talks_for=self._agent_talks_for,
                agent_voice=self._agent_voice,
            )
            self.switch = EmbeddedSwitchProcess(config)
            self.switch.start()
            self.server.watch_queues(self.switch.addresses.events, self.switch.addresses.password)
            self.server.call_back_through(self.switch.addresses.events, self.switch.addresses.password)
            self.server.campaign_through(self.switch.addresses.events, self.switch.addresses.password)
            self.server.attend_agents(self.switch.addresses.events, self.switch.addresses.password)
        except BaseException:
            if self.switch is not None:
                self.switch.stop()
            self.server.stop(0.0)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.stop(2.0)
        if self.switch is not None:
            self.switch.stop()
