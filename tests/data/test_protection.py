"""A person's data, shown whole and forgotten: nobody else's is touched, and the commands for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from data.errors import PersonUnknown
from data.models import (
    Base,
    CallRow,
)
from data.protection.erasing import erase
from data.protection.files import inside
from data.protection.persons import IMPERSONAL, belongings, find
from data.protection.showing import show
from ivr.cli.db import commands
from tests.data.kept_of_people import ENTRY, LUCIA, TRACES, World, everything, folders, world

__all__ = ["folders", "world"]


def test_every_table_is_thought_of(world: World) -> None:
    """A new table that is neither a person's nor nobody's fails here, and not in front of a court."""
    with world.store.database.reading() as connection:
        named = {table.__tablename__ for table in belongings(find(connection, LUCIA))}
    assert named | IMPERSONAL == set(Base.metadata.tables)
    assert not named & IMPERSONAL


@pytest.mark.parametrize("who", ["", "99999", "+34999999999x", "' OR 1=1 --", "é" * 30])
def test_who_is_not_there(world: World, who: str) -> None:
    """Told, and nothing happens."""
    before = everything(world.store)
    with pytest.raises(PersonUnknown):
        erase(world.store, who, world.folders, ENTRY)
    assert everything(world.store) == before


def test_a_path_never_leads_out_of_its_folder(world: World, tmp_path: Path) -> None:
    """Whatever stands in a row: no file elsewhere is deleted or copied."""
    outside = tmp_path / "outside.wav"
    outside.write_bytes(b"x")
    assert inside(world.folders.recordings, "../outside.wav") is None
    assert inside(world.folders.recordings, str(outside)) is None
    assert inside(world.folders.recordings, ".") is None
    with world.store.database.writing() as connection:
        connection.execute(update(CallRow).where(CallRow.id == world.call).values(recording="../outside.wav"))
    show(world.store, LUCIA, tmp_path / "out", world.folders, ENTRY)
    erase(world.store, LUCIA, world.folders, ENTRY)
    assert outside.exists() and not list((tmp_path / "out").rglob("outside.wav"))


def test_a_person_is_shown_all_that_is_kept(world: World, tmp_path: Path) -> None:
    """Every table that holds something, the recordings, and nothing of others; it is on record."""
    shown = show(world.store, LUCIA, tmp_path / "lucia", world.folders, ENTRY)
    text = shown.file.read_text(encoding="utf-8")
    told = json.loads(text)
    assert all(trace in text for trace in TRACES) and "Antonio" not in text
    assert shown.recordings == 4 and (tmp_path / "lucia" / "recordings" / "2026" / "call.wav").exists()
    assert told["tables"]["identities"][0].keys() >= {"kind", "value"}
    assert "secret_hash" not in text and "subject_hash" not in text
    assert shown.file.stat().st_mode & 0o077 == 0
    filled = {name for name, rows in told["tables"].items() if rows}
    assert filled >= {"customers", "calls", "turns", "tickets", "orders", "consents", "segments", "messages"}
    assert world.store.audit.of_customer(world.lucia)[0].what == "all that is kept of a person"


def test_the_commands(world: World, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown, asked before it is forgotten, forgotten, and told in JSON; a nightly run is on record."""
    monkeypatch.setenv("IVR_HOME", str(tmp_path))

    def run(*arguments: str, said: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(commands[0], [*arguments, "--database", store_url], input=said)
        return done.exit_code, done.output

    status, output = run("export", "--person", LUCIA, str(tmp_path / "out"))
    assert status == 0 and "4 recordings" in output
    status, output = run("erase", LUCIA, "--why", "letter", said="n\n")
    assert status == 1 and output.endswith("nothing was done\n")
    status, output = run("erase", LUCIA, "--why", "letter")
    assert status == 2 and "nobody is there to say yes: add --yes" in output
    status, output = run("erase", "99999", "--why", "letter")
    assert status == 2 and "there is no customer" in output and "Forget" not in output
    assert world.store.customers.by_number(LUCIA) is not None
    status, output = run("erase", LUCIA, "--why", "letter", "--yes", "--json")
    assert status == 0 and json.loads(output.splitlines()[-1])["rows"]["customers"] == 1
    status, output = run("erase", LUCIA, "--why", "letter", "--yes")
    assert status == 2 and "no customer" in output
    assert run("export", "--person", LUCIA)[0] == 2
    status, output = run("expire", "--json")
    assert status == 0 and json.loads(output)["dry_run"] is False
