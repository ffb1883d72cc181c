"""Whoever reads personal data by a command is on record; every command has to say which kind it is."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import ivr.cli
from data.campaigns import Campaign, Chosen, Sample
from data.ids import new_id
from data.records import Consent, Errand, NewWork
from data.store import Store
from tests.commands import ivr as run
from tests.data.conftest import NOW, begun, ended, turn
from tests.data.test_callbacks import booking
from tests.databases import store_at
from tests.to_come import monday_to_come

LUCIA = "45716"
NUMBER = "+34600111222"
AUDITED = {
    "campaign promises": ("campaign promises", "read"),
    "campaign actions": ("campaign actions fees reminder", "read"),
    "campaign contacts": ("campaign contacts LUCIA", "read"),
    "campaign holds": ("campaign holds LUCIA", "read"),
    "campaign restore": ("campaign restore BLOCKED --why mistake", "write"),
    "campaign unclear": ("campaign unclear fees reminder", "read"),
    "campaign report": ("campaign report fees reminder --left-out OUT/left.csv", "export"),
    "campaign sample": ("campaign sample fees reminder tuesday", "write"),
    "callbacks list": ("callbacks list", "read"),
    "callbacks cancel": ("callbacks cancel CALLBACK --why done", "write"),
    "callbacks move": (f"callbacks move CALLBACK --at {monday_to_come():%Y-%m-%dT%H:%M}", "write"),
    "caller block": ("caller block +34600999888 --why rude", "write"),
    "caller unblock": ("caller unblock BLOCKED", "write"),
    "caller calls": ("caller calls NUMBER", "read"),
    "caller explain": ("caller explain NUMBER", "read"),
    "case show": ("case show CASE", "read"),
    "consent list": ("consent list --call CALL", "read"),
    "consent show": ("consent show CONSENT", "read"),
    "consent play": ("consent play CONSENT", "play"),
    "consent export": ("consent export CONSENT --to OUT", "export"),
    "db erase": ("db erase LUCIA --yes --why asked", "erase"),
    "db export": ("db export customers OUT/c.csv", "export"),
    "db import": ("db import LIST --mapping MAPPING", "import"),
    "flow from-call": ("flow from-call CALL", "read"),
    "identity locks": ("identity locks", "read"),
    "identity set-dni": ("identity set-dni LUCIA 12345678Z", "write"),
    "identity set-pin": ("identity set-pin LUCIA --generate", "write"),
    "lookup": ("lookup account customer_number=LUCIA", "read"),
    "messages list": ("messages list", "read"),
    "outbox drop": ("outbox drop ERRAND --yes --why done", "drop"),
    "recordings list": ("recordings list", "read"),
    "recordings play": ("recordings play CALL", "play"),
    "recordings export": ("recordings export CALL --to OUT", "export"),
    "rules explain": ("rules explain --number NUMBER --purpose service", "read"),
    "work add": ("work add case CASE", "write"),
    "work done": ("work done ITEM --by 1001", "write"),
    "work list": ("work list", "read"),
    "trace": ("trace CALL", "read"),
}
"""What is typed, and the action that must be in the audit log afterwards."""
TESTED_ELSEWHERE = {
    *("callbacks retry", "identity unlock", "db expire", "rules registry"),
    *("campaign load", "campaign payments"),
    *("token create", "token list", "token revoke"),
    *(
        f"agent {name}"
        for name in ("close", "contact", "extend", "history", "in", "out", "pause", "pin", "resume", "list")
    ),
    *(f"supervise {name}" for name in ("force", "join", "listen", "move", "whisper", "alerts", "repairs")),
    *(f"agent {name}" for name in ("call", "later", "next", "skip")),
    "supervise acknowledge",
}
"""They need what is not here (an agent's telephone, a switch), and have tests of their own."""
NOBODYS = {
    *("serve", "demo", "doctor", "check", "test", "call", "graph", "schema", "say", "transcribe"),
    *("db check", "db seed", "db upgrade", "freeswitch init", "outbox list", "outbox retry", "queue status"),
    *("agent check", "agent schema", "queues check", "queues list", "queues schema", "queues sync"),
    *("rules check", "rules list", "rules show", "models list", "models pull"),
    *("flow history", "flow publish", "flow rollback", "flow show", "flow status"),
    *(
        "prompts build",
        "prompts export",
        "prompts import",
        "nlu check",
        "nlu serve",
        "nlu switch",
        "nlu test",
        "nlu train",
    ),
    *("nlu label", "nlu learn"),  # sentences without their numbers and names, of calls that nobody can name
    *("eval answering", "eval calibrate", "eval speech"),
    *(f"campaign {name}" for name in ("check", "create", "facts", "list", "preview")),
    *(
        f"campaign {name}" for name in ("drain", "pause", "simulate", "start", "status", "stop")
    ),  # which change a campaign's state, or play with made-up people
    *(
        f"report {name}"
        for name in (
            "agents",
            "callers",
            "campaigns",
            "flows",
            "pauses",
            "polls",
            "queues",
            "staffing",
            "work",
        )
    ),
    *("work assign", "work collect"),
    *(
        f"bench {name}"
        for name in ("barge-in", "control", "flows", "lookups", "segments", "streams", "turns")
    ),
}
"""Of nobody: flows, models, figures; errands without their values, legs without their numbers."""


def commands(group: click.Group, way: tuple[str, ...] = ()) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*way, name))
        else:
            yield " ".join((*way, name))


def test_every_command_says_whose_data_it_shows() -> None:
    """A new one must be put into one of the tables above."""
    (root,) = (one for one in vars(ivr.cli).values() if isinstance(one, click.Group))
    said = [*AUDITED, *TESTED_ELSEWHERE, *NOBODYS]
    assert len(said) == len(set(said))
    # A table may know of one that another branch brings; none may be missing from the tables.
    assert set(commands(root)) - set(said) == set()


def _with_a_campaign(home: Path, store: Store) -> None:
    """A strategy, its base and its campaign, and a sample that leaves somebody out."""
    (home / "strategies").mkdir()
    (home / "strategies" / "m.yaml").write_text("columns: {customer_number: n, name: m}\n", encoding="utf-8")
    (home / "strategies" / "fees.yaml").write_text(
        "strategy: fees\nactor: creditor\nbases: {all: {mapping: m.yaml}}\ncampaigns:\n  reminder:\n"
        "    {base: all, flow: pay, purpose: collection, sample: account.balance > 0, countries: [ES]}\n",
        encoding="utf-8",
    )
    store.campaigns.load("fees", "all", [LUCIA], at=NOW)
    base = store.campaigns.base("fees", "all")
    assert base is not None
    named = {"strategy": "fees", "name": "reminder", "purpose": "collection", "state": "created"}
    campaign = Campaign(**named, id=new_id(), base_id=base, declared={}, created_at=NOW, created_by="eva")
    store.campaigns.create(campaign)
    sample = Sample(
        id=new_id(), campaign_id=campaign.id, name="monday", condition="true", rules_version="1", cut_at=NOW,
        cut_by="eva",
    )  # fmt: skip
    customer = store.customers.by_number(LUCIA)
    assert customer is not None
    store.campaigns.freeze(sample, [Chosen(customer_id=customer.id, account_id=None, excluded="promise")])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A company with one call, and what came of it: what stands for what in a command."""
    home = tmp_path / "home"
    (home / "recordings").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    store = store_at(home / "ivr.sqlite3", customers=10)
    call = begun(caller_number=NUMBER, recording="call.wav")
    store.calls.begin(call)
    store.calls.add_turn(call.call_id, turn(1))
    store.calls.finish(ended(call.call_id))
    with wave.open(str(home / "recordings" / "call.wav"), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\1\1\2\2" * 8000)
    consent = store.consents.note(
        Consent(
            **{"kind": "terms", "given": True, "terms_version": "1", "text": "¿Acepta?", "answer": "1"},
            **{"language": "es", "at": NOW, "e164": NUMBER, "call_id": call.call_id},
        )
    )
    callback, _ = store.callbacks.book(booking(NUMBER))
    message = Errand(kind="sms", target="sms", body={"text": "a"}, idempotency_key="k", at=NOW)
    store.messages.send(message, recipient=NUMBER, template="f/s", limits={})
    store.callers.block("+34600999777", at=NOW, why="rude")
    store.customers.retire_unallocated("+34600999777", at=NOW, why="none")
    case = store.tickets.of_customer(LUCIA)[0].ticket_number
    item, _ = store.work_items.add(NewWork(kind="case", about="x", at=NOW, by="eva"))
    store.work_items.assign(item.id, "1001", by="eva", at=NOW)
    _with_a_campaign(home, store)
    (tmp_path / "list.csv").write_text("Nº;Nombre\n9000001;Ana\n", encoding="utf-8")
    (tmp_path / "map.yaml").write_text("columns: {customer_number: Nº, name: Nombre}\n", encoding="utf-8")
    yield {
        **{"LUCIA": LUCIA, "NUMBER": NUMBER, "CALLBACK": str(callback.id), "CALL": str(call.call_id)},
        **{"CONSENT": str(consent), "CASE": case, "ERRAND": str(store.outbox.waiting()[0].id)},
        **{"OUT": str(tmp_path / "out"), "LIST": str(tmp_path / "list.csv"), "HOME": str(home)},
        **{"ITEM": str(item.id)},
        **{"MAPPING": str(tmp_path / "map.yaml"), "BLOCKED": "+34600999777"},
    }
    store.close()


@pytest.mark.parametrize("command", AUDITED)
def test_whoever_reads_is_on_record(site: dict[str, str], command: str) -> None:
    """Who, what and why; and no value of anybody's."""
    typed, action = AUDITED[command]
    for word, value in sorted(site.items(), key=lambda one: -len(one[0])):
        typed = typed.replace(word, value)
    store = Store(f"sqlite:///{site['HOME']}/ivr.sqlite3")
    before = {one.id for one in store.audit.latest(1000)}
    done = run(Path(site["HOME"]), *typed.split())
    written = [one for one in store.audit.latest(1000) if one.id not in before]
    store.close()
    found = [one for one in written if one.action == action and one.who.startswith("cli:")]
    assert found, (done.returncode, done.stdout[-300:], done.stderr[-300:], written)
    for one in written:
        for secret in (NUMBER[3:], "Lucía", "Fernández", "¿Acepta?"):
            assert secret not in f"{one.what} {one.why}"
