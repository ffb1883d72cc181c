"""A caller who types, in flows of their own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.simulator import TextCaller
from dialogs.stand_in import Data

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
DATA: Data = {
    "customer": {
        "45716, 7302": {"customer_number": "45716"},
        "20008, 7302": {"customer_number": "20008"},
        "else": "missing",
    },
    "order": {"780346, 28014, none": {"status": "preparing", "late": False, "has_date": False}},
    "account": {"45716": {"balance": 0, "balance_currency": "EUR"}, "18051": "missing", "else": "slow"},
}
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))


@pytest.fixture(scope="module")
def flows() -> FlowSet:
    return load_flows([SHIPPED], load_catalogue(SHIPPED / "catalogue.yaml"))


@pytest.fixture
def caller(flows: FlowSet) -> TextCaller:
    return TextCaller(flows, "main", Facts("es", {"number": "", "name": ""}, NOW), DATA)


def notes(lines: list[tuple[str, str]]) -> list[str]:
    return [what for who, what in lines if who == "note"]
