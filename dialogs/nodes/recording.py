"""What `record` and `message` share: a prompt, and then the caller has the word.

The caller ends by a key or by falling silent. Whoever says nothing at all is told so once and may try again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.effects import Effect, OpenCase, Play
from dialogs.effects import Record as RecordEffect
from dialogs.expressions import Template
from dialogs.flow import Flow, Name
from dialogs.nodes.step import NEXT, PERSON, Exit, Step, Way, unexpected
from dialogs.prompts import Words
from dialogs.results import Failed, NoInput, Recorded, Result


class Recording(Step):
    """The keys of both."""

    takes_input: ClassVar[bool] = True
    performer: ClassVar[str] = "record"

    prompt: Words = Field(description="What to say before the caller has the word")
    longest: float = Field(120.0, ge=3.0, le=600.0, description="Seconds that it may last")
    silence: float = Field(3.0, ge=1.0, le=10.0, description="Seconds of silence that end it")
    timeout: float = Field(6.0, ge=1.0, le=30.0, description="Seconds until the caller must have begun")
    retries: int = Field(1, ge=0, le=3, description="How often to ask again after silence")
    thanks: Words | None = Field(None, description="What to say afterwards")
    silent: Name | None = Field(None, description="Where to go if nothing was said; as `failed`")
    failed: Name | None = Field(None, description="Where to go if it cannot be recorded; a person")

    def recorded(
        self,
        call: Call,
        purpose: Literal["record", "message"],
        name: str,
        outcome: str = "",
        if_gone: Callable[[str], OpenCase] | None = None,
    ) -> Generator[Effect, Result, Recorded | str]:
        """The recording, or the label of the exit."""
        for attempt in range(self.retries + 1):
            lead = call.built_in("not_heard") if attempt else ()
            yield Play((*lead, *call.prompt(self.prompt)), call.step)
            result = yield RecordEffect(
                purpose=purpose,
                name=name,
                step=call.step,
                longest=self.longest,
                final_silence=self.silence,
                initial_timeout=self.timeout,
                outcome=outcome,
                if_gone=if_gone,
            )
            match result:
                case Recorded():
                    if self.thanks:
                        yield Play(call.prompt(self.thanks, "thanks"), call.step)
                    return result
                case NoInput():
                    call.missed("no_input", attempt + 1)
                case Failed():
                    return "failed"
                case _:
                    unexpected(self, result)
        return "silent" if self.silent else "failed"

    @override
    def misses(self, flow: Flow) -> Mapping[str, int]:
        return {"no_input": self.retries}

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        if self.silent:
            yield Exit("silent", self.silent, ("silent",))
        yield Exit("failed", self.failed or PERSON, ("failed",))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield ("prompt",), self.prompt
        if self.thanks:
            yield ("thanks",), self.thanks
