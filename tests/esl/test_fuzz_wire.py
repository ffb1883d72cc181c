"""Hostile bytes against the wire: malformed, oversized, truncated, cut anywhere, of real exchanges and none.

A million cases in `make test-long`, a sample in `make test`. A case is one stream, read twice: whole, and in
the pieces in which a network might bring it. Hypothesis composes streams of whole parts, and shrinks what
fails; each is then damaged byte by byte, again and again, from a number that Hypothesis has drawn.
"""

from __future__ import annotations

import random
import time
from functools import cache, partial

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from esl.errors import WireError
from esl.wire import CommandReader, Message, MessageReader, parse_event
from tests.esl import traces

HEADER_LIMIT, BODY_LIMIT = 600, 400
"""Bytes; small, so that cases reach them."""
DAMAGES = 24
"""Cases made of one stream, beside the stream itself."""
STREAMS_PER_BATCH = 2_000
"""Of the long run. Hypothesis remembers what it has tried, so a batch ends before that costs."""


@cache
def real_messages() -> list[bytes]:
    """Short messages of the real switch, whole."""
    found = set()
    for name in traces.NAMES:
        for step in traces.load(name).steps:
            head, blank, _ = step.answer.partition(b"\n\n")
            if len(head) < HEADER_LIMIT:
                found.add(head + blank)
    return sorted(found)[:40]


LINES = [
    b"Content-Type: text/event-plain\n",
    b"Content-Type: command/reply\n",
    b"Content-Type: api/response\n",
    b"Content-Type: text/disconnect-notice\n",
    b"Content-Type: text/rude-rejection\n",
    b"Event-Name: CHANNEL_EXECUTE_COMPLETE\n",
    b"Event-Name: CUSTOM\nEvent-Subclass: callcenter::info\n",
    b"Unique-ID: 0ab3\n",
    b"Reply-Text: %2BOK%0A\n",
    b"Caller-Caller-ID-Name: Eve%0Avariable_vip: true\n",
    b"Caller-Caller-ID-Name: %ff%fe%C3%28%00\n",
    b"_undef_: _undef_\n",
    b": nameless\n",
    b"nothing\n",
    b"\r\n",
    b"\n",
    b"\n\n",
    b"\0\0\0",
    b"%",
]
_LENGTHS = [
    "0",
    "1",
    "3",
    "17",
    "399",
    "400",
    "401",
    "00000003",
    "-1",
    "+3",
    "3 ",
    "1e3",
    "٣",
    "9" * 30,
    "",
    "%33",
]
_pieces = st.one_of(
    st.sampled_from(LINES),
    st.sampled_from(_LENGTHS).map(lambda text: f"Content-Length: {text}\n".encode()),
    st.sampled_from(real_messages()),
    st.binary(max_size=24),
    st.integers(0, 700).map(lambda size: b"x" * size),
)
streams = st.lists(_pieces, max_size=10).map(b"".join)


_TELLING_BYTES = b"\n\n\n\r::% 09-+\0\xff"


def damaged(stream: bytes, order: random.Random) -> bytes:
    """The stream with one place changed, doubled, dropped, or with everything behind it cut off."""
    at, end = sorted((order.randint(0, len(stream)), order.randint(0, len(stream))))
    end = min(end, at + 12)
    match order.randrange(6):
        case 0:
            return stream[:at] + bytes([order.choice(_TELLING_BYTES)]) + stream[at + 1 :]
        case 1:
            return stream[:at] + bytes([order.choice(_TELLING_BYTES)]) + stream[at:]
        case 2:
            return stream[:at] + stream[end:]
        case 3:
            return stream[:end] + stream[at:]
        case 4:
            return stream[:at] + order.choice(LINES) + stream[at:]
        case _:
            return stream[:at] + bytes([order.randrange(256)]) + stream[at + 1 :] if at % 4 else stream[:at]


def outcome(reader: MessageReader | CommandReader, pieces: list[bytes]) -> tuple[list[object], bool]:
    """What was read, and whether it ended in a `WireError`. Nothing else may be raised."""
    read: list[object] = []
    try:
        for piece in pieces:
            read += reader.feed(piece)
    except WireError as fault:
        return [*read, *fault.completed], True
    return read, False


READERS = (
    partial(MessageReader, header_limit=HEADER_LIMIT, body_limit=BODY_LIMIT),
    partial(CommandReader, command_limit=HEADER_LIMIT, body_limit=BODY_LIMIT),
)


def check(stream: bytes, size: int) -> None:
    """One case. Raises `AssertionError`, or what the wire must never raise."""
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    for make in READERS:
        reader = make()
        read, lost = outcome(make(), [stream])
        assert outcome(reader, pieces) == (read, lost)
        assert len(reader._buffer) <= HEADER_LIMIT + BODY_LIMIT + size
        if lost:
            assert outcome(reader, [b"Content-Type: auth/request\n\n"]) == ([], True)
        for message in read:
            if isinstance(message, Message):
                check_event(message)


def check_event(message: Message) -> None:
    """Whatever it carries can be looked at."""
    try:
        event = parse_event(message)
    except WireError:
        return
    for headers in (message.headers, event.headers if event is not None else {}):
        assert all(isinstance(value, str) for value in headers.values())
    assert isinstance(message.text, str)


def run(streams_: int, number: int) -> int:
    """So many streams, other ones for each `number`. Returns the cases made of them."""
    cases = 0

    @seed(number)
    @settings(
        max_examples=streams_,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(streams, st.integers(1, 64), st.integers(0, 2**32))
    def batch(stream: bytes, size: int, damage: int) -> None:
        nonlocal cases
        check(stream, size)
        order = random.Random(damage)
        for _ in range(DAMAGES):
            stream = damaged(stream, order)
            check(stream, size)
        cases += 1 + DAMAGES

    batch()
    return cases


def test_a_sample_of_hostile_streams() -> None:
    """The beginning of the first batch; a case that fails is shrunk and shown."""
    assert run(300, 0) >= 5_000


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_million_hostile_streams() -> None:
    """In batches with seeds of their own, until there are a million."""
    began, cases, number = time.monotonic(), 0, 0
    while cases < 1_000_000:
        number += 1
        cases += run(STREAMS_PER_BATCH, number)
    print(f"\n{cases} hostile streams in {time.monotonic() - began:.0f} s")
