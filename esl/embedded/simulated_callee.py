"""A simulated callee's telephone: rings, answers or refuses, says its sound, presses keys, hangs up.

It stands where a line would: the switch sends it frames, and gets frames from it. Time is the switch's
clock; its sound keeps step with the media clock, one frame for every frame that it is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from gevent.event import Event

from esl.embedded.config import CalleeConfig
from esl.embedded.errors import SoundError
from esl.embedded.line import ANSWERED, AUDIO, DEFAULT_KEY_SAMPLES, EARLY, HANGUP, KEY, RINGING, audio_frame
from esl.embedded.sounds import SILENCE, Source, open_sound

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch

_log = logging.getLogger(__name__)

_BEFORE_KEYS = 1.0
_BETWEEN_KEYS = 0.3
_HEAD_BYTES = 3


def voice_of(name: str, switch: EmbeddedSwitch, *, repeats: bool) -> Source:
    """The sound of that name, over and over if it `repeats`; silence if it cannot be played."""
    silence = open_sound("silence_stream://-1")
    if not name:
        return silence
    try:
        source = open_sound(name, folder=switch.config.sounds)
    except SoundError as fault:
        _log.warning("a simulated person is silent: %s", fault)
        return silence
    if source.total is None or not repeats:
        return source
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    return Source(repeat(b"".join(frames)), None) if frames else silence


class SimulatedCallee:
    """Fulfils `FarEnd`."""

    def __init__(
        self,
        config: CalleeConfig,
        switch: EmbeddedSwitch,
        *,
        got: Callable[[bytes, bytes], None],
        lost: Callable[[str], None],
    ) -> None:
        """The telephone rings from here on."""
        self._config = config
        self._switch = switch
        self._got = got
        self._lost = lost
        self._over = Event()
        self._voice: Source | None = None
        switch.spawn(self._live)

    def send(self, kind: bytes, _body: bytes = b"") -> None:
        """The switch hangs up, or sends something that this callee does not mind."""
        if kind == HANGUP:
            self._over.set()

    def send_audio(self, position: int, _sound: bytes) -> None:
        """20 ms have passed: the callee's sound of that time goes back."""
        if self._over.is_set():
            return
        frame = self._voice.read() if self._voice is not None else None
        self._got(AUDIO, audio_frame(position, frame or SILENCE)[_HEAD_BYTES:])

    def close(self, _spawn: Callable[..., Any] | None = None) -> None:
        """The leg is gone."""
        self._over.set()

    def _live(self) -> None:
        try:
            if self._rings():
                self._talks()
        finally:
            self._over.set()
            self._lost("the callee's telephone is on the hook")

    def _rings(self) -> bool:
        """Until the answer; whether it came to one."""
        config, clock = self._config, self._switch.clock
        if config.early_media:
            self._voice = voice_of(config.early_media, self._switch, repeats=True)
            self._got(EARLY, b"")
        elif config.rings:
            self._got(RINGING, b"")
        if clock.wait(self._over, config.answers_after):
            return False
        if config.refuses:
            self._got(HANGUP, config.refuses.encode())
            return False
        self._voice = voice_of(config.voice, self._switch, repeats=config.repeats)
        self._got(ANSWERED, b"")
        return True

    def _talks(self) -> None:
        config, clock = self._config, self._switch.clock
        answered = clock.now()
        for number, key in enumerate(config.keys):
            if clock.wait(self._over, _BETWEEN_KEYS if number else _BEFORE_KEYS):
                return
            self._got(KEY, key.encode() + DEFAULT_KEY_SAMPLES.to_bytes(2, "big"))
        left = None if config.talks_for is None else config.talks_for - (clock.now() - answered)
        if not clock.wait(self._over, left):
            self._got(HANGUP, b"NORMAL_CLEARING")
