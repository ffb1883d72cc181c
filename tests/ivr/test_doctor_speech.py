"""What `ivr doctor` finds of speech: models that are damaged, and who listens to each language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.config import Settings
from ivr.doctor import _models
from ivr.doctor_speech import listening, unheard_phrases
from speech.model_catalogue import CATALOGUE
from speech.models import RECORD, ModelStore
from speech.vosk import Vosk
from tests.models import need_model


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models with a Whisper in it that is damaged; the user's cache is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    whisper = tmp_path / "models" / CATALOGUE["whisper-base"].folder
    whisper.mkdir(parents=True)
    for name in CATALOGUE["whisper-base"].required:
        (whisper / name).write_bytes(b"x")
    (whisper / RECORD).write_text(json.dumps({"files": {"model.bin": "0" * 64}}))
    return tmp_path / "models"


def test_a_damaged_model_and_what_follows(models: Path) -> None:
    """The model is bad, with the remedy, and every language goes by keys, with the reason."""
    settings = Settings.model_validate({"speech": {"models": str(models)}})
    found = {finding.what: finding for finding in (*_models(settings), *listening(settings))}
    whisper = found["model whisper-base"]
    assert whisper.state == "bad" and "is damaged" in whisper.found
    assert whisper.remedy == "ivr models pull whisper-base"
    for language in ("es", "ca", "en"):
        listens = found[f"recognition {language}"]
        assert listens.state == "note" and listens.found.startswith("keys only")
        assert f"vosk-{language} is not installed" in listens.found and "is damaged" in listens.found
    (models / CATALOGUE["whisper-base"].folder / RECORD).unlink()
    for listens in listening(settings):
        assert listens.state == "good" and listens.found.startswith("Whisper: ")


@pytest.fixture(scope="module")
def korean() -> Path:
    """The Korean model, where the user has it."""
    need_model("vosk-ko")
    return ModelStore().ensure("vosk-ko").folder


def test_a_model_that_no_server_could_use_is_bad(korean: Path, models: Path) -> None:
    """The files are all there, and of another language: somebody has mixed up two folders."""
    (models / CATALOGUE["vosk-es"].folder).symlink_to(korean)
    settings = Settings.model_validate({"speech": {"models": str(models), "engine": "vosk", "fetch": False}})
    found = {finding.what: finding for finding in listening(settings)}
    assert found["recognition es"].state == "bad"
    assert "is no model for 'es'" in found["recognition es"].found
    assert found["recognition es"].remedy.startswith("ivr models pull vosk-es")
    assert found["recognition en"].state == "note"


MENU = """flow: menu
summary: Asks in Korean what is wanted
languages: [ko]
person: person
steps:
  - menu: wish
    prompt: {ko: "무엇을 도와드릴까요?"}
    choices:
      school:
        key: 1
        phrases: {ko: ["학교", "quux 학교"]}
        then: person
      music:
        key: 2
        phrases: {ko: ["음악", "xyzzy"]}
        then: person

  - id: person
    queue: billing
    busy: wish
"""


def test_words_that_the_model_does_not_know_are_named(korean: Path, tmp_path: Path) -> None:
    """Vosk drops a phrase with such a word in silence: callers would say it in vain."""
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "catalogue.yaml").write_text("queues: [billing]\n", "utf-8")
    (flows / "menu.flow.yaml").write_text(MENU, "utf-8")
    settings = Settings.model_validate({"home": str(tmp_path), "flows": str(flows)})
    engine = Vosk({"ko": korean}, workers=1)
    try:
        engine.wait_ready(60)
        (found,) = unheard_phrases(settings, engine, ["ko"], extra_languages=("ko",))
        assert found.state == "note" and found.what == "words in ko"
        assert "menu.flow.yaml:11:30:" in found.found and "does not know the word `quux`" in found.found
        assert found.found.endswith("(and 1 more)")
        (flows / "menu.flow.yaml").write_text(MENU.replace("quux ", "").replace("xyzzy", "노래"), "utf-8")
        assert list(unheard_phrases(settings, engine, ["ko"], extra_languages=("ko",))) == []
    finally:
        engine.close()


def test_keys_alone_may_be_wanted(models: Path) -> None:
    """Nothing to mend where recognition is switched off."""
    settings = Settings.model_validate({"speech": {"models": str(models), "engine": "none"}})
    assert [(one.found, one.remedy) for one in listening(settings)] == [
        ("keys only: recognition is switched off", "")
    ] * 3


def test_a_folder_of_models_that_is_not_there_is_bad(tmp_path: Path) -> None:
    """It is not passed over in silence for the cache."""
    settings = Settings.model_validate({"home": str(tmp_path), "speech": {"models": "modles"}})
    first, *_ = _models(settings)
    assert (first.what, first.state) == ("speech.models", "bad")
    assert first.found == f"{tmp_path / 'modles'} is not there"
