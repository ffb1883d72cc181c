"""What a server does for its agents, in a process of its own that a test may kill.

Its arguments: host, port and password of the event socket, and the database. It says `ready` once it hears
the switch.
"""

from esl.patching import patch_all

patch_all()

import sys  # noqa: E402 - patching comes first

import gevent  # noqa: E402 - patched first, here and below

from data.store import Store  # noqa: E402
from esl.errors import EslError  # noqa: E402
from ivr.agents.beside import beside  # noqa: E402
from ivr.agents.contacts import Contacts  # noqa: E402
from ivr.agents.desk import Desk  # noqa: E402
from ivr.agents.follow_ups import Rules  # noqa: E402
from ivr.agents.following import Following  # noqa: E402
from ivr.agents.line import SwitchLine  # noqa: E402
from ivr.agents.watchdog import Watchdog  # noqa: E402
from ivr.queueing.callback_rules import CallbackSettings  # noqa: E402
from tests.agents.conftest import Time, outcomes_of, plan_of  # noqa: E402


def main() -> None:
    host, port, password, url = sys.argv[1:]
    plan, roster = plan_of()
    store, now = beside(Store(url)), Time().now
    line = SwitchLine((host, int(port)), password)
    desk = Desk(store.agents, roster, centre=line.centre, now=now)
    following = Following(store, roster, desk, centre=line.centre, now=now)
    rules = Rules(CallbackSettings(), "ES", ("ES",))
    contacts = Contacts(store, outcomes_of(plan), rules, centre=line.centre, now=now)
    watchdog = Watchdog(store, roster, desk, line=line, now=now, node="victim", stuck_after=30.0)
    line.events_to = following.take
    following.start()
    line.start()
    watchdog.attend()
    print("ready", flush=True)
    while True:
        try:
            watchdog.step()
        except EslError as fault:
            print(f"fault {fault}", flush=True)
        contacts.lapse()
        gevent.sleep(0.1)  # as often as the server does it; this is the process that is killed


main()
