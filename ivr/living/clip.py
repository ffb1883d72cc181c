"""The sound of one answer as a file of its own: the caller's voice, from the question to the answer's end.

Whoever says a secret in the same breath ("sí, acepto, mi PIN es 4821") has not answered yet: that sound is
thrown away, and they are asked again. What proves something is neither cut nor silenced, so it may hold
nothing that must not stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import gevent
import structlog

from dialogs.effects import Collect
from dialogs.numbers_hidden import fit_to_keep
from dialogs.results import Match, NoMatch
from esl.errors import CallEnded, CommandRefusedError
from esl.switch import Call
from ivr.call_record import CallRecord
from ivr.living.attention import Attention
from ivr.living.collected import Collected

log = structlog.get_logger(__name__)


class Clip:
    """One answer's clip, or none."""

    def __init__(self, record: CallRecord, file: Path | None) -> None:
        self._record, self._file = record, file

    def kept_with(self, collected: Collected) -> Collected:
        """The answer with its clip; of silence, of what was keyed, and of a secret, none is kept."""
        file, answer = self._file, collected.answer
        if file is None:
            return collected
        if isinstance(answer, Match) and fit_to_keep(answer, collected.given)[1] != collected.given:
            log.warning("clip_with_a_secret", call=self._record.call_id)
            answer = NoMatch(answer.said)
            collected = replace(collected, answer=answer)
        if not isinstance(answer, Match) or answer.by != "voice":
            gevent.get_hub().threadpool.apply(lambda: file.unlink(missing_ok=True))
            return collected
        return replace(collected, answer=replace(answer, clip=self._record.reference_of(file)))


@contextmanager
def clip_of(collect: Collect, call: Call, *, attention: Attention, record: CallRecord) -> Iterator[Clip]:
    """Records the answer if the question wants that; where the switch refuses, there is no clip.

    Raises `CallEnded`.
    """
    file = record.voice_file(collect.keep) if collect.keep else None
    if collect.keep:
        attention.keys.clear()  # pressed before the question: no answer to it
    if file is not None:
        try:
            call.start_voice_recording(file)
        except CommandRefusedError as refused:
            log.error("clip_refused", call=record.call_id, step=collect.step, reason=str(refused))
            file = None
    try:
        yield Clip(record, file)
    finally:
        if file is not None:
            with suppress(CallEnded, CommandRefusedError):
                call.stop_voice_recording()
