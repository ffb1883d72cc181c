"""Tries, locks and messages, counted alike on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from gevent.threadpool import ThreadPool
from sqlalchemy import insert

from data.ids import new_id
from data.models import CustomerRow
from data.records import Errand
from data.store import Store
from data.verification import Lockout, Scope, VerificationTry, Windows
from tests.data.conftest import NOW

HOUR = timedelta(hours=1)
WINDOWS = Windows(subject=HOUR, caller=HOUR, overall=HOUR)


def customer(store: Store, number: str = "45716") -> UUID:
    row = {
        "id": new_id(),
        "customer_number": number,
        "name": "Ana",
        "language": "es",
        "zone": "Europe/Madrid",
    }
    with store.database.writing() as connection:
        connection.execute(
            insert(CustomerRow).values(
                **row, origin="test", birth_date=date(1980, 3, 15), postal_code="08001"
            )
        )
    return row["id"]  # type: ignore[return-value]  # the key of the row


def a_try(
    store: Store, subject: str = "s", *, caller: str = "+34600000001", after: float = 0
) -> VerificationTry:
    made = VerificationTry(
        id=new_id(), identity="customer", subject_hash=subject, caller_number=caller, call_id=new_id(),
        at=NOW + timedelta(seconds=after),
    )  # fmt: skip
    store.verifications.begin(made)
    store.verifications.was_wrong(made)
    return made


def test_a_person_and_what_proves_them(store: Store) -> None:
    """By customer number and by DNI; a secret that is set again replaces the one before."""
    who = customer(store)
    verifications = store.verifications
    assert verifications.set_value("45716", "dni", "12345678Z", at=NOW, by="test")
    for kept in ("$argon2id$one", "$argon2id$two"):
        assert verifications.set_secret("45716", "pin", kept, at=NOW, by="test")
    assert not verifications.set_secret("99994", "pin", "x", at=NOW, by="test")
    known = verifications.person("dni", "12345678Z")
    assert known is not None and known == verifications.person("customer_number", "45716")
    assert (known.customer_id, known.pin_hash, known.birth_date) == (who, "$argon2id$two", date(1980, 3, 15))
    assert verifications.person("dni", "' OR 1=1 --") is None


def test_two_who_share_a_document_are_nobody(store: Store) -> None:
    """Better nobody than the wrong one."""
    for number in ("45716", "18051"):
        customer(store, number)
        store.verifications.set_value(number, "dni", "12345678Z", at=NOW, by="test")
    assert store.verifications.person("dni", "12345678Z") is None


def test_wrong_tries_are_counted_by_scope_and_window(store: Store) -> None:
    """A right one forgives the person, the end of a lock whomever it held; what is old counts no more."""
    customer_id = customer(store)
    a_try(store, after=-3700)
    a_try(store, "other")
    first = a_try(store, caller="+34600000002")
    last = a_try(store, after=1)
    wrong = store.verifications.wrong(last, WINDOWS)
    assert (wrong.call, wrong.subject, wrong.caller, wrong.overall) == (1, 2, 2, 3)
    store.verifications.passed(first, customer_id)
    assert store.verifications.wrong(a_try(store, after=2), WINDOWS).subject == 2
    lock = Lockout(
        scope="caller", subject="+34600000001", reason="test", since=NOW, until=NOW + timedelta(seconds=3)
    )
    assert (store.verifications.lock(lock), store.verifications.lock(lock)) == (True, False)
    assert store.verifications.wrong(a_try(store, after=4), WINDOWS).caller == 1


def test_of_many_at_once_each_sees_those_before(store: Store) -> None:
    """The n-th that is written sees at least n: no two may both be the last one allowed."""

    def counted(_n: int) -> int:
        return store.verifications.wrong(a_try(store), WINDOWS).subject

    pool = ThreadPool(8)
    seen = sorted(pool.map(counted, range(24)))
    pool.kill()
    assert all(count >= n for n, count in enumerate(seen, 1))
    assert seen[-1] == 24


def test_a_lock_holds_whoever_it_names(store: Store) -> None:
    """Until it ends or is lifted; another's does not count."""
    call_id = new_id()
    scopes: list[tuple[Scope, str]] = [
        ("subject", "s"),
        ("caller", "c"),
        ("call", str(call_id)),
        ("all", ""),
    ]

    def lockout(at: datetime) -> Lockout | None:
        return store.verifications.lockout(subject_hash="s", caller_number="c", call_id=call_id, at=at)

    for scope, subject in scopes:
        lock = Lockout(scope=scope, subject=subject, reason="r", since=NOW, until=NOW + HOUR)
        store.verifications.lock(lock)
        held = lockout(NOW)
        assert held is not None and held.scope == scope
        assert lockout(NOW + HOUR) is None
        assert store.verifications.lift(scope, subject, at=NOW, by="test", why="test") == 1
        assert lockout(NOW) is None


def test_messages_are_counted_and_put_together(store: Store) -> None:
    """Too many is none at all; the same key is the same message."""

    def send(key: str, after: float = 0) -> str:
        at = NOW + timedelta(seconds=after)
        errand = Errand(kind="sms", target="sms", body={"text": "a"}, idempotency_key=key, at=at)
        return store.messages.send(errand, recipient="+34600111222", template="f/s", limits={HOUR: 2})

    assert [send(key) for key in ("a", "a", "b", "c")] == ["put", "before", "put", "too_many"]
    assert store.outbox.state(("sms",)).waiting == 2
    store.messages.settle("a", "failed", at=NOW, detail="no such mailbox")
    assert (send("d"), send("e", 3700)) == ("put", "put")
    assert {one.key: one.state for one in store.messages.latest()}["a"] == "failed"
