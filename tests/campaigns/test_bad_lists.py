"""Lists as they should not be, loaded into a base: who is in it, and one clear line for each that is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from data.errors import SheetWrong
from data.exchange.loading import Terms, load
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from data.store import Store

AT, TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC), date(2026, 11, 22)
MAPPING = """\
region: ES
columns:
  customer_number: num
  name: name
  phones: tel
  balance: owes
  dni: dni
"""
HEAD = "num;name;tel;owes;dni\n"
DAYS = "  birth_date: born\n  due_on: due\ndate: yyyy-mm-dd\n"
"""Two columns more, of a list of its own."""


@dataclass(frozen=True)
class Bad:
    """A list, who of it belongs to the base afterwards, and what is told of the others by their row."""

    what: str
    rows: str
    members: frozenset[str]
    told: dict[int, str]


LISTS = [
    Bad(
        "swapped columns",
        "600111222;Ana;10017;12,50;\nEva Gil;10025;600111333;5,00;\n10033;Luis;600111444;7,00;\n",
        frozenset({"10033"}),
        {2: "telephone number", 3: "customer number"},
    ),
    Bad(
        "formulas",
        '=HYPERLINK("http://x");Ana;600111222;1,00;\n10025;=cmd|x!A1;600111333;1,00;\n'
        "10033;Eva;=1+1;1,00;\n10041;Luis;600111444;=SUM(A1);\n10058;Mar;600111555;1,00;\n",
        frozenset({"10058"}),
        {2: "formula", 3: "formula", 4: "formula", 5: "formula"},
    ),
    Bad(
        "duplicates",
        "10017;Ana;600111222;1,00;\n10017;Ana;600111222;1,00;\n"
        "10025;Eva;600111333;1,00;\n10025;Eva;600111333;9,00;\n",
        frozenset({"10017"}),
        {4: "contradicts row 5", 5: "contradicts row 4"},
    ),
    Bad(
        "one DNI of two",
        "10017;Ana;600111222;1,00;12345678Z\n10025;Eva;600111333;1,00;12345678Z\n10033;Mar;;1,00;87654321X\n",
        frozenset({"10033"}),
        {2: "same `dni` as row 3", 3: "same `dni` as row 2"},
    ),
    Bad(
        "other people's numbers",
        "10017;Ana;600111222;1,00;\n10025;Eva;600111222;1,00;\n10033;Mar;+33612345678;1,00;\n",
        frozenset({"10017", "10025", "10033"}),
        {},
    ),
]


def loaded(store: Store, folder: Path, content: bytes) -> tuple[set[str], dict[int, str]]:
    (folder / "map.yaml").write_text(MAPPING)
    (folder / "list.csv").write_bytes(content)
    people = gather(folder / "list.csv", load_mapping(folder / "map.yaml"), today=TODAY)
    base = store.campaigns.open_base("s", "b", at=AT)
    terms = Terms(at=AT, today=TODAY, origin="import", base=base)
    found = load(store, people.people.values(), terms)
    assert found.joined == store.campaigns.size(base) == len(people.people)
    again = load(store, people.people.values(), terms)
    assert (again.joined, again.new, again.changed) == (0, 0, 0), "done again it changes nothing"
    members = {one.customer_number for one in people.people.values()}
    return members, {one.row: one.problem for one in people.refused}


@pytest.mark.parametrize("bad", LISTS, ids=lambda bad: bad.what)
def test_a_bad_list(store: Store, tmp_path: Path, bad: Bad) -> None:
    """On both databases: the good rows are taken, the others told with their row and why."""
    members, told = loaded(store, tmp_path, (HEAD + bad.rows).encode())
    assert members == bad.members
    assert told.keys() == bad.told.keys()
    assert all(part in told[row] for row, part in bad.told.items()), told


def test_spoilt_letters_and_swapped_days_are_told(tmp_path: Path) -> None:
    """Nobody is greeted as "JosÃ©", and nobody owes since before they were born; odd names are names."""
    (tmp_path / "map.yaml").write_text(MAPPING + DAYS)
    rows = (
        "10017;JosÃ© Gil;600111222;1,00;;1980-02-01;2026-11-01",
        "10025;N\ufffdria;600111222;1,00;;1980-02-01;2026-11-01",
        "10033;600111222;600111222;1,00;;1980-02-01;2026-11-01",
        "10041;Eva;600111222;1,00;;2026-11-01;1980-02-01",
        "10058;JOÃO ÂNGELO;600111222;1,00;;1980-02-01;2026-11-01",
        "10066;3M España, S.L.;600111222;1,00;;;2026-11-01",
        "10074;Ñ;600111222;1,00;;1980-02-01;",
    )
    content = "\n".join((HEAD.strip() + ";born;due", *rows))
    (tmp_path / "list.csv").write_text(content, encoding="utf-8")
    found = gather(tmp_path / "list.csv", load_mapping(tmp_path / "map.yaml"), today=TODAY)
    assert set(found.people) == {"10058", "10066", "10074"}
    told = {one.row: one.problem for one in found.refused}
    parts = {2: "spoilt", 3: "spoilt", 4: "no letter", 5: "columns swapped"}
    assert told.keys() == parts.keys() and all(part in told[row] for row, part in parts.items()), told


def test_two_people_at_one_number_are_both_reached_by_it(store: Store, tmp_path: Path) -> None:
    """The number is one, and of both: what is known of it is known for both."""
    loaded(store, tmp_path, (HEAD + LISTS[-1].rows).encode())
    ana, eva = store.customers.by_phone_number("+34600111222")
    assert {ana.customer_number, eva.customer_number} == {"10017", "10025"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_encodings(sqlite_store: Store, tmp_path: Path, encoding: str) -> None:
    """Found out by what the file holds."""
    content = (HEAD + "10017;José;600111222;1,00;\n").encode(encoding)
    assert loaded(sqlite_store, tmp_path, content) == ({"10017"}, {})
    jose = sqlite_store.customers.by_number("10017")
    assert jose is not None and jose.name == "José"


def test_a_nul_byte_is_no_text(sqlite_store: Store, tmp_path: Path) -> None:
    """Refused in one line, and nobody is in the base."""
    with pytest.raises(SheetWrong) as refused:
        loaded(sqlite_store, tmp_path, HEAD.encode() + b"10017;Jos\x00;600111222;1,00;\n")
    assert "\n" not in str(refused.value)
    assert sqlite_store.customers.by_number("10017") is None


def test_a_list_that_says_another_encoding_than_it_has(sqlite_store: Store, tmp_path: Path) -> None:
    """One line with the remedy, not a name with a hole in it."""
    (tmp_path / "map.yaml").write_text("encoding: utf-8\n" + MAPPING)
    (tmp_path / "list.csv").write_bytes((HEAD + "10017;José;600111222;1,00;\n").encode("cp1252"))
    with pytest.raises(SheetWrong, match="encoding"):
        gather(tmp_path / "list.csv", load_mapping(tmp_path / "map.yaml"), today=TODAY)
