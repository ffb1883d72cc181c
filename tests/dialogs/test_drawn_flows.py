"""`ivr graph`, as a designer runs it: as Mermaid or SVG, with the calls of the database on it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from data.ids import new_id
from data.records import CallBegun, CallEnded, CallStep
from data.releases import Intent
from data.store import Store
from dialogs.catalogue import load_catalogue
from dialogs.loader import load_flows
from ivr.config import DatabaseSettings, Settings
from tests.databases import store_at
from tests.dialogs.designer_commands import BALANCE, GROUP, run


def drawn(*words: str, database: str = "sqlite:////nowhere.sqlite3") -> Result:
    settings = Settings(database=DatabaseSettings(url=database))
    flows = Path(__file__).parent / "balance"  # stays as it is, whatever becomes of the shipped ones
    return CliRunner().invoke(GROUP, ["graph", *words, "--flows", str(flows)], obj=settings)


def test_a_flow_is_drawn_as_mermaid_or_svg(tmp_path: Path) -> None:
    """To the terminal, or to a file whose ending tells the format."""
    assert drawn("main").output.startswith('---\ntitle: "Main"\n---\nflowchart TD\n')
    assert drawn("main", "--format", "svg", "--language", "ca").output.startswith("<svg ")
    file = tmp_path / "main.svg"
    assert f"in en: {file}" in drawn("main", "--out", str(file), "--language", "en").output
    assert "For your balance" in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("mian",), "there is no flow `mian` (there are: main): name one of these"),
        (("main", "--language", "fr"), "choose one of es, ca, en"),
        (("main", "--calls", "lately"), "write 7d, 12h, 2w or 2026-11-01"),
        (("main", "--out", "/nowhere/at/all.svg"), "name another file"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(words: tuple[str, ...], remedy: str) -> None:
    """With the remedy, and status 2."""
    result = drawn(*words)
    assert (result.exit_code, remedy in result.output) == (2, True), result.output


def called(store: Store, version: str, *path: tuple[str, str], release: int | None = None) -> None:
    """A call through `main` on that version of the flows."""
    began = CallBegun(
        call_id=new_id(),
        switch_uuid="1",
        direction="inbound",
        caller_number="",
        caller_name="",
        destination="1",
        language="es",
        started_at=datetime.now(UTC),
        node_id="n",
        flow_version=version,
        release=release,
    )
    store.calls.begin(began)
    steps = tuple(CallStep(flow="main", step=step, language="es", left_by=left) for step, left in path)
    store.calls.finish(
        CallEnded(call_id=began.call_id, at=began.started_at, hangup_cause="X", ended_by="caller", path=steps)
    )


def test_the_calls_of_the_database_are_drawn(tmp_path: Path) -> None:
    """Every arrow tells its calls on what is drawn; those on other versions are named at the foot, and where
    nobody called, it says so."""
    url = f"sqlite:///{tmp_path / 'ivr.sqlite3'}"
    store = store_at(tmp_path / "ivr.sqlite3")
    assert "no call has gone through main" in drawn("main", "--calls", database=url).output
    called(store, "older", ("main_menu", "balance"), ("long_gone", ""))
    assert "and 1 through others: draw the flows" in drawn("main", "--calls", database=url).output
    version = load_flows([BALANCE], load_catalogue(BALANCE / "catalogue.yaml")).version
    called(store, version, ("main_menu", "balance"), ("customer_number", ""))
    store.close()
    for words in (("--calls",), ("--calls", "2h"), ("--calls", "2026-01-01")):
        shown = drawn("main", *words, "--language", "en", database=url).output
        assert 's_main_menu -->|"balance #40;1#41;: 1"| s_customer_number' in shown
        assert "<b>1 end here</b>" in shown
        assert "Not counted, as they went through another version of this flow: 1" in shown


def test_a_release_with_the_same_flow_counts(tmp_path: Path) -> None:
    """Another flow of the release is another by now; this one is as it is drawn."""
    url = f"sqlite:///{tmp_path / 'ivr.sqlite3'}"
    store = store_at(tmp_path / "ivr.sqlite3")
    same = (BALANCE / "main.flow.yaml").read_bytes()
    now = datetime.now(UTC)
    for after, content in enumerate((same, same.replace(b"flow: main", b"flow: main\nsummary: Another"))):
        store.releases.publish(
            {"main.flow.yaml": content}, Intent(who="ana", why="test", at=now, effective_at=now, after=after)
        )
    called(store, "v1", ("main_menu", "balance"), ("customer_number", ""), release=1)
    called(store, "v2", ("main_menu", "balance"), ("customer_number", ""), release=2)
    store.close()
    shown = drawn("main", "--calls", "--format", "svg", "--language", "en", database=url).output
    assert "another version of this flow: 1" in shown
    assert "1 call" in shown


@pytest.mark.parametrize(
    "words", [("g.png",), ("g",), ("g.svg", "--format", "mermaid"), ("g.pdf", "--format", "svg")]
)
def test_a_drawing_is_not_written_under_a_wrong_ending(words: tuple[str, ...], tmp_path: Path) -> None:
    """A file called .png that holds text opens nowhere."""
    out = tmp_path / words[0]
    result = run("graph", "main", "--out", str(out), *words[1:])
    assert (result.exit_code, "write .svg or .mmd" in result.output, out.exists()) == (2, True, False)
    good = tmp_path / "g.mmd"
    assert run("graph", "main", "--out", str(good)).exit_code == 0
    assert good.read_text(encoding="utf-8").strip()
