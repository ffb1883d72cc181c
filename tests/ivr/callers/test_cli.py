"""`ivr caller`, and segments in `ivr check`, `test` and `flow publish`, as people run them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest
from click.testing import CliRunner, Result

from data.ids import new_id
from data.records import CallBegun, CallEnded
from data.seeds import demo_customers
from data.store import Store
from dialogs.loader import load_flows, read_flows
from ivr.cli import caller, flow_test, flows
from ivr.cli.flows import SHIPPED
from ivr.config import DatabaseSettings, Settings
from ivr.publishing.catalogues import catalogue_in
from ivr.publishing.checkup import checked
from tests.databases import store_at

commands = [*caller.commands, *flows.commands, *flow_test.commands]
GROUP = click.Group("ivr", commands={str(command.name): command for command in commands})
LUCIA = demo_customers()[0]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path}/ivr.sqlite3"
    today = datetime.now(ZoneInfo("Europe/Madrid")).date()  # the commands look at the machine's clock
    store_at(tmp_path / "ivr.sqlite3", customers=20, today=today).close()
    return Settings(home=tmp_path, database=DatabaseSettings(url=url))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped flows, to be spoilt; with the tests of the segments alone, for the calls are many."""
    calls = [file.name for file in SHIPPED.glob("*.test.yaml") if file.name != "segments.test.yaml"]
    return Path(shutil.copytree(SHIPPED, tmp_path / "flows", ignore=shutil.ignore_patterns(*calls)))


def run(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(GROUP, list(words), obj=settings)


@pytest.mark.parametrize("command", ["explain", "calls"])
@pytest.mark.parametrize("text", ["'; drop table calls; --", "+34 600", "", "Pau", "9" * 90])
def test_what_is_no_number_is_told(settings: Settings, command: str, text: str) -> None:
    """And not explained as if somebody withheld theirs."""
    result = run(settings, "caller", command, "--", text)
    assert result.exit_code != 0
    assert "is no telephone number: write it as +34600111222" in str(result.output) + str(result.exception)


def test_an_extension_is_a_number_to_explain(settings: Settings) -> None:
    """Colleagues call as well."""
    assert run(settings, "caller", "explain", "204").exit_code == 0


def test_explain_tells_facts_rules_reason_and_effects(settings: Settings) -> None:
    """In every style of the number; whoever looked is in the audit log, for that person."""
    written = LUCIA.phone_number.replace("+", "00 ")
    found = json.loads(run(settings, "caller", "explain", written, "--json").output.splitlines()[-1])
    assert (found["number"], found["segment"]) == (LUCIA.phone_number, "in_arrears")
    assert found["reason"].startswith("Deudas vencidas: 1")
    assert found["facts"]["debts.amount"] == 14230
    assert [one["verdict"] for one in found["tried"]] == ["does not hold"] * 3 + ["holds"]
    assert found["effects"]["menu_first"] == ["balance"]
    shown = run(settings, "caller", "explain", LUCIA.phone_number).output
    assert "in_arrears" in shown
    assert "debts.overdue > 0" in shown
    store = Store(settings.database_url)
    (lucia,) = store.customers.by_phone_number(LUCIA.phone_number)
    assert {entry.why for entry in store.audit.of_customer(lucia.id)} == {"ivr caller explain"}
    store.close()


def test_explain_of_no_number_is_an_answer_too(settings: Settings) -> None:
    """A hidden number has a segment as everybody has."""
    found = run(settings, "caller", "explain", "anonymous")
    assert found.exit_code == 0
    assert "no number" in found.output
    assert "regular" in found.output


def test_a_number_is_blocked_by_hand_and_welcome_again(settings: Settings) -> None:
    """What is no number is refused in a line."""
    assert (
        "+34600111222 is blocked"
        in run(settings, "caller", "block", "600 111 222", "--why", "threats").output
    )
    assert "was blocked already" in run(settings, "caller", "block", "+34600111222", "--why", "again").output
    assert '"segment": "blocked"' in run(settings, "caller", "explain", "0034600111222", "--json").output
    assert "is welcome again" in run(settings, "caller", "unblock", "600111222").output
    assert "was not blocked" in run(settings, "caller", "unblock", "600111222").output
    refused = run(settings, "caller", "block", "anonymous", "--why", "x")
    assert refused.exit_code == 2
    assert "is no telephone number: write it as +34600111222" in refused.output


def test_the_last_calls_with_segment_and_reason(settings: Settings) -> None:
    """Newest first, in the company's time; markup in a reason is shown, not obeyed."""
    store = Store(settings.database_url)
    began = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    for n, reason in enumerate(("una llamada", "[bold]dos[/bold] llamadas")):
        one, at = new_id(), began + timedelta(hours=n)
        store.calls.begin(
            CallBegun(
                **{"call_id": one, "switch_uuid": "u", "direction": "inbound", "caller_number": "600111222"},
                **{"caller_name": "", "destination": "8000", "language": "es", "started_at": at},
                node_id="n",
            )
        )
        store.calls.finish(
            CallEnded(
                **{"call_id": one, "at": at, "hangup_cause": "NORMAL_CLEARING", "ended_by": "caller"},
                **{"segment": "frequent", "segment_reason": reason, "outcome": "balance_told"},
            )
        )
    store.close()
    shown = run(settings, "caller", "calls", "+34600111222").output
    assert "2026-11-20 11:00" in shown
    assert "[bold]dos[/bold]" in shown
    told = json.loads(run(settings, "caller", "calls", "600111222", "--json").output.splitlines()[-1])
    assert [one["segment_reason"] for one in told["calls"]] == ["[bold]dos[/bold] llamadas", "una llamada"]
    assert "no calls from this number" in run(settings, "caller", "calls", "600999888").output


def test_check_test_and_publish_go_by_the_segments(settings: Settings, folder: Path) -> None:
    """A mistake in them is one line; a caller who is taken for somebody else fails the tests."""
    file = folder / "segments.yaml"
    sound = file.read_text("utf-8")
    file.write_text(sound.replace("when: number.blocked", "when: number.bloked"), "utf-8")
    found = run(settings, "check", str(folder))
    assert found.exit_code == 1
    assert "segments.yaml:" in found.output
    assert "nothing is known as `number.bloked`: did you mean `number.blocked`?" in found.output
    assert not checked(folder, main="main").sound

    file.write_text(sound.replace("calls.last_90_days >= 10", "calls.last_90_days >= 100"), "utf-8")
    found = run(settings, "test", str(folder), "--coverage", "--json")
    assert found.exit_code == 1
    assert "segment: wanted “frequent”, was “regular”" in found.output
    assert "segments: 7 of 8" in found.output
    assert json.loads(found.output.splitlines()[-1])["segments"]["failed"]
    again = checked(folder, main="main")
    assert [one.title for one in again.failed if "frequent" in one.title]


def test_a_change_of_the_segments_is_another_version(folder: Path) -> None:
    """So that a call's record tells by which rules it was treated, and a roll-back takes them back."""
    before = load_flows([folder], catalogue_in(folder))
    file = folder / "segments.yaml"
    file.write_text(file.read_text("utf-8").replace("priority: 300", "priority: 301"), "utf-8")
    after = load_flows([folder], catalogue_in(folder))
    assert before.version != after.version
    assert before.segments.version != after.segments.version
    file.unlink()
    flows, problems = read_flows([folder], catalogue_in(folder))
    assert flows.segments.version == ""
    assert {problem.message.partition(":")[0] for problem in problems} == {
        f"there is no short cut `{name}` in segments.yaml" for name in before.segments.shortcuts
    }
