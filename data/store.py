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

_ROOMS = {
    "calls": ("calls", "Calls"),
    "traffic": ("traffic", "Traffic"),
    "callers": ("callers", "Callers"),
    "customers": ("people", "Customers"),
    "accounts": ("accounts", "Accounts"),
    "tickets": ("tickets", "Tickets"),
    "orders": ("orders", "Orders"),
    "releases": ("releases", "Releases"),
    "outbox": ("outbox", "Outbox"),
    "audit": ("audit", "Audit"),
    "appointments": ("appointments", "Appointments"),
    "consents": ("consents", "Consents"),
    "suppressions": ("consents", "Suppressions"),
    "campaigns": ("campaigns", "Campaigns"),
    "contact_hours": ("contact_hours", "ContactHours"),
    "dial_list": ("dial_list", "DialList"),
    "dial_attempts": ("dial_attempts", "DialAttempts"),
    "trunks": ("trunks", "Trunks"),
    "pacing_turns": ("pacing_turns", "PacingTurns"),
    "previews": ("previews", "Previews"),
    "promises": ("promises", "Promises"),
    "actions": ("actions", "Actions"),
    "collection_holds": ("collection_holds", "CollectionHolds"),
    "polls": ("polls", "Polls"),
    "contacts": ("contacts", "Contacts"),
    "verifications": ("verification", "Verifications"),
    "messages": ("messages", "Messages"),
    "callbacks": ("callbacks", "Callbacks"),
    "api_tokens": ("api_tokens", "ApiTokens"),
    "pages": ("pages", "Pages"),
    "work_items": ("work_items", "WorkItems"),
    "figures": ("figures", "Figures"),
    "campaign_figures": ("campaign_figures", "CampaignFigures"),
    "list_figures": ("list_figures", "ListFigures"),
    "queue_visits": ("queue_visits", "QueueVisits"),
    "agents": ("agents", "Agents"),
    "alerts": ("alerts", "Alerts"),
}
"""What can be asked: in which module, and the class."""


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

    calls: Calls
    traffic: Traffic
    callers: Callers
    customers: Customers
    accounts: Accounts
    tickets: Tickets
    orders: Orders
    releases: Releases
    outbox: Outbox
    audit: Audit
    appointments: Appointments
    consents: Consents
    suppressions: Suppressions
    campaigns: Campaigns
    contact_hours: ContactHours
    dial_list: DialList
    dial_attempts: DialAttempts
    trunks: Trunks
    pacing_turns: PacingTurns
    previews: Previews
    promises: Promises
    actions: Actions
    collection_holds: CollectionHolds
    polls: Polls
    contacts: Contacts
    verifications: Verifications
    messages: Messages
    callbacks: Callbacks
    api_tokens: ApiTokens
    pages: Pages
    work_items: WorkItems
    figures: Figures
    campaign_figures: CampaignFigures
    list_figures: ListFigures
    queue_visits: QueueVisits
    agents: Agents
    alerts: Alerts

    def __init__(self, url: str, *, connections: int = CONNECTIONS, at_once: bool = True) -> None:
        self.database = open_database(url, connections=connections)
        if at_once:
            for name in _ROOMS:
                getattr(self, name)
            declare_all()

    def __getattr__(self, name: str) -> Any:
        """What nobody has asked for yet."""
        if name not in _ROOMS:
            raise AttributeError(f"a store has no {name!r}")
        room, kind = _ROOMS[name]
        others = (self.suppressions,) if name == "contacts" else ()
        made = getattr(import_module(f"data.{room}"), kind)(self.database, *others)
        setattr(self, name, made)
        return made

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
