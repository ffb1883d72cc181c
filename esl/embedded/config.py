"""What a person writes to set up an embedded switch: addresses, dialplan, queues, limits.

Rules:
1. There is no default password: one is made if none is given, and the ready line tells it.
2. Everything is on loopback unless the file says otherwise.
3. Unknown keys are errors, and every problem is one line that names the place.
"""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from esl.embedded.causes import CAUSES
from esl.embedded.errors import ConfigurationError

Action = tuple[str] | tuple[str, str]
"""A dialplan action: an application and, mostly, its argument."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AgentConfig(_Written):
    """A simulated agent: how fast they answer, how long they talk, and what the caller hears."""

    name: Annotated[str, Field(min_length=1)]
    contact: str = ""
    """The user that is called; by default the part of the name before `@`."""
    status: Literal["Available", "On Break", "Logged Out"] = "Available"
    answers_after: Annotated[float, Field(ge=0)] | None = 2.0
    """Seconds of ringing; None never answers (the offer fails after `ring_time`)."""
    talks_for: Annotated[float, Field(gt=0)] = 10.0
    """Seconds until the agent hangs up."""
    wrap_up: Annotated[float, Field(ge=0)] = 0.0
    """Seconds after a call before the next one."""
    ring_time: Annotated[float, Field(gt=0)] = 20.0
    """Seconds after which an offer that is not answered goes to somebody else."""
    voice: str = "tone_stream://v=-18;%(350,150,300);%(250,650,420);loops=-1"
    """What the caller hears of the agent: anything that `playback` can play; it is repeated."""


class QueueConfig(_Written):
    """A call-centre queue with its agents."""

    name: Annotated[str, Field(min_length=1)]
    agents: tuple[AgentConfig, ...] = ()
    music: str = "tone_stream://v=-24;%(400,200,440);%(400,200,523);%(400,1200,659);loops=-1"
    """Music on hold."""
    longest_wait: Annotated[float, Field(ge=0)] = 0.0
    """Seconds after which the caller leaves the queue (TIMEOUT); 0 waits without end."""
    longest_wait_without_agents: Annotated[float, Field(ge=0)] = 0.0
    """Seconds after which the caller leaves if nobody is logged in (NO_AGENT_TIMEOUT); 0: no end."""
    overflow_after: Annotated[float, Field(ge=0)] = 0.0
    """Seconds of waiting for each level of a tier: who serves at level 2 is offered whoever has waited twice
    as long (`tier-rule-wait-second` with `tier-rule-wait-multiply-level`); 0: all levels at once."""


def matching(pattern: str, number: str) -> tuple[str, ...] | None:
    """The whole match and its groups if the pattern is for this number: literally, or as a regular
    expression for all of it."""
    if number == pattern:
        return (number, number)
    try:
        found = re.fullmatch(pattern, number)
    except re.error:
        return None
    return None if found is None else (found[0], *(group or "" for group in found.groups()))


class CalleeConfig(_Written):
    """Who answers when that number is called, and how: a person, a machine, or nobody."""

    number: Annotated[str, Field(min_length=1)]
    """Literally, or a regular expression for all of it; the first callee that matches is called."""
    rings: bool = True
    """Whether the telephone says that it rings (180)."""
    early_media: str = ""
    """A sound before the answer (183), such as an announcement; repeated until the answer."""
    answers_after: Annotated[float, Field(ge=0)] | None = 1.0
    """Seconds from the call to the answer, or to the refusal; None: neither ever comes."""
    refuses: str = ""
    """A hang-up cause instead of the answer: USER_BUSY, CALL_REJECTED, UNALLOCATED_NUMBER..."""
    voice: str = ""
    """What is heard after the answer: anything that `playback` can play; by default nothing."""
    repeats: bool = False
    """Whether the voice begins anew at its end: somebody who talks on, not a greeting."""
    keys: Annotated[str, Field(pattern=r"^[0-9*#A-D]*$")] = ""
    """Keys pressed one after the other, from a second after the answer."""
    talks_for: Annotated[float, Field(gt=0)] | None = None
    """Seconds from the answer to the callee's hang-up; None waits for the other side's."""
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    """A call that offers none of them fails with INCOMPATIBLE_DESTINATION."""
    lines: Annotated[int, Field(ge=1)] = 1
    """Calls at once; one more is USER_BUSY."""

    @field_validator("refuses")
    @classmethod
    def _is_cause(cls, value: str) -> str:
        if value and value not in CAUSES:
            raise ValueError(f"no such hang-up cause; one of {', '.join(sorted(CAUSES))}")
        return value

    def matches(self, number: str) -> bool:
        return matching(self.number, number) is not None


class Extension(_Written):
    """Which calls (the number called: literally, or a regular expression for all of it) do what."""

    destination: Annotated[str, Field(min_length=1)]
    actions: Annotated[tuple[Action, ...], Field(min_length=1)]

    def matches(self, number: str) -> tuple[str, ...] | None:
        """The whole match and its groups if `number` is this extension's, else None."""
        return matching(self.destination, number)


class SwitchConfig(_Written):
    """An embedded switch. Addresses are `host:port`; port 0 takes a free one."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,63}$")] = "embedded"
    """Goes into FreeSWITCH-Hostname and FreeSWITCH-Switchname."""
    event_socket: str = "127.0.0.1:8021"
    password: Annotated[str, Field(min_length=8)] = Field(default_factory=lambda: secrets.token_urlsafe(24))
    line: str = "127.0.0.1:8022"
    """Where callers join."""
    extensions: tuple[Extension, ...] = ()
    queues: tuple[QueueConfig, ...] = ()
    callees: tuple[CalleeConfig, ...] = ()
    """Who can be called, beside those who have joined a line to be called."""
    gateways: tuple[str, ...] = ()
    """Names of trunks: `sofia/gateway/NAME/NUMBER` reaches the same callees."""
    recordings: Path | None = None
    """Where recordings with a relative path go; without it they are refused."""
    sounds: Path | None = None
    """Where prompts with a relative path come from."""
    most_calls: Annotated[int, Field(ge=1)] = 1000
    """`max-sessions`: calls at once."""
    calls_per_second: Annotated[int, Field(ge=1)] = 30
    """`sessions-per-second`: new calls in one second."""
    connect_timeout: Annotated[float, Field(gt=0)] = 5.0
    """Seconds of this machine's time to reach a server of the `socket` application."""

    @field_validator("event_socket", "line")
    @classmethod
    def _is_address(cls, value: str) -> str:
        split_address(value)
        return value

    @field_validator("password")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be printable and on one line")
        return value

    def queue(self, name: str) -> QueueConfig | None:
        return next((queue for queue in self.queues if queue.name == name), None)


def split_address(address: str) -> tuple[str, int]:
    """`host:port` as a pair. Raises `ValueError`."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError(f"{address[:80]!r} is no host:port")
    return host.strip("[]"), int(port)


def read_config(source: Path | dict[str, Any]) -> SwitchConfig:
    """The configuration from a JSON file or from its content. Raises `ConfigurationError`."""
    where = f"{source}: " if isinstance(source, Path) else ""
    if isinstance(source, Path):
        try:
            content = json.loads(source.read_text("utf-8"))
        except OSError as fault:
            raise ConfigurationError(
                f"{where}cannot be read ({fault.strerror}); give an existing file"
            ) from None
        except ValueError as fault:
            raise ConfigurationError(f"{where}is not JSON ({fault}); correct it there") from None
    else:
        content = source
    try:
        return SwitchConfig.model_validate(content)
    except ValidationError as fault:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}"
            for problem in fault.errors(include_url=False, include_input=False)
        )
        raise ConfigurationError(f"{where}{problems}") from None
