"""What flows may ask for and have done: of the own database, and of the company's systems (`back_ends.yaml`).

Rules:
1. One port for all: `BackEnds.ask` answers found, missing, slow or failed by its deadline; it never raises.
2. Whatever a system does (hangs, lies, floods, redirects), the call goes on, and so do all others.
3. What the caller said is a value in a request or a query, never part of its shape (`templates`, `queries`).
4. What a system answers is checked against the declared types; what does not fit is never spoken (`values`).
5. What is declared can be read without what carries it out (`port`): a designer's check loads no database.
"""

from __future__ import annotations

from pathlib import Path

from ivr import writes
from ivr.back_ends.agreement import LiveSchemas
from ivr.back_ends.reading import Declared, read_back_ends
from ivr.lookups import SCHEMAS


def declared_in(file: Path | None) -> Declared:
    """What that file declares; without a file, nothing. Raises `FlowsInvalid`."""
    return Declared() if file is None else read_back_ends(file)


def schemas_of(declared: Declared) -> LiveSchemas:
    """The program's own, and the declared ones, which come first: a CRM may answer `order` instead."""
    return LiveSchemas(
        {**SCHEMAS, **{name: one.schema_of() for name, one in declared.lookups.items()}},
        {**writes.SCHEMAS, **{name: one.schema_of() for name, one in declared.writes.items()}},
    )


def live_schemas(file: Path | None) -> LiveSchemas:
    """What the live service looks up and writes with that file of back ends. Raises `FlowsInvalid`."""
    return schemas_of(declared_in(file))
