"""A leg's session: the one greenlet in which its dialplan and its applications run.

Rules (switch_ivr.c `switch_ivr_parse_event`, switch_core_session.c `switch_core_session_exec`):
1. Commands that come over an event socket are queued. Whatever application is waiting takes them
   up, so a second `playback` interrupts the first, which then goes on; `event-lock` prevents that.
2. Applications wait in one way only, `rest`, and everything that can happen on the leg wakes it.
3. On a leg that is down nothing is executed and nothing is told.
4. Arguments are expanded once, from the leg's variables (`${name}`): never twice, and never by
   calling anything. `app_disable_expand_variables=true` turns it off.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from uuid import uuid4

import gevent
from gevent.event import Event

from esl.embedded.causes import cause_named
from esl.embedded.channel import Channel
from esl.embedded.config import Action
from esl.embedded.leg_recordings import LegRecordings
from esl.embedded.profile import CallerProfile
from esl.embedded.recording import is_true
from esl.wire import Command

if TYPE_CHECKING:
    from esl.embedded.bridge import Conversation
    from esl.embedded.socket_app import ServerConnection
    from esl.embedded.switch import EmbeddedSwitch

_log = logging.getLogger(__name__)

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_SHORTEST_LOOP = 0.5
"""Seconds: an application that ends sooner is not repeated by `loops`."""
_MOST_QUEUED = 1000
"""Commands that may wait for one leg (SWITCH_CORE_QUEUE_LEN is larger; nobody needs it)."""


class Session:
    """One call on the switch."""

    def __init__(self, switch: EmbeddedSwitch, profile: CallerProfile, variables: dict[str, str]) -> None:
        self.switch = switch
        self._woken = Event()
        self.channel = Channel(switch, profile, variables, on_change=self._woken.set)
        self.media = self.channel.media
        self.recordings = LegRecordings(self.channel)
        self.uuid = self.channel.uuid
        self.keys: deque[tuple[str, int, str]] = deque()
        self.transfer_to: str | None = None
        self.then: Callable[[], None] | None = None
        """Set by a bridge or a queue: what to do once the applications have let go of the leg."""
        self.conversation: Conversation | None = None
        """With whom the leg talks, while it is bridged."""
        self.when_over: list[Callable[[], None]] = []
        """Called once the leg has told all there is to tell of its end."""
        self.controlled = False
        """True while a server or `park` holds the leg."""
        self.servers: list[ServerConnection] = []
        """Servers that were given the leg."""
        self._commands: deque[Command] = deque()
        self._event_lock = False
        self._broadcast = False
        self._stop_broadcast = False
        self.break_all = False
        self.broken = False
        """Whether `uuid_break` was called since the application began."""
        self._last_application: tuple[str, str] | None = None

    # --- from other greenlets ------------------------------------------------------------------

    def wake(self) -> None:
        """Something happened: whatever waits on the leg looks again."""
        self._woken.set()

    def queue(self, command: Command) -> bool:
        """Queues a `sendmsg`. False if too many wait already."""
        if len(self._commands) >= _MOST_QUEUED:
            return False
        self._commands.append(command)
        self.wake()
        return True

    def press(self, key: str, samples: int, *, source: str = "RTP") -> None:
        """The caller pressed a key; `source` is `RTP`, or `ENDPOINT` for one that came by INFO."""
        self.keys.append((key, samples, source))
        self.wake()

    def stop_applications(self, *, everything: bool) -> None:
        """`uuid_break`: stops what plays; with `everything` also what is queued."""
        if everything:
            self._commands.clear()
        if self._broadcast:
            self._stop_broadcast = True
        self.broken = True
        self.break_all = everything
        self.media.stop_playing()  # not one more frame, whenever its application gets to know
        self.wake()

    def interrupt(self) -> None:
        """Stops what plays, and only that."""
        self.broken = True
        self.media.stop_playing()
        self.wake()

    def flush(self) -> None:
        """Forgets the commands that wait."""
        self._commands.clear()

    def let_go(self, then: Callable[[], None]) -> None:
        """The applications let go of the leg, then `then` has it."""
        self.then = then
        self.wake()

    def transfer(self, destination: str) -> bool:
        """Sends the leg to another extension. False if it is down."""
        channel = self.channel
        if not channel.is_up():
            return False
        forwards = channel.variables.get("max_forwards", "70")
        left = int(forwards) - 1 if forwards.isdigit() else 69
        if left <= 0:
            channel.hang_up("EXCHANGE_ROUTING_ERROR")
            return False
        channel.set("max_forwards", str(left))
        self.transfer_to = destination or "service"
        channel.state = "CS_ROUTING"
        channel.profile.index = str(int(channel.profile.index) + 1)
        channel.profile.rdnis = channel.profile.destination_number
        channel.profile.destination_number = self.transfer_to
        source = (
            f"{int(self.switch.clock.now())}:{uuid4()}:bl_xfer:{self.transfer_to}"
            f"/{channel.profile.context}/{channel.profile.dialplan}"
        )
        channel.profile.transfer_source = source
        channel.set("transfer_history", source)
        channel.set("transfer_source", source)
        self.wake()
        return True

    # --- life ----------------------------------------------------------------------------------

    def is_ready(self) -> bool:
        """Whether an application may go on with the leg."""
        return self.channel.is_up() and self.transfer_to is None and self.then is None

    def is_leaving(self) -> bool:
        """Whether the leg has been transferred and must let go of this extension."""
        return self.transfer_to is not None

    def live(self) -> None:
        """The leg's whole life, in its own greenlet."""
        channel = self.channel
        try:
            self.begin()
            self.live_first()
            self._live_then()
            while channel.is_up():
                if self.is_leaving():
                    self._go_on_routing()
                self._run_dialplan()
        except gevent.GreenletExit:
            channel.hang_up("MANAGER_REQUEST")
        except Exception:  # noqa: BLE001 - whatever it was, the caller must not be left in silence
            _log.exception("a session failed and is hung up")
            channel.hang_up("NORMAL_TEMPORARY_FAILURE")
        finally:
            self._end()

    def begin(self) -> None:
        """The leg's first steps."""
        self.channel.begin()

    def live_first(self) -> None:
        """What comes before the dialplan: nothing, for a caller."""

    def _run_dialplan(self) -> None:
        channel = self.channel
        self.transfer_to = None
        route = self.switch.route(channel.profile.destination_number)
        if route is None:
            channel.hang_up("NO_ROUTE_DESTINATION")
            return
        match, actions = route
        channel.set("DP_MATCH", "ARRAY::" + "|:".join(match))
        channel.set("call_uuid", self.uuid)
        if channel.answered and channel.profile.direction == "inbound":  # in an extension before this one
            channel.set_call_state("ACTIVE")
        channel.enter("CS_EXECUTE")
        self.run_actions(actions)

    def run_actions(self, actions: Iterable[Action]) -> None:
        """One after the other, until the leg goes elsewhere; a leg with nothing left to do is hung up."""
        channel = self.channel
        for action in actions:
            if self.is_leaving() or not channel.is_up():
                break
            self.execute(action[0], action[1] if len(action) > 1 else None)
            self._live_then()
        if channel.is_up() and not self.is_leaving():
            channel.hang_up("NORMAL_CLEARING")

    def _go_on_routing(self) -> None:
        if self.channel.profile.direction == "inbound":
            self.channel.set_call_state("RINGING")  # at the next extension
        self.channel.enter("CS_ROUTING")

    def _live_then(self) -> None:
        while self.then is not None:
            live, self.then = self.then, None
            if not self.channel.is_up():
                return
            live()

    def _end(self) -> None:
        channel = self.channel
        channel.enter("CS_HANGUP")
        self.recordings.stop("all")
        self.switch.media_clock.remove(self.media)
        channel.report(last_application=self._last_application)
        for told in tuple(self.when_over):
            told()
        self.switch.forget(self)

    def destroy_if_unwatched(self) -> None:
        """A leg lasts until the last server that was given it has gone, lingering included."""
        if self.channel.reported and all(server.over for server in self.servers):
            self.channel.destroy()

    # --- executing -----------------------------------------------------------------------------

    def execute(self, name: str, argument: str | None) -> bool:
        """Runs an application. False if it could not be run; a name that nobody knows hangs up."""
        channel = self.channel
        if not channel.is_up():
            return True
        application = self.switch.applications.get(name)
        if application is None:
            _log.warning("no application %r on the embedded switch: the leg is hung up", name[:80])
            channel.hang_up("DESTINATION_OUT_OF_ORDER")
            return False
        if application.needs_media and not channel.pre_answer():
            return False
        if argument and not is_true(channel.get("app_disable_expand_variables")):
            argument = self.expand(argument)
        argument = argument or ""
        uuid = channel.variables.get("app_uuid")
        channel.set("app_uuid", None)
        if not is_true(channel.get("disable_app_log")):
            self._last_application = (name, argument)
        channel.set("current_application", name)
        channel.set("current_application_data", argument)
        channel.set("current_application_response", None)
        about = [("Application", name), *([("Application-Data", argument)] if argument else [])]
        identity = [("Application-UUID", uuid or str(uuid4()))]
        channel.fire("CHANNEL_EXECUTE", [*about, *identity])
        channel.set("current_application", name)  # once more, as the real one does: it moves to the end
        self.broken = False
        application.run(self, argument)
        response = channel.variables.get("current_application_response", "_none_")
        channel.fire("CHANNEL_EXECUTE_COMPLETE", [*about, ("Application-Response", response), *identity])
        return True

    def expand(self, text: str) -> str:
        """`${name}` becomes the variable's value, nothing if there is none; values are not looked into."""
        return _VARIABLE.sub(lambda found: self.channel.get(found[1].strip()) or "", text)

    def respond(self, response: str) -> None:
        """What CHANNEL_EXECUTE_COMPLETE will say of the application that is running."""
        self.channel.set("current_application_response", response)

    def has_commands(self) -> bool:
        """Whether a command waits that may run now."""
        return bool(self._commands) and not self._event_lock

    def obey_queued(self) -> None:
        """Takes up the commands that wait, unless one that is running is locked. After one that was
        stopped, what it interrupted looks first (`switch_ivr_parse_event`): it is stopped as well."""
        media = self.media
        while self._commands and not self._event_lock and self.channel.is_up():
            interrupted, media.source = media.source, None
            self.obey(self._commands.popleft())
            media.source = interrupted
            if self.broken:
                self.wake()
                return

    def obey(self, command: Command) -> None:
        """Does what a `sendmsg` asks, now, in the leg's own greenlet."""
        headers = command.headers
        order = headers.get("call-command", "").lower()
        locked = is_true(headers.get("event-lock"))
        if locked:
            self._event_lock = True
        try:
            if order == "execute":
                self._obey_execute(command)
            elif order == "hangup":
                self.channel.hang_up(cause_named(headers.get("hangup-cause")))
            else:
                _log.warning("call-command %r is not in the embedded switch: ignored", order[:80])
        finally:
            if locked:
                self._event_lock = False

    def _obey_execute(self, command: Command) -> None:
        headers, channel = command.headers, self.channel
        name = headers.get("execute-app-name")
        if not name:
            return
        argument = headers.get("execute-app-arg")
        if not argument and headers.get("content-type", "").lower() == "text/plain":
            argument = command.body.decode("utf-8", "replace")
        loops = headers.get("loops", "1").strip()
        times = int(loops) if re.fullmatch(r"-?\d{1,6}", loops) else 0
        self._stop_broadcast = False
        outermost = not self._broadcast
        self._broadcast = True
        turn = 0
        while times < 0 or turn < times:
            turn += 1
            channel.set("app_uuid", headers.get("Event-UUID"))
            channel.set("current_loop", str(turn))
            channel.set("total_loops", str(times))
            began = self.switch.clock.now()
            ran = self.execute(name, argument)
            if not ran or not self.is_ready() or self._stop_broadcast:
                break
            if self.switch.clock.now() - began < _SHORTEST_LOOP:
                break
        channel.set("current_loop", None)
        channel.set("total_loops", None)
        if outermost:
            self._broadcast = False
        if self._stop_broadcast:
            self._broadcast = False
            self.broken = True

    # --- waiting -------------------------------------------------------------------------------

    def rest(self, until: float | None = None) -> None:
        """Waits until something happens on the leg, or until that time of the switch's clock."""
        clock = self.switch.clock
        clock.wait(self._woken, None if until is None else until - clock.now())
        self._woken.clear()
        self.recordings.close_ended()

    def take_break(self) -> bool:
        """Whether `uuid_break` was called since the application began; asked once, it is forgotten."""
        broken, self.broken = self.broken, False
        return broken

    def take_key(self) -> str:
        """The next key that the caller pressed; only now the switch tells of it."""
        key, samples, source = self.keys.popleft()
        self.channel.digits_taken.append(key)
        self.channel.fire(
            "DTMF", [("DTMF-Digit", key), ("DTMF-Duration", str(samples)), ("DTMF-Source", source)]
        )
        return key

    def park(self) -> None:
        """Holds the leg and does what is queued, until nobody controls it any more."""
        self.channel.fire("CHANNEL_PARK")
        self.controlled = True
        while self.is_ready() and self.controlled:
            self.obey_queued()
            if not (self.is_ready() and self.controlled):
                break
            if self.keys:
                self.take_key()
                continue
            self.rest()
        self.controlled = False
        self.channel.fire("CHANNEL_UNPARK")
