"""Static prompts are made ahead: callers wait for those of their language, and for no others."""

from __future__ import annotations

from typing import Any

import gevent
from structlog.testing import capture_logs

from dialogs.effects import Spoken
from ivr.voice import Voice
from speech.errors import PromptNotKept


class Prompts:
    """Notes what is asked for, and has it at once."""

    def __init__(self) -> None:
        self.made: list[Spoken] = []

    def prepare_recordings(self) -> None:
        pass

    def make(self, spoken: Spoken) -> None:
        self.made.append(spoken)


class Full(Prompts):
    """Its disk takes nothing."""

    def make(self, spoken: Spoken) -> None:
        super().make(spoken)
        raise PromptNotKept("cache: cannot write a prompt (No space left on device)")


class Silent:
    """A synthesiser that nobody asks."""

    engine = "none"

    def close(self) -> None:
        pass


def test_a_second_warming_waits_for_the_first_language_only() -> None:
    """Not for hundreds of prompts of other languages, with a rest between them."""
    prompts: Any = Prompts()
    voice = Voice(prompts, Silent(), None)
    others = [Spoken(f"{n}", "ca") for n in range(1000)]
    try:
        voice.warm_up([Spoken("uno", "es"), *others], first="es")
        voice.warm_up([Spoken("dos", "es"), *others], first="es")
        with gevent.Timeout(5):
            voice.wait_warm()
        assert [one.text for one in prompts.made if one.language == "es"] == ["uno", "dos"]
        assert sum(one.language == "ca" for one in prompts.made) < len(others)
    finally:
        voice.close()


def test_a_full_disk_ends_the_warming() -> None:
    """One line, not one for each of a thousand prompts that are synthesised for nothing."""
    prompts: Any = Full()
    voice = Voice(prompts, Silent(), None)
    try:
        with capture_logs() as lines, gevent.Timeout(5):
            voice.warm_up([Spoken("uno", "es"), Spoken("dos", "es"), Spoken("tres", "ca")], first="es")
            voice.wait_warm()
            gevent.sleep(0)
        assert [one.text for one in prompts.made] == ["uno"]
        assert [line["event"] for line in lines] == ["prompts_not_warmed"]
        assert "No space left on device" in lines[0]["reason"]
    finally:
        voice.close()
