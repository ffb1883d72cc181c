"""Worker processes: started, heard, replaced when they die, and never left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import gevent.event
import pytest

from speech.errors import RecognizerLost, WorkerLost, WorkerTimeout
from speech.spawning import Program
from speech.utterances import LONGEST_KEPT, WorkerUtterance
from speech.workers import OUTBOX_LIMIT, Conversation, WorkerPool

Make = Callable[..., WorkerPool]


@pytest.fixture
def pool_of() -> Iterator[Make]:
    """Makes pools of the echo worker and closes them."""
    made: list[WorkerPool] = []

    def make(
        mode: str = "normal", *, size: int = 1, start_timeout: float = 20.0, most: int | None = None
    ) -> WorkerPool:
        pool = WorkerPool(
            Program("tests.speech.echo_worker", {"mode": mode}),
            size=size,
            start_timeout=start_timeout,
            most=most,
        )
        made.append(pool)
        return pool

    yield make
    for pool in made:
        pool.close()


def _echo(conversation: Conversation, body: bytes = b"hello") -> bytes:
    conversation.send("echo", body)
    answer = conversation.wait(20)[1]
    conversation.close()
    return answer


def _gone(pid: int, seconds: float) -> bool:
    """Whether a process ends in time; waits on it, without polling."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], seconds)[0])
    finally:
        os.close(watched)


def test_work_sent_before_the_start_waits_for_it(pool_of: Make) -> None:
    """A call that comes while models load is served, not refused."""
    pool = pool_of()
    assert _echo(pool.open(), b"early") == b"early"
    assert pool.wait_ready(5)["colour"] == "green"


def test_answers_find_their_conversation(pool_of: Make) -> None:
    """Many conversations share a worker; each gets its own answer, partials apart."""
    pool = pool_of()
    conversations = [pool.open() for _ in range(20)]
    for place, conversation in enumerate(conversations):
        conversation.send("echo", bytes([place]) * 1000)
    for place, conversation in reversed(list(enumerate(conversations))):
        assert conversation.wait(20)[1] == bytes([place]) * 1000
        assert [partial["text"] for partial in conversation.partials] == ["soon"]


def test_a_death_wakes_everyone_at_once_and_the_next_one_works(pool_of: Make) -> None:
    """Callers must not wait for a deadline when the worker is already gone."""
    pool = pool_of()
    waiting, killer = pool.open(), pool.open()
    assert _echo(pool.open()) == b"hello"

    def wait() -> None:
        with pytest.raises(WorkerLost):
            waiting.wait(30)

    waiter = gevent.spawn(wait)
    killer.send("die")
    with pytest.raises(WorkerLost, match="ended"):  # a deadline would be a `WorkerTimeout`
        killer.wait(30)
    waiter.get(timeout=10)
    assert _echo(pool.open()) == b"hello"


def test_a_killed_worker_is_noticed_at_once(pool_of: Make) -> None:
    """The out-of-memory killer is as good as any death."""
    pool = pool_of()
    pool.wait_ready(20)
    conversation = pool.open()
    os.kill(pool.pids()[0], signal.SIGKILL)
    with pytest.raises(WorkerLost):  # a deadline would be a `WorkerTimeout`
        conversation.wait(10)


def test_a_worker_that_hangs_is_replaced(pool_of: Make) -> None:
    """Two unanswered deadlines in a row end a worker that lives and does nothing."""
    pool = pool_of()
    first = pool.wait_ready(20)["pid"]
    hung = pool.open()
    hung.send("hang")
    for _turn in range(2):
        with pytest.raises(WorkerTimeout, match="did not answer"):
            hung.wait(0.05)
    with pytest.raises(WorkerLost, match="does not answer: ended"):
        hung.wait(20)
    assert _echo(pool.open()) == b"hello"
    assert pool.wait_ready(5)["pid"] != first


@pytest.mark.parametrize(("mode", "says"), [("fatal", "the model is broken"), ("crash", "out of luck")])
def test_a_worker_that_cannot_start_says_why(pool_of: Make, mode: str, says: str) -> None:
    """The operator reads the worker's own reason, and callers are refused instead of kept waiting."""
    pool = pool_of(mode)
    with pytest.raises(WorkerLost, match=says):
        pool.wait_ready(20)
    with pytest.raises(WorkerLost, match=says):
        pool.open()


def test_a_worker_that_never_becomes_ready_is_given_up(pool_of: Make) -> None:
    """A model that loads for ever must not hold the start for ever."""
    pool = pool_of("never_ready", start_timeout=0.6)
    with pytest.raises(WorkerLost, match=r"not ready after 0\.6 s"):
        pool.open().wait(20)


def test_a_worker_that_does_not_keep_up_loses_the_conversation(pool_of: Make) -> None:
    """Sound waiting for a stuck worker has a limit: memory stays bounded."""
    pool = pool_of()
    pool.wait_ready(20)
    conversation = pool.open()
    conversation.send("hang")
    with pytest.raises(WorkerLost, match="does not keep up"):
        for _megabyte in range(2 * OUTBOX_LIMIT >> 20):
            conversation.send("echo", bytes(1 << 20))


def test_the_hub_is_never_blocked(pool_of: Make) -> None:
    """While megabytes go to and fro, other calls run: none waits for more than 50 ms of our own computing.

    By the thread's own clock: what else the machine does meanwhile is not ours.
    """
    pool = pool_of()
    pool.wait_ready(20)
    gaps: list[float] = []
    stop = gevent.event.Event()

    def tick() -> None:
        last = time.thread_time()
        while not stop.wait(0.002):
            now = time.thread_time()
            gaps.append(now - last)
            last = now

    ticker = gevent.spawn(tick)
    for _turn in range(60):
        assert len(_echo(pool.open(), bytes(1 << 20))) == 1 << 20
    stop.set()
    ticker.join()
    assert len(gaps) > 20
    assert sorted(gaps)[-2] < 0.05


def test_work_goes_to_the_least_busy_worker(pool_of: Make) -> None:
    """Two workers share the calls."""
    pool = pool_of(size=2)
    conversations = [pool.open() for _ in range(4)]
    for conversation in conversations:
        _echo(conversation)
    assert len(pool.pids()) == 2


def test_more_than_it_may_have_is_refused(pool_of: Make) -> None:
    """A machine that is full says so at once; what is under way is served, and then there is room again."""
    pool = pool_of(most=2, size=2)
    conversations = [pool.open() for _ in range(4)]
    with pytest.raises(WorkerLost, match="busy: 2 at a time"):
        pool.open()
    assert all(_echo(conversation) == b"hello" for conversation in conversations)
    assert _echo(pool.open()) == b"hello"
    figures = pool.figures
    assert (figures.opened, figures.refused, figures.answered, pool.load) == (5, 1, 5, 0)
    assert 0.0 < figures.wait_seconds < 20
    assert list(figures.waits_up_to())[-1] == (float("inf"), 5)


def test_an_utterance_that_kills_every_worker_is_given_up(pool_of: Make) -> None:
    """It is said again once, never a third time; others are served meanwhile."""
    pool = pool_of(size=2)
    pool.wait_ready(20)
    utterance = WorkerUtterance(pool, "echo")
    utterance._send("die")
    with pytest.raises(RecognizerLost, match="ended"):  # a deadline would be a `RecognizerTimeout`
        utterance.finish(20)
    assert pool.figures.repeated == 1
    assert _echo(pool.open()) == b"hello"


def test_a_minute_is_kept_and_no_more(pool_of: Make) -> None:
    """A caller who never stops fills no memory: beyond a minute nothing is kept or sent."""
    utterance = WorkerUtterance(pool_of(), "echo")
    for _second in range(120):
        utterance.feed(bytes(16_000))
    assert sum(len(body) for _op, body in utterance._kept) == LONGEST_KEPT
    utterance.cancel()
    assert utterance._kept == []


def test_close_ends_the_processes(pool_of: Make) -> None:
    """After close nothing runs, and whoever waits is told."""
    pool = pool_of(size=2)
    pool.wait_ready(20)
    conversation = pool.open()
    pids = pool.pids()
    pool.close()
    with pytest.raises(WorkerLost, match="closed"):
        conversation.wait(5)
    with pytest.raises(WorkerLost, match="closed"):
        pool.open()
    assert all(_gone(pid, 10) for pid in pids)


def test_workers_end_with_a_server_that_was_killed() -> None:
    """`kill -9` on the server leaves no orphan holding models in memory."""
    program = (
        "from gevent import monkey; monkey.patch_all()\n"
        "from speech.spawning import Program\n"
        "from speech.workers import WorkerPool\n"
        "import gevent\n"
        "pool = WorkerPool(Program('tests.speech.echo_worker', {}), size=1)\n"
        "pool.wait_ready(20)\n"
        "print(pool.pids()[0], flush=True)\n"
        "gevent.get_hub().join()\n"
    )
    root = Path(__file__).resolve().parents[2]
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=root, text=True)
    assert server.stdout is not None
    try:
        worker = int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert _gone(worker, 10)
