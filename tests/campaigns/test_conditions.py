"""Who is meant: what a condition may say, what it finds, and that nothing in it becomes SQL."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from data.base_facts import FACTS, Facts, On, Test, members, names_of
from data.bulk import insert_many
from data.ids import new_id
from data.models import AccountRow, ContactRow, CustomerRow, DebtRow, PromiseRow, SegmentRow
from data.store import Store
from ivr.campaigns.conditions import read_condition

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ON = On(at=AT, today=date(2026, 11, 23))
STAGES = ("none", "early", "late", None)


def people() -> list[dict[str, Any]]:
    """What is known of each; `None`: nothing."""
    return [
        {
            "customer.language": ("es", "ca", "en")[n % 3],
            "customer.region": ("ES-CT", None, "ES-MD", None)[n % 4],
            "account.stage": STAGES[n % 4],
            "account.balance": None if STAGES[n % 4] is None else (n - 6) * 500,
            "account.days_late": None if n % 4 == 3 or n % 5 == 0 else n - 10,
            "customer.has_email": n % 2 == 0,
        }
        for n in range(24)
    ]


def filled(store: Store) -> Any:
    """A base with those people; each customer's number is their place."""
    rows, accounts = [], []
    for n, one in enumerate(people()):
        customer = new_id()
        email = "a@example.org" if one["customer.has_email"] else None
        rows.append(
            {
                "id": customer,
                "customer_number": str(n),
                "name": "x",
                "language": one["customer.language"],
                "zone": "Europe/Madrid",
                "origin": "test",
                "region": one["customer.region"] or "",
                "email": email,
                "birth_date": date(1990, 11, 24),
            }
        )
        if one["account.stage"] is not None:
            late = one["account.days_late"]
            accounts.append(
                {
                    "id": new_id(),
                    "customer_id": customer,
                    "balance_cents": one["account.balance"],
                    "currency": "EUR",
                    "due_on": None if late is None else ON.today - timedelta(days=late),
                    "stage": one["account.stage"],
                    "label": "",
                    "rank": 1,
                }
            )
    with store.database.writing() as connection:
        insert_many(connection, CustomerRow, rows)
        insert_many(connection, AccountRow, accounts)
    store.campaigns.load("s", "b", [row["customer_number"] for row in rows], at=AT)
    return store.campaigns.base("s", "b")


def met(store: Store, base: Any, condition: Test) -> set[int]:
    query = members(base).with_only_columns(CustomerRow.customer_number)
    chosen = query.where(Facts(store.database.backend, ON).condition(condition))
    with store.database.reading() as connection:
        return {int(number) for number in connection.scalars(chosen)}


# --- the same conditions, evaluated by hand ------------------------------------------------------------

Held = Callable[[dict[str, Any]], bool]
COMPARED = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compared(name: str, sign: str, value: Any) -> tuple[str, Held]:
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
    return f"{name} {sign} {shown}", lambda one: one[name] is not None and COMPARED[sign](one[name], value)


def listed(name: str, values: list[str]) -> tuple[str, Held]:
    shown = ", ".join(f'"{value}"' for value in values)
    return f"{name} in [{shown}]", lambda one: one[name] is not None and one[name] in values


LEAVES = st.one_of(
    st.builds(
        compared,
        st.sampled_from(["account.balance", "account.days_late"]),
        st.sampled_from(sorted(COMPARED)),
        st.integers(-3000, 9000),
    ),
    st.builds(
        compared,
        st.just("account.stage"),
        st.sampled_from(["==", "!="]),
        st.sampled_from(["none", "early", "late"]),
    ),
    st.builds(compared, st.just("customer.region"), st.sampled_from(["==", "!="]), st.just("ES-CT")),
    st.builds(
        listed, st.just("customer.language"), st.lists(st.sampled_from(["es", "ca", "en"]), min_size=1)
    ),
    st.just(("customer.has_email", lambda one: one["customer.has_email"])),
)


def _not(one: tuple[str, Held]) -> tuple[str, Held]:
    return f"not ({one[0]})", lambda row: not one[1](row)


def _both(one: tuple[str, Held], two: tuple[str, Held]) -> tuple[str, Held]:
    return f"({one[0]}) and ({two[0]})", lambda row: one[1](row) and two[1](row)


def _either(one: tuple[str, Held], two: tuple[str, Held]) -> tuple[str, Held]:
    return f"({one[0]}) or ({two[0]})", lambda row: one[1](row) or two[1](row)


CONDITIONS = st.recursive(
    LEAVES,
    lambda some: st.one_of(
        st.builds(_not, some), st.builds(_both, some, some), st.builds(_either, some, some)
    ),
    max_leaves=6,
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(conditions=st.lists(CONDITIONS, min_size=4, max_size=4))
def _agree(store: Store, base: Any, conditions: list[tuple[str, Held]]) -> None:
    for text, holds in conditions:
        if len(text) <= 500:
            expected = {n for n, one in enumerate(people()) if holds(one)}
            assert met(store, base, read_condition(text)) == expected, text


def test_the_database_finds_whom_the_condition_means(store: Store) -> None:
    """Random conditions, in SQL and evaluated by hand, also over what nobody knows."""
    _agree(store, filled(store))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('account.stagee == "early"', "did you mean `account.stage`?"),
        ('account.stage == "erly"', "did you mean `early`?"),
        ('account.stage > "early"', "texts have no order"),
        ('account.balance == "20"', "without the quotes"),
        ("account.balance", "compare it with something"),
        ("account.balance >= 142.30", "in cents, which are whole: for 142.3 write 14230"),
        ("account.balance in [100, 99.9]", "in cents, which are whole: for 99.9 write 9990"),
        ("account.balance >= 99999999999999999999", "never 1e+20: write a number up to 1e+15"),
        ("contact.last_30_days in [-99999999999999999999]", "write a number up to 1e+15"),
        ("account.balance + 1 > 2", "not allowed in a condition"),
        ("", "write `true` for everybody"),
        ("account.balance > 1; DROP TABLE customers", "not allowed in a condition"),
        ('"a" == "a" or __class__ == 1', "is not a name"),
        ("x" * 501, "more than 500 characters"),
    ],
)
def test_what_is_no_condition(text: str, told: str) -> None:
    """Each with what to do."""
    with pytest.raises(ValueError, match=re.escape(told)):
        read_condition(text)


HOSTILE = ["'; DROP TABLE customers; --", "' OR '1'='1", "%", "{0}", "${x}", ":p", "x' UNION SELECT 1 --"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_a_value(sqlite_store: Store, value: str) -> None:
    """Whatever stands in quotes is compared, and never run."""
    base = filled(sqlite_store)
    with sqlite_store.database.writing() as connection:
        mine = CustomerRow.customer_number == "7"
        connection.execute(update(CustomerRow).where(mine).values(membership=value))
    assert met(sqlite_store, base, read_condition(f'customer.membership == "{value}"')) == {7}
    assert met(sqlite_store, base, read_condition(f'customer.membership in ["{value}", "x"]')) == {7}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=st.text(alphabet="accountbalesg_. =<>!()[]\"'0123456789-;,notrd", max_size=60))
def test_anything_is_read_or_refused(text: str) -> None:
    """No text leads anywhere but to a tree of known names, or to one line of refusal."""
    try:
        tree = read_condition(text)
    except ValueError:
        return
    assert set(names_of(tree)) <= set(FACTS)


def test_every_fact_can_be_asked(store: Store) -> None:
    """Each name is a column or a query on both databases, and finds who it means."""
    base = filled(store)
    values = {"text": '"x"', "number": "1", "money": "1", "boolean": "true"}
    for name, (kind, _) in FACTS.items():
        value = '"early"' if name == "account.stage" else values[kind]
        if name in ("customer.language", "account.pays_by"):
            value = '"es"' if name == "customer.language" else '"card"'
        met(store, base, read_condition(f"{name} == {value}"))
    with store.database.writing() as connection:
        ids = {row.customer_number: row.id for row in connection.execute(select(CustomerRow))}
        accounts = {row.customer_id: row.id for row in connection.execute(select(AccountRow))}
        for n, (days, talked) in enumerate([(1, True), (10, False), (40, None)]):
            connection.execute(insert(ContactRow).values(_contact(ids[str(n)], days, talked)))
        connection.execute(insert(PromiseRow).values(_promise(ids["4"], accounts[ids["4"]], "open", 1)))
        connection.execute(insert(PromiseRow).values(_promise(ids["5"], accounts[ids["5"]], "broken", -9)))
        connection.execute(insert(DebtRow).values(_dispute(accounts[ids["6"]])))
        for days, segment in ((9, "vip"), (2, "regular")):
            values_of = {"segment": segment, "reason": "r", "rule": "r", "rules_version": "1"}
            at = AT - timedelta(days=days)
            connection.execute(
                insert(SegmentRow).values(id=new_id(), customer_id=ids["8"], at=at, **values_of)
            )
    for text, expected in (
        ("contact.days_since <= 10", {0, 1}),
        ("contact.days_since == 1", {0}),
        ("contact.last_30_days == 1", {0, 1}),
        ("contact.talked_30_days > 0", {0}),
        ("promise.running", {4}),
        ("promise.broken >= 1", {5}),
        ("debt.disputed", {6}),
        ('customer.segment == "regular"', {8}),
        ('customer.segment == "vip"', set()),
        ("customer.age == 35", set(range(24))),
        ("customer.telephones == 0", set(range(24))),
        ("true", set(range(24))),
        ("false", set()),
    ):
        assert met(store, base, read_condition(text)) == expected, text


def _contact(customer: Any, days: int, talked: bool | None) -> dict[str, Any]:
    at = AT - timedelta(days=days)
    values = {"id": new_id(), "customer_id": customer, "at": at, "conversation": talked}
    return {**values, "address": "+34600111222", "channel": "call", "purpose": "collection"}


def _promise(customer: Any, account: Any, status: str, days: int) -> dict[str, Any]:
    values = {"id": new_id(), "customer_id": customer, "account_id": account, "status": status}
    money = {"amount_cents": 1, "currency": "EUR", "made_at": AT - timedelta(days=20)}
    return {**values, **money, "promised_for": ON.today + timedelta(days=days)}


def _dispute(account: Any) -> dict[str, Any]:
    values = {"id": new_id(), "account_id": account, "concept": "x", "amount_cents": 1, "currency": "EUR"}
    return {**values, "issued_on": ON.today, "due_on": ON.today, "stage": "early", "status": "disputed"}
