"""A server of ours that is there to be killed: answers, listens, records, plays, over and over.

python -m tests.contract.victim PORT FOLDER [listening|masked]
FOLDER/prompt.wav is what it plays, FOLDER/live where it listens; `listening`: it kills itself right after the
switch has begun to write the live audio, before it has looked at it; `masked`: right after the recording of
the call was masked.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from esl.patching import patch_all

patch_all()

from gevent.event import Event  # noqa: E402 - after the patching

from esl.errors import CallEnded  # noqa: E402 - likewise
from esl.live_audio import LiveAudio  # noqa: E402 - likewise
from esl.live_folder import claim  # noqa: E402 - likewise
from esl.outbound import OutboundServer  # noqa: E402 - likewise
from esl.switch import Call, Finished, HungUp  # noqa: E402 - likewise


class Blind(LiveAudio):
    """What the switch writes stays under its name, as in the moment before the first look."""

    def look(self) -> None:
        """Sees nothing."""


def main(port: int, folder: Path, *, dies: str) -> None:
    """Serves until it is killed."""

    def on_call(call: Call) -> None:
        with suppress(CallEnded):
            call.answer()
            call.start_listening()
            if dies == "listening":
                os.kill(os.getpid(), signal.SIGKILL)
            call.start_recording(folder / f"{call.uuid}.wav")
            if dies == "masked":
                call.mask_recording()
                os.kill(os.getpid(), signal.SIGKILL)
            while True:
                playing = call.play([folder / "prompt.wav"])
                while not isinstance(event := call.inbox.get(timeout=10), HungUp):
                    if isinstance(event, Finished) and event.command_id == playing:
                        break
                call.set_variable("turn", "next")

    live = folder / "live"
    live.mkdir(exist_ok=True)
    audio = (Blind if dies == "listening" else LiveAudio)(folder=claim(live))
    server = OutboundServer(("127.0.0.1", port), on_call, live_audio=audio)
    server.start()
    print("ready", flush=True)
    Event().wait()


if __name__ == "__main__":
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    main(int(sys.argv[1]), Path(sys.argv[2]), dies="".join(sys.argv[3:]))
