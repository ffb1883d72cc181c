"""`ivr flow from-call`, as a designer runs it: of which call, and of the release that it ran on."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from tests.data.conftest import begun, ended, turn
from tests.databases import store_at
from tests.ivr.flow_files import files, folder_with
from tests.ivr.publishing_home import Run, draft, home, run

__all__ = ["home", "run"]


def had_call(home: Path, *, release: int | None, version: str = "") -> UUID:
    """A call in the database: greeted, agreed by key, heard the good-bye."""
    store = store_at(home / "ivr.sqlite3")
    call = begun(flow="main", flow_version=version, release=release, caller_number="+34699888777")
    store.calls.begin(call)
    said = {"flow": "main", "language": "es", "who": "system", "kind": "said"}
    store.calls.add_turns(
        call.call_id,
        [
            turn(1, **said, step="greet", text="Hola."),
            turn(2, **said, step="agrees", text="¿Está de acuerdo?"),
            turn(
                3, flow="main", language="es", step="agrees", who="caller", kind="keys", keys="1",
                by="keys", result="match", band="sure",
            ),
            turn(4, **said, step="bye", text="Adiós."),
        ],
    )  # fmt: skip
    store.calls.finish(ended(call.call_id, ended_by="system"))
    return call.call_id


def test_a_real_call_becomes_a_test_of_the_release_it_ran_on(run: Run, home: Path) -> None:
    """In one command; the folder has moved on since, and that does not matter."""
    run("publish", "--why", "w", "--lead", "0")
    call_id = had_call(home, release=1)
    draft(home, "Otra cosa")
    shown = run("from-call", str(call_id))
    assert shown.exit_code == 0, shown.output
    assert f"# from the call {call_id}, which ran on release 1" in shown.output
    assert "said: Adiós." in shown.output
    assert "+34699888777" not in shown.output
    file = home / "calls.test.yaml"
    added = run("from-call", str(call_id), "--to", str(file), "--name", "agrees by key", "--with-data")
    assert (added.exit_code, "agrees by key" in added.output) == (0, True), added.output
    assert "+34699888777" in file.read_text("utf-8")
    folder_with(home / "flows", {"calls.test.yaml": file.read_bytes()})
    assert run("publish", "--why", "with a real call").exit_code == 1, "it says Hola, and the draft does not"
    draft(home, "Hola")
    assert run("publish", "--why", "with a real call").exit_code == 0


def test_the_last_calls_are_listed_and_the_last_one_needs_no_id(run: Run, home: Path) -> None:
    """Nobody has to look an id up in a log, and the list names no caller."""
    run("publish", "--why", "w", "--lead", "0")
    none = run("from-call")
    assert (none.exit_code, "no call yet" in none.output) == (2, True), none.output
    call_id = had_call(home, release=1)
    listed = run("from-call")
    assert listed.exit_code == 0, listed.output
    assert str(call_id) in listed.output
    assert "main, release 1" in listed.output
    assert "699888777" not in listed.output
    assert run("from-call", "last").output == run("from-call", str(call_id)).output
    assert "is no call's id" in run("from-call", "the-last").output


def test_a_call_that_is_not_to_be_had_is_one_line(run: Run, home: Path) -> None:
    """No such call; flows that have changed since, where no release was noted."""
    unknown = run("from-call", "01a200b9-4196-774f-8878-6941f9f4d61a")
    assert unknown.exit_code == 2
    call_id = had_call(home, release=None, version="another")
    unknown = run("from-call", "01a200b9-4196-774f-8878-6941f9f4d61a")
    assert (unknown.exit_code, "there is no call" in unknown.output) == (2, True), unknown.output
    changed = files()["main.flow.yaml"].replace(b"- ask: agrees", b"- ask: agrees_now")
    folder_with(home / "flows", {"main.flow.yaml": changed})
    astray = run("from-call", str(call_id))
    assert astray.exit_code == 2
    assert "main/agrees" in astray.output
    assert "have changed since that call" in astray.output
