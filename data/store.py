"""The door to the database: `Store(url)`, its upgrade, its check-up, and what can be asked of it.

Blocking and thread-safe. The server calls it from a pool of threads, never from the loop that lives
the calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from data import schema
from data.database import CONNECTIONS, Integrity, open_database
from data.models import declare_all

if TYPE_CHECKING:
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


class _Room:
    """Something that can be asked, made when somebody first asks it.

    Its class is what the attribute is declared as, in this module of `data`. `beside`: what it is made with.
    """

    def __init__(self, module: str, *beside: str) -> None:
        self._module, self._beside = module, beside

    def __set_name__(self, owner: type, name: str) -> None:
        self._name, self._kind = name, owner.__annotations__[name]

    def __get__(self, store: Store | None, owner: type) -> Any:
        if store is None:
            return self
        kind = getattr(import_module(f"data.{self._module}"), self._kind)
        made = kind(store.database, *(getattr(store, one) for one in self._beside))
        setattr(store, self._name, made)  # from here on it is found before this
        return made


def _room(module: str, *beside: str) -> Any:
    return _Room(module, *beside)


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

    A server has all that can be asked `at_once`: its threads must not meet at the locks of imports
    (docs/decisions/data-threads.md). A command asks for little, and loads the rest as little.
    """

    calls: Calls = _room("calls")
    traffic: Traffic = _room("traffic")
    callers: Callers = _room("callers")
    customers: Customers = _room("people")
    accounts: Accounts = _room("accounts")
    tickets: Tickets = _room("tickets")
    orders: Orders = _room("orders")
    releases: Releases = _room("releases")
    outbox: Outbox = _room("outbox")
    audit: Audit = _room("audit")
    appointments: Appointments = _room("appointments")
    consents: Consents = _room("consents")
    suppressions: Suppressions = _room("consents")
    campaigns: Campaigns = _room("campaigns")
    contact_hours: ContactHours = _room("contact_hours")
    dial_list: DialList = _room("dial_list")
    dial_attempts: DialAttempts = _room("dial_attempts")
    trunks: Trunks = _room("trunks")
    pacing_turns: PacingTurns = _room("pacing_turns")
    previews: Previews = _room("previews")
    promises: Promises = _room("promises")
    actions: Actions = _room("actions")
    collection_holds: CollectionHolds = _room("collection_holds")
    polls: Polls = _room("polls")
    contacts: Contacts = _room("contacts", "suppressions")
    verifications: Verifications = _room("verification")
    messages: Messages = _room("messages")
    callbacks: Callbacks = _room("callbacks")
    api_tokens: ApiTokens = _room("api_tokens")
    pages: Pages = _room("pages")
    work_items: WorkItems = _room("work_items")
    figures: Figures = _room("figures")
    campaign_figures: CampaignFigures = _room("campaign_figures")
    list_figures: ListFigures = _room("list_figures")
    queue_visits: QueueVisits = _room("queue_visits")
    agents: Agents = _room("agents")
    alerts: Alerts = _room("alerts")

    def __init__(self, url: str, *, connections: int = CONNECTIONS, at_once: bool = True) -> None:
        self.database = open_database(url, connections=connections)
        if at_once:
            for name, one in vars(Store).items():
                if isinstance(one, _Room):
                    getattr(self, name)
            declare_all()

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
