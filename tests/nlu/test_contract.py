"""What every engine of understanding promises, on each: the built-in one, and Rasa (`make test-rasa`)."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import subprocess

from ivr.understanding.built_in import BuiltIn
from ivr.understanding.evaluating import evaluate, report
from ivr.understanding.examples import read_apart
from ivr.understanding.port import Understander, UnderstandingFailed
from ivr.understanding.rasa import Rasa
from ivr.understanding.rasa_place import RasaPlace
from ivr.understanding.settings import SHIPPED
from ivr.voice import Speaker
from speech.pyttsx3 import CALLER_VOICES
from tests.models import need_model
from tests.serving import Serving

START = 600.0
"""Seconds until Rasa answers on a busy machine: it loads TensorFlow."""
DEADLINE = 20.0
NO_DEAD_AIR = 6.0
"""Seconds within which a turn is answered however busy the machine is."""
TWICE_ASKED = """
flow: main
summary: Asks what is wanted, and once more
languages: [es]
person: a_message
steps:
  - understand: wish
    prompt: {es: "Dígame en qué puedo ayudarle."}
    intents:
      person: {title: {es: hablar con una persona}, then: and_then}
      order_status: {title: {es: saber dónde está su pedido}, then: and_then}
    failed: a_message
    error: a_message
  - understand: and_then
    prompt: {es: "Muy bien. Y qué más desea."}
    intents:
      person: {title: {es: hablar con una persona}, then: done}
      order_status: {title: {es: saber dónde está su pedido}, then: done}
    failed: a_message
    error: a_message
  - id: done
    say: {es: "De acuerdo, lo miramos. Gracias por su llamada."}
    then: the_end
  - id: a_message
    message: billing
    prompt: {es: "Deje su mensaje."}
    thanks: {es: "Gracias."}
    silent: the_end
  - id: the_end
    hangup: normal
"""
"""A flow of two open questions."""


class Served:
    """A real Rasa that serves one model."""

    def __init__(self) -> None:
        place = RasaPlace(tell=print)
        self.model = place.train(SHIPPED, "es")
        place.install()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = place.serving(self.model, port)
        self._surroundings = ExitStack()
        environment = self._surroundings.enter_context(place.surroundings("tests"))
        self._child = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.url = f"http://127.0.0.1:{port}"
        self.rasa = Rasa({"es": self.url})
        self._wait()

    def _wait(self) -> None:
        ends = time.monotonic() + START
        while True:
            try:
                self.rasa.version("es")
                self.rasa.prepare()
                return
            except UnderstandingFailed:
                assert self._child.poll() is None, "Rasa has ended by itself"
                assert time.monotonic() < ends, "Rasa does not come up"
                gevent.sleep(1)

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()
        self._surroundings.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    if not os.environ.get("TEST_RASA"):
        pytest.skip("Rasa itself is tested by `make test-rasa`")
    found = Served()
    yield found
    found.kill()
    found.rasa.close()


@pytest.fixture(
    params=["built-in", pytest.param("rasa", marks=pytest.mark.rasa)],
)
def engine(request: pytest.FixtureRequest) -> Understander:
    if request.param == "rasa":
        real: Served = request.getfixturevalue("served")
        return real.rasa
    built: BuiltIn = request.getfixturevalue("built_in")
    return built


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("cuánto debo", "balance"),
        ("quiero pagar la factura", "pay"),
        ("quiero hablar con una persona", "person"),
        ("dónde está mi pedido", "order_status"),
        ("no me funciona internet", "new_ticket"),
    ],
)
def test_it_understands_what_it_was_trained_on(engine: Understander, said: str, intent: str) -> None:
    """With a confidence that flows take without asking back."""
    meaning = engine.parse(said, "es", deadline=DEADLINE)
    assert meaning.intent == intent
    assert meaning.confidence > 0.7


def test_confidences_are_ranked_and_make_sense(engine: Understander) -> None:
    """The likeliest first, none beyond 1, at most 1 in all."""
    sure = [confidence for _, confidence in engine.parse("eh mi pedido", "es", deadline=DEADLINE).intents]
    assert sure == sorted(sure, reverse=True)
    assert sum(sure) <= 1.01


def test_what_is_named_comes_with_its_place_and_its_usual_name(engine: Understander) -> None:
    """The letters are those of the text."""
    text = "no me funciona el router"
    found = engine.parse(text, "es", deadline=DEADLINE).entities
    assert [(one.name, one.value, text[one.begin : one.end]) for one in found] == [
        ("product", "router", "router")
    ]


@pytest.mark.parametrize(
    "text", ["", "¿?", "a" * 20_000, "네 주문이", "'; DROP TABLE calls; --", "{x} ${y}\x00\u202e"]
)
def test_whatever_comes_is_answered(engine: Understander, text: str) -> None:
    """Never an exception of a library, never a hang."""
    meaning = engine.parse(text, "es", deadline=DEADLINE)
    assert all(0 <= sure <= 1 for _, sure in meaning.intents)


def test_another_language_is_refused_in_one_line(engine: Understander) -> None:
    """With what to do."""
    with pytest.raises(UnderstandingFailed):
        engine.parse("hola", "ko", deadline=DEADLINE)


def test_it_understands_what_it_was_not_trained_on(engine: Understander) -> None:
    """The bar of the contract is low: the figures of each engine are in docs/measurements.md."""
    found = report(evaluate(engine, read_apart(SHIPPED, "es").sentences, "es"))
    assert found["ranked_first"] >= 0.75
    print(found)


@pytest.mark.rasa
@pytest.mark.timeout(3600)
def test_rasa_takes_another_model_while_it_answers(served: Served) -> None:
    """The same one here: what counts is that no question fails meanwhile."""
    replacing = gevent.spawn(served.rasa.replace_model, "es", str(served.model), deadline=START)
    answered = 0
    while not replacing.ready():
        assert served.rasa.parse("cuánto debo", "es", deadline=START).intent == "balance"
        answered += 1
    replacing.get()
    assert answered > 0


@pytest.mark.rasa
@pytest.mark.timeout(3600)
def test_rasa_killed_in_mid_call_costs_no_turn(served: Served, models: Path, tmp_path: Path) -> None:
    """The last test, a spoken call to `ivr serve`: Rasa understands the first answer, is killed between the
    second question and its answer, and the built-in engine understands that in the same turn."""
    need_model("whisper-base")
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "main.flow.yaml").write_text(TWICE_ASKED, "utf-8")
    (tmp_path / "flows" / "catalogue.yaml").write_text("queues: [billing]\n", "utf-8")
    understanding = {"RASA": json.dumps({"es": served.url}), "MODELS": str(models), "PREPARE": "true"}
    speech = {"ENGINE": "whisper", "PREPARE": "true"}
    serving = Serving(
        tmp_path,
        **{f"IVR_UNDERSTANDING__{name}": value for name, value in understanding.items()},
        **{f"IVR_SPEECH__{name}": value for name, value in speech.items()},
        IVR_LOG__FORMAT="json",
    )
    speaker = Speaker(CALLER_VOICES)
    try:
        with serving.caller("34600111222") as caller:
            caller.wait_until_quiet(timeout=DEADLINE * 3)
            caller.speak(speaker.speak("quiero hablar con una persona", "es"))
            caller.wait_until_quiet(timeout=DEADLINE * 3)
            (first,) = understood(serving)
            assert (first["engine"], first["intent"]) == ("rasa es", "person")
            served.kill()
            said = caller.speak(speaker.speak("cuándo llega mi paquete", "es"))
            caller.wait_until_quiet(timeout=DEADLINE * 3)
            _, second = understood(serving)
            assert second["engine"].startswith("built-in")
            assert second["intent"] == "order_status"
            assert "understanding_fell_back" in serving.log.read_text("utf-8")
            waited = caller.response_latency(said.end)
            assert waited is not None and waited < NO_DEAD_AIR
            print(f"answered {waited:.2f} s after the caller's last word")
    finally:
        speaker.close()
        serving.end()


def understood(serving: Serving) -> list[dict[str, Any]]:
    """What a server's log tells of each sentence that was understood."""
    lines = serving.log.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if '"understood"' in line]


def test_the_lock_of_rasa_is_whole() -> None:
    """Every package with its hashes, and none from elsewhere than a registry."""
    lines = (Path(SHIPPED).parents[1] / "ivr" / "understanding" / "rasa.lock").read_text("utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert any(line.startswith("rasa==3.6.21 ") for line in pinned)
    assert all("==" in line for line in pinned)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pinned)
