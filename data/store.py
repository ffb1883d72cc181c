"""The door to the database: `Store(url)`, its upgrade, its check-up, and what can be asked of it.

Blocking and thread-safe. The server calls it from a pool of threads, never from the loop that lives
the calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from data import schema
from data.accounts import Accounts
from data.actions import Actions
from data.agents import Agents
from data.alerts import Alerts
from data.api_tokens import ApiTokens
from data.appointments import Appointments
from data.audit import Audit
from data.callbacks import Callbacks
from data.callers import Callers
from data.calls import Calls
from data.campaign_figures import CampaignFigures
from data.campaigns import Campaigns
from data.collection_holds import CollectionHolds
from data.consents import Consents, Suppressions
from data.contact_hours import ContactHours
from data.contacts import Contacts
from data.database import CONNECTIONS, Integrity, open_database
from data.dial_attempts import DialAttempts
from data.dial_list import DialList
from data.figures import Figures
from data.list_figures import ListFigures
from data.messages import Messages
from data.orders import Orders
from data.outbox import Outbox
from data.pacing_turns import PacingTurns
from data.pages import Pages
from data.people import Customers
from data.polls import Polls
from data.previews import Previews
from data.promises import Promises
from data.queue_visits import QueueVisits
from data.releases import Releases
from data.tickets import Tickets
from data.traffic import Traffic
from data.trunks import Trunks
from data.verification import Verifications
from data.work_items import WorkItems


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
    """The database at `url`, such as `sqlite:////var/lib/ivr/ivr.sqlite3` or `postgresql://ivr@db/ivr`.

    `connections` bounds how many a server (not SQLite) gives us at a time. Nothing is opened until it is
    needed. Raises `DatabaseUrlWrong` for an address that cannot work.
    """

    def __init__(self, url: str, *, connections: int = CONNECTIONS) -> None:
        self.database = open_database(url, connections=connections)
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
        self.campaigns = Campaigns(self.database)
        self.contact_hours = ContactHours(self.database)
        self.dial_list = DialList(self.database)
        self.dial_attempts = DialAttempts(self.database)
        self.trunks = Trunks(self.database)
        self.pacing_turns = PacingTurns(self.database)
        self.previews = Previews(self.database)
        self.promises = Promises(self.database)
        self.actions = Actions(self.database)
        self.collection_holds = CollectionHolds(self.database)
        self.polls = Polls(self.database)
        self.contacts = Contacts(self.database, self.suppressions)
        self.verifications = Verifications(self.database)
        self.messages = Messages(self.database)
        self.callbacks = Callbacks(self.database)
        self.api_tokens = ApiTokens(self.database)
        self.pages = Pages(self.database)
        self.work_items = WorkItems(self.database)
        self.figures = Figures(self.database)
        self.campaign_figures = CampaignFigures(self.database)
        self.list_figures = ListFigures(self.database)
        self.queue_visits = QueueVisits(self.database)
        self.agents = Agents(self.database)
        self.alerts = Alerts(self.database)

    def upgrade(self) -> Upgraded:
        """Creates the database or brings its schema to this program's. Raises a `DataError`."""
        before, after = schema.upgrade(self.database)
        return Upgraded(self.database.shown, before, after)

    def check(self, *, thorough: bool = False) -> Checkup:
        """Whether the database can be reached and written, is whole, and has the current schema.

        Raises the `DataError` that tells what is wrong, within two seconds; `thorough` reads the
        whole file, however long that takes.
        """
        self.database.insist_on_place()
        with self.database.writing() as connection:
            schema.insist_on_current(connection, self.database.shown)
        integrity = self.database.integrity(thorough=thorough)
        return Checkup(self.database.shown, schema.newest(), integrity)

    def close(self) -> None:
        """Closes all connections. The store may be used again afterwards."""
        self.database.close()
