"""What a caller says of himself, over SIP to the end: no variable, no log line, no record that he forged."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import wait_until
from tests.freeswitch.leg import CallRefused
from tests.freeswitch.telephone import telephone
from tests.freeswitch.test_killed_server import Scene, record_of, scene_in

pytestmark = pytest.mark.freeswitch

NAMES = {
    "encoded line feed": "Eve%0Avariable_vip: true",
    "twice encoded": "Eve%250Avariable_vip: true",
    "encoded end of the event": "Eve%0A%0AEvent-Name: CHANNEL_DATA%0Avariable_vip: true%0A%0A",
    "folded header": "Eve\r\n variable_vip: true",
    "escaped quote and a header": 'Eve\\" <sip:1@x>\r\n\tX-vip: true',
    "carriage return": "Eve\rvariable_vip: true",
    "raw control characters": "Eve \x01\x02\x08\x1b[2J\x1b[31m\x7f\x9b",
    "no UTF-8": "Eve \udcff\udc80\udcc3\udce2\udc80",
    "ten thousand characters": "x" * 10_000,
    "ten thousand encoded line feeds": "%0Avariable_vip: true" * 400,
    "an expansion": "${set(vip=true)} $${vip} ${system(touch /vip)}",
    "direction marks": "Eve \u202eeurt :piv_elbairav\u2066",
    "markup": "[bold red]Eve[/] <script>alert(1)</script> =cmd|' /C calc'!A0",
}
NUMBERS = {
    "encoded line feed": "34600%0Avariable_vip:true",
    "letters": "eve",
}
LOG_LINE = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+Z \[\w+ *\] |ivr: |$)")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """`ivr serve` in a process of its own, behind a FreeSWITCH with the generated configuration."""
    need_freeswitch()
    with scene_in(tmp_path_factory.mktemp("hostile")) as scene:
        scene.server.start()
        yield scene


def check_log(scene: Scene) -> None:
    """Nobody but us writes lines into our log, and no terminal obeys it."""
    for line in scene.server.said.split("\n"):
        assert LOG_LINE.match(line), line[:200]
        assert line.isprintable(), ascii(line[:200])
        assert len(line) < 2_000


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_ends_up_as_a_name(scene: Scene, kind: str) -> None:
    """Every variable of the call stays true, the record shows a name, the log has only lines of ours."""
    number = f"34601{list(NAMES).index(kind):06}"
    with telephone(scene.switch.sip, number, name=NAMES[kind]) as phone:
        if kind == "carriage return":
            with pytest.raises(CallRefused, match="400"):  # no SIP any more: FreeSWITCH says so itself
                phone.call("9100", seconds=10)
            return
        leg = phone.call("9100", seconds=10)
        wait_until(lambda: record_of(scene.store, number) is not None, 5, "the record")
        record = record_of(scene.store, number)
        assert record is not None
        for variable in ("vip", "X-vip", "sip_h_X-vip"):
            assert scene.switch.api(f"uuid_getvar {record.switch_uuid} {variable}").strip() == "_undef_"
        assert scene.switch.api(f"uuid_getvar {record.switch_uuid} ivr_landing").strip() == "_undef_"
        leg.wait_heard(lambda heard: len(heard) > 5, 5)
        leg.hang_up()
    wait_until(lambda: (one := record_of(scene.store, number)) is not None and one.finished, 5, "its end")
    record = record_of(scene.store, number)
    assert record is not None
    assert record.caller_name.isprintable()
    assert len(record.caller_name) <= 100
    assert record.caller_name
    assert (record.caller_number, record.destination) == (number, "9100")
    assert (record.ended_by, record.hangup_cause) == ("caller", "NORMAL_CLEARING")
    check_log(scene)


@pytest.mark.parametrize("kind", NUMBERS)
def test_what_is_no_number_is_withheld(scene: Scene, kind: str) -> None:
    """The call is served, as one from nobody."""
    before = len(scene.store.calls.latest(200))
    with telephone(scene.switch.sip, NUMBERS[kind]) as phone:
        leg = phone.call("9100", seconds=10)
        wait_until(lambda: len(scene.store.calls.latest(200)) == before + 1, 5, "the record")
        newest = scene.store.calls.latest(1)[0]
        assert newest.caller_number == ""
        assert scene.switch.api(f"uuid_getvar {newest.switch_uuid} vip").strip() == "_undef_"
        leg.hang_up()
    wait_until(lambda: scene.store.calls.latest(1)[0].finished, 5, "its end")
    check_log(scene)
