"""What a caller says of himself is shown, never believed: not one variable of the call comes from it."""

from __future__ import annotations

import pytest

from esl.switch import HungUp
from tests.contract.place import Application, Place, wav
from tests.freeswitch.sound import noise

NAMES = {
    "line feed": "Eve\nvariable_vip: true",
    "encoded line feed": "Eve%0Avariable_vip: true",
    "twice encoded": "Eve%250Avariable_vip: true",
    "carriage return": "Eve%0D%0A%0D%0AContent-Length: 0%0D%0A%0D%0A",
    "end of the event": "Eve%0A%0AEvent-Name: CHANNEL_HANGUP%0AUnique-ID: x",
    "very long": "x" * 10_000,
    "no UTF-8": "Eve \udcff\udc80\udcc3",
    "control characters": "Eve \x01\x02\x7f\x1b[31m",
    "an expansion": "${uuid} $${domain} ${system(true)}",
    "quotes": "Eve \\\" <sip:x@y> ; a='b'|c,d!e",
    "other scripts": "안녕하세요 Ñandú ŀ",
    "right to left": "Eve \u202eevil\u2028next",
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_only_a_name(place: Place, application: Application, kind: str) -> None:
    """The call goes on as any other, and the next one as well."""
    name = NAMES[kind]
    if kind == "line feed" and place.name == "freeswitch":
        pytest.skip("a SIP header ends at a line feed: such a name cannot be sent")
    if kind == "no UTF-8" and place.name == "embedded":
        pytest.skip("the embedded line's first line is JSON: such a name cannot be sent")
    caller = place.caller(name=name)
    caller.call()
    session = application.next_call()
    call = session.call
    assert "vip" not in call.variables
    assert not any("vip" in key.lower() for key in call.variables)
    assert call.variables["uuid"] == call.uuid
    assert (call.caller_number, call.destination) == ("34600111222", "9100")
    assert call.caller_name.isprintable()
    assert "\n" not in call.caller_name
    assert len(call.caller_name) <= 100
    call.answer()
    ended = session.finished(call.play([wav(place.folder / "name.wav", noise(0.2))]))
    assert ended.response == "FILE PLAYED"
    assert "vip" not in ended.variables
    assert ended.variables["uuid"] == call.uuid
    call.set_variable("language", "es")
    assert place.api(f"uuid_getvar {call.uuid} language").strip() == "es"
    caller.hang_up()
    assert session.hung_up() == HungUp("NORMAL_CLEARING", by_caller=True)


@pytest.mark.parametrize(
    "number", ["anonymous", "+34600111222", "34600111222%0Avariable_vip", "0" * 60, "a'b"]
)
def test_a_number_is_digits_or_nothing(place: Place, application: Application, number: str) -> None:
    """What is no number is an unknown number."""
    caller = place.caller(number=number)
    caller.call()
    session = application.next_call()
    assert session.call.caller_number in ("", number)
    assert not session.call.caller_number.strip("+0123456789")
    assert "vip" not in session.call.variables
    session.call.hang_up()
    session.hung_up()
