"""A spoken acceptance on a whole call: the clip is there, and holds the caller's words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.store import Store
from ivr.evidence import sha256_of
from ivr.stage import Stage
from ivr.voice import Speaker
from tests.calls.conftest import settings_in
from tests.calls.test_messages_and_transfers import loud_seconds
from tests.models import need_model

FLOW = """flow: main
languages: [es]
person: billing
steps:
  - consent: direct_debit
    terms: 2026-03
    prompt: {es: "¿Acepta la domiciliación?"}
    no: over
  - id: over
    hangup: normal
"""


def furnish(folder: Path) -> None:
    (folder / "flows").mkdir()
    (folder / "flows" / "catalogue.yaml").write_text("queues: [billing]\n", encoding="utf-8")
    (folder / "flows" / "main.flow.yaml").write_text(FLOW, encoding="utf-8")


@pytest.fixture(scope="module", params=["none", pytest.param("whisper", marks=pytest.mark.long)])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that goes by keys, and one that listens."""
    if request.param == "whisper":
        need_model("whisper-base")
    folder = tmp_path_factory.mktemp("consents")
    furnish(folder)
    with Stage(settings_in(folder, engine=request.param)) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


def test_a_yes_is_kept_as_it_was_given(stage: Stage, speaker: Speaker) -> None:
    """Spoken: with its sound, whose checksum is kept. Keyed: as keyed, and no empty clip stays."""
    speaks = stage.settings.speech.engine != "none"
    caller = stage.caller("+34600000951")
    caller.join()
    assert caller.wait_until_quiet(0.5)
    if speaks:
        for _ in range(3):  # a machine that is busy with other things may be late to recognise
            caller.speak(speaker.speak("sí, acepto", "es"))
            if caller.hung_up.wait(12):
                break
    else:
        caller.key("1")
    caller.wait_hangup(30)
    stage.wait_until_idle()
    store = Store(stage.settings.database_url)
    (kept,) = store.consents.of(e164="+34600000951")
    store.close()
    assert (kept.given, kept.terms_version, kept.language) == (True, "2026-03", "es")
    assert kept.text == "¿Acepta la domiciliación?"
    clips = list(stage.settings.recordings_folder.rglob("*-consent-*.wav"))
    if speaks:
        assert [str(clip.relative_to(stage.settings.recordings_folder)) for clip in clips][-1:] == [kept.clip]
        assert sha256_of(clips[-1]) == kept.clip_sha256
        assert 0.4 < loud_seconds(clips[-1]) < 4.0
    else:
        assert (kept.clip, kept.answer, clips) == (None, "1", [])
