"""A real server, killed while its database is gone: what callers were told is there afterwards, and once.

Each outage: callers at different steps when the database goes, an apology and a person for each, `kill -9`
of the server while it is gone, a new start without it, and then the database comes back.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from data.store import Store
from tests.data.conftest import locked_by_another_process
from tests.data.postgresql import Server
from tests.databases import store_at
from tests.self_service.conftest import CUSTOMERS
from tests.self_service.outages import ANSWERS_AFTER, TALKS_FOR, Company, publish

OutOfOrder = tuple[Callable[[], None], Callable[[], None]]
"""What breaks the database, and what mends it."""
WAYS = ("immediate", "frozen", "retired")
"""In turn. The default run has the first, where no wait is for a server that says nothing; records that hang
are spooled in `tests.data.test_patience`, too."""
CALLERS = 3
"""At a time, where outages are many. In that of the default run one, who waits for nobody's conversation."""
MANY = [1, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(7200)])]


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthesised once for all starts."""
    return tmp_path_factory.mktemp("prompts")


@pytest.mark.parametrize("outages", MANY)
def test_a_server_killed_while_postgresql_is_gone_loses_nothing(
    seeded_postgresql: Server, tmp_path: Path, prompts: Path, outages: int
) -> None:
    """It is gone at once (SIGQUIT), hangs (SIGSTOP) or retires (SIGTERM), in turn."""
    server = seeded_postgresql
    server.sql("CREATE DATABASE killed TEMPLATE seeded")
    url = server.url("killed")
    store = Store(url, connections=1)  # one that stays: a server that retires takes no others
    publish(store)
    with _company(tmp_path, url, prompts, outages) as company:
        for n in range(outages):
            way = WAYS[n % len(WAYS)]
            if way == "frozen":
                company.outage(server.freeze, server.thaw, reads=None)
            elif way == "retired":
                # Connections that are there go on: it ends with the server that had them.
                store.calls.latest(1)
                company.outage(server.retire, lambda: _up_again(server, store), reads=store)
            else:
                company.outage(server.stop, server.start, reads=None)
            company.wait_until_written(store)
    _judged(company, store, outages)
    store.close()
    server.sql("DROP DATABASE killed WITH (FORCE)")


def _up_again(server: Server, store: Store) -> None:
    store.close()
    server.wait_until_ended()
    server.start()


@contextmanager
def _company(home: Path, url: str, prompts: Path, outages: int) -> Iterator[Company]:
    variables = {"IVR_DATABASE__URL": url, "IVR_PROMPTS": str(prompts)}
    variables["IVR_SWITCH__STAND_IN_AGENT__ANSWERS_AFTER"] = str(ANSWERS_AFTER)
    variables["IVR_SWITCH__STAND_IN_AGENT__TALKS_FOR"] = str(TALKS_FOR)
    company = Company(home, variables, random.Random(5), CALLERS if outages > 1 else 1)
    try:
        yield company
    finally:
        company.serving.end()


def _judged(company: Company, store: Store, outages: int) -> None:
    counted = company.audited(store)
    print(f"{outages} outages: {dict(counted)}")  # the figures of a long run
    assert counted["calls"] == len(company.numbers) == outages * company.callers
    assert counted["apologies"] >= outages // 3


@pytest.mark.parametrize("outages", MANY[1:])
def test_a_server_killed_while_its_file_is_locked_loses_nothing(
    tmp_path: Path, prompts: Path, outages: int
) -> None:
    """Another process holds SQLite's file: what reads goes on, what writes does not."""
    file = tmp_path / "ivr.sqlite3"
    store = store_at(file, customers=CUSTOMERS)
    publish(store)
    with _company(tmp_path, f"sqlite:///{file}", prompts, outages) as company:
        for _ in range(outages):
            lock = ExitStack()
            with lock:
                company.outage(
                    partial(lock.enter_context, locked_by_another_process(file)), lock.close, reads=None
                )
            company.wait_until_written(store)
    counted = company.audited(store)
    print(f"{outages} outages: {dict(counted)}")  # the figures of a long run
    assert counted["calls"] == len(company.numbers) == outages * CALLERS
    store.close()
