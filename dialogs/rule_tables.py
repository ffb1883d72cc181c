"""rule-engine, with the tables of its grammar ready: otherwise each import computes them, for half a second.

Its parser (PLY) looks for a module of ready tables before it computes them, and takes it only if it was made
for the same grammar by the same PLY. That module is made here of `rule_tables.json`; with another grammar
inside rule-engine the tables are computed as before, and a test says that the file is to be renewed:
`python -m dialogs.rule_tables`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

_PLACE = "rule_engine.parser.parsetab"
"""Where PLY looks for them."""
_FILE = Path(__file__).with_name("rule_tables.json")


class Signature(str):
    """A grammar as it stands in docstrings, whose indentation Python 3.13 takes out."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and "".join(self.split()) == "".join(other.split())

    __hash__ = str.__hash__


def _by_state(table: Mapping[str, Any]) -> dict[int, Any]:
    """JSON has no numbers for keys."""
    return {int(state): row for state, row in table.items()}


def _ready() -> ModuleType:
    kept = json.loads(_FILE.read_text(encoding="utf-8"))
    tables = ModuleType(_PLACE)
    tables.__file__ = str(_FILE)
    found = {
        "_tabversion": kept["version"],
        "_lr_method": kept["method"],
        "_lr_signature": Signature(kept["signature"]),
        "_lr_action": _by_state(kept["action"]),
        "_lr_goto": _by_state(kept["goto"]),
        "_lr_productions": kept["productions"],
    }
    vars(tables).update(found)
    return tables


def computed() -> dict[str, Any]:
    """The tables of the grammar that is installed, as they are kept."""
    from rule_engine._vendor.ply import yacc  # noqa: PLC0415 - only to renew the file
    from rule_engine.parser import Parser  # noqa: PLC0415 -- what this room saves everybody else from loading

    ready = sys.modules.pop(_PLACE, None)
    kept: dict[str, Any] = {}

    def keep(table: Any, _module: str, _folder: str, signature: str) -> None:
        kept.update(
            version=yacc.__tabversion__,
            method=table.lr_method,
            signature="\n".join(line.strip() for line in signature.splitlines()),
            action={str(state): row for state, row in table.lr_action.items()},
            goto={str(state): row for state, row in table.lr_goto.items()},
            productions=[
                [one.str, one.name, one.len, one.func, Path(one.file).name if one.file else None, 0]
                for one in table.lr_productions
            ],
        )

    usual, yacc.LRGeneratedTable.write_table = yacc.LRGeneratedTable.write_table, keep
    try:
        parser = object.__new__(Parser)
        yacc.yacc(module=parser, debug=False, write_tables=True)
    finally:
        yacc.LRGeneratedTable.write_table = usual
        if ready is not None:
            sys.modules[_PLACE] = ready
    return kept


def _renew() -> None:
    _FILE.write_text(json.dumps(computed(), sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")


if "rule_engine" not in sys.modules and _FILE.is_file():
    sys.modules[_PLACE] = _ready()

import rule_engine  # noqa: E402 - the tables have to be there first

__all__ = ["computed", "rule_engine"]

if __name__ == "__main__":
    _renew()
