"""What we put into commands arrives as it was: values of variables, folders with blanks in their names."""

from __future__ import annotations

import random
import wave
from pathlib import Path

import pytest

from tests.contract.place import Application, Place, connected, gone, loudness, wav
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import tone

VALUES = {
    "quote": "O'Brien",
    "two quotes": "'quoted' and more",
    "quotes in two values": "it's",
    "lone quote": "'",
    "semicolon": "saldo; y un pedido",
    "forged pair": "x;vip=true",
    "backslash": "back\\slash",
    "backslash at the end": "end\\",
    "backslash before the delimiter": "end\\;vip=true",
    "escape": "\\n \\s \\t \\q",
    "blanks at both ends": "  two blanks  ",
    "equals": "a=b=c",
    "double quotes": '"double"',
    "accents and signs": "ñ€😀 ¿Qué?",
    "encoded line feed": "%0Avariable_vip: true",
    "braces": "{a=b}[c]",
    "bars and commas": "a|b,c",
}
SIGNS = "ab '\";\\=,|%{}[]()ñ€nrts"


def test_variables_arrive_as_they_are(place: Place, application: Application) -> None:
    """No value becomes another one, or a second variable; forty more are drawn by lot."""
    caller, session = connected(place, application)
    lots = random.Random(3)
    drawn = ["".join(lots.choices(SIGNS, k=lots.randint(1, 12))) for _ in range(40)]
    kept = {}
    for value in (*VALUES.values(), *drawn):
        session.call.set_variable("said", value)
        kept[value] = place.api(f"uuid_getvar {session.call.uuid} said")
    assert kept == {value: value for value in kept}
    assert place.api(f"uuid_getvar {session.call.uuid} vip") == "_undef_"
    caller.hang_up()
    session.hung_up()


@pytest.fixture
def blank(place: Place) -> Path:
    """A folder whose name holds a blank, as homes do."""
    folder = place.folder / "of Ana Pérez"
    folder.mkdir(exist_ok=True)
    return folder


def test_a_folder_with_blanks_holds_prompts_and_recordings(
    place: Place, application: Application, blank: Path
) -> None:
    """Played, recorded and masked like anywhere else."""
    prompt, file = wav(blank / "a prompt.wav", tone(440, 0.4)), blank / "a call.wav"
    caller, session = connected(place, application)
    session.call.start_recording(file)
    assert session.finished(session.call.play([prompt, prompt])).response == "FILE PLAYED"
    session.call.mask_recording()
    assert session.finished(session.call.play([prompt])).response == "FILE PLAYED"
    session.call.unmask_recording()
    session.call.stop_recording()
    caller.hang_up()
    session.hung_up()
    gone(place)
    wait_until(file.exists, 5, "the recording")
    with wave.open(str(file), "rb") as stream:
        frames = stream.readframes(stream.getnframes())
    tenths = [frames[at : at + 3200] for at in range(0, len(frames), 3200)]  # of a second, stereo
    loud = [loudness(part) > 300 for part in tenths]
    assert 7 <= sum(loud) <= 10, loud
    assert len(loud) >= 11
