"""Callers who ask to be called back, for every switch on which that is tested: their flow, their telephones,
and what of it is in the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import gevent
from gevent.event import Event

from data.records import Callback, CallRecord
from data.store import Store
from esl.embedded.scripted_callee import ScriptedCallee
from ivr.moments import HandedOver, Moment, SystemSpoke
from ivr.stage import Stage

CATALOGUE = "queues: [billing]\n"
FLOW = """flow: main
languages: [es]
person: person
steps:
  - menu: main_menu
    prompt: {es: "Diga o pulse."}
    choices:
      person: {key: 0, phrases: {es: [operador]}, then: person}
      call_me: {key: 2, phrases: {es: [llámeme]}, then: call_me}
  - id: call_me
    callback: billing
    number: "{caller.number}"
    keep_place: true
    say: {es: "Le llamaremos."}
    failed: sorry
  - id: bye
    hangup: normal
  - id: sorry
    say: {es: "No puede ser."}
    then: bye
  - id: person
    queue: billing
    waiting:
      say: {es: "Pulse uno."}
      keys: {1: call_me}
    busy: {offer: callback, declined: sorry}
"""


def write_flows(folder: Path) -> None:
    """The flow and its catalogue, where a server that is at home in the folder finds them."""
    (folder / "flows").mkdir()
    for name, text in (("catalogue", CATALOGUE), ("main.flow", FLOW)):
        (folder / "flows" / f"{name}.yaml").write_text(text, encoding="utf-8")


@dataclass
class Watched:
    """What is told of a call that we have made; to be given to `Stage.watch_caller`."""

    asked: Event = field(default_factory=Event)
    """They hear why we call, and what to press."""
    handed: Event = field(default_factory=Event)
    """They talk with an agent."""

    def __call__(self, moment: Moment) -> None:
        match moment:
            case SystemSpoke(step="wanted"):
                self.asked.set()
            case HandedOver(result="handed"):
                self.handed.set()

    def press_one(self, telephone: ScriptedCallee) -> None:
        """They want to be put through, once they are asked."""
        assert self.asked.wait(15)
        telephone.key("1")


def asked_for(stage: Stage, number: str) -> ScriptedCallee:
    """The telephone of somebody who has asked to be called and has hung up."""
    assert stage.switch is not None
    telephone = ScriptedCallee(stage.switch.addresses.lines, number=number)
    telephone.join()
    caller = stage.caller(number)
    caller.join()
    assert caller.wait_until_quiet(0.5)
    caller.key("2")
    assert caller.wait_hangup(15)
    return telephone


def kept(stage: Stage, number: str) -> Callback:
    """The callback at that number as it stands: also while somebody waits for an agent in their place, which
    is a call for the server."""
    store = Store(stage.settings.database_url)
    both = (*store.callbacks.waiting(), *store.callbacks.ended())  # it may end between the two
    (found,) = {one.id: one for one in both if one.number == number}.values()
    store.close()
    return found


def callback_of(stage: Stage, number: str) -> Callback:
    """The same, once no call is left."""
    stage.wait_until_idle()
    return kept(stage, number)


def tried(stage: Stage, number: str) -> Callback:
    """Once the try is noted."""
    with gevent.Timeout(15, TimeoutError("the try is not noted")):
        while (callback := callback_of(stage, number)).state in ("claimed", "dialled", "answered"):
            gevent.sleep(0.02)  # between two looks: the server notes it by itself
    return callback


def records_of(stage: Stage, number: str) -> list[CallRecord]:
    """Of the calls that we have made, the latest first."""
    store = Store(stage.settings.database_url)
    calls = store.calls.latest(50)
    store.close()
    return [one for one in calls if one.caller_number == number and one.direction == "outbound"]


def record_of(stage: Stage, number: str) -> CallRecord:
    """Of the only one."""
    (found,) = records_of(stage, number)
    return found
