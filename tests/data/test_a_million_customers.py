"""Two hundred look-ups a second on PostgreSQL, with a million customers behind them (`make test-long`)."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from data import luhn
from data.store import Store
from ivr.bench_lookups import LookupLoad, measure
from tests.data.postgresql import Server

MILLION = 1_000_000
TABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "customers": (
        ("id", "customer_number", "name", "language", "zone", "origin"),
        "{id}\t{number}\tCliente {at}\tes\tEurope/Madrid\tseed",
    ),
    "accounts": (
        ("id", "customer_id", "balance_cents", "currency", "due_on", "stage"),
        "{id}\t{id}\t{cents}\tEUR\t2026-12-01\tcurrent",
    ),
    "debts": (
        ("id", "account_id", "concept", "amount_cents", "currency", "issued_on", "due_on", "stage", "status"),
        "{id}\t{id}\tfactura\t{cents}\tEUR\t2026-11-01\t2026-12-01\tcurrent\topen",
    ),
    "orders": (
        (
            *("id", "order_number", "customer_id", "items", "status", "placed_at", "updated_at"),
            *("expected_on", "carrier", "delivery_address", "total_cents", "currency"),
        ),
        "{id}\t{number}\t{id}\tuno\tshipped\t2026-11-20 10:00Z\t2026-11-21 10:00Z\t2026-11-25\tSEUR\tMayor 1"
        "\t{cents}\tEUR",
    ),
    "tickets": (
        (
            *("id", "ticket_number", "customer_id", "topic", "subject", "status"),
            *("opened_at", "updated_at", "promised_on"),
        ),
        "{id}\t{number}\t{id}\tinternet\tno va\topen\t2026-11-20 10:00Z\t2026-11-21 10:00Z\t2026-11-25",
    ),
}


def _rows(shape: str, customers: int) -> Iterator[str]:
    for at in range(customers):
        number = luhn.with_check_digit(str(1_000_000 + at))
        yield shape.format(id=f"{at + 1:032x}", number=number, at=at, cents=at % 50_000) + "\n"


def fill(server: Server, database: str, customers: int) -> None:
    """Each customer with an account, a debt, an order and a ticket, by COPY."""
    address = f"host={server.folder} user=postgres dbname={database}"
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        for table, (columns, shape) in TABLES.items():
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
                for row in _rows(shape, customers):
                    copy.write(row)
    server.sql("VACUUM ANALYZE", database)


def measured(server: Server, customers: int, seconds: float) -> LookupLoad:
    server.sql("CREATE DATABASE million TEMPLATE upgraded")
    try:
        fill(server, "million", customers)
        store = Store(server.url("million"))
        try:
            measure(store, seconds=1, per_second=50, engine="postgresql")  # connections and plans
            return measure(store, seconds=seconds, per_second=200, engine="postgresql")
        finally:
            store.close()
    finally:
        server.sql("DROP DATABASE million WITH (FORCE)")


def test_look_ups_on_postgresql(postgresql_server: Server) -> None:
    """A small sample: each is found. How fast is the long test's matter."""
    load = measured(postgresql_server, 300, 0.5)
    assert (load.each.count, load.not_found, load.customers) == (100, 0, 300)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_hundred_a_second_with_a_million_customers(postgresql_server: Server) -> None:
    """p95 under 10 ms, on a machine that does nothing else."""
    load = measured(postgresql_server, MILLION, 20)
    print(load)
    assert load.customers == MILLION
    assert load.not_found == 0
    assert load.per_second > 195
    assert load.each.p95 < 10.0
