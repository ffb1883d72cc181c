"""What the API is made of, and where its views find it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app

from data.api_tokens import USE_IS_NEWS_AFTER
from data.records import ApiToken
from data.store import Store
from ivr.agents.roster import Roster
from ivr.api.beside import Beside
from ivr.api.rates import Rates
from ivr.api.simulating import Simulations
from ivr.config import Settings

if TYPE_CHECKING:
    from dialogs.flow import FlowSet
    from ivr.agents.attendance import Attendance
    from ivr.api.live import LiveCalls
    from ivr.api.measures import Measures
    from ivr.queueing.context_desk import Desks
    from ivr.queueing.context_feed import SwitchFeed

EXTENSION = "ivr"


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass
class ApiRooms:
    """What requests are served with."""

    settings: Settings
    store: Store
    live: LiveCalls
    measures: Measures
    desks: Desks
    feed: SwitchFeed | None = None
    """The switch's queues and what happens in them; `None`: there is no connection to it."""
    flows: Callable[[], FlowSet] | None = None
    """What new calls take; `None`: this process lives no calls."""
    shows: list[Callable[[Measures], None]] = field(default_factory=list)
    """Each sets figures that are looked up when somebody asks for them."""
    attendance: Callable[[], Attendance | None] = lambda: None
    """Who looks after the agents on this server; `None`: nobody."""
    roster: Callable[[], Roster] = Roster
    """The people as declared."""
    serves: Callable[[str, str], bool] = lambda _agent, _queue: False
    """Whether an agent serves a queue, as declared."""
    trouble: Callable[[], tuple[str, ...]] = lambda: ()
    """Why this server should get no calls now; empty: it may."""
    now: Callable[[], datetime] = _utc
    seconds: Callable[[], float] = time.monotonic
    """Of a clock that never goes back."""
    beside: Beside = field(init=False)
    simulations: Simulations = field(init=False, default_factory=Simulations)
    per_token: Rates = field(init=False)
    per_address: Rates = field(init=False)
    _used: dict[UUID, datetime] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        limits = self.settings.api.limits
        self.beside = Beside(limits.threads)
        self.per_token = Rates(limits.per_token, now=self.seconds)
        self.per_address = Rates(limits.per_address, now=self.seconds)

    @property
    def zone(self) -> ZoneInfo:
        """The company's."""
        return ZoneInfo(self.settings.calls.zone)

    def is_news(self, token: ApiToken, at: datetime) -> bool:
        """Whether the token's use is to be noted: not more than once a minute."""
        before = self._used.get(token.id, token.last_used_at)
        if before is not None and timedelta(0) <= at - before < USE_IS_NEWS_AFTER:
            return False
        self._used[token.id] = at
        return True

    def close(self) -> None:
        """Lets go of the threads and ends the streams."""
        self.desks.close()
        self.simulations.close()
        self.beside.close()


def rooms() -> ApiRooms:
    """Those of the application that serves this request."""
    found: ApiRooms = current_app.extensions[EXTENSION]
    return found
