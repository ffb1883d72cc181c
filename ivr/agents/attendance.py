"""What a server does for its agents: follows the switch, keeps it in step, watches over it, tells.

One line to the switch, one greenlet for events, one that looks every few seconds. Several servers may do so
for one switch: whatever they write has a key, and whatever they tell the switch is the same.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import gevent
import structlog

from data.errors import DataError
from esl.errors import EslError
from ivr.agents.alerting import Alerting
from ivr.agents.beside import beside
from ivr.agents.contacts import Contacts
from ivr.agents.desk import Desk
from ivr.agents.follow_ups import Rules
from ivr.agents.following import Following
from ivr.agents.line import SwitchLine
from ivr.agents.live_state import LiveState
from ivr.agents.opening import dial_strings
from ivr.agents.shown import House
from ivr.agents.soundless import Soundless
from ivr.agents.supervising import Supervision
from ivr.agents.watchdog import Watchdog
from ivr.calling_back import name_of
from ivr.clock import Clock
from ivr.config import Settings
from ivr.queueing import sync
from ivr.rooms import Rooms

log = structlog.get_logger(__name__)

EVERY = 2.0
"""Seconds between two looks whether an agent's state has changed elsewhere, or a wrap-up is over."""


def rules_of(settings: Settings) -> Rules:
    """What follow-ups may do."""
    calls = settings.calls
    house = House(calls.currency, calls.region, calls.zone)
    return Rules(
        settings.callbacks, calls.region, tuple(settings.messages.countries or (calls.region,)), house
    )


class Attendance:
    """One server's agents on one switch, from `start` to `close`."""

    def __init__(
        self, settings: Settings, rooms: Rooms, *, event_socket: tuple[str, int], password: str
    ) -> None:
        store, roster, plan = beside(rooms.store), rooms.roster, rooms.people.plan
        clock = Clock()  # the machine's, as the switch's: also where calls are played in another time
        self._settings, self._rooms = settings, rooms
        self.line = SwitchLine(event_socket, password)
        centre = self.line.centre
        self.desk = Desk(store.agents, roster, centre=centre, now=clock.utc)
        self.contacts = Contacts(
            store,
            rooms.outcomes,
            rules_of(settings),
            centre=centre,
            now=clock.utc,
            longest_wrap_up=settings.agents.longest_wrap_up,
        )
        switch = name_of(event_socket)
        self.following = Following(store, roster, self.desk, centre=centre, now=clock.utc, switch=switch)
        self.soundless = Soundless(
            store, self.desk, self.line.ask, now=clock.utc, after=settings.agents.silent_after
        )
        self.following.on_answer = self.soundless.answered
        self.line.events_to = self.following.take
        self.watchdog = Watchdog(
            store,
            roster,
            self.desk,
            line=self.line,
            now=clock.utc,
            node=rooms.records.node,
            stuck_after=settings.agents.stuck_after,
            switch=switch,
        )
        self.live = LiveState(
            store, plan, roster, self.line.centre, now=clock.utc, zone=ZoneInfo(settings.calls.zone)
        )
        self.alerting = Alerting(store, plan, roster.alerts, now=clock.utc)
        self.supervision = Supervision(
            store, self.line, now=clock.utc, outside=roster.outside, allowed=settings.agents.outside
        )
        self._greenlets: list[gevent.Greenlet[[], None]] = []

    def start(self) -> None:
        """From here on agents are attended to; a switch that is not there yet is waited for."""
        self.following.start()
        self.line.start()
        self._greenlets = [gevent.spawn(self._attend), gevent.spawn(self._watch)]

    def close(self) -> None:
        gevent.killall(self._greenlets)
        self.line.close()
        self.following.close()
        self.soundless.close()

    def bring_in_step(self) -> int:
        """Agents and tiers of the switch as they are declared; queues are `ivr queues sync`'s. How many were
        changed. Raises `EslError`."""
        plan, roster = self._rooms.people.plan, self._rooms.roster
        if not plan.agents:
            return 0
        goal = sync.wanted(plan, contacts=dial_strings(roster))
        changes = [
            one
            for one in sync.differences(self.line.centre, goal)
            if not one.of_queue and one.kind != "remove"
        ]
        for line in sync.apply(self.line.centre, changes):
            log.warning("agents_not_in_step", reason=line)
        return len(changes)

    def _attend(self) -> None:
        in_step = False
        while True:
            try:
                if not in_step:
                    self.bring_in_step()
                    self.watchdog.catch_up()
                    self.watchdog.adopt()
                    in_step = True
                self.watchdog.attend()
                self.contacts.lapse()
            except EslError as fault:
                in_step = False
                log.debug("agents_not_attended", reason=str(fault))
            except DataError as lost:
                log.error("agents_not_attended", reason=str(lost))
            except Exception:
                log.exception("agents_fault")
            gevent.sleep(EVERY)

    def _watch(self) -> None:
        while True:
            gevent.sleep(self._settings.agents.watch_every)
            try:
                self.watchdog.step()
                if self._rooms.roster.alerts or self.alerting.to_retire:
                    self.alerting.step(self.live.queues())
            except EslError as fault:
                log.warning("agents_not_watched", reason=str(fault))
            except DataError as lost:
                log.error("agents_not_watched", reason=str(lost))
            except Exception:
                log.exception("agents_fault")
