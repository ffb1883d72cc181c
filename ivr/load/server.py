"""The application's side of a measurement, in a process of its own whose CPU can be read.

    python -m ivr.load.server   (told what to be by one line of JSON on standard input)

It says `ready`, takes calls until standard input ends, and ends.
"""

from esl.patching import patch_all

patch_all()

import json  # noqa: E402 - patching comes first
import sys  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402

from data.call_log import CallLog  # noqa: E402
from data.spool import Spool  # noqa: E402
from data.store import Store  # noqa: E402
from dialogs.catalogue import Catalogue  # noqa: E402
from dialogs.effects import Spoken  # noqa: E402
from dialogs.engine import Conversation  # noqa: E402
from dialogs.facts import Facts  # noqa: E402
from dialogs.loader import load_flows  # noqa: E402
from esl.errors import CallEnded  # noqa: E402
from esl.outbound import OutboundServer  # noqa: E402
from esl.switch import Call, Finished, HungUp  # noqa: E402
from esl.switchboard import Switchboard  # noqa: E402
from ivr.clock import Clock  # noqa: E402
from ivr.config import LogSettings  # noqa: E402
from ivr.living.services import Services  # noqa: E402
from ivr.load.bare import BareServer  # noqa: E402
from ivr.logs import configure  # noqa: E402
from ivr.lookups import Lookups  # noqa: E402
from ivr.moments import nobody_watches  # noqa: E402
from ivr.records import Basis, Records  # noqa: E402
from ivr.session import Session  # noqa: E402
from speech.synthesizer import Waiting  # noqa: E402

FLOW = """flow: measured
summary: What a benchmark plays
languages: [es]
person: end
steps:
  - id: sound
    say: {es: "Hola."}
  - id: end
    hangup: normal
"""


@dataclass(frozen=True)
class Order:
    """What the process is to be."""

    way: str
    port: int
    event_port: int
    event_password: str
    sound: str
    """The file that every call hears."""
    folder: str
    """For the database of a whole session."""


class OneSound:
    """Every prompt is the measured file."""

    def __init__(self, sound: str) -> None:
        self._sound = Path(sound)

    def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:  # noqa: ARG002 - the port's
        return self._sound

    def rest_of(self, files: Sequence[Path], seconds: float) -> Path:  # noqa: ARG002 - the port's
        return self._sound


Settle = Callable[[], bool]
"""Waits until no call is under way and all that belongs to one is written, at most `SETTLE` seconds; whether
that came about."""
SETTLE = 10.0


def whole_sessions(order: Order, closing: ExitStack) -> tuple[Callable[[Call], None], Callable[[], None]]:
    """The measured call as the product lives it: flow, session, call record in SQLite; and what waits until
    all records are written."""
    folder = Path(tempfile.mkdtemp(dir=order.folder))
    flow = folder / "measured.flow.yaml"
    flow.write_text(FLOW, encoding="utf-8")
    flows = load_flows([flow], Catalogue())
    store = Store(f"sqlite:///{folder / 'calls.sqlite3'}")
    store.upgrade()
    closing.callback(store.close)
    clock = Clock()
    call_log = CallLog(store, Spool(folder / "spool"))
    records = Records(call_log, node="bench:0", clock=clock, recordings=None)
    closing.callback(records.close)
    services = Services(
        prompts=OneSound(order.sound),
        recognizer=None,
        lookups=Lookups(store, clock.utc),
        clock=clock,
        watch=nobody_watches,
        longest_call=60.0,
    )

    basis = Basis(flow="measured", flow_version=flows.version)

    def live(call: Call) -> None:
        caller = {"number": call.caller_number, "name": call.caller_name}
        conversation = Conversation(flows, "measured", Facts(language="es", caller=caller, now=clock.utc()))
        record = records.begin(call, basis, language="es")
        Session(call, conversation, record, services).live()

    return live, records.wait_until_written


def a_call(order: Order) -> Callable[[Call], None]:
    """The measured call on our ESL layer: answer, play, hang up, wait for the end."""
    sound = [Path(order.sound)]

    def live(call: Call) -> None:
        try:
            call.answer()
            playing = call.play(sound)
            while not isinstance(event := call.inbox.get(timeout=10), Finished):
                if isinstance(event, HungUp):
                    return
            assert event.command_id == playing
            call.hang_up()
            while not isinstance(call.inbox.get(timeout=10), HungUp):
                pass
        except CallEnded:
            return

    return live


BARE_SUBSCRIPTIONS = {
    "bare-shared": "",
    "bare-own": "filter Unique-ID UUID\n\nevent plain CHANNEL_EXECUTE_COMPLETE\n\n",
    "bare-myevents": "myevents\n\n",
}


def serve_bare(order: Order) -> Settle:
    """Begins to serve with the least there can be."""
    bare = BareServer(order.port, order.sound, subscription=BARE_SUBSCRIPTIONS[order.way])
    if order.way == "bare-shared":
        bare.share_events("127.0.0.1", order.event_port, order.event_password)
    bare.start()
    return lambda: bare.drain(SETTLE)


def serve(order: Order, closing: ExitStack) -> Settle:
    """Begins to serve with what the product is made of."""
    sources = []
    if order.way.endswith("-shared"):
        board = Switchboard(("127.0.0.1", order.event_port), order.event_password)
        board.start()
        closing.callback(board.close)
        if not board.wait_connected(10):
            raise SystemExit("the event connection did not come about")
        sources.append(board)
    live, written = a_call(order), _nothing_to_write
    if order.way.startswith("session-"):
        live, written = whole_sessions(order, closing)
    server = OutboundServer(("127.0.0.1", order.port), live, max_calls=2000, event_sources=sources)
    server.start()
    closing.callback(server.close, 2.0)

    def settle() -> bool:
        over = server.drain(SETTLE)
        writing = gevent.spawn(written)
        writing.join(SETTLE)
        return over and writing.ready()

    return settle


def _nothing_to_write() -> None:
    """The bare layer keeps no records."""


def main() -> None:
    """Reads the order, serves, says `settled` or `busy` to each line that asks, ends with standard input."""
    configure(LogSettings(level="warning"))
    order = Order(**json.loads(sys.stdin.buffer.readline()))
    with ExitStack() as closing:
        settle = serve_bare(order) if order.way in BARE_SUBSCRIPTIONS else serve(order, closing)
        print("ready", flush=True)
        while gevent.get_hub().threadpool.apply(sys.stdin.buffer.readline):
            print("settled" if settle() else "busy", flush=True)


if __name__ == "__main__":
    main()
