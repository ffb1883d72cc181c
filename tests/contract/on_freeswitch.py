"""A real FreeSWITCH with our own configuration as a place for contracts; callers and agent have SIP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import gevent
from gevent.event import Event

from esl.embedded.causes import SIP_STATUS
from esl.freeswitch.configuration import Agent, Limits, Queue, Server, SwitchConfiguration
from tests.contract.place import (
    BRIEF,
    BRIEF_SECONDS,
    EXTENSION,
    FALLBACK,
    STAFFED,
    UNSTAFFED,
    UNSTAFFED_SECONDS,
)
from tests.freeswitch.harness import FreeSwitch
from tests.freeswitch.leg import CallRefused, Frame, Leg
from tests.freeswitch.telephone import Telephone, telephone


def configuration(port: int) -> SwitchConfiguration:
    """The product's own, with the queues that contracts need."""
    queues = (
        Queue(FALLBACK.partition("@")[0], longest_wait_without_agents=60),
        Queue(STAFFED.partition("@")[0], longest_wait=0, longest_wait_without_agents=0),
        Queue(BRIEF.partition("@")[0], longest_wait=BRIEF_SECONDS),
        Queue(UNSTAFFED.partition("@")[0], longest_wait_without_agents=UNSTAFFED_SECONDS),
    )
    return SwitchConfiguration(
        servers=(Server("127.0.0.1", port),),
        limits=Limits(calls=200, calls_per_second=200),
        queues=queues,
        agents=(Agent("1001", ("billing",)), Agent("1002", ("brief",))),
    )


class SipCaller:
    """One call of a telephone. Fulfils `Caller`."""

    def __init__(
        self, switch: tuple[str, int], *, number: str, name: str, headers: list[tuple[str, str]]
    ) -> None:
        self._headers = headers
        self._phone = Telephone(switch, number, name=name)
        self._leg: Leg = self._phone.dial(EXTENSION)
        self._target = f"sip:{EXTENSION}@{switch[0]}:{switch[1]}"
        self._calling: gevent.Greenlet[[], None] | None = None
        self.answered, self.over = self._leg.answered, self._leg.over

    def call(self) -> None:
        self._calling = gevent.spawn(self._call)

    def _call(self) -> None:
        with suppress(CallRefused):  # `over` tells
            self._leg.call(self._target, self._headers, seconds=30)

    def say(self, samples: bytes) -> Event:
        return self._leg.say(samples)

    def press(self, keys: str) -> None:
        if not self._leg.press(keys).wait(5 + len(keys)):
            raise TimeoutError("the keys are not out")

    def put_on_hold(self, direction: str = "sendonly") -> None:
        self._leg.hold(direction)

    def take_back(self) -> None:
        self._leg.hold("sendrecv")

    def hang_up(self) -> None:
        if self.over.is_set() or self._calling is None:
            return
        if not self.answered.is_set():
            self._leg.cancel()
            self._calling.join(timeout=5)
        if self.answered.is_set():
            self._leg.hang_up()

    @property
    def heard(self) -> Sequence[Frame]:
        return self._leg.heard

    def close(self) -> None:
        # Whether a call ends well is what the tests ask; afterwards it only has to be gone.
        with suppress(TimeoutError):
            self.hang_up()
        if self._calling is not None:
            self._calling.kill()
        self._phone.close()


class SipCallee:
    """A telephone outside that is called. Fulfils `Callee`."""

    def __init__(self, switch: tuple[str, int], number: str) -> None:
        self._phone = Telephone(switch, number)
        self.dial = f"sofia/ivr/{number}@{self._phone.host}:{self._phone.port}"
        self.over = Event()
        self.headers: dict[str, str] = {}
        self._leg: Leg | None = None

    @property
    def leg(self) -> Leg:
        assert self._leg is not None, "nobody has called yet"
        return self._leg

    def wait_for_call(self) -> None:
        self._leg = self._phone.called()
        self.over = self._leg.over
        assert self._leg.invite is not None
        self.headers = {name: value for name, value in self._leg.invite.headers if name.startswith("X-")}

    def ring(self) -> None:
        self.leg.ring()

    def sound_early(self) -> None:
        self.leg.ring(early_media=True)

    def answer(self) -> None:
        self.leg.answer()

    def refuse(self, cause: str) -> None:
        self.leg.refuse(SIP_STATUS[cause])

    def say(self, samples: bytes) -> Event:
        return self.leg.say(samples)

    def press(self, keys: str) -> None:
        if not self.leg.press(keys).wait(5 + len(keys)):
            raise TimeoutError("the keys are not out")

    def hang_up(self) -> None:
        if self._leg is not None and self._leg.answered.is_set() and not self._leg.over.is_set():
            self._leg.hang_up()

    @property
    def heard(self) -> Sequence[Frame]:
        return self.leg.heard

    @property
    def keys(self) -> str:
        return "".join(self.leg.keys_heard)

    def close(self) -> None:
        with suppress(TimeoutError):  # the other one has just hung up too: their BYE crossed ours
            self.hang_up()
        self._phone.close()


class FreeSwitchPlace:
    """Fulfils `Place`."""

    name = "freeswitch"

    def __init__(self, switch: FreeSwitch, port: int) -> None:
        self.switch, self.port = switch, port
        self.folder: Path = switch.folder / "sounds"
        self._callers: list[SipCaller | SipCallee] = []
        for agent in ("1001", "1002"):
            self.api(f"callcenter_config agent set wrap_up_time {agent}@ivr 0")

    def caller(
        self,
        *,
        number: str = "34600111222",
        name: str = "Ana Pérez",
        asserted: tuple[str, dict[str, str]] | None = None,
    ) -> SipCaller:
        headers = [] if asserted is None else [("P-Asserted-Identity", asserted[0])]
        caller = SipCaller(self.switch.sip, number=number, name=name, headers=headers)
        self._callers.append(caller)
        return caller

    def callee(self, number: str) -> SipCallee:
        callee = SipCallee(self.switch.sip, number)
        self._callers.append(callee)
        return callee

    @property
    def pid(self) -> int:
        return self.switch.pid

    @property
    def events(self) -> tuple[tuple[str, int], str]:
        socket = self.switch.configuration.event_socket
        return (socket.address, socket.port), self.switch.password

    def api(self, command: str) -> str:
        return self.switch.api(command)

    @contextmanager
    def agent(self, talks_for: float) -> Iterator[Event]:
        answered = Event()
        with telephone(self.switch.sip, "1001", password=self.switch.secret("agent-1001")) as desk:
            assert desk.register() == 200

            def serve() -> None:
                ringing = desk.called(30)
                ringing.ring()
                ringing.answer()
                answered.set()
                if not ringing.over.wait(talks_for):
                    ringing.hang_up()

            self.api("callcenter_config agent set status 1001@ivr Available")
            serving = gevent.spawn(serve)
            try:
                yield answered
            finally:
                self.api("callcenter_config agent set status 1001@ivr 'Logged Out'")
                serving.kill()
                desk.register(0)

    def hang_up_all(self) -> None:
        for caller in self._callers:
            caller.close()
        self._callers.clear()
