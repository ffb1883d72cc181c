"""Live audio over a websocket on whole calls: heard while a prompt plays, lost without harm, begun again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gevent.queue import Queue

from esl.audio_socket import AudioSocket
from esl.switch import FRAME_BYTES, Call, Digit, ListeningLost
from tests.calls.streamed import streaming_place
from tests.contract.on_embedded import EmbeddedPlace, LineCaller
from tests.contract.place import Session, arrived, wav
from tests.embedded.audio_stream import NAME, Stream
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import noise

HALF = 0.5
"""Of what is said; the telephone, the switch and the server share one busy process here."""


def stream_of(place: EmbeddedPlace) -> Stream:
    """The only leg's stream, on the switch's side."""
    (leg,) = place.switch.sessions.values()
    stream = leg.media.recordings[NAME]
    assert isinstance(stream, Stream)
    return stream


@contextmanager
def answered(
    folder: Path, *, module: bool = True
) -> Iterator[tuple[EmbeddedPlace, AudioSocket, LineCaller, Session]]:
    """A caller on the line, and our side of the call, which listens."""
    sessions: Queue[Session] = Queue()

    def live(call: Call) -> None:
        session = Session(call)
        sessions.put(session)
        session.done.wait()

    with streaming_place(folder, live, module=module) as (place, audio):
        caller = place.caller()
        caller.call()
        session = sessions.get(timeout=5)
        session.call.answer()
        session.call.start_listening()
        try:
            yield place, audio, caller, session
        finally:
            session.let_go()


def test_the_caller_is_heard_while_a_prompt_plays(tmp_path: Path) -> None:
    """All of it, and nothing of the prompt; hang-up is the end, and no loss."""
    said = noise(1.0, seed=1)
    with answered(tmp_path) as (place, audio, caller, session):
        session.hear(FRAME_BYTES * 5)
        stream = stream_of(place)
        session.call.play([wav(place.folder / "prompt.wav", noise(3.0, seed=2))])
        caller.say(said)
        session.hear(len(session.audio) + len(said) + FRAME_BYTES * 20)
        session.call.stop_playing()
        caller.hang_up()
        session.hung_up()
        heard = bytes(session.audio)
        assert stream.taken.startswith(heard)  # to the sample, from the first one on
        assert arrived(said, heard) > HALF
        assert arrived(noise(3.0, seed=2), heard) == 0
        assert not [event for _, event in session.events if isinstance(event, ListeningLost)]
        assert audio.following == 0


def test_listening_ends_and_begins_again(tmp_path: Path) -> None:
    """Around a queue: nothing is heard in between, and afterwards again, by a new token."""
    with answered(tmp_path) as (_, audio, caller, session):
        session.hear(FRAME_BYTES * 5)
        wait_until(lambda: not session.call.inbox.empty(), 5, "a frame that nobody has read")
        session.call.stop_listening()
        before = len(session.audio)
        session.listen(0.15)
        assert len(session.audio) == before
        session.call.start_listening()
        session.hear(before + FRAME_BYTES * 5)  # the new stream is there before anybody speaks
        said = noise(0.4, seed=3)
        caller.say(said)
        session.hear(before + len(said) + FRAME_BYTES * 20)
        assert arrived(said, bytes(session.audio[before:])) > HALF
        assert audio.following == 1


def test_a_stream_that_breaks_leaves_the_keys(tmp_path: Path) -> None:
    """The connection dies in the middle of the call: told once, and keys go on being heard."""
    with answered(tmp_path) as (place, _, caller, session):
        session.hear(FRAME_BYTES * 5)
        stream = stream_of(place)
        assert stream.module is not None
        stream.module.vanish()
        lost = session.until(lambda each: isinstance(each, ListeningLost))
        assert isinstance(lost, ListeningLost)
        caller.press("4")
        assert session.until(lambda each: isinstance(each, Digit)) == Digit("4")


def test_a_switch_without_the_module_leaves_the_keys(tmp_path: Path) -> None:
    """It says that it does not know the command; the call goes on."""
    with answered(tmp_path, module=False) as (_, audio, caller, session):
        lost = session.until(lambda each: isinstance(each, ListeningLost))
        assert isinstance(lost, ListeningLost)
        assert "uuid_audio_stream" in lost.reason
        wait_until(lambda: audio.following == 0, 2, "no tap left")
        caller.press("4")
        assert session.until(lambda each: isinstance(each, Digit)) == Digit("4")
