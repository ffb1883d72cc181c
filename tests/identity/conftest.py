"""Real people in a real database, and a clock that the test moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from data.ids import new_id
from data.models import CustomerRow
from data.seeds import CUSTOMERS, demo_customers
from data.store import Store
from ivr.identity.pins import Hashing
from ivr.identity.settings import VerificationSettings
from ivr.identity.verification import Verification, Verified
from ivr.occasion import Occasion
from tests.clocks import HandClock
from tests.databases import store_at

ANA, BOB = (customer.customer_number for customer in demo_customers()[:2])
PIN, OTHER_PIN = "7302", "9146"
NOBODY = "99994"
"""A customer number that nobody has."""


class Counter:
    """Where callers try to prove who they are."""

    def __init__(self, store: Store, hashing: Hashing, clock: HandClock, **settings: object) -> None:
        self.store, self.clock, self.hashing = store, clock, hashing
        self.settings = VerificationSettings.model_validate({"floor": 0.001, **settings})
        self.verification = Verification(store.verifications, self.settings, hashing=hashing, clock=clock)

    def claims(
        self, claims: Mapping[str, str], *, call: UUID | None = None, caller: str = "+34600000001"
    ) -> Verified:
        return self.verification.verify(
            "customer", claims, Occasion(call or new_id(), caller, "main", "verify", "es")
        )

    def tries(self, number: str, pin: str, *, dni: str = "", **how: Any) -> Verified:
        named = {"dni": dni} if dni else {"customer_number": number}
        return self.claims({**named, "pin": pin}, **how)

    def ends(self, number: str, pin: str, **how: Any) -> str:
        return type(self.tries(number, pin, **how).result).__name__.lower()


@pytest.fixture(scope="session")
def hashing() -> Iterator[Hashing]:
    hashing = Hashing()
    yield hashing
    hashing.close()


@pytest.fixture(scope="session")
def hashes(hashing: Hashing) -> dict[str, str]:
    return {pin: hashing.hashed(pin) for pin in (PIN, OTHER_PIN)}


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, hashes: dict[str, str]) -> Path:
    """A database in which Ana and Bob have a PIN; Ana also a DNI, a date of birth and a postcode."""
    file = tmp_path_factory.mktemp("people") / "ivr.sqlite3"
    store = store_at(file, customers=CUSTOMERS)
    at = datetime(2026, 11, 1, tzinfo=UTC)
    store.verifications.set_secret(ANA, "pin", hashes[PIN], at=at, by="test")
    store.verifications.set_secret(BOB, "pin", hashes[OTHER_PIN], at=at, by="test")
    store.verifications.set_value(ANA, "dni", "12345678Z", at=at, by="test")
    with store.database.writing() as connection:
        ana = CustomerRow.customer_number == ANA
        born = datetime(1980, 3, 15, tzinfo=UTC).date()
        connection.execute(update(CustomerRow).where(ana).values(birth_date=born, postal_code="08001"))
    store.close()
    return file


@pytest.fixture
def people(furnished: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of it for each test."""
    shutil.copy(furnished, tmp_path / "ivr.sqlite3")
    store = Store(f"sqlite:///{tmp_path}/ivr.sqlite3")
    yield store
    store.close()


@pytest.fixture
def counter(people: Store, hashing: Hashing) -> Counter:
    return Counter(people, hashing, HandClock())
