"""A sound on a leg, from its beginning to its end, a key or a break; commands are obeyed meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from esl.embedded.errors import SoundError
from esl.embedded.sounds import Played, open_sound

if TYPE_CHECKING:
    from esl.embedded.session import Session

_log = logging.getLogger(__name__)

_FILE_BLOCK = 16384
"""Samples that the real switch reads from a file at a time; its counters move in such steps."""


def play(session: Session, name: str, *, on_key: Callable[[str], bool] | None = None) -> Played:
    """Plays a sound to its end. `on_key` is asked about every key; True stops the sound."""
    channel, media = session.channel, session.media
    if not channel.pre_answer() or not session.is_ready():
        return Played.FAILED
    try:
        source = open_sound(name, folder=session.switch.config.sounds)
    except SoundError as fault:
        _log.info("cannot play: %s", fault)
        return Played.MISSING
    about = [("Playback-File-Path", name)]
    if name.startswith("tone_stream:"):
        about.insert(0, ("Playback-File-Type", "tone_stream"))
    channel.fire("PLAYBACK_START", about)
    interrupted = media.source
    media.play(source)
    played = _listen_while(session, lambda: media.source is source, on_key)
    media.source = interrupted
    read = max(-(-source.position // _FILE_BLOCK), 1) * _FILE_BLOCK
    samples = read if source.total is None else min(read, source.total)
    channel.set("playback_last_offset_pos", str(source.position))
    channel.set("playback_seconds", str(samples // 8000))
    channel.set("playback_ms", str(samples // 8))
    channel.set("playback_samples", str(samples))
    status = "break" if played is Played.BROKEN else "done"
    channel.fire("PLAYBACK_STOP", [*about, ("Playback-Status", status)])
    return played


def _listen_while(
    session: Session, playing: Callable[[], bool], on_key: Callable[[str], bool] | None
) -> Played:
    while True:
        if not session.is_ready():
            return Played.FAILED
        if session.take_break():
            return Played.BROKEN
        session.obey_queued()
        if not session.is_ready():
            return Played.FAILED
        if on_key is not None and session.keys:
            if on_key(session.take_key()):
                return Played.BROKEN
            continue
        if session.broken:
            continue
        if not playing():
            return Played.WHOLE
        session.rest()
