"""Servers that are killed, for tests: a process that has loaded all forks one for each life, until SIGKILL.

It reads one JSON line for each life (see `Life`) and answers with one: whether it was killed, and after how
many instants. An instant is each statement and commit of the database, and each message before it leaves and
once it was taken.
"""

from esl.patching import patch_all

patch_all()

import json  # noqa: E402 - patching comes first, here and below
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import traceback  # noqa: E402
from datetime import datetime  # noqa: E402

import gevent.monkey  # noqa: E402
import gevent.os  # noqa: E402
from sqlalchemy import Engine, event  # noqa: E402

from data.spool import Spool  # noqa: E402
from data.store import Store  # noqa: E402
from ivr.agents.follow_ups import CALLBACK, carrying_callbacks  # noqa: E402
from ivr.campaigns.actions.providers import StrategyProviders  # noqa: E402
from ivr.campaigns.actions.serving import Acting  # noqa: E402
from ivr.cases import CASE, Cases  # noqa: E402
from ivr.clock import Clock  # noqa: E402
from ivr.config import Settings  # noqa: E402
from ivr.messenger.errands import errands_of  # noqa: E402
from ivr.messenger.message import Carrier, Message  # noqa: E402
from ivr.messenger.messenger import carriers  # noqa: E402
from ivr.messenger.paper import Folder  # noqa: E402
from ivr.outbox import Kind, Outbox  # noqa: E402
from ivr.safekeeping import Safekeeping  # noqa: E402
from tests.campaigns.actions.life import Life  # noqa: E402
from tests.campaigns.dialling.paper import TRUNK, Telephones, Time, server  # noqa: E402

WAITPID = gevent.monkey.get_original("os", "waitpid")
"""gevent's own would wait for its loop, which this process has none of."""
KINDS = ("sms", "email", "whatsapp", "webhook", CASE, CALLBACK)


class HandClock(Clock):
    """The moment is the test's."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def utc(self) -> datetime:
        return self._time()


class Instants:
    """Counts them, and kills this process at the one that is chosen."""

    def __init__(self, kill_at: int) -> None:
        self.count, self._kill_at = 0, kill_at
        self._lock = threading.Lock()

    def __call__(self, *_: object) -> None:
        with self._lock:
            self.count += 1
            if self.count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A carrier with an instant before it sends, and one before that is noted."""

    def __init__(self, carrier: Carrier, instant: Instants) -> None:
        self._carrier, self._instant = carrier, instant
        self.sends = carrier.sends

    def deliver(self, message: Message) -> str:
        self._instant()
        reference = self._carrier.deliver(message)
        self._instant()
        return reference


def live(life: Life) -> int:
    """Calls, acts, and carries until there is nothing to do; how many instants that had."""
    instant = Instants(life.kill_at)
    event.listen(Engine, "before_cursor_execute", instant)
    event.listen(Engine, "commit", instant)
    time, settings = Time(datetime.fromisoformat(life.at)), Settings.model_validate(life.settings)
    clock = HandClock(time)
    store = Store(life.url)
    outbox = Outbox(store, owner=life.owner, clock=clock, chance=lambda: 0.5)
    folder = Folder(settings.messages_folder, clock.utc)
    carried: dict[str, Carrier] = {
        **carriers(settings.messages, folder, clock),
        "whatsapp": StrategyProviders(settings.path(settings.strategies)),
    }
    watched = {name: Watched(one, instant) for name, one in carried.items()}
    for channel, kind in errands_of(store, watched, clock).items():
        outbox.takes(channel, kind)
    cases = Cases(store, clock, Safekeeping(Spool(settings.spool_folder)))
    outbox.takes(CASE, Kind(carry=cases.carry))
    outbox.takes(CALLBACK, Kind(carry=carrying_callbacks(store.callbacks, clock.utc)))
    trunk = TRUNK.model_copy(update={"name": life.trunk})
    dials = server(store, Telephones(), time, owner=life.owner, trunk=trunk)
    acting = Acting(settings, store, clock, owner=life.owner)
    while dials.step() or dials.recover() or acting.step() or sum(map(outbox.carry, KINDS)):
        outbox.wait_until_carried()
    store.close()
    return instant.count


def main() -> None:
    for line in sys.stdin:
        life = Life(**json.loads(line))
        reads, writes = os.pipe()
        child = gevent.os.fork()
        if child == 0:
            os.close(reads)
            os.dup2(2, 1)  # what it logs is no answer
            try:
                os.write(writes, str(live(life)).encode())
            except BaseException:  # noqa: BLE001 - this process ends here, whatever it was
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(writes)
        _, status = WAITPID(child, 0)
        os.set_blocking(reads, False)
        try:
            told = os.read(reads, 20)
        except BlockingIOError:
            told = b""
        os.close(reads)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        ended = {"killed": killed, "instants": int(told or 0)}
        if not killed and not told:
            ended["instants"] = -1  # it broke: what it said is on its standard error
        print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    main()
