"""A list becomes customers: right, once, and with every mistake told by its row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from data.errors import RecordRefused
from data.exchange import cells, loading
from data.exchange.gathered import all_mistakes
from data.exchange.loading import Loaded, Terms, load
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from data.models import AccountRow, CustomerRow, IdentityRow
from data.records import OwnData, Request
from data.store import Store
from tests.data.conftest import NOW
from tests.data.exchange.customer_list import ANA, HEADER, MAPPING, TERMS, gathered, mapping, numbers

__all__ = ["mapping"]
PAU = "1002;Pau;Puig;CAT;;600 111 222;;;;0;"


def imported(store: Store, mapping: Path, *rows: str, terms: Terms = TERMS) -> Loaded:
    found = gathered(mapping, *rows)
    assert found.refused == []
    return load(store, found.people.values(), terms)


def test_a_list_becomes_customers(store: Store, mapping: Path) -> None:
    """Names, numbers, identities and accounts, as their columns say."""
    assert numbers(imported(store, mapping, ANA, PAU)) == (2, 0, 0)
    ana = store.customers.by_number("1001")
    assert ana is not None
    assert (ana.name, ana.language, ana.zone, ana.email) == (
        "Ana Núñez Peña",
        "es",
        "Europe/Madrid",
        "ana@example.org",
    )
    assert ana.phone_numbers == ("+34934112233", "+34600111222")
    assert ana.birth_date == date(1980, 3, 2)
    (account,) = store.accounts.of_customer("1001")
    assert (account.balance_cents, account.currency, account.stage) == (123450, "EUR", "early")
    shared = store.customers.by_phone_number("+34600111222")
    assert [(one.customer_number, one.language) for one in shared] == [("1001", "es"), ("1002", "ca")]
    with store.database.reading() as connection:
        (identity,) = connection.execute(select(IdentityRow)).all()
        origins = connection.scalars(select(CustomerRow.origin)).all()
    assert (identity.customer_id, identity.kind, identity.value) == (ana.id, "dni", "12345678Z")
    assert set(origins) == {"crm"}


def test_done_again_it_changes_nothing(store: Store, mapping: Path) -> None:
    """Idempotent: not one row more, not one moment later."""
    imported(store, mapping, ANA, PAU)
    ana = store.customers.by_number("1001")
    assert numbers(imported(store, mapping, ANA, PAU)) == (0, 0, 2)
    assert store.customers.by_number("1001") == ana


def test_what_differs_is_changed_and_what_is_not_said_stays(store: Store, mapping: Path) -> None:
    """A new balance, a further number first known elsewhere; an empty cell clears nothing."""
    imported(store, mapping, ANA, PAU)
    store.customers.correct("1001", OwnData(town="Vic"), Request(at=NOW))
    again = "1001;Ana;Núñez Peña;;;699 111 222;;;;99,00;01/12/2026"
    assert numbers(imported(store, mapping, again, PAU)) == (0, 1, 1)
    ana = store.customers.by_number("1001")
    assert ana is not None
    assert (ana.email, ana.town, ana.language) == ("ana@example.org", "Vic", "es")
    assert ana.phone_numbers == ("+34934112233", "+34600111222", "+34699111222")
    (account,) = store.accounts.of_customer("1001")
    assert (account.balance_cents, account.due_on) == (9900, date(2026, 12, 1))


def test_blank_clears_where_the_mapping_says_so(store: Store, mapping: Path) -> None:
    """For a list that is the whole truth."""
    imported(store, mapping, ANA)
    mapping.write_text(MAPPING + "blank: clear\n")
    assert numbers(imported(store, mapping, "1001;Ana;Puig;;;;;;;;")) == (0, 1, 0)
    ana = store.customers.by_number("1001")
    assert ana is not None
    assert (ana.name, ana.email, ana.birth_date) == ("Ana Puig", None, None)


def test_a_dry_run_writes_nothing(store: Store, mapping: Path) -> None:
    """And tells the same figures."""
    imported(store, mapping, PAU)
    dry = Terms(at=NOW, today=NOW.date(), origin="crm", dry_run=True)
    assert numbers(imported(store, mapping, ANA, PAU, terms=dry)) == (1, 0, 1)
    assert store.customers.by_number("1001") is None


def test_several_rows_of_one_customer_are_one(store: Store, mapping: Path) -> None:
    """A row for each telephone and each account, as many programs write them."""
    mapping.write_text(MAPPING + "  account_label: Correo\n".replace("Correo", "Contrato"))
    file = mapping.parent / "clients.csv"
    file.write_text(
        f"{HEADER};Contrato\n1001;Ana;Puig;;;600111222;;;;10,00;;fibra\n1001;Ana;Puig;;;600111333;;;;5,00;;móvil\n"
    )
    found = gather(file, load_mapping(mapping), today=NOW.date())
    assert found.refused == [] and found.rows == 2
    assert numbers(load(store, found.people.values(), TERMS)) == (1, 0, 0)
    assert [(one.label, one.balance_cents) for one in store.accounts.of_customer("1001")] == [
        ("fibra", 1000),
        ("móvil", 500),
    ]


def test_every_mistake_has_its_row_and_column(mapping: Path) -> None:
    """Each of them is left out, the right ones are taken."""
    found = gathered(
        mapping,
        ANA,
        "1003;Bea;Gil;CAS;12;;;;;;",
        "1004;Cai;Gil;ANG;;;;;;;",
        "1005;Dan;Gil;;;;12345678A;;;;",
        "1006;Eva;Gil;;;;;;31/02/1980;;",
        "1007;Fer;Gil;;;;;;;12.34;",
        "1008;;;;;;;;;;",
        ";Gil;;;;;;;;;",
        "1009;=cmd|' /C calc'!A0;Gil;;;;;;;;",
        PAU,
    )
    assert sorted(found.people) == ["1001", "1002"]
    assert [(one.row, one.column) for one in found.refused] == [
        (3, "Tel1"),
        (4, "Idioma"),
        (5, "DNI"),
        (6, "Nacimiento"),
        (7, "Saldo"),
        (8, "Nombre"),
        (9, "Nº cliente"),
        (10, "Nombre"),
    ]
    assert "CAS, CAT" in found.refused[1].problem


def test_all_that_is_wrong_in_a_row_is_told_at_once(mapping: Path) -> None:
    """Whoever mends it need not import the list once for each cell; it is one row refused all the same."""
    found = gathered(mapping, "1003;=1+1;Gil;ANG;12;13;1A;;31/02/1980;12.34;", PAU)
    (refused,) = found.refused
    wanted = ["Nombre", "Idioma", "Tel1", "Móvil", "DNI", "Nacimiento", "Saldo"]
    told = list(all_mistakes(found.refused))
    assert sorted(one.column for one in told) == sorted(wanted)
    assert {one.row for one in told} == {refused.row}
    assert len({one.problem for one in told}) > 4


def test_rows_that_contradict_each_other_are_all_refused(mapping: Path) -> None:
    """Nobody here knows which one is right; the same twice is no contradiction."""
    found = gathered(
        mapping,
        ANA,
        ANA,
        PAU,
        PAU.replace("Pau;Puig", "Pol;Puig"),
        "1003;Bea;Gil;;;;X1234567L;;;;",
        "1004;Cai;Gil;;;;X1234567L;;;;",
        "1005;Dan;Gil;;;;;;;1,00;",
        "1005;Dan;Gil;;;;;;;2,00;",
    )
    assert sorted(found.people) == ["1001"]
    assert [(one.row, one.problem) for one in found.refused] == [
        (4, "contradicts row 5: another `name`"),
        (5, "contradicts row 4: another `name`"),
        (6, "has the same `dni` as row 7"),
        (7, "has the same `dni` as row 6"),
        (8, "contradicts row 9: the same account with other figures"),
        (9, "contradicts row 8: the same account with other figures"),
    ]


def test_a_contradiction_names_the_row_that_it_is_with(mapping: Path) -> None:
    """Also where a row in between said it first; the third is told of both."""
    found = gathered(
        mapping,
        "1001;Ana;Gil;;;;;;;;",
        "1001;Ana;Gil;;;;12345678Z;;;;",
        "1001;Ana;Gil;;;;X1234567L;;;;",
    )
    assert [(one.row, one.problem) for one in found.refused] == [
        (2, "rows 3 and 4 of this customer contradict each other: another `dni`"),
        (3, "contradicts row 4: another `dni`"),
        (4, "contradicts row 3: another `dni`"),
    ]


def test_capitals_make_no_other_customer(store: Store, mapping: Path) -> None:
    """Neither within a list nor against the database; its own way of writing the number stays."""
    assert numbers(imported(store, mapping, "c2;Ana;Gil;;;;;;;;", "C2;Ana;Gil;;600111222;;;;;;")) == (1, 0, 0)
    assert numbers(imported(store, mapping, "C2;Ana;Gil;;600111333;;;;;;")) == (0, 1, 0)
    ana = store.customers.by_number("c2")
    assert ana is not None and ana.phone_numbers == ("+34600111222", "+34600111333")


def test_what_is_taken_and_doubtful_is_told(mapping: Path) -> None:
    """Numbers that differ by zeros in front; a row that ends early."""
    found = gathered(mapping, "7;Ana;Gil;;;;;;;;", "007;Bea;Gil;;;;;;;;", "8;Cai;Gil")
    assert sorted(found.people) == ["007", "7", "8"]
    assert [(one.row, one.problem) for one in found.doubtful] == [
        (3, "differs from row 2 by zeros in front: two customers, if that is not meant"),
        (4, "has 3 cells, the header 11: the rest was taken for empty"),
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("7;Ana;Gil;;;;;;;;;x", "has 12 cells, the header 11"),
        ("7;Ana;Gil;;;;;;01/01/2031;;", "in the future"),
        ("7;Ana;Gil;;;;;;;£5,00;", "is not in EUR"),
        ("7;Ana;Gil;;;;;;;5,00 $;", "is not in EUR"),
        ("7;Ana;Gil;;;;;;;$5,00;", "is not in EUR"),
        ("7;-2+3;Gil;;;;;;;;", "formula"),
        ("7;＝1+1;Gil;;;;;;;;", "formula"),
        ("7;＋1;Gil;;;;;;;;", "formula"),
    ],
)
def test_what_would_be_taken_for_something_else_is_refused(mapping: Path, row: str, why: str) -> None:
    """Shifted cells, other people's money, births to come, formulas."""
    (refused,) = gathered(mapping, row).refused
    assert why in refused.problem


POSTCODES = "columns: {customer_number: C, name: N, postal_code: P, region: R}\nregion: ES\n"


@pytest.mark.parametrize(
    ("cell", "region", "kept", "doubts"),
    [
        ("8001", "", "08001", 1),
        (8001, "", "08001", 1),
        (8001, "ES-CT", "08001", 1),
        ("08001", "", "08001", 0),
        ("28 001", "", "28001", 0),
        (28001.0, "", "28001", 0),
        (28001.5, "", None, 0),
        ("28001.5", "", None, 0),
        ("801", "", None, 0),
        ("00123", "", None, 0),
        ("99001", "", None, 0),
        ("SW1A 1AA", "GB-LND", "SW1A 1AA", 0),
        ("1000", "BE-BRU", "1000", 0),
        ("", "", None, 0),
    ],
)
def test_a_postcode_that_lost_its_zero_gets_it_back(
    tmp_path: Path, cell: str | float, region: str, kept: str | None, doubts: int
) -> None:
    """In Spain, and it is told; what is no postcode is refused, and what is none of Spain's is left alone."""
    (tmp_path / "m.yaml").write_text(POSTCODES)
    book = Workbook()
    assert book.active is not None
    for row in (("C", "N", "P", "R"), ("1001", "Ana", cell, region)):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    (tmp_path / "list.csv").write_text(f"C;N;P;R\n1001;Ana;{cell};{region}\n")
    for name in ("list.xlsx", "list.csv"):
        if name == "list.csv" and cell == 28001.0:
            continue  # as text, that is no whole number any more
        found = gather(tmp_path / name, load_mapping(tmp_path / "m.yaml"), today=NOW.date())
        values = [person.values.get("postal_code") for person in found.people.values()]
        refused = kept is None and cell != ""
        assert values == ([] if refused else [kept])
        assert ["is no Spanish postcode" in one.problem for one in found.refused] == [True] * refused
        assert ["was completed to 08001" in one.problem for one in found.doubtful] == [True] * doubts


def test_money_has_the_sign_of_its_currency() -> None:
    """And of no other."""
    assert cells.amount(",", "EUR")("5,00 €") == cells.amount(",", "GBP")("£5,00") == 500
    assert cells.amount(".", "MXN")("$5.00") == 500
    with pytest.raises(cells.CellWrong, match="not in GBP"):
        cells.amount(".", "GBP")("5.00 €")


def test_no_day_is_before_our_time_in_excel_either() -> None:
    """What spreadsheets write for nothing."""
    with pytest.raises(cells.CellWrong, match="outside"):
        cells.day("%d/%m/%Y")(date(1899, 12, 30))


def test_a_portion_that_the_database_refuses_is_done_one_by_one(
    store: Store, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the database knows costs that customer, and nobody else."""
    whole = loading.insert_many

    def refusing(connection: object, table: object, rows: list[dict[str, object]]) -> None:
        if any(row.get("customer_number") == "1002" for row in rows):
            raise RecordRefused("refused", remedy="look for a duplicate")
        whole(connection, table, rows)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(loading, "insert_many", refusing)
    found = gathered(mapping, ANA, PAU, "1003;Bea;Gil;;;;;;;;")
    loaded = load(store, found.people.values(), TERMS)
    assert (loaded.new, [one.row for one in loaded.refused]) == (2, [3])
    assert store.customers.by_number("1003") is not None
    assert store.customers.by_number("1002") is None


def test_a_list_of_more_than_one_portion(
    store: Store, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Portions add up, and a telephone number that two of them share is one number."""
    monkeypatch.setattr(loading, "PORTION", 7)
    rows = [f"{n};Ana;Puig;;;600111222;;;;{n - 2000},00;" for n in range(2000, 2030)]
    told: list[int] = []
    found = gathered(mapping, *rows)
    loaded = load(store, found.people.values(), TERMS, done=told.append)
    assert numbers(loaded) == (30, 0, 0)
    assert told == [7, 14, 21, 28, 30]
    assert len(store.customers.by_phone_number("+34600111222")) == 30
    with store.database.reading() as connection:
        assert connection.scalar(select(func.sum(AccountRow.balance_cents))) == sum(range(30)) * 100
