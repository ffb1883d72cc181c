"""A caller who is to be connected with somebody, and what the switch tells of it meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import gevent

from tests.contract.place import (
    Application,
    Callee,
    Caller,
    Place,
    arrived,
    connected,
    pause,
)
from tests.freeswitch.harness import EslMessage, EslSocket

EVENTS = (
    "event plain BACKGROUND_JOB CHANNEL_OUTGOING CHANNEL_CREATE CHANNEL_ORIGINATE CHANNEL_PROGRESS "
    "CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE "
    "CHANNEL_EXECUTE_COMPLETE DTMF"
)

FAILURES = {
    "USER_BUSY": "BUSY",
    "CALL_REJECTED": "DONTCALL",
    "UNALLOCATED_NUMBER": "UNALLOCATED_NUMBER",
    "NO_USER_RESPONSE": "NO_USER_RESPONSE",
}

MOST_OF_IT = 0.5
"""Of what a supervisor hears and whispers: the real switch mixes from buffers that run over now and then."""


class Line:
    """An event connection of the tests' own, and one caller whom it bridges."""

    def __init__(self, esl: EslSocket, place: Place, application: Application) -> None:
        self.esl, self.place = esl, place
        self.caller, self.session = connected(place, application)
        self.uuid = self.session.call.uuid
        self.told: list[EslMessage] = []

    def set(self, name: str, value: str) -> None:
        assert self.place.api(f"uuid_setvar {self.uuid} {name} {value}").startswith("+OK")

    def bridge(self, dial: str) -> None:
        """Begins to bridge the caller."""
        self.esl.command(
            f"sendmsg {self.uuid}\ncall-command: execute\nexecute-app-name: bridge\n"
            f"execute-app-arg: {dial}\nEvent-UUID: b1"
        )

    def next(self, kind: str, seconds: float = 10, **wanted: str) -> dict[str, str]:
        """The next event of that kind; what came before is kept in `told`."""

        def matches(message: EslMessage) -> bool:
            return message.headers.get("Event-Name") == kind and all(
                message.headers.get(name.replace("_", "-")) == value for name, value in wanted.items()
            )

        with gevent.Timeout(seconds, TimeoutError(f"no {kind} {wanted}; there were {self.order()}")):
            while True:
                message = self.esl.events.get()
                self.told.append(message)
                if matches(message):
                    return message.headers

    def bridged(self) -> dict[str, str]:
        """What the leg says at the end of `bridge`."""
        return self.next("CHANNEL_EXECUTE_COMPLETE", Application_UUID="b1")

    def both_over(self) -> None:
        """Waits until the end of both legs was told, in whichever order."""
        while [event[:-2] for event in self.order()].count("HANGUP_COMPLETE") < len("AB"):
            self.next("CHANNEL_HANGUP_COMPLETE")

    def order(self) -> list[str]:
        """Events of both legs, A the caller's. Nothing of a leg that began before us: an earlier test's."""
        kinds = EVENTS.split()[2:-2]
        ours = {self.uuid: "A"}
        order = []
        for message in self.told:
            name, uuid = message.headers.get("Event-Name", ""), message.headers.get("Unique-ID", "")
            if name == "CHANNEL_OUTGOING":
                ours.setdefault(uuid, "B")
            if name in kinds and uuid in ours:
                order.append(f"{name.removeprefix('CHANNEL_')} {ours[uuid]}")
        return order

    def order_of(self, leg: str) -> list[str]:
        """The events of one leg. Each leg of a real switch is a thread: what two of them tell of their ends
        comes in either order (seen: B's HANGUP before and after A's UNBRIDGE)."""
        return [event[:-2] for event in self.order() if event.endswith(leg)]


def answered(callee: Callee) -> None:
    callee.wait_for_call()
    callee.ring()
    pause(0.2)
    callee.answer()


def hear(one: Callee | Caller, sound: bytes) -> float:
    """How much of it reached them."""
    return arrived(sound, b"".join(frame.samples for frame in list(one.heard)))


def dial(line_events: EslSocket, place: Place, what: str, uuid: str) -> Callable[[], str]:
    """Begins to call; gives what waits for the result."""
    line_events.command(f"bgapi originate {{origination_uuid={uuid}}}{what}\nJob-UUID: job-{uuid}")

    def result() -> str:
        told = line_events.event(lambda headers: headers.get("Job-UUID") == f"job-{uuid}")
        return told.body.strip()

    return result
