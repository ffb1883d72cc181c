"""From a flow's `notify` to the provider: what may not go is refused at once, what may is never lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import gevent
import pytest
from gevent.event import Event
from sqlalchemy import select

from data.ids import new_id
from data.models import OutboxRow
from data.records import Consent
from data.spool import Spool
from data.store import Store
from dialogs.effects import Notify
from dialogs.results import Done, Failed, Refused
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import presets
from ivr.messenger.errands import AT_ONCE, PATIENCE, errands_of
from ivr.messenger.message import Carrier, DeliveryFailed, Message
from ivr.messenger.messenger import Messenger, carriers
from ivr.messenger.paper import Folder
from ivr.messenger.settings import MessageSettings
from ivr.occasion import Occasion, ServedCustomer
from ivr.outbox import LEAST_TRIES, Kind, Outbox
from ivr.safekeeping import Safekeeping
from tests.clocks import HandClock
from tests.databases import store_at
from tests.messenger.conftest import Provider

BEGIN = datetime(2026, 11, 23, 10, tzinfo=UTC)
NUMBER = "+34600111222"


class Post:
    """Takes messages, or fails as the test says."""

    sends = True

    def __init__(self) -> None:
        self.fails: list[DeliveryFailed] = []
        self.taken: list[Message] = []

    def deliver(self, message: Message) -> str:
        if self.fails:
            raise self.fails.pop(0)
        self.taken.append(message)
        return "ref-1"


class Office:
    """A messenger, an outbox, and who carries from it."""

    def __init__(self, folder: Path, carrier: Carrier | None = None, **settings: object) -> None:
        self.store = store_at(folder / "ivr.sqlite3")
        self.clock = HandClock(BEGIN)
        self.settings = MessageSettings.model_validate(settings)
        self.post = Post()
        safe = Safekeeping(Spool(folder / "spool"))
        gate = Gate(self.store.contacts, presets(), now=self.clock.utc)
        self.messenger = Messenger(
            self.store, self.settings, region="ES", clock=self.clock, safe=safe, gate=gate
        )
        self.outbox = self.server("a", sms=carrier or self.post)

    def server(self, name: str, **carriers: Carrier) -> Outbox:
        """One process that carries."""
        outbox = Outbox(self.store, owner=name, clock=self.clock)
        for channel, kind in errands_of(self.store, carriers or {"sms": self.post}, self.clock).items():
            outbox.takes(channel, kind)
        return outbox

    def carry(self, outbox: Outbox | None = None) -> int:
        """One look at the outbox for SMS, to its end."""
        outbox = outbox or self.outbox
        taken = outbox.carry("sms")
        outbox.wait_until_carried()
        return taken

    def send(
        self, to: str = NUMBER, text: str = "Su saldo.", *, channel: str = "sms", call: UUID | None = None,
        person: ServedCustomer | None = None,
    ) -> Done | Refused | Failed:  # fmt: skip
        notify = Notify(channel, to, text, {}, "es", "told")  # type: ignore[arg-type] # checked by hand
        return self.messenger.send(
            notify, Occasion(call or new_id(), NUMBER, "balance", "told", "es", person)
        )

    def states(self) -> list[str]:
        return [one.state for one in self.store.messages.latest()]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.store.close()


def test_a_message_is_noted_carried_once_and_told(office: Office) -> None:
    """The call waits for no provider; that it was sent stays on record, and what it said does not."""
    assert office.send(to="600 111 222") == Done()
    assert office.post.taken == []
    assert office.states() == ["waiting"]
    assert (office.carry(), office.carry()) == (1, 0)
    (taken,) = office.post.taken
    assert (taken.to, taken.text, taken.language) == (NUMBER, "Su saldo.", "es")
    (kept,) = office.store.messages.latest()
    assert (kept.state, kept.detail, kept.template) == ("sent", "ref-1", "balance/told")
    dump = "\n".join(_dump(office.store))
    assert "Su saldo." not in dump


def _dump(store: Store) -> list[str]:
    with store.database.reading() as connection:
        return list(connection.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]


def test_the_same_message_in_one_call_is_one(office: Office) -> None:
    """A loop in a flow, or a retry: the customer hears the telephone once."""
    call = new_id()
    assert [office.send(call=call), office.send(call=call)] == [Done(), Done()]
    assert office.send(call=call, text="Otra cosa.") == Done()
    assert office.carry() == 2


def test_nothing_is_lost_while_the_provider_is_down(office: Office) -> None:
    """Tried again with growing pauses, also by another server."""
    office.post.fails = [DeliveryFailed("the provider answers 503")] * 3
    office.send()
    pauses = []
    for n in range(4):
        before = office.clock.today
        while not office.carry(office.server(f"server-{n}")):
            office.clock.today += timedelta(seconds=1)
        pauses.append((office.clock.today - before).total_seconds())
    assert len(office.post.taken) == 1
    assert office.states() == ["sent"]
    assert pauses[0] == 0
    assert 3 <= pauses[1] <= 6 <= pauses[2] <= 11 <= pauses[3] <= 21


def test_what_is_refused_for_good_is_given_up(office: Office) -> None:
    """An operator sees why, and nobody's number."""
    office.post.fails = [DeliveryFailed("the provider answers 400", final=True)]
    office.send()
    office.carry()
    assert office.states() == ["failed"]
    (given_up,) = office.store.outbox.given_up()
    assert given_up.last_error == "declined: the provider answers 400"
    assert office.store.messages.latest()[0].detail == "the provider answers 400"
    office.clock.today += timedelta(days=9)
    assert office.carry() == 0


def test_a_provider_s_wish_to_wait_is_granted(office: Office) -> None:
    """429 with Retry-After: not sooner."""
    office.post.fails = [DeliveryFailed("the provider answers 429", again_in=600)]
    office.send()
    office.carry()
    office.clock.today += timedelta(seconds=599)
    assert office.carry() == 0
    office.clock.today += timedelta(seconds=2)
    assert office.carry() == 1


def test_a_message_is_given_up_after_a_day_and_a_half_and_can_be_sent_again(office: Office) -> None:
    """Sooner than a write of a flow; an operator who has mended the provider has it tried once more."""
    office.post.fails = [DeliveryFailed("the provider answers 503")] * LEAST_TRIES
    office.send()
    office.carry()
    office.clock.today += PATIENCE
    for _ in range(1, LEAST_TRIES):
        assert office.states() == ["waiting"]
        office.clock.today += timedelta(hours=1)
        assert office.carry() == 1
    assert office.states() == ["failed"]
    (lost,) = office.store.outbox.given_up()
    assert lost.last_error == "not done in time: the provider answers 503"
    office.store.outbox.revive(lost.id, at=office.clock.today)
    assert office.carry() == 1
    assert office.states() == ["sent"]


class Hanging(Post):
    """A provider that takes connections and says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.released = Event()

    def deliver(self, message: Message) -> str:
        self.released.wait()
        return super().deliver(message)


def test_a_channel_that_hangs_delays_no_other(office: Office) -> None:
    """All its places are taken, and e-mails go on arriving; nor is more claimed than can be carried."""
    hanging, post = Hanging(), Post()
    outbox = office.server("b", sms=hanging, email=post)
    for n in range(AT_ONCE + 2):
        office.send(to=f"+346001112{n:02}")
    outbox.start()
    for n in range(3):
        office.send(to=f"ana{n}@example.net", channel="email")
    with gevent.Timeout(20):
        while len(post.taken) < 3:
            gevent.sleep(0.02)
        assert office.states().count("sent") <= 3
        assert hanging.taken == []
        assert len(_claimed(office.store)) == AT_ONCE
        hanging.released.set()
        while office.states().count("sent") < AT_ONCE + 5:
            gevent.sleep(0.02)
    outbox.close()


def test_a_webhook_that_hangs_delays_no_other(office: Office) -> None:
    """Each receiver has places of its own: one that is dead is a matter of its own messages."""

    class Receivers(Hanging):
        def deliver(self, message: Message) -> str:
            return super().deliver(message) if message.to == "dead" else Post.deliver(self, message)

    hooks = Receivers()
    outbox = office.server("b", webhook=hooks)
    for to in ("dead",) * (AT_ONCE + 2) + ("crm",):
        office.send(to=to, channel="webhook")
    outbox.start()
    with gevent.Timeout(20):
        while not hooks.taken:
            gevent.sleep(0.02)
    assert [message.to for message in hooks.taken] == ["crm"]
    hooks.released.set()
    outbox.close()


def test_a_webhook_is_told_of_a_call_in_its_order(office: Office) -> None:
    """What comes later waits for what could not be told; other calls do not."""
    office.post.fails = [DeliveryFailed("the provider answers 503")]
    outbox = office.server("b", webhook=office.post)
    call = new_id()
    for text in ("began", "ended"):
        office.send(to="crm", text=text, channel="webhook", call=call)
        office.clock.today += timedelta(milliseconds=1)
    office.send(to="crm", text="another", channel="webhook")
    for _ in range(3):
        outbox.carry("webhook")
        outbox.wait_until_carried()
        office.clock.today += timedelta(minutes=1)
    assert [message.text for message in office.post.taken] == ["another", "began", "ended"]


def _claimed(store: Store) -> list[str]:
    """Messages by SMS that somebody has just now."""
    with store.database.reading() as connection:
        mine = (OutboxRow.claimed_by.is_not(None), OutboxRow.kind == "sms")
        return list(connection.scalars(select(OutboxRow.id).where(*mine)))


def test_a_killed_carrier_s_message_is_taken_over(office: Office) -> None:
    """The lease ends, and another server carries it."""
    office.send()
    office.store.outbox.claim("dead", at=office.clock.today, lease=timedelta(seconds=120), kinds=("sms",))
    assert office.carry() == 0
    office.clock.today += timedelta(seconds=121)
    assert office.carry() == 1
    assert office.states() == ["sent"]


def test_nobody_gets_too_many(office: Office) -> None:
    """Three an hour and ten a day, whatever the calls; what failed does not count."""
    assert [type(office.send()) for _ in range(4)] == [Done, Done, Done, Refused]
    assert office.send(to="+34600111333") == Done()
    office.clock.today += timedelta(minutes=61)
    assert office.send() == Done()
    for _ in range(6):
        office.clock.today += timedelta(minutes=61)
        assert office.send() == Done()
    office.clock.today += timedelta(minutes=61)
    assert office.send() == Refused("the recipient has had too many messages")


@pytest.mark.parametrize("to", ["+33612345678", "+34803123456", "", "hola"])
def test_where_no_message_goes(office: Office, to: str) -> None:
    """Abroad, premium, nowhere: refused, and nothing is noted."""
    assert isinstance(office.send(to=to), Refused)
    assert office.states() == []


def test_a_no_is_respected(office: Office) -> None:
    """By the number that is not to be contacted, by a consent taken back, and for the person alike."""
    office.store.suppressions.add("number", NUMBER, reason="asked for it", at=BEGIN)
    assert office.send() == Refused("not to be contacted: asked for it")
    office.store.suppressions.remove("number", NUMBER)
    said = {"kind": "sms", "terms_version": "1", "text": "¿…?", "language": "es", "e164": NUMBER}
    office.store.consents.note(Consent(given=False, at=BEGIN, **said))
    assert office.send() == Refused("they said no to sms on 2026-11-23")
    office.store.consents.note(Consent(given=True, at=BEGIN + timedelta(minutes=1), **said))
    assert office.send() == Done()


def test_with_the_database_lost_it_waits_in_the_spool(office: Office, tmp_path: Path) -> None:
    """Asked twice it is one message; whether it may go at all is asked when the database is back."""
    file = office.store.database.file
    call = new_id()
    file.rename(file.with_suffix(".away"))
    assert [office.send(call=call) for _ in range(2)] == [Done(), Done()]
    assert office.send("+34600111333") == Done()
    file.with_suffix(".away").rename(file)
    office.store.suppressions.add("number", "+34600111333", reason="test", at=BEGIN)
    assert Spool(tmp_path / "spool").drain(office.store).written == 3
    office.outbox.takes("message", Kind(carry=office.messenger.carry))
    assert office.outbox.carry("message") == 2
    office.outbox.wait_until_carried()
    assert office.carry() == 1
    assert [message.to for message in office.post.taken] == [NUMBER]
    (refused,) = office.store.outbox.given_up()
    assert refused.last_error == "declined: not to be contacted: test"


def test_with_database_and_spool_lost_the_flow_is_told(office: Office, tmp_path: Path) -> None:
    """What cannot be noted anywhere would be lost: `Failed`, and the flow does not say that it was sent."""
    file = office.store.database.file
    file.rename(file.with_suffix(".away"))
    (tmp_path / "spool").touch()
    assert isinstance(office.send(), Failed)


def test_without_a_provider_it_is_a_file_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a folder that only its owner reads, with a name of ours, marked as not sent."""
    folder = tmp_path / "messages"
    clock = HandClock(BEGIN)
    office = Office(tmp_path, Folder(folder, clock.utc))
    assert office.send() == Done()
    office.carry()
    (file,) = folder.iterdir()
    told = json.loads(file.read_text("utf-8"))
    assert (told["sent"], told["to"], told["text"]) == (False, NUMBER, "Su saldo.")
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    (kept,) = office.store.messages.latest()
    assert kept.state == "failed"
    assert "not sent" in kept.detail
    office.store.close()


def test_the_settings_choose_the_carrier(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One channel has a provider, the others have the folder; the message goes over a real socket."""
    monkeypatch.setenv("HOOK", "sixteen signs at least")
    settings = MessageSettings.model_validate(
        {"sms": {"url": provider.url, "form": {"to": "{to}", "text": "{text}"}}}
    )
    clock = HandClock(BEGIN)
    chosen = carriers(settings, Folder(tmp_path / "messages", clock.utc), clock)
    assert [chosen[name].sends for name in ("sms", "email", "webhook")] == [True, False, False]
    office = Office(tmp_path, chosen["sms"])
    office.send()
    office.carry()
    assert provider.asked[0].body == b"to=%2B34600111222&text=Su+saldo."
    assert office.states() == ["sent"]
    office.store.close()


def test_a_message_is_in_the_ledger_of_contacts_as_asked_for(office: Office) -> None:
    """Once, however often it is told in a call; no contact rule counts it. What is refused is not there."""
    call = new_id()
    for _ in range(2):
        office.send(call=call)
    office.store.suppressions.add("number", "+34600999888", reason="asked", at=office.clock.utc())
    assert isinstance(office.send(to="+34600999888"), Refused)
    (made,) = office.store.contacts.history(office.store.contacts.whom(NUMBER))
    assert (made.channel, made.address) == ("sms", NUMBER)
    assert made.asked_for == f"balance/told in call {call}"
    office.carry()
    (made,) = office.store.contacts.history(office.store.contacts.whom(NUMBER))
    assert (made.conversation, made.result) == (False, "sent"), "nobody was spoken with"
    assert office.store.contacts.history(office.store.contacts.whom("+34600999888")) == ()
