"""Opens the performers of a server: who checks identities, opens cases, sends messages, keeps consents."""

from __future__ import annotations

from contextlib import ExitStack

from data.store import Store
from ivr.cases import Cases
from ivr.clock import Clock
from ivr.config import Settings
from ivr.evidence import Evidence
from ivr.identity.pins import Hashing
from ivr.identity.verification import Verification
from ivr.messenger.delivery import Delivery
from ivr.messenger.messenger import Messenger, carriers
from ivr.messenger.paper import Folder
from ivr.performers import Performers


def open_performers(
    settings: Settings, store: Store, clock: Clock, closing: ExitStack, *, node: str
) -> Performers:
    """Those of a server; `closing` closes them. `node`: this process among those that share the database."""
    hashing = Hashing()
    closing.callback(hashing.close)
    folder = Folder(settings.messages_folder, clock.utc)
    delivery = Delivery(store, carriers(settings.messages, folder, clock), owner=node, clock=clock)
    closing.callback(delivery.close)
    delivery.start()
    return Performers(
        identity=Verification(store.verifications, settings.verification, hashing=hashing, clock=clock),
        cases=Cases(store, clock),
        notices=Messenger(store, settings.messages, region=settings.calls.region, clock=clock),
        consents=Evidence(store, settings.recordings_folder, clock),
    )
