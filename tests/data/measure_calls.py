"""How many calls a second an SQLite database records: begin, answer, ten turns, end.

`python -m tests.data.measure_calls [CALLS] [THREADS]`; the last line is JSON. Each record is a commit of
its own, as on live calls. The threads are gevent's, as in the server.
"""

from gevent import monkey

monkey.patch_all()

# Patched first, like the server; therefore the rest comes after it.
import json  # noqa: E402 -- see above
import sys  # noqa: E402 -- see above
import tempfile  # noqa: E402 -- see above
import time  # noqa: E402 -- see above
from pathlib import Path  # noqa: E402 -- see above

from gevent.threadpool import ThreadPool  # noqa: E402 -- see above

from data.records import CallAnswered  # noqa: E402 -- see above
from data.store import Store  # noqa: E402 -- see above
from tests.data.conftest import NOW, begun, ended, turn  # noqa: E402 -- see above


def main(calls: int = 400, threads: int = 4) -> None:
    """Prints calls a second and the milliseconds of one record (median, 95th and 100th percentile)."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'ivr.sqlite3'}")
        store.upgrade()
        took: list[float] = []

        def timed(write: object, *told: object) -> None:
            began = time.perf_counter()
            write(*told)  # type: ignore[operator]  # a method of `Calls`
            took.append(time.perf_counter() - began)

        def live(_: int) -> None:
            call = begun()
            timed(store.calls.begin, call)
            timed(store.calls.answered, CallAnswered(call_id=call.call_id, at=NOW))
            for n in range(1, 11):
                timed(store.calls.add_turn, call.call_id, turn(n, text="Su saldo pendiente es de 142,30 €."))
            timed(store.calls.finish, ended(call.call_id))

        began = time.perf_counter()
        for _ in ThreadPool(threads).imap_unordered(live, range(calls)):
            pass
        seconds = time.perf_counter() - began
        store.close()
    took.sort()
    figures = {
        "calls": calls,
        "threads": threads,
        "calls_per_second": round(calls / seconds, 1),
        "commits_per_second": round(len(took) / seconds),
        "ms_p50": round(took[len(took) // 2] * 1000, 2),
        "ms_p95": round(took[len(took) * 95 // 100] * 1000, 2),
        "ms_max": round(took[-1] * 1000, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
