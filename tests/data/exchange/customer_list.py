"""A list of customers with its mapping, brought into a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.exchange.gathered import Gathered
from data.exchange.loading import Loaded, Terms
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from tests.data.conftest import NOW

TERMS = Terms(at=NOW, today=NOW.date(), origin="crm")
MAPPING = """
region: ES
origin: crm
columns:
  customer_number: Nº cliente
  name: [Nombre, Apellidos]
  language: {column: Idioma, map: {CAS: es, CAT: ca}, default: es}
  phones: [Tel1, Móvil]
  dni: DNI
  email: Correo
  birth_date: Nacimiento
  balance: Saldo
  due_on: Vence
"""
HEADER = "Nº cliente;Nombre;Apellidos;Idioma;Tel1;Móvil;DNI;Correo;Nacimiento;Saldo;Vence"
ANA = (
    "1001;Ana;Núñez Peña;CAS;93 411 22 33;600 111 222;"
    "12345678Z;ana@example.org;02/03/1980;1.234,50;01/11/2026"
)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "mapping.yaml"
    file.write_text(MAPPING)
    return file


def listed(folder: Path, *rows: str, encoding: str = "utf-8") -> Path:
    file = folder / "clients.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding=encoding)
    return file


def gathered(mapping: Path, *rows: str, encoding: str = "utf-8") -> Gathered:
    return gather(listed(mapping.parent, *rows, encoding=encoding), load_mapping(mapping), today=NOW.date())


def numbers(loaded: Loaded) -> tuple[int, int, int]:
    assert loaded.refused == []
    return loaded.new, loaded.changed, loaded.same
