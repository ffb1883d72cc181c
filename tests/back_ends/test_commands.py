"""What an operator runs: `ivr lookup`, `ivr outbox`, `ivr check`, `ivr flow publish`, `ivr doctor`, bench."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from data.records import Errand
from data.store import Store
from ivr import doctor
from ivr.cli.bench import bench
from ivr.cli.flow import flow
from ivr.cli.flows import check
from ivr.cli.lookup import lookup
from ivr.cli.outbox import outbox
from ivr.config import DatabaseSettings, Settings
from ivr.finding import Finding
from tests.back_ends.systems import Crm, crm, raw_server
from tests.back_ends.systems import hang as hanging
from tests.databases import store_at

BACK_ENDS = """systems:
  crm: {url: "URL", plain: true, ping: /health, breaker: {failures: 2}}
lookups:
  loyalty: {system: crm, get: "/loyalty/{dni}", by: [dni], retries: 0, fields: {tier: code, holder: text}}
"""
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    store_at(tmp_path / "ivr.sqlite3", customers=10).close()
    return Settings(home=tmp_path, database=DatabaseSettings(url=f"sqlite:///{tmp_path}/ivr.sqlite3"))


@pytest.fixture
def system(settings: Settings) -> Iterator[Crm]:
    """A CRM, and the file that declares it."""

    def reply(_method: str, path: str, _body: Any) -> Any:
        if path.endswith("12345678Z"):
            return 200, {"tier": "gold", "holder": "Ana 12345678Z"}
        return (200, {}) if path == "/health" else (500, {}) if "broken" in path else (404, {})

    with crm(reply) as running:
        (settings.home / "back_ends.yaml").write_text(BACK_ENDS.replace("URL", running.url))
        yield running


def run(command: click.Command, settings: Settings, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, list(words), obj=settings)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_a_look_up_of_the_own_database_is_tried(settings: Settings) -> None:
    """Fields with their types, the time, and who answered."""
    status, shown = run(lookup, settings, "account", "customer_number=45716")
    assert status == 0
    assert "Lucía Fernández Ortega" in shown
    assert "own database" in shown
    assert run(lookup, settings, "account", "customer_number=99999")[0] == 1


def test_a_look_up_of_the_crm_is_tried_and_what_is_secret_is_not_shown(
    settings: Settings, system: Crm
) -> None:
    """Neither the secret nor a field in which it stands."""
    status, shown = run(lookup, settings, "loyalty", "dni=12345678Z", "--sensitive", "dni", "--json")
    assert status == 0
    report = json.loads(shown)
    assert report["fields"] == {"tier": "gold", "holder": "•••"}
    assert (report["system"], report["breaker"]) == ("crm", "closed")
    assert "12345678Z" not in shown


def test_the_breaker_at_work(settings: Settings, system: Crm) -> None:
    """Asked often enough of a broken system, it opens."""
    status, shown = run(lookup, settings, "loyalty", "dni=broken", "--times", "5", "--json")
    assert status == 2
    assert json.loads(shown)["breaker"] == "open"
    assert len(system.asked) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["loyalti", "dni=1"], "did you mean `loyalty`?"),
        (["loyalty", "din=1"], "did you mean `dni`?"),
        (["loyalty"], "add dni=…"),
        (["loyalty", "12345678Z"], "no KEY=VALUE"),
        (["loyalty", "dni=1", "--sensitive", "number"], "not asked by `number`"),
    ],
)
def test_a_look_up_that_cannot_be_tried(settings: Settings, system: Crm, words: list[str], told: str) -> None:
    """One line with the remedy, status 2."""
    status, shown = run(lookup, settings, *words)
    assert status == 2
    assert told in shown


CATALOGUE = "queues: [billing]\nlookups: {loyalty: {by: [dni], fields: {tier: code}}}\n"
FLOW = """flow: main
languages: [es]
person: billing
steps:
  - ask: dni
    type: dni
    prompt: {es: "¿DNI?"}
  - lookup: loyalty
    by: {dni: "{dni}"}
    found: bye
    missing: bye
    slow: bye
    error: bye
  - id: bye
    hangup: normal
"""


@pytest.fixture
def folder(settings: Settings) -> Path:
    folder = settings.home / "flows"
    folder.mkdir()
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "main.flow.yaml").write_text(FLOW, encoding="utf-8")
    return folder


def test_what_is_declared_can_be_published(settings: Settings, system: Crm, folder: Path) -> None:
    """Without the file nobody answers, and the flows are refused; with it they go live."""
    file = settings.home / "back_ends.yaml"
    assert run(check, settings, str(folder))[0] == 0
    publish = ["publish", str(folder), "--why", "loyalty", "--who", "test", "--lead", "0"]
    away = file.rename(file.with_suffix(".away"))
    status, shown = run(flow, settings, *publish)
    assert status == 1
    assert "nobody answers the look-up `loyalty`" in shown
    away.rename(file)
    assert run(flow, settings, *publish)[0] == 0


def test_mistakes_of_the_file_are_told_with_those_of_the_flows(
    settings: Settings, system: Crm, folder: Path
) -> None:
    """`ivr check` is where both meet."""
    file = settings.home / "back_ends.yaml"
    file.write_text(file.read_text().replace("tier: code", "tier: cod"))
    status, shown = run(check, settings, str(folder))
    assert status == 1
    assert "back_ends.yaml:4:" in shown
    assert "did you mean `code`?" in shown


def findings(settings: Settings) -> dict[str, Finding]:
    return {one.what: one for one in doctor._back_ends(settings)}


def test_doctor_tries_the_systems(settings: Settings, system: Crm) -> None:
    """Reached and let in; down; hanging; and no file at all."""
    good = findings(settings)["back end crm"]
    assert good.state == "good"
    assert "answers /health with 200" in good.found
    file = settings.home / "back_ends.yaml"
    file.write_text(BACK_ENDS.replace("URL", "http://127.0.0.1:9"))
    assert findings(settings)["back end crm"].state == "bad"
    with raw_server(hanging) as url:
        file.write_text(BACK_ENDS.replace('"URL", ', f'"{url}", deadline: 0.2, '))
        assert "no answer within" in findings(settings)["back end crm"].found
    file.write_text("systems: [crm]")
    assert findings(settings)["back ends"].state == "bad"
    file.unlink()
    assert findings(settings)["back ends"].state == "good"


def test_doctor_asks_a_database_whether_it_understands(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is not there is found out before a caller does."""
    monkeypatch.setenv("OWN", settings.database_url)
    text = """systems: {own: {database: {env: OWN}}}
lookups:
  name:
    system: own
    query: SELECT name FROM TABLE WHERE customer_number = :n
    by: [n]
    fields: {name: text}
"""
    file = settings.home / "back_ends.yaml"
    file.write_text(text.replace("TABLE", "customers"))
    assert "understands 1 queries" in findings(settings)["back end own"].found
    file.write_text(text.replace("TABLE", "clients"))
    bad = findings(settings)["back end own"]
    assert (bad.state, "the look-up `name`" in bad.found) == ("bad", True)
    monkeypatch.delenv("OWN")
    assert "OWN is not set" in findings(settings)["back end own"].found


def test_a_number_too_large_is_out_of_range(settings: Settings) -> None:
    """It is no text of so many signs, although YAML takes it for one."""
    text = BACK_ENDS.replace("URL", "http://127.0.0.1:9").replace("retries: 0", "cache: 1e400")
    (settings.home / "back_ends.yaml").write_text(text)
    status, output = run(check, settings)
    assert (status, "`cache: 1e400` is out of range: write 0 to 3600" in output) == (1, True), output


def test_what_was_given_up_is_listed_and_tried_again(settings: Settings) -> None:
    """With its reason, and without what it carries; doctor says so too."""
    status, shown = run(outbox, settings, "list")
    assert (status, shown) == (0, "0 waiting; 0 given up\n")
    store = Store(settings.database_url)
    errand = Errand(
        kind="write",
        target="ship_day",
        body={"values": {"phone": "+34600111222"}},
        idempotency_key="k",
        at=NOW,
    )
    store.outbox.put(errand)
    (mine,) = store.outbox.claim("one", at=NOW, lease=timedelta(seconds=9))
    store.outbox.give_up(mine.id, "one", at=NOW, error="unknown whether done: crm: no answer")
    status, shown = run(outbox, settings, "list", "--json")
    assert status == 1
    (row,) = json.loads(shown)["given_up"]
    assert (row["target"], row["why"]) == ("ship_day", "unknown whether done: crm: no answer")
    assert "600111222" not in shown
    assert doctor._outbox(settings).state == "note"
    assert run(outbox, settings, "retry", str(mine.id))[0] == 0
    assert store.outbox.state().waiting == 1
    assert run(outbox, settings, "retry", str(mine.id))[0] == 2
    assert run(outbox, settings, "list")[1].startswith("1 waiting, the oldest since 2026-11-23 09:00 UTC")
    status, shown = run(outbox, settings, "list", "--waiting", "--json")
    assert (status, [one["id"] for one in json.loads(shown)["errands"]]) == (0, [str(mine.id)])
    assert str(mine.id) in run(outbox, settings, "list", "--waiting")[1].replace("\n", "")
    dropping = ("drop", str(mine.id), "--yes", "--why", "done by hand")
    assert run(outbox, settings, *dropping)[0] == 0
    assert (store.outbox.state().waiting, store.outbox.given_up()) == (0, ())
    assert [(one.action, one.why) for one in store.audit.latest(1)] == [("drop", "done by hand")]
    status, shown = run(outbox, settings, *dropping)
    assert status == 2 and "waits or was given up" in shown
    store.close()


@pytest.mark.parametrize("where", [["--here"], ["--customers", "20"]])
def test_look_ups_are_measured(settings: Settings, where: list[str]) -> None:
    """A small sample: every look-up is answered, and found."""
    status, shown = run(
        bench, settings, "lookups", "--seconds", "0.5", "--per-second", "40", "--json", *where
    )
    assert status == 0
    report = json.loads(next(line for line in shown.splitlines() if line.startswith("{")))
    assert report["each"]["count"] == 20
    assert report["not_found"] == 0
