"""The memory that the switch and we share: where its live audio lies, and prompts that no disk takes."""

from __future__ import annotations

from pathlib import Path

from esl.live_audio import default_folder
from ivr.config import Settings


def shared_memory(settings: Settings) -> Path:
    """`freeswitch.live_audio` if it is set, else the system's own."""
    named = "live_audio" in settings.freeswitch.model_fields_set
    return settings.freeswitch.live_audio if named else default_folder()
