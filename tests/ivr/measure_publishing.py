"""What a release costs the calls: loaded beside (as the server does), and in a thread (as it does not).

`python -m tests.ivr.measure_publishing [FLOWS] [STEPS]`; the last line is JSON. A heartbeat stands for the
calls: each millisecond it wants its turn, with the work of a call (a socket, sent to and read from).
"""

from gevent import monkey

monkey.patch_all()

# Patched first, like the server; therefore the rest comes after it.
import gc  # noqa: E402 -- see above
import json  # noqa: E402 -- see above
import sys  # noqa: E402 -- see above
import tempfile  # noqa: E402 -- see above
import time  # noqa: E402 -- see above
from collections.abc import Callable  # noqa: E402 -- see above
from pathlib import Path  # noqa: E402 -- see above

import gevent  # noqa: E402 -- see above
from gevent import socket  # noqa: E402 -- see above

from dialogs.flow import FlowSet  # noqa: E402 -- see above
from dialogs.loader import load_flows  # noqa: E402 -- see above
from ivr.publishing.catalogues import catalogue_in  # noqa: E402 -- see above
from ivr.publishing.loading import load_beside  # noqa: E402 -- see above
from tests.ivr.flow_files import files, folder_with, main_flow  # noqa: E402 -- see above


def beats(work: Callable[[], FlowSet | None]) -> tuple[list[float], list[float], float]:
    """How late each heartbeat was, how much this thread computed between two, and how long the work took."""
    here, there = socket.socketpair()
    late: list[float] = []
    computed: list[float] = []

    def beat() -> None:
        while True:
            wanted, before = time.perf_counter() + 0.001, time.thread_time()
            gevent.sleep(0.001)
            for _ in range(3):
                here.send(b"x" * 320)
                there.recv(320)
            late.append(time.perf_counter() - wanted)
            computed.append(time.thread_time() - before)

    heart = gevent.spawn(beat)
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    gevent.sleep(0.05)  # the last beat counts, too
    heart.kill()
    return sorted(late), sorted(computed), seconds


def main(flows: int = 5, steps: int = 100) -> None:
    """Prints milliseconds of lateness (median, 99th, worst), and the longest stretch of computing."""
    content = files()
    for flow in range(flows):
        extra = "".join(
            f'  - {{id: s{n}, say: {{es: "Frase {n} del flujo {flow}, ni larga ni corta."}}}}\n'
            for n in range(steps)
        )
        text = main_flow(extra=extra).replace("flow: main", f"flow: part{flow}")
        content[f"part{flow}.flow.yaml"] = text.encode()
    with tempfile.TemporaryDirectory() as place:
        folder = folder_with(Path(place) / "flows", content)
        pool = gevent.get_hub().threadpool
        ways: dict[str, Callable[[], FlowSet | None]] = {
            "idle": lambda: gevent.sleep(1.0),
            "beside": lambda: load_beside(folder),
            "in a thread": lambda: pool.apply(lambda: load_flows([folder], catalogue_in(folder))),
        }
        gc.collect()
        gc.freeze()  # as the server does
        figures: dict[str, dict[str, float]] = {}
        for name, work in ways.items():
            late, computed, seconds = beats(work)
            figures[name] = {
                "seconds": round(seconds, 2),
                "late_ms_p50": round(late[len(late) // 2] * 1000, 1),
                "late_ms_p99": round(late[len(late) * 99 // 100] * 1000, 1),
                "late_ms_max": round(late[-1] * 1000, 1),
                "computed_ms_max": round(computed[-1] * 1000, 1),
            }
            print(name, figures[name])
    print(json.dumps({"flows": flows + 1, "steps": flows * (steps + 5) + 5, **figures}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
