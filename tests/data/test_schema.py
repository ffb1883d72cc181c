"""Migrations make exactly the models' schema, forwards and backwards, and never touch what is not theirs."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, select, update

from data import schema, sqlite
from data.database import LOCK_SECONDS
from data.errors import SchemaForeign, SchemaMissing, SchemaNewer, SchemaOlder
from data.ids import new_id
from data.models import AccountRow, Base, DebtRow, TicketRow
from data.seeds import seed
from data.sqlite import Sqlite
from data.store import Store
from tests.data.conftest import begun, new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, sqlite_file: Path) -> Iterator[str]:
    """A database of the test's own, for the schema itself is changed here: a copy of what an upgrade made."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("upgraded_file"), sqlite_file)
        yield f"sqlite:///{sqlite_file}"
    else:
        with new_database(request.getfixturevalue("postgresql_server"), "upgraded") as url:
            yield url


def tables_of(file: Path) -> dict[str, set[str]]:
    """Each table and index of an SQLite file with the clauses that define it, in no order."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {
        # SQLite puts the name of a table that was rebuilt in quotes.
        name: set(clauses(sql.replace(f'TABLE "{name}"', f"TABLE {name}")))
        for name, sql in rows
        if name != "alembic_version"
    }


def clauses(sql: str) -> list[str]:
    """A statement cut at the commas, brackets and line ends that are not inside a clause's own brackets."""
    parts, depth = [""], 0
    for sign in sql:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        cut = (sign == "," and depth == 1) or (sign == "(" and depth == 1) or (sign == ")" and depth == 0)
        parts += [""] if cut else []
        parts[-1] += "" if cut else sign
    return [re.sub(r"\s+", " ", part).strip() for part in parts]


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLAlchemy does not read SQLite's back
def test_the_migrations_make_the_models_schema(store: Store) -> None:
    """Alembic finds no difference between an upgraded database and the models."""
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_make_the_models_constraints(sqlite_store: Store, tmp_path: Path) -> None:
    """Alembic's comparison overlooks checks and table options: here every line of SQL must agree."""
    direct = tmp_path / "direct.sqlite3"
    engine = create_engine(f"sqlite:///{direct}")
    Base.metadata.create_all(engine)
    engine.dispose()
    assert isinstance(sqlite_store.database, Sqlite)
    made, wanted = tables_of(sqlite_store.database.file), tables_of(direct)
    assert made == wanted
    assert len(wanted) > 10


def test_down_and_up_again(store: Store) -> None:
    """A migration can be taken back completely, and the database is of use afterwards."""
    schema.downgrade(store.database, "base")
    with pytest.raises(SchemaMissing):
        store.check()
    done = store.upgrade()
    assert (done.before, done.after) == (None, schema.newest())
    store.check()
    store.calls.begin(begun())


def test_an_upgrade_of_a_current_database_does_nothing(store: Store) -> None:
    """`make demo` and every start may upgrade without a thought."""
    call = begun()
    store.calls.begin(call)
    done = store.upgrade()
    assert done.before == done.after == schema.newest()
    assert store.calls.get(call.call_id) is not None


def test_several_that_start_together_all_succeed(database_url: str) -> None:
    """Several processes upgrade one new database at once: one does it, the others find it done."""
    program = "import sys; from data.store import Store; print(Store(sys.argv[1]).upgrade().after)"
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_url],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in starting] == [schema.newest()] * 2


def test_an_upgrade_waits_for_another_one(sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the first one takes on a busy machine, the second has not to be started again by hand."""
    folder = os.open(sqlite_file.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    waits = []

    def meanwhile(seconds: float) -> None:
        waits.append(seconds)
        assert not sqlite_file.exists(), "the other one is not through yet"
        if sum(waits) > 2 * LOCK_SECONDS:
            fcntl.flock(folder, fcntl.LOCK_UN)

    monkeypatch.setattr(sqlite, "pause", meanwhile)
    store = Store(f"sqlite:///{sqlite_file}")
    assert store.upgrade().after == schema.newest()
    assert sum(waits) > 2 * LOCK_SECONDS
    store.close()
    os.close(folder)
    assert [one.name for one in sqlite_file.parent.iterdir()] == [sqlite_file.name]


def test_an_upgrade_leaves_no_lock_behind(sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """gevent puts the closing of files off until its loop runs, which in a command is never: the next upgrade
    in the same process waited for the first one's lock."""
    waits: list[float] = []
    monkeypatch.setattr(sqlite, "pause", waits.append)
    for _again in range(2):
        store = Store(f"sqlite:///{sqlite_file}")
        store.upgrade()
        folder = os.open(sqlite_file.parent, os.O_RDONLY)
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(folder, fcntl.LOCK_UN)
        os.close(folder)
        store.close()
    assert waits == []


def test_a_folder_that_somebody_holds_for_ever_stops_no_upgrade(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any program may lock a folder that it can read, `/tmp` for one: SQLite's own lock is what counts."""
    folder = os.open(sqlite_file.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    monkeypatch.setattr(sqlite, "UPGRADE_SECONDS", 0.0)
    store = Store(f"sqlite:///{sqlite_file}")
    assert store.upgrade().after == schema.newest()
    store.close()
    os.close(folder)


def test_a_newer_database_is_left_alone(store: Store) -> None:
    """An older program must neither work on a newer schema nor migrate it."""
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaNewer, match=r"9999.*newer than this program"):
        store.check()
    with pytest.raises(SchemaNewer):
        store.upgrade()


def test_an_older_database_asks_for_its_upgrade(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program of tomorrow tells the operator of today's database what to run."""
    tomorrow = (*schema.known_revisions(), "9999")
    monkeypatch.setattr(schema, "known_revisions", lambda: tomorrow)
    with pytest.raises(SchemaOlder, match="ivr db upgrade"):
        store.check()


def test_another_programs_database_is_refused_untouched(sqlite_file: Path) -> None:
    """A wrong path must not put our tables into somebody's address book, or change its journal."""
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.execute("CREATE TABLE contacts (name TEXT)")
        connection.commit()
    before = sqlite_file.read_bytes()
    store = Store(f"sqlite:///{sqlite_file}")
    for attempt in (store.upgrade, store.check):
        with pytest.raises(SchemaForeign, match="another program"):
            attempt()
    store.close()
    assert sqlite_file.read_bytes() == before


def test_a_failed_migration_leaves_the_old_schema(sqlite_store: Store) -> None:
    """Half a migration is the worst state of all: it is one transaction, foreign keys included."""
    call = begun()
    sqlite_store.calls.begin(call)
    with (
        pytest.raises(Exception, match="without its parent"),
        sqlite_store.database.migrating() as connection,
    ):
        connection.exec_driver_sql("ALTER TABLE calls ADD COLUMN half TEXT")
        connection.exec_driver_sql(
            "INSERT INTO turns (call_id, n, at_ms, who, step, text, kind, sensitive)"
            " VALUES ('00', 1, 0, 'caller', '', '', 'said', 0)"
        )
    sqlite_store.check(thorough=True)
    assert sqlite_store.calls.get(call.call_id) is not None
    with sqlite_store.database.reading() as connection:
        columns = {row[1] for row in connection.exec_driver_sql("PRAGMA table_info(calls)")}
        assert connection.exec_driver_sql("SELECT count(*) FROM turns").scalar() == 0
    assert "half" not in columns


def test_the_database_is_for_the_servers_user_alone(sqlite_store: Store) -> None:
    """It holds people's names and debts: nobody else on the machine reads it."""
    assert isinstance(sqlite_store.database, Sqlite)
    assert sqlite_store.database.file.stat().st_mode & 0o077 == 0


def test_calls_of_the_first_schema_survive_the_upgrade(store: Store) -> None:
    """Records made before turns had a flow are still there, with blanks for what nobody noted."""
    schema.downgrade(store.database, "0001")
    with store.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO calls (id, switch_uuid, direction, caller_number, caller_name, destination,"
            " language, started_at, node_id, flow, flow_version)"
            " VALUES ('019ab31c79cf7aa88c7d8e0c00000001', 'u', 'inbound', '', '', '', 'es',"
            " '2026-11-23 09:00:00.000000', 'n', 'main', 'abc')"
        )
        connection.exec_driver_sql(
            "INSERT INTO turns (call_id, n, at_ms, who, step, text, kind, sensitive)"
            " VALUES ('019ab31c79cf7aa88c7d8e0c00000001', 1, 0, 'system', 'greet', 'hola', 'said', false)"
        )
    store.upgrade()
    (record,) = store.calls.latest(1)
    assert (record.release, record.caller_facts) == (None, {})
    assert [(one.text, one.flow, one.result, one.heard) for one in record.turns] == [("hola", "", "", ())]


def test_an_upgrade_keeps_the_tickets_that_were_there(store: Store) -> None:
    """The table is rebuilt for its new column: rows and their history must be there after."""
    seed(store, customers=10)
    schema.downgrade(store.database, "0001")
    with store.database.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM ticket_status_changes").scalar()
    assert store.upgrade().before == "0001"
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM ticket_status_changes").scalar() == before
        if store.database.backend == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    ticket = store.tickets.by_number("20264511")
    assert ticket is not None
    assert (ticket.topic, ticket.status, len(ticket.history)) == ("other", "in_progress", 2)


def test_what_the_older_schema_has_no_place_for_goes_with_its_rows(store: Store) -> None:
    """A second account and a case of nobody cannot stay; their debts and steps go, and all else remains."""
    seed(store, customers=10)
    with store.database.writing() as connection:
        accounts = connection.execute(select(AccountRow)).all()
        ticket = connection.execute(select(TicketRow)).all()[0]
        second = {**accounts[0]._mapping, "id": new_id(), "label": "móvil", "rank": 2}
        connection.execute(insert(AccountRow).values(**second))
        connection.execute(update(DebtRow).values(account_id=second["id"]))
        case = {**ticket._mapping, "id": new_id(), "ticket_number": "1", "customer_id": None}
        connection.execute(insert(TicketRow).values(**case))
    schema.downgrade(store.database, "0004")
    with store.database.reading() as connection:
        numbers = connection.exec_driver_sql("SELECT ticket_number FROM tickets").scalars().all()
        left = [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("accounts", "debts")
        ]
    assert left == [10, 0]  # one of each customer
    assert len(accounts) == 11  # one of the seeds has two
    assert "1" not in numbers and ticket.ticket_number in numbers
    store.upgrade()
    assert store.accounts.of_customer("45716") != ()


def test_the_versions_are_those_that_the_migrations_say() -> None:
    """They are read from the files' names, since no command waits until Alembic has loaded them all."""
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    told = [script.revision for script in scripts.walk_revisions()]
    assert schema.known_revisions() == tuple(reversed(told))


def test_a_short_command_loads_neither_alembic_nor_what_it_does_not_ask_for(tmp_path: Path) -> None:
    """All together they are a third of what `ivr campaign pause` waits for."""
    file = tmp_path / "one.sqlite3"
    Store(f"sqlite:///{file}").upgrade()
    look = "s = Store(sys.argv[1], at_once=False); s.check(); print(s.dial_list.states([])); s.close()"
    needless = ("alembic", "psycopg", "data.agents", "data.models.agents", "data.models.service")
    told = (
        f"print([name for name in {needless} if name in sys.modules], 'data.models.dialling' in sys.modules)"
    )
    program = f"import sys; from data.store import Store; {look}; {told}"
    command = [sys.executable, "-c", program, f"sqlite:///{file}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "{}\n[] True\n"


def test_what_is_asked_later_is_the_same(sqlite_file: Path) -> None:
    """A store that loads as little as it is asked for has all that a server's has, made once."""
    whole, short = Store(f"sqlite:///{sqlite_file}"), Store(f"sqlite:///{sqlite_file}", at_once=False)
    assert set(vars(whole)) == set(Store.__annotations__) | {"database"} and set(vars(short)) == {"database"}
    for name in Store.__annotations__:
        assert type(getattr(short, name)) is type(getattr(whole, name))
        assert getattr(short, name) is getattr(short, name)
    with pytest.raises(AttributeError):
        _ = short.everything
