"""A server of ours that is there to be killed: answers, listens, records, plays, over and over.

python -m tests.contract.victim PORT FOLDER      (FOLDER/prompt.wav is what it plays)
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from gevent import monkey

monkey.patch_all()

from gevent.event import Event  # noqa: E402 - after the patching

from esl.errors import CallEnded  # noqa: E402 - likewise
from esl.outbound import OutboundServer  # noqa: E402 - likewise
from esl.switch import Call, Finished, HungUp  # noqa: E402 - likewise


def main(port: int, folder: Path) -> None:
    """Serves until it is killed."""

    def on_call(call: Call) -> None:
        with suppress(CallEnded):
            call.answer()
            call.start_listening()
            call.start_recording(folder / f"{call.uuid}.wav")
            while True:
                playing = call.play([folder / "prompt.wav"])
                while not isinstance(event := call.inbox.get(timeout=10), HungUp):
                    if isinstance(event, Finished) and event.command_id == playing:
                        break
                call.set_variable("turn", "next")

    server = OutboundServer(("127.0.0.1", port), on_call)
    server.start()
    print("ready", flush=True)
    Event().wait()


if __name__ == "__main__":
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    main(int(sys.argv[1]), Path(sys.argv[2]))
