"""The API beside a server that lives calls: what it is made of, from the first request to the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from esl.errors import EslError
from ivr.api.agent_news import AgentDesks
from ivr.api.app import application
from ivr.api.live import LiveCalls
from ivr.api.measures import BREAKER, MOST_VALUES, Measures
from ivr.api.recognition import Recognition
from ivr.api.rooms import ApiRooms
from ivr.api.serving import HttpServer
from ivr.config import Settings
from ivr.moments import Moment
from ivr.queueing.context_desk import Desks
from ivr.queueing.context_feed import SwitchFeed

if TYPE_CHECKING:
    from ivr.server import Server

log = structlog.get_logger(__name__)


class ApiServer:
    """Its `watch` is given to the server; `start` once that has started, `stop` before it stops."""

    def __init__(self, settings: Settings) -> None:
        """Takes the port: a minute later would be late to hear that it is taken. Raises `PortTaken`,
        `ConfigurationError`."""
        self._settings = settings
        self.measures = Measures()
        self._http = HttpServer(settings.api)
        self._rooms: ApiRooms | None = None
        self._live: LiveCalls | None = None
        self.desks = Desks(most=settings.api.limits.streams)
        """Agents' screens."""

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._http.address

    def watch(self, moment: Moment) -> None:
        """What happens in calls. Raises nothing: a figure that cannot be counted costs no call."""
        try:
            self.measures.watch(moment)
            if self._live is not None:
                self._live.watch(moment)
        except Exception:
            log.exception("moment_not_counted")

    def start(self, server: Server, event_socket: tuple[tuple[str, int], str] | None) -> None:
        """Serves from now on. `event_socket`: the switch's address and password; `None`: it is not asked."""
        settings, rooms = self._settings, server.rooms
        clock = rooms.records.clock
        self._live = LiveCalls(clock.utc)
        here = ApiRooms(
            settings=settings,
            store=rooms.store,
            live=self._live,
            measures=self.measures,
            desks=self.desks,
            flows=lambda: rooms.live.current.flows,
            attendance=lambda: server.attendance,
            roster=lambda: rooms.roster,
            serves=lambda agent, queue: (
                agent in rooms.people.plan.agents and rooms.people.plan.serves(agent, queue)
            ),
            trouble=lambda: trouble_of(server),
        )
        here.shows.append(lambda measures: show_server(measures, server))
        self.measures.add(Recognition(lambda: server.rooms.voice.recognizer if server.furnished else None))
        if event_socket is not None:
            address, password = event_socket
            feed = SwitchFeed(address, password, rooms.people, tell=AgentDesks(here).tell)
            here.feed = feed
            here.shows.append(lambda measures: show_feed(measures, feed))
            feed.start()
        self._rooms = here
        self._http.start(application(here))

    def stop(self) -> None:
        """Serves no more: streams end, what is under way has a moment."""
        here = self._rooms
        if here is not None:
            here.desks.close()
            if here.feed is not None:
                here.feed.close()
        self._http.stop()
        if here is not None:
            here.close()


def trouble_of(server: Server) -> tuple[str, ...]:
    """Why this server should get no calls now."""
    return () if server.accepting else ("stopping",)


def show_server(measures: Measures, server: Server) -> None:
    """What the server knows of itself, as long as it has its rooms."""
    if not server.furnished:
        return
    admitted, refused = server.counted
    measures.show("ivr_calls_admitted", "Calls that were taken since the start", {(): float(admitted)})
    measures.show("ivr_calls_refused", "Calls that there was no room for", {(): float(refused)})
    systems = server.rooms.lookups.systems
    states: dict[tuple[str, ...], float] = {
        (name,): float(BREAKER[one.breaker.state]) for name, one in systems.items()
    }
    measures.show("ivr_breaker", "Systems: 0 in order, 1 being tried, 2 left alone", states, "system")


def show_feed(measures: Measures, feed: SwitchFeed) -> None:
    """How the connection to the switch's queues is."""
    measures.show("ivr_switch_connected", "Whether the event socket answers", {(): float(feed.connected)})
    measures.show("ivr_switch_reconnects", "How often it was lost and is back", {(): float(feed.reconnects)})
    show_queues(measures, feed)


_QUEUE_FIGURES = {
    "waiting": ("ivr_queue_waiting", "Callers who wait in a queue now"),
    "longest_wait": ("ivr_queue_longest_wait_seconds", "How long the first in line has waited"),
    "agents": ("ivr_queue_agents", "Agents of a queue who are logged in"),
    "free": ("ivr_queue_agents_free", "Of these, who could take a call now"),
    "in_calls": ("ivr_queue_agents_talking", "Of these, who talk"),
    "expected_wait": (
        "ivr_queue_expected_wait_seconds",
        "Of whoever would come now; absent: nobody is there",
    ),
}


def show_queues(measures: Measures, feed: SwitchFeed) -> None:
    """How the declared queues stand, by the switch; without it there are no such figures."""
    try:
        states = feed.states(sorted(feed.plan.queues)[:MOST_VALUES]) if feed.connected else []
    except EslError as fault:
        log.warning("queues_not_measured", reason=str(fault))
        states = []
    for figure, (name, about) in _QUEUE_FIGURES.items():
        known: dict[tuple[str, ...], float] = {
            (one.name,): float(value) for one in states if (value := getattr(one, figure)) is not None
        }
        measures.show(name, about, known, "queue")
