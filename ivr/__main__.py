"""Patches the standard library for gevent before anything else is imported, then runs the command line."""

from esl.patching import patch_all

patch_all()

import signal  # noqa: E402 - the patch has to come first
from types import FrameType  # noqa: E402

from ivr import cli  # noqa: E402


def _leave(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)  # whoever says it twice means it
    raise SystemExit(128 + number)


def main() -> None:
    """The command line. Told to end, a command clears up as it does after Ctrl-C: what it has started ends,
    and its temporary folders go."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` ignores the one
            signal.signal(number, _leave)
    cli.main()


if __name__ == "__main__":
    main()
