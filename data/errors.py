"""What can go wrong with the database and the spool, each with a stable code and a remedy.

The text of every error is one line that an operator can act on; `code` never changes once released,
so alarms and the command line may rely on it. No error repeats a password or a caller's data.
"""

from __future__ import annotations

from typing import ClassVar

UPGRADE = "run `ivr db upgrade`"
"""The remedy for a schema that is not there, or older."""


class DataError(Exception):
    """A fault of the database or the spool: `what` happened and, as `remedy`, what to do about it."""

    code: ClassVar[str] = "data"

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(f"{self.what}: {self.remedy}".split())


class DatabaseUrlWrong(DataError):
    """The database's address cannot be used (unknown kind, missing driver, in memory)."""

    code = "database_url"


class FolderMissing(DataError):
    """The folder that should hold the database file is not there."""

    code = "database_folder_missing"


class FolderNotWritable(DataError):
    """The folder is there, but SQLite cannot create its `-wal` and `-shm` files in it."""

    code = "database_folder_read_only"


class DatabaseReadOnly(DataError):
    """The database can be read but not written."""

    code = "database_read_only"


class DatabaseLocked(DataError):
    """Somebody else holds the write lock for longer than we wait."""

    code = "database_locked"


class DatabaseCorrupt(DataError):
    """The file is damaged, or is no database at all."""

    code = "database_corrupt"


class DatabaseFull(DataError):
    """No space left on the disk."""

    code = "database_full"


class DatabaseLost(DataError):
    """The database went away: file removed, disk failing, server unreachable."""

    code = "database_lost"


class SchemaMissing(DataError):
    """There is no database yet, or it is empty."""

    code = "schema_missing"


class SchemaOlder(DataError):
    """The database was made by an earlier version of the program."""

    code = "schema_older"


class SchemaNewer(DataError):
    """The database was made by a later version of the program; this one must not touch it."""

    code = "schema_newer"


class SchemaForeign(DataError):
    """The file is a database of something else."""

    code = "schema_foreign"


class RecordRefused(DataError):
    """The database refused a row because it contradicts another one."""

    code = "record_refused"


class CallUnknown(DataError):
    """A turn or an ending came for a call whose beginning the database does not know."""

    code = "call_unknown"


class ReleaseUnknown(DataError):
    """There is no such release of the flows."""

    code = "release_unknown"


class ReleaseDamaged(DataError):
    """A release in the database is not as it was published."""

    code = "release_damaged"


class FlowsSwitched(DataError):
    """Somebody else has published, or gone back, since one has looked."""

    code = "flows_switched"


class SeedRefused(DataError):
    """Made-up customers are not mixed with real ones unless that is asked for."""

    code = "seed_refused"


class SpoolNotWritable(DataError):
    """Call records cannot even be kept on disk."""

    code = "spool_not_writable"


class MappingWrong(DataError):
    """The mapping of an import is not right."""

    code = "mapping"


class SheetWrong(DataError):
    """A file to be imported or exported cannot be read or written as a whole."""

    code = "sheet"


class PersonUnknown(DataError):
    """Nobody is known by this number, or several are."""

    code = "person_unknown"


class FilesNotRemoved(DataError):
    """A recording or message of a person cannot be deleted."""

    code = "files_not_removed"
