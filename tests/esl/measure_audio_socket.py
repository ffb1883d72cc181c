"""What streams cost: `python -m tests.esl.measure_audio_socket [STREAMS [SECONDS]]`.

A child plays so many switches' legs, 50 messages a second each; told is this process's CPU per stream and how
late a frame is delivered (from just before it is sent to its delivery).
"""

from __future__ import annotations

import json
import resource
import struct
import subprocess
import sys
import time
from pathlib import Path

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402 - after the patch, as in the server

from esl.audio_socket import AudioSocket  # noqa: E402
from esl.switch import FRAME_BYTES, Audio, ListeningLost  # noqa: E402
from tests.esl.streaming import StreamingModule  # noqa: E402


def legs(urls: list[str], seconds: float) -> None:
    """The child: all legs, in step with the clock."""
    modules = [StreamingModule(url) for url in urls]
    began = time.monotonic()
    for tick in range(int(seconds * 50)):
        gevent.sleep(max(0.0, began + tick * 0.02 - time.monotonic()))
        for module in modules:
            module.audio(struct.pack("<d", time.monotonic()).ljust(FRAME_BYTES, b"\0"))
    for module in modules:
        module.close()


def main(streams: int = 100, seconds: float = 10.0) -> None:
    """Measures, and prints one line."""
    late: list[float] = []
    lost: list[str] = []

    def deliver(what: Audio | ListeningLost) -> None:
        if isinstance(what, ListeningLost):
            lost.append(what.reason)
            return
        for at in range(0, len(what.samples), FRAME_BYTES):
            late.append(time.monotonic() - struct.unpack_from("<d", what.samples, at)[0])

    audio = AudioSocket(("127.0.0.1", 0), appear_within=30.0)
    audio.start()
    taps = [audio.tap(f"leg-{number}", deliver) for number in range(streams)]
    urls = [f"{audio.url}/{tap.token}" for tap in taps]
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.esl.measure_audio_socket", "--legs", json.dumps([urls, seconds])],
        cwd=Path.cwd(),
    )
    while audio._awaited:
        gevent.sleep(0.05)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    while child.poll() is None and len(lost) < streams:
        gevent.sleep(0.1)
    after, took = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    late.sort()
    print(
        f"streams={streams} frames={len(late)} cpu={100 * spent / took:.1f} % of one core, "
        f"late p50={1000 * late[len(late) // 2]:.2f} ms p99={1000 * late[len(late) * 99 // 100]:.2f} ms"
    )
    audio.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--legs"]:
        legs(*json.loads(sys.argv[2]))
    else:
        main(*(kind(word) for kind, word in zip((int, float), sys.argv[1:], strict=False)))
