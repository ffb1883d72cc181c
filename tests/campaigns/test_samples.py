"""From a list to a frozen sample: who is in it, at which numbers, and why everybody else is not."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from data.base_facts import On
from data.bulk import insert_many
from data.campaigns import Campaign, Chosen, Sample
from data.errors import DatabaseLocked, RecordRefused
from data.exchange.gathered import ListedCustomer
from data.exchange.loading import MOST_TRIES, Terms, load
from data.ids import new_id
from data.models import AccountRow, CustomerPhoneNumberRow, CustomerRow, DebtRow, IdentityRow, PhoneNumberRow
from data.records import Request
from data.records.contacts import NewContact
from data.store import Store
from ivr.campaigns.conditions import read_condition
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.contact_rules.written import Purpose
from ivr.campaigns.samples import Cutter
from ivr.campaigns.simulation.running import MODES
from ivr.campaigns.strategies import CampaignFile, read_strategy
from tests.commands import ivr
from tests.databases import store_at

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
"""A Friday."""
ON = On(at=AT, today=date(2026, 11, 27))
PEOPLE = {  # customer number -> numbers; what befalls them is said where they are used
    "plain": ["+34600000001", "+34934445501"],
    "silent": [],
    "premium": ["+34806123456"],
    "foreign": ["+33612345678"],
    "listed": ["+34600000002", "+34934445502"],
    "no": ["+34600000003"],
    "disputes": ["+34600000004"],
    "promised": ["+34600000005"],
    "judicial": ["+34600000006"],
    "called": ["+34600000007"],
    "twice": ["+34600000008"],
    "shares": ["+34600000001"],
}


def furnished(store: Store) -> None:
    """Those people in a base, each with an account, a number or none, and what keeps them out."""
    with store.database.writing() as connection:
        phones: dict[str, object] = {}
        for name, numbers in PEOPLE.items():
            customer, account = new_id(), new_id()
            values = {"name": "x", "language": "es", "zone": "Europe/Madrid", "origin": "test"}
            insert_many(connection, CustomerRow, [{"id": customer, "customer_number": name, **values}])
            stage = "judicial" if name == "judicial" else "early"
            money = {"balance_cents": 5000, "currency": "EUR", "stage": stage, "rank": 1}
            insert_many(connection, AccountRow, [{"id": account, "customer_id": customer, **money}])
            for rank, e164 in enumerate(numbers, 1):
                if e164 not in phones:
                    phones[e164] = new_id()
                    insert_many(connection, PhoneNumberRow, [{"id": phones[e164], "e164": e164}])
                link = {"customer_id": customer, "phone_number_id": phones[e164], "rank": rank}
                insert_many(connection, CustomerPhoneNumberRow, [link])
            if name == "disputes":
                bill = {"account_id": account, "concept": "x", "amount_cents": 1, "currency": "EUR"}
                days = {"issued_on": ON.today, "due_on": ON.today, "stage": "early", "status": "disputed"}
                connection.execute(insert(DebtRow).values(id=new_id(), **bill, **days))
            if name in ("plain", "twice"):
                proof = {"kind": "dni", "value": "12345678Z", "set_at": AT, "set_by": "t"}
                connection.execute(insert(IdentityRow).values(id=new_id(), customer_id=customer, **proof))
    store.campaigns.load("s", "b", PEOPLE, at=AT)
    store.suppressions.add("number", "+34934445502", reason="asked", at=AT)
    store.suppressions.add("person", "no", reason="asked", at=AT)
    asked = Request(at=AT - timedelta(days=1))
    store.accounts.promise("promised", amount_cents=5000, promised_for=ON.today, request=asked)
    called = store.customers.by_number("called")
    assert called is not None
    for days in (0, 1, 2):
        store.contacts.note(
            NewContact(
                at=AT - timedelta(days=days),
                customer_id=called.id,
                address="+34934449999",
                channel="sms",
                purpose="collection",
            )
        )


def campaign_file(days: int = 1, purpose: Purpose = "collection", **changes: object) -> CampaignFile:
    written = {"base": "b", "flow": "f", "purpose": purpose, "days": days, "countries": ["ES"]}
    return CampaignFile.model_validate(written | changes)


def cut(store: Store, campaign: CampaignFile, condition: str = "true") -> dict[str, Chosen]:
    base = store.campaigns.base("s", "b")
    assert base is not None
    names = {}
    with store.database.reading() as connection:
        names = {row.id: row.customer_number for row in connection.execute(select(CustomerRow))}
    cutter = Cutter(store.contacts, presets(), campaign, "creditor", on=ON)
    chosen = list(cutter.cut(store.campaigns.candidates(base, read_condition(condition), ON)))
    assert cutter.tally.matched == len(chosen)
    assert cutter.tally.included == sum(1 for one in chosen if not one.excluded)
    return {names[one.customer_id]: one for one in chosen}


def test_everybody_has_their_reason(store: Store) -> None:
    """The first that holds; whoever is in has their numbers in order."""
    furnished(store)
    found = cut(store, campaign_file())
    assert {name: one.excluded for name, one in found.items()} == {
        "plain": "",
        "silent": "no_number",
        "premium": "no_number",
        "foreign": "no_number",
        "listed": "do_not_call",
        "no": "do_not_call",
        "disputes": "dispute",
        "promised": "promise",
        "judicial": "judicial",
        "called": "cap",
        "twice": "duplicate",
        "shares": "",
    }
    assert found["plain"].numbers == ("+34600000001", "+34934445501")
    assert (found["called"].rule, found["foreign"].why) == (
        "es.collection",
        "the number is not called (foreign)",
    )


def test_a_cap_that_ends_while_the_sample_is_worked_on_leaves_nobody_out(store: Store) -> None:
    """Monday is another week, if the sample is still worked on then."""
    furnished(store)
    assert cut(store, campaign_file(days=4))["called"].excluded == ""


def test_what_is_only_for_collections(store: Store) -> None:
    """A reminder of service is not kept from who disputes or has promised; advertising needs a consent."""
    furnished(store)
    service = cut(store, campaign_file(days=3, purpose="service"))
    assert {service[name].excluded for name in ("disputes", "promised", "judicial")} == {""}
    advertising = cut(store, campaign_file(purpose="commercial", caller_ids=["+34910000000"]))
    assert advertising["plain"].excluded == "consent" and advertising["plain"].rule == "es.commercial"


def test_the_likeliest_number_is_tried_first(store: Store) -> None:
    """Where they were spoken with before; without a history, the order of the base; a blocked one never."""
    furnished(store)
    plain = store.customers.by_number("plain")
    assert plain is not None
    for number, talked in (("+34600000001", False), ("+34934445501", True)):
        new = NewContact(
            at=AT - timedelta(days=9),
            customer_id=plain.id,
            address=number,
            channel="call",
            purpose="service",
        )
        store.contacts.note(new)
        store.contacts.settle(new.id, conversation=talked, result="x")
    assert cut(store, campaign_file())["plain"].numbers == ("+34934445501", "+34600000001")
    assert cut(store, campaign_file(numbers=1))["plain"].numbers == ("+34934445501",)
    store.callers.block("+34934445501", at=AT, why="wrong number")
    assert cut(store, campaign_file())["plain"].numbers == ("+34600000001",)


def test_a_sample_is_frozen(store: Store) -> None:
    """Later changes of the base change nothing in it; its name is taken; half a one is never seen."""
    furnished(store)
    base = store.campaigns.base("s", "b")
    assert base is not None
    values = {"id": new_id(), "strategy": "s", "name": "c", "base_id": base, "purpose": "collection"}
    campaign = Campaign(**values, declared={}, state="created", created_at=AT, created_by="t")  # type: ignore[arg-type]  # a table
    assert store.campaigns.create(campaign) and not store.campaigns.create(campaign)
    chosen = list(cut(store, campaign_file()).values())

    def sample(name: str) -> Sample:
        more = {"condition": "true", "rules_version": "1", "cut_at": AT, "cut_by": "t"}
        return Sample(id=new_id(), campaign_id=campaign.id, name=name, **more)  # type: ignore[arg-type]  # as above

    first = sample("monday")
    with pytest.raises(RecordRefused):
        store.campaigns.freeze(sample("torn"), [chosen[0], chosen[0]])
    assert store.campaigns.samples(campaign.id) == ()
    assert store.campaigns.freeze(first, iter(chosen)) and not store.campaigns.freeze(sample("monday"), [])
    with store.database.writing() as connection:
        connection.execute(update(AccountRow).values(balance_cents=0))
        connection.execute(delete(CustomerPhoneNumberRow))
    assert [one.name for one in store.campaigns.samples(campaign.id)] == ["monday"]
    assert store.campaigns.figures(first.id) == {
        "": 2, "no_number": 3, "do_not_call": 2, "dispute": 1, "promise": 1, "judicial": 1, "cap": 1,
        "duplicate": 1,
    }  # fmt: skip
    plain = store.customers.by_number("plain")
    assert plain is not None
    assert store.campaigns.numbers(first.id, plain.id) == ("+34600000001", "+34934445501")
    assert len(list(store.campaigns.left_out(first.id))) == 10


STRATEGY = """\
strategy: fees
actor: creditor
bases:
  students: {mapping: map.yaml}
campaigns:
  reminder:
    base: students
    flow: collection_reminder
    purpose: collection
    sample: account.balance >= 2000
    days: 7
    countries: [ES]
"""
MAPPING = "columns:\n  customer_number: num\n  name: name\n  phones: tel\n  balance: owes\n"
LIST = (
    "num;name;tel;owes\n10;Ana;600111222;25,50\n28;Pau;934445566;10,00\n36;Eva;806123456;99,00\n44;=1+1;;1\n"
)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("strategy: fees", "strategy: fes", "1: the file is called fees.yaml: write `strategy: fees`"),
        ("map.yaml", "mapp.yaml", "4: `mapp.yaml` is not beside this file"),
        ("base: students", "base: studens", "7: unknown base `studens`: did you mean `students`?"),
        ("account.balance >= 2000", "account.balanc >= 2", "nothing is known as `account.balanc`: did you"),
        ("purpose: collection", "purpose: collect", "`collect` is not allowed for `purpose`"),
        ("    days: 7", "    dayz: 7", "unknown key `dayz`: did you mean `days`?"),
        (
            "countries: [ES]",
            'countries: [ES]\n    caller_ids: ["600"]',
            "`600` is no number of an ordinary line",
        ),
        ("countries: [ES]", "countries: []", "`countries` is empty"),
    ],
)
def test_mistakes_in_a_strategy(tmp_path: Path, old: str, new: str, told: str) -> None:
    """With line and remedy."""
    (tmp_path / "map.yaml").write_text(MAPPING)
    (tmp_path / "fees.yaml").write_text(STRATEGY.replace(old, new))
    _, problems = read_strategy(tmp_path / "fees.yaml")
    assert told in "\n".join(f"{one.line}: {one.message}" for one in problems)


def test_from_a_list_to_a_report(tmp_path: Path) -> None:
    """As a coordinator does it, from the command line: load, create, cut, report, start, pause, stop."""
    store_at(tmp_path / "ivr.sqlite3").close()
    folder = tmp_path / "strategies"
    folder.mkdir()
    (folder / "fees.yaml").write_text(STRATEGY)
    (folder / "map.yaml").write_text(MAPPING)
    (tmp_path / "list.csv").write_text(LIST)
    named = ("fees", "reminder")

    def run(*arguments: str, status: int = 0) -> str:
        done = ivr(tmp_path, "campaign", *arguments)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "is empty. First ivr campaign load fees students FILE" in run("create", *named, status=2)
    load = ("load", "fees", "students", str(tmp_path / "list.csv"))
    assert "3 customers would be new" in run(*load, "--dry-run", status=1)
    assert "looks like a formula" in run(*load, status=1)
    assert "0 customers are new in the base" in run(*load, status=1)
    assert "created on 3 customers" in run("create", *named)
    assert "nothing is changed" in run("create", *named, status=1)
    assert json.loads(run("preview", *named, "--quick", "--json"))["matched"] == 2
    preview = json.loads(run("preview", *named, "--json"))
    assert (preview["matched"], preview["included"]) == (2, 1)
    assert preview["excluded"] == {"no_number": 1}
    run("sample", *named, "monday")
    assert "already" in run("sample", *named, "monday", status=1)
    out = tmp_path / "out.csv"
    (report,) = json.loads(run("report", *named, "--left-out", str(out), "--json").splitlines()[0])["samples"]
    assert (report["included"], report["excluded"]) == (1, {"no_number": 1})
    assert "36;no_number;house.number;the number is not called (premium)" in out.read_text("utf-8-sig")
    played = json.loads(run("simulate", *named, "--agents", "2", "--seeds", "1", "--json"))
    assert played["rule_violations"] == 0 and [one["mode"] for one in played["runs"]] == list(MODES)
    # On a Sunday or a feast nobody is called, and the rule that said so is named.
    assert played["calls"] or played["runs"][1]["blocked"] == {"es.collection": 1}
    assert "runs on the sample monday, 1 people are new on its list" in run("start", *named)
    assert "runs already" in run("start", *named, status=2)
    status = json.loads(run("status", *named, "--json"))
    assert (status["state"], status["waiting"], status["due"]) == ("running", 1, 1)
    assert "is paused" in run("pause", *named) and "nothing is changed" in run("pause", *named, status=1)
    assert "has no sample tuesday" in run("start", *named, "--sample", "tuesday", status=2)
    assert "runs on the sample monday" in run("start", *named)
    assert "1 due now" in run("status", *named) and "is stopped" in run("stop", *named)
    assert "is stopped" in run("drain", *named, status=1)
    assert "did you mean" in run("preview", *named, "--where", "account.balanc > 1", status=2)


def test_payments_from_the_command_line(tmp_path: Path) -> None:
    """A bank's list: taken, counted once, refused with its row; a day to come is a column that is not what it
    is said to be; accounts in another currency have lists of their own."""
    store, now = store_at(tmp_path / "ivr.sqlite3", customers=10), datetime.now(UTC)
    today, later = now.date() - timedelta(days=1), now.date() + timedelta(days=3)
    promised = Request(at=now - timedelta(days=9))
    store.accounts.promise(
        "45716", amount_cents=1_000, promised_for=now.date() + timedelta(days=40), request=promised
    )
    store.close()
    file = tmp_path / "bank.csv"
    file.write_text(
        f"customer_number,amount,received_on,reference\n45716,10.00,{today},r1\n45716,-1,{today},r2\n"
        f"45716,x,{today},r3\n99999,5.00,{today},r4\n45716,1.00,{later},r5\n"
    )
    done = ivr(tmp_path, "campaign", "payments", str(file), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["new"], told["known"]) == (1, 1, 0)
    assert told["promises"] == {"kept": 1} and len(told["refused"]) == 4
    assert any("is in the future" in line for line in told["refused"])
    again = json.loads(ivr(tmp_path, "campaign", "payments", str(file), "--json").stdout)
    assert (again["new"], again["known"]) == (0, 1)
    pesos = ivr(tmp_path, "campaign", "payments", str(file), "--currency", "MXN", "--json")
    assert "nobody has such an account in MXN" in pesos.stdout
    assert json.loads(ivr(tmp_path, "campaign", "promises", "--json").stdout)["remind"] == []


def test_a_load_has_the_patience_that_a_call_has_not(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A portion that has no turn is done again, and counted once; in the end somebody is told."""
    person = ListedCustomer("10", [2], {"name": "Ana"})
    terms, refusals = Terms(at=AT, today=ON.today, origin="import"), iter(range(MOST_TRIES - 1))
    begin = sqlite_store.database.writing

    def busy() -> AbstractContextManager[Connection]:
        if next(refusals, None) is not None:
            raise DatabaseLocked("busy", remedy="wait")
        return begin()

    monkeypatch.setattr(sqlite_store.database, "writing", busy)
    assert load(sqlite_store, [person], terms).new == 1
    refusals = iter(range(MOST_TRIES))
    with pytest.raises(DatabaseLocked):
        load(sqlite_store, [person], terms)
