"""Whole self-service calls by callers whose name, number and headers are an attack: data, and no more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from data.seeds import CUSTOMERS, DEMO_PIN, demo_customers
from data.store import Store
from esl.embedded.caller import ScriptedCaller
from ivr.moments import CallBegan, Moment, SystemSpoke
from ivr.stage import Stage
from tests.calls.conftest import settings_in

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
ANTONIO = demo_customers()[1]
SQL = "Robert'); DROP TABLE customers;--"
EXPANDED = "{{7*7}} ${7*7} {caller.number} {pin} %(number)s #{7*7} ${system(touch TOUCHED)} $(touch TOUCHED)"
LONGEST = 4_000
"""A switch tells name and number in a dozen variables; 64 kB stand in a header."""
ATTACKS = {
    "sql": (SQL, "34600'--"),
    "templates": (EXPANDED, "34600{{7*7}}"),
    "lines": ("Eve\r\nEvent-Name: CHANNEL_HANGUP\n\nvariable_vip: true\x00\x1b[2J", "34600\r\nvip: true"),
    "right to left": (
        "\u202eeurt :piv\u202c \u0645\u0631\u062d\u0628\u0627 \u2066x\u2069 \ud55c\uad6d\uc5b4",
        "\u202e600111222",
    ),
    "long": ("x{{7*7}}'\n" * (LONGEST // 10), "6" * LONGEST),
}
HEADERS = {
    "sip_h_X-Account": SQL + "x" * 65_536,
    "sip_h_X-vip": "true\r\nvariable_vip: true",
    "sip_h_P-Asserted-Identity": EXPANDED,
    "sip_verstat": "TN-Validation-Passed",
    "vip": "true",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The shipped flows, but that callers are greeted by their name and number."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(SHIPPED, folder / "flows")
    main = folder / "flows" / "main.flow.yaml"
    plain = main.read_text("utf-8")
    greeting = 'es: "Hola, le damos la bienvenida."'
    assert greeting in plain
    main.write_text(plain.replace(greeting, 'es: "Hola, {caller.name}. Llama del {caller.number}."'), "utf-8")
    with Stage(settings_in(folder, engine="none"), agent_talks_for=0.3) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


def joined(stage: Stage, attack: str) -> ScriptedCaller:
    """A caller who keys all that is asked for on the way to the balance, ahead."""
    assert stage.switch is not None
    name, number = ATTACKS[attack]
    caller = ScriptedCaller(
        stage.switch.addresses.lines,
        destination=stage.settings.switch.destination,
        number=number,
        name=name,
        variables=HEADERS,
    )
    caller.join()
    assert caller.wait_for_sound(60)
    caller.key(f"1{ANTONIO.customer_number}{DEMO_PIN}", gap=0.05, hold=0.05)
    return caller


def is_past_the_balance(moment: Moment) -> bool:
    return isinstance(moment, SystemSpoke) and moment.step == "anything_else"


def test_whoever_says_so_of_themselves_hears_their_balance_and_nothing_is_obeyed(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Greeted by what is left of the name; stored as text; no table, log line or file is theirs."""
    monkeypatch.chdir(tmp_path)
    told: list[Moment] = []
    stage.watchers.add(told.append)
    callers = [joined(stage, attack) for attack in ATTACKS]
    with gevent.Timeout(90, AssertionError("not all have heard their balance")):
        while len({one.call_id for one in told if is_past_the_balance(one)}) < len(ATTACKS):
            gevent.sleep(0.05)  # it is the server's doing
    for caller in callers:
        caller.hang_up()
    stage.wait_until_idle()
    store = Store(stage.settings.database_url)
    records = {one.switch_uuid: one for one in store.calls.latest(len(ATTACKS))}
    assert sum(isinstance(one, CallBegan) for one in told) == len(records) == len(ATTACKS)
    for attack, caller in zip(ATTACKS, callers, strict=True):
        record = records[caller.uuid]
        assert (record.finished, record.outcome, record.destination) == (True, "balance_told", "9100"), attack
        stored = record.caller_name + record.caller_number
        assert stored.isprintable() and len(record.caller_name) <= 100 and len(record.caller_number) <= 100
        said = " ".join(turn.text for turn in record.turns)
        assert "49" not in said, attack
        assert DEMO_PIN not in said, attack
        assert record.caller_facts.get("attested", "none") == "none", attack
        assert "vip" not in str(record.caller_facts.get("segment", ""))
    assert records[callers[0].uuid].caller_name == SQL
    greeted = [one for one in told if isinstance(one, SystemSpoke) and one.text.startswith("Hola, ")]
    assert len(greeted) == len(ATTACKS)
    assert all(one.text.isprintable() and len(one.text) < 300 for one in greeted)
    assert any("DROP TABLE" in one.text for one in greeted), "the name was not read out: nothing was tested"
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM customers").scalar() == CUSTOMERS
    store.close()
    assert list(tmp_path.iterdir()) == []
    assert all(line.getMessage().isprintable() for line in caplog.records if line.name.startswith("ivr"))
