"""A studio recording that is named where it is said: what plays, what is read, what the checker wants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dialogs.effects import Play, Spoken
from dialogs.static import static_prompts
from speech.studio_files import recordings_below
from tests.dialogs.flowtext import CATALOGUE, HEAD, conversation, flow_set, problems

FLOW = HEAD + '  - say: {es: {recording: menus/hello, text: "Hola. ¿Qué tal?"}}\n  - hangup: normal\n'


def test_the_recording_plays_whole_and_its_text_is_read() -> None:
    """One stretch, however many sentences; the text is for transcripts, tests, and where the file is lost."""
    effect = conversation(FLOW).start()
    assert isinstance(effect, Play)
    assert effect.prompt == (Spoken("Hola. ¿Qué tal?", "es", "menus/hello"),)
    assert Spoken("Hola. ¿Qué tal?", "es", "menus/hello") in list(static_prompts(flow_set(FLOW)))


def test_a_recording_for_the_language_or_for_all_will_do() -> None:
    """`es/menus/hello` and `menus/hello` are there; without a studio nothing is said."""
    for there in ({"es/menus/hello"}, {"menus/hello"}):
        assert problems(FLOW, catalogue=replace(CATALOGUE, recordings=frozenset(there))) == []
    assert problems(FLOW) == []
    (problem,) = problems(FLOW, catalogue=replace(CATALOGUE, recordings=frozenset({"ca/menus/hello"})))
    assert "there is no recording `menus/hello`" in problem.message


def test_the_studio_s_folder_is_read_as_prompts_name_it(tmp_path: Path) -> None:
    """Names without endings, below the folder; other files are none."""
    for name in ("es/welcome.wav", "menus/main.mp3", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert recordings_below(tmp_path) == {"es/welcome", "menus/main"}
    assert recordings_below(tmp_path / "none") is None
