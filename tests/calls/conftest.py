"""Whole calls: a stage with real sockets, sound in real time, database, synthesis, and recognition."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.seeds import CUSTOMERS
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from ivr.stage import Stage
from ivr.understanding.settings import UnderstandingSettings
from ivr.voice import Speaker
from speech.pyttsx3 import CALLER_VOICES, SYSTEM_VOICES
from tests.databases import store_at
from tests.models import need_model
from tests.nlu_models import trained_models


def settings_in(folder: Path, *, engine: str) -> Settings:
    """Settings with everything below `folder`, and the made-up customers in the database.

    But the prompts: they are the same for every stage, and synthesised once for all that share a parent; none
    before somebody hears it, nor models of understanding where nobody speaks: a stage's beginning costs more
    than its calls.
    """
    url = f"sqlite:///{folder}/ivr.sqlite3"
    store_at(folder / "ivr.sqlite3", customers=CUSTOMERS).close()
    return Settings(
        home=folder,
        database=DatabaseSettings(url=url),
        prompts=folder.parent / "prompts",
        speech=SpeechSettings(engine=engine, prepare=False),  # type: ignore[arg-type] # checked by the model
        understanding=UnderstandingSettings(
            prepare=engine == "whisper", models=trained_models() if engine == "whisper" else None
        ),
    )


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    """The callers' voice."""
    voice = Speaker({**CALLER_VOICES, "ko": SYSTEM_VOICES["ko"]})
    yield voice
    voice.close()


@pytest.fixture(scope="module")
def spoken_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that listens by Whisper."""
    need_model("whisper-base")
    with Stage(settings_in(tmp_path_factory.mktemp("spoken"), engine="whisper")) as stage:
        stage.server.rooms.voice.wait_warm()
        yield stage


@pytest.fixture(scope="module")
def keyed_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that goes by keys only."""
    folder = tmp_path_factory.mktemp("keyed")
    with Stage(settings_in(folder, engine="none"), agent_talks_for=0.5) as stage:
        stage.server.rooms.voice.wait_warm()
        yield stage
