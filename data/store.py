"""The door to the database: `Store(url)`, its upgrade, its check-up, and what can be asked of it.

Blocking and thread-safe. The server calls it from a pool of threads, never from the loop that lives
the calls.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import Connection

from data import faults, schema
from data.accounts import Accounts
from data.appointments import Appointments
from data.audit import Audit
from data.callers import Callers
from data.calls import Calls
from data.consents import Consents, Suppressions
from data.database import Database
from data.messages import Messages
from data.orders import Orders
from data.outbox import Outbox
from data.people import Customers
from data.releases import Releases
from data.tickets import Tickets
from data.traffic import Traffic
from data.verification import Verifications

QUICK_CHECK_SECONDS = 1.0
"""A large file is not read through at every start; `check(thorough=True)` takes the time."""

Integrity = Literal["sound", "not read to the end"]


@dataclass(frozen=True)
class Checkup:
    """A database that is fit for work."""

    database: str
    """Its address, for people; without password."""
    schema: str
    """Its schema version, the current one."""
    integrity: Integrity


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did; `before` is `None` for a new database."""

    database: str
    before: str | None
    after: str


class Store:
    """The database at `url`, such as `sqlite:////var/lib/ivr/ivr.sqlite3`.

    Nothing is opened until it is needed. Raises `DatabaseUrlWrong` for an address that cannot work.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.calls = Calls(self.database)
        self.traffic = Traffic(self.database)
        self.callers = Callers(self.database)
        self.customers = Customers(self.database)
        self.accounts = Accounts(self.database)
        self.tickets = Tickets(self.database)
        self.orders = Orders(self.database)
        self.releases = Releases(self.database)
        self.outbox = Outbox(self.database)
        self.audit = Audit(self.database)
        self.appointments = Appointments(self.database)
        self.consents = Consents(self.database)
        self.suppressions = Suppressions(self.database)
        self.verifications = Verifications(self.database)
        self.messages = Messages(self.database)

    def upgrade(self) -> Upgraded:
        """Creates the database or brings its schema to this program's. Raises a `DataError`."""
        before, after = schema.upgrade(self.database)
        return Upgraded(self.database.shown, before, after)

    def check(self, *, thorough: bool = False) -> Checkup:
        """Whether the database can be reached and written, is whole, and has the current schema.

        Raises the `DataError` that tells what is wrong, within two seconds; `thorough` reads the
        whole file, however long that takes.
        """
        faults.insist_on_place(self.database.file, must_exist=True)
        with self.database.writing() as connection:
            schema.insist_on_current(connection, self.database.shown)
        # On a connection of its own: calls go on being recorded while a large file is read through.
        with self.database.inspecting() as connection:
            integrity = self._integrity(connection, thorough=thorough)
        return Checkup(self.database.shown, schema.newest(), integrity)

    def close(self) -> None:
        """Closes all connections. The store may be used again afterwards."""
        self.database.close()

    def _integrity(self, connection: Connection, *, thorough: bool) -> Integrity:
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        deadline = time.monotonic() + QUICK_CHECK_SECONDS
        if not thorough:
            driver.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        try:
            found = driver.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return "not read to the end"
            raise
        finally:
            driver.set_progress_handler(None, 0)
        if found != "ok":
            raise faults.corrupt(self.database.shown, str(found).replace("\n", " "))
        return "sound"
