"""The framing between server and workers: any cut, any content, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.frames import Decoder, FrameFault, encode

_FRAMES = st.lists(
    st.tuples(
        st.dictionaries(st.text(max_size=8), st.text() | st.integers() | st.booleans(), max_size=4),
        st.binary(max_size=400),
    ),
    max_size=5,
)


@given(frames=_FRAMES, size=st.integers(1, 50))
def test_frames_survive_any_cut(frames: list[tuple[dict[str, object], bytes]], size: int) -> None:
    """However the socket cuts the bytes, the same frames come out, in order."""
    stream = b"".join(encode(header, body) for header, body in frames)
    decoder = Decoder()
    found = [f for place in range(0, len(stream), size) for f in decoder.push(stream[place : place + size])]
    assert found == frames


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff\0\0\0\0",
        b"\0\0\0\2\xff\xff\xff\xff{}",
        b"\0\0\0\3\0\0\0\0nul",
        b"\0\0\0\2\0\0\0\0[]",
    ],
)
def test_broken_frames_are_refused(data: bytes) -> None:
    """A length beyond the limit or a header that is no JSON object ends it before memory is taken."""
    with pytest.raises(FrameFault):
        Decoder().push(data)


def test_a_frame_too_long_is_not_sent() -> None:
    """The sender finds out, not the receiver."""
    with pytest.raises(FrameFault):
        encode({"text": "x" * (2 << 20)})
