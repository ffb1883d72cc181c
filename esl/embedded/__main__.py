"""`python -m esl.embedded --config FILE`: the embedded switch as a process of its own.

Rules:
1. It prints one JSON line with its addresses and password once it is ready.
2. SIGTERM and SIGINT end it at once.
3. When its standard input ends (its parent has died) it takes no more calls, and ends with the last of
   those it has: their server went with the parent, so their dialplan's next action has them now.
"""

from esl.patching import patch_all

patch_all()

import argparse  # noqa: E402 - patching comes first
import json  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
from gevent.event import Event  # noqa: E402
from gevent.os import tp_read  # noqa: E402

from esl.embedded.config import SwitchConfig, read_config  # noqa: E402
from esl.embedded.errors import EmbeddedSwitchError  # noqa: E402
from esl.embedded.switch import EmbeddedSwitch  # noqa: E402

LINGER = 120.0
"""Seconds that calls may go on without the parent."""
_LONGEST_LINGER = 86_400.0


def main() -> int:
    """Runs until told to stop. 0: stopped in order; 2: could not start, with the remedy on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m esl.embedded",
        description="FreeSWITCH's side of the event socket, with sound, for tests and demos.",
        epilog='Example: python -m esl.embedded --config switch.json   (switch.json: {"extensions": '
        '[{"destination": "9100", "actions": [["socket", "127.0.0.1:8040 async full"]]}]})',
    )
    parser.add_argument("--config", type=Path, help="JSON file (see docs/embedded-switch.md)")
    parser.add_argument("--verbose", action="store_true", help="log what happens on standard error")
    parser.add_argument(
        "--ignore-stdin", action="store_true", help="go on when standard input ends (for a service)"
    )
    parser.add_argument(
        "--linger",
        type=_seconds,
        default=LINGER,
        metavar="SECONDS",
        help="how long calls may go on when standard input has ended (default: %(default)g)",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, stream=sys.stderr)
    try:
        config = read_config(options.config) if options.config else SwitchConfig()
        switch = EmbeddedSwitch(config)
        switch.start()
    except EmbeddedSwitchError as fault:
        print(f"{fault.code}: {fault}", file=sys.stderr)
        return 2
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    if not options.ignore_stdin:
        gevent.spawn(_outlive_parent, switch, options.linger, stop)
    print(json.dumps(ready_line(switch)), flush=True)
    stop.wait()
    switch.stop()
    return 0


def ready_line(switch: EmbeddedSwitch) -> dict[str, object]:
    """What a parent needs to know."""
    return {
        "ready": True,
        "event_socket": "{}:{}".format(*switch.event_socket_address),
        "password": switch.config.password,
        "line": "{}:{}".format(*switch.line_address),
        "core_uuid": switch.board.core_uuid,
        "pid": os.getpid(),
    }


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= _LONGEST_LINGER:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {_LONGEST_LINGER:g} seconds")
    return seconds


def _outlive_parent(switch: EmbeddedSwitch, linger: float, stop: Event) -> None:
    """Until the parent's end of standard input is closed, and then until the last call is over."""
    try:
        while tp_read(sys.stdin.fileno(), 1024):
            pass
    except (OSError, ValueError):
        pass
    switch.stop_accepting()
    switch.drain(linger)
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
