"""Recognition on another machine: a real Vosk behind vosk-server's protocol, and servers that misbehave."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import gevent.socket
import pytest

from ivr.config import Settings
from ivr.doctor_speech import engines_elsewhere
from speech.errors import RecognizerLost, RecognizerTimeout
from speech.pyttsx3 import Pyttsx3
from speech.sound import FRAME_BYTES
from speech.vosk_server import VoskServer
from tests.speech.conftest import _model, noise, silence

YES_NO = ("네", "아니요")
ROOT = Path(__file__).resolve().parents[2]


class Servers:
    """One child process with the model; what it does to an utterance stands in its address."""

    def __init__(self, model: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.speech.vosk_server_process", str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert self._process.stdout is not None
        self._address = f"ws://127.0.0.1:{int(self._process.stdout.readline())}"

    def url(self, mode: str = "normal") -> str:
        """Its address, for that behaviour."""
        return f"{self._address}/{mode}"

    def kill(self) -> None:
        """Ends it as a crash would."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """A vosk-server with the Korean model."""
    found = Servers(_model("vosk-ko"))
    yield found
    found.kill()


@pytest.fixture(scope="module")
def yes(speaker: Pyttsx3) -> bytes:
    """ "Yes", in Korean, with silence around it."""
    return silence(0.2) + speaker.speak("네", language="ko") + silence(0.3)


def _recognizer(*urls: str, most: int = 50) -> VoskServer:
    return VoskServer({"ko": list(urls)}, most=most)


def _feed(recognizer: VoskServer, sound: bytes, phrases: tuple[str, ...] = YES_NO):  # type: ignore[no-untyped-def] # an utterance
    utterance = recognizer.open(language="ko", phrases=phrases)
    for place in range(0, len(sound), FRAME_BYTES):
        utterance.feed(sound[place : place + FRAME_BYTES])
    return utterance


def test_words_come_back(servers: Servers, yes: bytes) -> None:
    """Settings, sound, end, answer: the same reading and much the same confidence as by our own workers."""
    recognizer = _recognizer(servers.url())
    recognizer.wait_ready(5)
    heard = _feed(recognizer, yes).finish(20)
    assert (heard.readings[0].text, heard.engine) == ("네", "vosk-server")
    assert heard.readings[0].confidence > 0.8
    assert heard.audio_seconds == pytest.approx(len(yes) / 16000)
    assert recognizer.figures.answered == 1


def test_a_server_without_alternatives_will_do(servers: Servers, yes: bytes) -> None:
    """Older servers know only the best reading."""
    assert _feed(_recognizer(servers.url("plain")), yes).finish(20).readings[0].text == "네"


def test_words_are_there_before_the_end(servers: Servers, yes: bytes) -> None:
    """Partials stream, without decoys."""
    utterance = _feed(_recognizer(servers.url()), yes * 3)
    deadline = time.monotonic() + 30
    while not utterance.so_far and time.monotonic() < deadline:
        gevent.sleep(0.005)  # idling, we would take the core that the engine needs
    assert set(utterance.so_far[0].text.split()) <= set(YES_NO)
    utterance.cancel()


def test_noise_is_no_answer(servers: Servers) -> None:
    """The rejection is ours, wherever Vosk runs."""
    assert _feed(_recognizer(servers.url()), noise(2.0, 800)).finish(20).readings == ()


def test_many_callers_at_once(servers: Servers, yes: bytes) -> None:
    """Each has a connection of its own."""
    recognizer = _recognizer(servers.url())
    calls = [gevent.spawn(lambda: _feed(recognizer, yes).finish(30)) for _ in range(10)]
    assert [call.get(timeout=30).readings[0].text for call in calls] == ["네"] * 10
    assert recognizer.figures.opened == 10


def test_a_broken_connection_costs_no_word(servers: Servers, yes: bytes) -> None:
    """The first server breaks off in the middle: the second hears everything again."""
    recognizer = _recognizer(servers.url("breaks"), servers.url())
    utterance = recognizer.open(language="ko", phrases=YES_NO)
    utterance.feed(yes[:8000])
    gevent.sleep(0)
    utterance.feed(yes[8000:])
    heard = utterance.finish(20)
    assert heard.readings[0].text == "네"
    assert recognizer.figures.repeated == 1
    again = recognizer.open(language="ko", phrases=YES_NO)  # the broken one is left alone now
    again.feed(yes)
    assert again.finish(20).readings[0].text == "네" and recognizer.figures.repeated == 1


def test_a_server_that_stumbles_once_is_asked_again(servers: Servers, yes: bytes) -> None:
    """One server only: a connection that breaks is made anew."""
    assert _feed(_recognizer(servers.url("once")), yes).finish(20).readings[0].text == "네"


def test_a_server_that_hangs_is_late_and_then_left_alone(servers: Servers, yes: bytes) -> None:
    """The deadline is kept; the next utterance is refused at once instead of waiting again."""
    recognizer = _recognizer(servers.url("silent"))
    began = time.monotonic()
    with pytest.raises(RecognizerTimeout, match=r"within 0\.3 s"):
        _feed(recognizer, yes).finish(0.3)
    assert time.monotonic() - began < 10.0  # the server would hang for ever
    with pytest.raises(RecognizerLost, match="did not answer"):
        recognizer.open(language="ko")


def test_what_is_no_vosk_server_is_said(servers: Servers, yes: bytes) -> None:
    """Odd answers, another kind of server, a port where nobody is, an address that is none."""
    with pytest.raises(RecognizerLost, match="no vosk-server's"):
        _feed(_recognizer(servers.url("babble")), yes).finish(20)
    web = gevent.socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            line, _ = web.accept()
            line.recv(4096)
            line.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            line.close()

    server = gevent.spawn(answer)
    try:
        with pytest.raises(RecognizerLost, match="is no vosk-server"):
            _recognizer(f"ws://127.0.0.1:{web.getsockname()[1]}").wait_ready(5)
    finally:
        server.kill()
        port = web.getsockname()[1]
        web.close()
    with pytest.raises(RecognizerLost, match="cannot be reached"):
        _recognizer(f"ws://127.0.0.1:{port}").wait_ready(5)
    with pytest.raises(RecognizerLost, match="write it as ws://"):
        _recognizer("http://10.0.0.6:2700")


def test_more_than_it_may_have_is_refused(servers: Servers, yes: bytes) -> None:
    """Back-pressure: what is under way is served, the next one is refused, and later there is room again."""
    recognizer = _recognizer(servers.url(), most=2)
    first, second = _feed(recognizer, yes), _feed(recognizer, yes)
    with pytest.raises(RecognizerLost, match="busy"):
        recognizer.open(language="ko")
    second.cancel()
    second.cancel()
    assert first.finish(20).readings[0].text == "네"
    assert _feed(recognizer, yes).finish(20).readings[0].text == "네"
    recognizer.close()


def test_the_doctor_asks_the_servers(servers: Servers) -> None:
    """One that answers, one that does not, and a voice that is not there: each with its remedy."""
    speech = {
        "servers": {"es": [servers.url()], "ca": ["ws://127.0.0.1:9"]},
        "piper": {"en": "/nowhere/voice.onnx"},
    }
    settings = Settings.model_validate({"speech": speech})
    found = {finding.what: finding for finding in engines_elsewhere(settings)}
    assert found[f"vosk-server {servers.url()}"].state == "good"
    assert "cannot be reached" in found["vosk-server ws://127.0.0.1:9"].found
    assert found["Piper"].state == "bad" and found["Piper"].remedy


def test_a_server_that_died_is_not_waited_for(servers: Servers, yes: bytes) -> None:
    """Killed in an utterance: the caller is told at once, and goes on by keys. (The last test.)"""
    recognizer = _recognizer(servers.url())
    utterance = _feed(recognizer, yes)
    servers.kill()
    began = time.monotonic()
    with pytest.raises(RecognizerLost):
        utterance.finish(20)
    with pytest.raises(RecognizerLost, match="no vosk-server can be had"):
        recognizer.open(language="ko")
    assert time.monotonic() - began < 10.0  # of the 20 that it was given
