"""What is old is forgotten, each kind of data after its own time (`data.protection.ageing` says how)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from data.protection.ageing import Ageing
from data.protection.files import Folders
from data.protection.retention import Retention
from data.records import utc
from data.store import Store


def expire(
    store: Store, retention: Retention, folders: Folders, *, at: datetime, dry_run: bool = False
) -> Mapping[str, int]:
    """Forgets what is older than its time at that moment; how many of each kind were, or would be, forgotten.

    Raises `FilesNotRemoved`, or the database's `DataError`; what was done until then stays done.
    """
    work = Ageing(store, folders, dry_run=dry_run)
    return {
        kind: 0 if days is None else getattr(work, kind)(utc(at) - timedelta(days=days))
        for kind, days in asdict(retention).items()
    }
