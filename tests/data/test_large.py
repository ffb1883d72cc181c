"""A large company on PostgreSQL: quick look-ups at a million customers, and no outage loses anything."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

import gevent
import pytest
from gevent.threadpool import ThreadPool
from sqlalchemy import text

from data.call_log import CallLog
from data.spool import Spool
from data.store import Store
from tests.data.conftest import NODE, NOW, begun, ended, turn
from tests.data.postgresql import Server

_PEOPLE = (
    "INSERT INTO customers (id, customer_number, name, language, zone, origin)"
    " SELECT gen_random_uuid(), (100000 + n)::text, 'Ana ' || n, 'es', 'Europe/Madrid', 'test'"
    " FROM generate_series(1, {count}) n",
    "INSERT INTO accounts (id, customer_id, balance_cents, currency, stage)"
    " SELECT gen_random_uuid(), id, 14230, 'EUR', 'early' FROM customers",
    "INSERT INTO debts (id, account_id, concept, amount_cents, currency, issued_on, due_on, stage, status)"
    " SELECT gen_random_uuid(), id, 'Factura', 14230, 'EUR', '2026-10-01', '2026-11-01', 'early', 'open'"
    " FROM accounts",
    "INSERT INTO phone_numbers (id, e164)"
    " SELECT gen_random_uuid(), '+346' || lpad(n::text, 8, '0') FROM generate_series(1, {count}) n",
    "ANALYZE",
)


@dataclass(frozen=True)
class Size:
    customers: int
    seconds: float
    per_second: int


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(Size(2_000, 0.5, 100), id="sample"),
        pytest.param(
            Size(1_000_000, 20, 200), id="million", marks=[pytest.mark.long, pytest.mark.timeout(900)]
        ),
    ],
)
def test_look_ups_are_quick_among_many(
    postgresql_server: Server, postgresql_store: Store, size: Size
) -> None:
    """Asked at a steady rate, whatever the answers take; 95 of a hundred within ten milliseconds."""
    for statement in _PEOPLE:
        postgresql_server.sql(statement.format(count=size.customers), "shared")
    waits: list[float] = []
    chosen = random.Random(1)

    def ask(number: str, due: float) -> None:
        status = postgresql_store.accounts.by_customer_number(number)
        assert status is not None and status.balance_cents == 14230
        waits.append(time.perf_counter() - due)

    pool = ThreadPool(6)
    began = time.perf_counter() + 0.05
    for n in range(int(size.per_second * size.seconds)):
        due = began + n / size.per_second
        gevent.sleep(max(0.0, due - time.perf_counter()))
        pool.spawn(ask, str(100_001 + chosen.randrange(size.customers)), due)
    pool.join()
    pool.kill()
    waits.sort()
    p50, p95 = (1000 * waits[int(len(waits) * part)] for part in (0.5, 0.95))
    print(f"\n{size.customers} customers, {size.per_second}/s: p50 {p50:.1f} ms, p95 {p95:.1f} ms")
    assert len(waits) == int(size.per_second * size.seconds)
    if size.customers >= 1_000_000:
        assert p95 < 10
    _insist_on_indexes(postgresql_store)


def _insist_on_indexes(store: Store) -> None:
    """No table of people is read through: what is quick among few stays quick among many."""
    questions = (
        "SELECT id FROM customers WHERE customer_number = '100001'",
        "SELECT id FROM accounts WHERE customer_id = '019ab31c-79cf-7aa8-8c7d-8e0c00000001'",
        "SELECT id FROM debts WHERE account_id = '019ab31c-79cf-7aa8-8c7d-8e0c00000001'",
        "SELECT id FROM phone_numbers WHERE e164 = '+34600000001'",
    )
    with store.database.reading() as connection:
        for question in questions:
            plan = str(connection.execute(text(f"EXPLAIN {question}")).all())
            assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize(
    "repetitions",
    [2, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(1200)])],
)
def test_no_outage_loses_anything_of_a_call(
    postgresql_server: Server, postgresql_store: Store, tmp_path: Path, repetitions: int
) -> None:
    """The server goes at any moment of a call and comes back later: every call is whole afterwards."""
    chance = random.Random(7)
    spool = Spool(tmp_path / "spool")
    calls = []
    for _ in range(repetitions):
        seconds = iter(range(0, 10_000, 10))
        log = CallLog(postgresql_store, spool, clock=lambda seconds=seconds: next(seconds))  # type: ignore[misc]  # each its own
        call = begun()
        turns = [turn(n) for n in range(1, 7)]
        goes = chance.randrange(8)
        work = [
            lambda log=log, call=call: log.begin(call),
            *(lambda log=log, call=call, one=one: log.add_turn(call.call_id, one) for one in turns),
            lambda log=log, call=call: log.finish(ended(call.call_id)),
        ]
        for n, write in enumerate(work):
            if n == goes:
                postgresql_server.stop(chance.choice(["fast", "immediate"]))
            write()
        postgresql_server.start()
        log.recover(NODE, NOW)
        calls.append((call, tuple(turns)))
    assert not spool.waiting and not (spool.folder / "set-aside.jsonl").exists()
    for call, turns in calls:
        record = postgresql_store.calls.get(call.call_id)
        assert record is not None and record.finished and record.turns == turns
