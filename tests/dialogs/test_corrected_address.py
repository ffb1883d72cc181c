"""An address is read back whole, and one piece of it put right in the reply."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.loader import load_flows
from dialogs.play import key, say
from dialogs.stand_in import StandIn

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
FLOWS = load_flows([SHIPPED], load_catalogue(SHIPPED / "catalogue.yaml"))
STREET = {"es": "calle Mayor tres", "ca": "carrer Major tres", "en": "three High Street"}
CODE, TOWN = "28013", "Madrid"
CONFIRM = "confirm_street"


def read_back(language: str) -> StandIn:
    """A caller who has just heard their new address."""
    facts = Facts(language, {"number": "", "name": "", "attested": "none"}, datetime(2026, 11, 23, 10), "ES")
    call = StandIn(
        Conversation(FLOWS, "own_data", facts),
        {"customer": {"45716, 7302": {"customer_number": "45716"}}},
        "free",
    )
    call.start()
    for keys in ("45716", "7302", "2"):
        key(call, keys)
    say(call, STREET[language], 0.95)
    key(call, CODE)
    say(call, TOWN, 0.95)
    assert call.waiting is not None and call.waiting.step == CONFIRM
    return call


def told(language: str, reply: str) -> tuple[str, dict[str, str]]:
    """The next question, and what the reply has changed of the address."""
    call = read_back(language)
    say(call, reply, 0.92)
    was = {"street": STREET[language], "postal_code": CODE, "town": TOWN}
    now = call.conversation.slots
    assert call.waiting is not None
    return call.waiting.step, {slot: now[slot] for slot in was if now[slot] != was[slot]}


@pytest.mark.parametrize(
    ("language", "reply", "town"),
    [
        ("es", "no, en Alcalá, no en Madrid", "Alcalá"),
        ("es", "no en Madrid en Alcalá de Henares", "Alcalá de Henares"),
        ("es", "no es Madrid, es Getafe", "Getafe"),
        ("es", "no es en Madrid sino en Getafe", "Getafe"),
        ("es", "Madrid no, Getafe", "Getafe"),
        ("es", "no, es Alcalá de Henares", "Alcalá de Henares"),
        ("es", "no, es Tres Cantos", "Tres Cantos"),
        ("es", "no, en Las Palmas de Gran Canaria", "Las Palmas de Gran Canaria"),
        ("es", "la población es Getafe", "Getafe"),
        ("es", "sí, pero la población es Getafe", "Getafe"),
        ("es", "todo bien menos el pueblo, que es Getafe", "Getafe"),
        ("ca", "no, a Salt, no a Madrid", "Salt"),
        ("ca", "no és Madrid, és Sant Feliu de Llobregat", "Sant Feliu de Llobregat"),
        ("ca", "no, a l'Hospitalet", "l'Hospitalet"),
        ("ca", "la població és Salt", "Salt"),
        ("en", "no, in Leeds, not in Madrid", "Leeds"),
        ("en", "it's not Madrid, it's Leeds", "Leeds"),
        ("en", "no, it's Leeds", "Leeds"),
        ("en", "the town is Leeds", "Leeds"),
    ],
)
def test_the_town_is_put_right(language: str, reply: str, town: str) -> None:
    """By what is denied, by what it is called, or because it sounds like no street; and read back again."""
    assert told(language, reply) == (CONFIRM, {"town": town})


@pytest.mark.parametrize(
    ("language", "reply", "code"),
    [
        ("es", "no, el código postal es dos ocho ocho cero uno", "28801"),
        ("es", "el código es 28801", "28801"),
        ("ca", "no, el codi postal és u set u nou zero", "17190"),
        ("en", "no, the postcode is two eight eight zero one", "28801"),
    ],
)
def test_the_postcode_is_put_right(language: str, reply: str, code: str) -> None:
    assert told(language, reply) == (CONFIRM, {"postal_code": code})


@pytest.mark.parametrize(
    ("language", "reply", "street"),
    [
        ("es", "no, es calle Mayor quince", "calle Mayor quince"),
        ("es", "no, la calle es Goya quince", "Goya quince"),
        ("es", "no calle Mayor tres, calle Menor tres", "calle Menor tres"),
        ("ca", "no, és carrer Balmes quinze", "carrer Balmes quinze"),
        ("en", "no, it's fifteen High Street", "fifteen High Street"),
    ],
)
def test_the_street_is_put_right(language: str, reply: str, street: str) -> None:
    assert told(language, reply) == (CONFIRM, {"street": street})


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        ("es", "no, es mentira"),
        ("es", "no, en absoluto"),
        ("es", "no, es otra"),
        ("es", "no, a ver"),
        ("es", "no, es que me he mudado"),
        ("es", "no es Madrid"),
        ("es", "no, en Madrid"),
        ("es", "no, es el tercero"),
        ("es", "no, es quince"),
        ("es", "la población está mal"),
        ("es", "no es calle Mayor, es calle Menor tres"),
        ("es", "no, el código está mal"),
        ("ca", "no, a veure"),
        ("ca", "no, és el quart"),
        ("en", "no, in fact"),
        ("en", "no, it's wrong"),
        ("en", "no, it's the fifth"),
    ],
)
def test_what_tells_that_something_is_wrong_is_no_new_address(language: str, reply: str) -> None:
    """It is asked again, or from the start: nothing is written that nobody has named."""
    step, changed = told(language, reply)
    assert (step in (CONFIRM, "street"), changed) == (True, {})
