"""Rasa's adapter and the way back to the built-in engine, against a bad server on real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from click.testing import CliRunner
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from dialogs.effects import Understand
from dialogs.results import Failed, Understood
from ivr.cli import root
from ivr.config import Settings
from ivr.doctor_understanding import rasa_servers
from ivr.understanding.built_in import BuiltIn
from ivr.understanding.examples import OUT_OF_SCOPE
from ivr.understanding.port import Entity, UnderstandingFailed
from ivr.understanding.rasa import Rasa
from ivr.understanding.rasa_place import (
    RasaPlace,
)
from ivr.understanding.settings import SHIPPED, UnderstandingSettings
from ivr.understanding.understanding import AFTER_WAITING, FAILURES, REST, Understanding

MEANING = {
    "text": "dónde está mi pedido",
    "intent": {"name": "order_status", "confidence": 0.91},
    "intent_ranking": [
        {"name": "balance", "confidence": 0.05},
        {"name": "order_status", "confidence": 0.91},
        {"name": OUT_OF_SCOPE, "confidence": 0.04},
    ],
    "entities": [
        {"entity": "product", "value": "router", "start": 0, "end": 5, "confidence_entity": 0.9},
        {"entity": "product", "value": "x", "start": 40, "end": 90},
        {"entity": "amount"},
    ],
}


class Server:
    """What answers instead of Rasa; `answer` gives status and body, and may take its time."""

    def __init__(self) -> None:
        self.answer: Callable[[], tuple[str, bytes]] = lambda: ("200 OK", json.dumps(MEANING).encode())
        self.asked: list[tuple[str, str, Any]] = []
        self._server = WSGIServer(("127.0.0.1", 0), self._serve, log=None, error_log=None, spawn=Pool(20))
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        body = environ["wsgi.input"].read()
        told = json.loads(body) if body else None
        self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], told))
        status, content = self.answer()
        start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
        return [content]

    def stop(self) -> None:
        """Its connections too: a process that is killed leaves none."""
        self._server.stop(timeout=0.1)


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.stop()


def test_a_meaning_comes_ranked_and_with_the_places_of_what_is_named(server: Server) -> None:
    """Entities beyond the text, or without places, are dropped; the text is sent as it is."""
    rasa = Rasa({"es": server.url})
    meaning = rasa.parse('dónde "está" mi pedido', "es", deadline=2)
    assert meaning.intents[0] == ("order_status", 0.91)
    assert [name for name, _ in meaning.intents] == ["order_status", "balance", OUT_OF_SCOPE]
    assert meaning.entities == (Entity("product", "router", 0, 5, 0.9),)
    assert server.asked == [("POST", "/model/parse", {"text": 'dónde "está" mi pedido'})]
    assert rasa.parse("  ", "es").intent == OUT_OF_SCOPE
    rasa.close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", b"<html>"),
        ("200 OK", b"[1, 2]"),
        ("200 OK", b"{}"),
        ("200 OK", b'{"intent": null, "intent_ranking": []}'),
        ("200 OK", b'{"intent_ranking": [{"name": "x", "confidence": "much"}]}'),
        ("200 OK", b" " * 400_000),
        ("500 Oops", b'{"intent": {"name": "x", "confidence": 1}}'),
        ("302 Found", b""),
        ("409 Conflict", b'{"reason": "no model"}'),
    ],
)
def test_what_is_no_meaning_is_a_failure_in_one_line(server: Server, status: str, body: bytes) -> None:
    """Whatever comes back: HTML, no intents, too much, a redirect, a server without a model."""
    server.answer = lambda: (status, body)
    with pytest.raises(UnderstandingFailed) as failed:
        Rasa({"es": server.url}).parse("hola", "es", deadline=2)
    assert "\n" not in str(failed.value)


def test_a_server_that_does_not_answer_costs_the_deadline_and_no_more(server: Server) -> None:
    """One deadline over all of it."""
    server.answer = lambda: gevent.sleep(30) or ("200 OK", b"")
    with gevent.Timeout(5), pytest.raises(UnderstandingFailed, match="within"):
        Rasa({"es": server.url}).parse("hola", "es", deadline=0.1)


def test_a_model_is_asked_for_replaced_and_warmed_up(server: Server) -> None:
    """As Rasa's API has it."""
    rasa = Rasa({"es": server.url})
    server.answer = lambda: ("200 OK", b'{"model_file": "/models/es-1.tar.gz"}')
    assert rasa.version("es") == "es-1.tar.gz"
    server.answer = lambda: ("204 No Content", b"")
    rasa.replace_model("es", "/models/es-2.tar.gz")
    server.answer = lambda: ("200 OK", json.dumps(MEANING).encode())
    rasa.prepare()
    assert [asked[:2] for asked in server.asked] == [
        ("GET", "/status"),
        ("PUT", "/model"),
        ("POST", "/model/parse"),
    ]
    with pytest.raises(UnderstandingFailed, match=r"no Rasa server understands 'ca'"):
        rasa.parse("hola", "ca")


def rasa_of(server: Server, current: str) -> list[str]:
    """A server with a model `current` that takes every other; the models it was told to take."""
    taken: list[str] = []

    def answer() -> tuple[str, bytes]:
        method, target, told = server.asked[-1]
        if (method, target) == ("PUT", "/model"):
            taken.append(Path(told["model_file"]).name)
            return "204 No Content", b""
        if target == "/status":
            return "200 OK", json.dumps({"model_file": taken[-1] if taken else current}).encode()
        return "200 OK", json.dumps(MEANING).encode()

    server.answer = answer
    return taken


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RasaPlace:
    """A home without examples of its own, and the shipped ones' model in a cache that nobody else has."""
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RASA_HOME", str(tmp_path / "rasa"))
    found = RasaPlace()
    found.models.mkdir(parents=True)
    found.model(SHIPPED, "es").write_bytes(b"stands for a trained model")
    return found


def test_a_running_rasa_is_given_the_model_of_the_examples(server: Server, place: RasaPlace) -> None:
    """Once; a server that has it is left alone, and one that goes on with another is told in one line."""
    wanted = place.model(SHIPPED, "es").name
    taken = rasa_of(server, "es-old.tar.gz")
    arguments = ["nlu", "switch", "--language", "es", "--url", server.url]
    done = CliRunner().invoke(root, [*arguments, "--json"])
    assert json.loads(done.stdout.splitlines()[-1]) == {
        **{"language": "es", "before": "es-old.tar.gz", "now": wanted}
    }
    assert taken == [wanted]
    assert ("POST", "/model/parse") in [asked[:2] for asked in server.asked]
    assert "in use already" in CliRunner().invoke(root, arguments).stdout
    assert taken == [wanted]
    deaf = {**MEANING, "model_file": "es-old.tar.gz"}
    server.answer = lambda: ("200 OK", json.dumps(deaf).encode())
    done = CliRunner().invoke(root, arguments)
    assert done.exit_code != 0
    assert f"goes on with es-old.tar.gz instead of {wanted}" in done.stderr


def test_a_rasa_is_not_started_where_something_listens(server: Server, place: RasaPlace) -> None:
    """It would load its model first, and end with a traceback: told at once, with what to do."""
    port = server.url.rpartition(":")[2]
    done = CliRunner().invoke(root, ["nlu", "serve", "--language", "es", "--port", port])
    assert done.exit_code != 0
    assert "ivr nlu switch" in done.stderr
    assert not place.environment.exists()


def test_the_doctor_tells_what_each_rasa_answers_with(server: Server, place: RasaPlace) -> None:
    """Good with the model of the examples; a note, with what to do, with another or without a server."""
    settings = Settings(
        home=Path("/nowhere"),
        understanding=UnderstandingSettings(rasa={"es": server.url, "ca": "http://127.0.0.1:9"}),
    )
    taken = rasa_of(server, "es-old.tar.gz")
    old, gone = rasa_servers(settings)
    assert (old.what, old.state, old.remedy) == ("Rasa es", "note", "ivr nlu switch --language es")
    assert gone.state == "note"
    assert "ivr nlu serve --language ca" in gone.remedy
    taken.append(place.model(SHIPPED, "es").name)
    assert next(rasa_servers(settings)).state == "good"


# --- both together -----------------------------------------------------------------------------------


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time


def asked(text: str = "dónde está mi pedido", deadline: float = 2.0) -> Understand:
    return Understand("reason", text, "es", ("order_status", "pay"), ("product",), "reason", deadline)


def test_rasa_killed_in_mid_call_costs_no_turn(server: Server, built_in: BuiltIn) -> None:
    """The built-in engine answers the same question; Rasa is left alone for a while, and tried again."""
    hand = Hand()
    both = Understanding(built_in, Rasa({"es": server.url}), now=hand.now)
    assert both.parse("dónde está mi pedido", "es", deadline=2).engine == "rasa es"
    server.stop()
    for _ in range(FAILURES):
        meaning = both.parse("dónde está mi pedido", "es", deadline=2)
        assert meaning.engine.startswith("built-in")
        assert meaning.intent == "order_status"
    before = len(server.asked)
    assert both.parse("quiero pagar", "es", deadline=2).intent == "pay"
    assert len(server.asked) == before
    again = Server()
    back = Understanding(built_in, Rasa({"es": again.url}), now=hand.now)
    again.answer = lambda: ("500 Oops", b"{}")
    for _ in range(FAILURES + 2):
        back.parse("hola", "es", deadline=2)
    assert len(again.asked) == FAILURES
    again.answer = lambda: ("200 OK", json.dumps(MEANING).encode())
    hand.time += REST
    assert back.parse("hola", "es", deadline=2).engine == "rasa es"
    again.stop()


def test_a_rasa_that_hangs_leaves_time_for_the_built_in_engine(server: Server, built_in: BuiltIn) -> None:
    """It has half of the deadline; the answer comes within the whole."""
    server.answer = lambda: gevent.sleep(30) or ("200 OK", b"")
    both = Understanding(built_in, Rasa({"es": server.url}), now=Hand().now)
    with gevent.Timeout(5):
        assert both.parse("quiero pagar la factura", "es", deadline=0.6).intent == "pay"


def test_a_sentence_in_parts_waits_once_for_a_rasa_that_hangs(server: Server, built_in: BuiltIn) -> None:
    """Its other parts go to the built-in engine at once; later sentences are Rasa's again."""
    hand = Hand()

    def hang() -> tuple[str, bytes]:
        hand.time += 1.0  # the reply comes as the time is over
        return "500 Oops", b"{}"

    server.answer = hang
    both = Understanding(built_in, Rasa({"es": server.url}), now=hand.now)
    for _ in range(4):
        assert both.parse("quiero pagar la factura", "es", deadline=2.0).intent == "pay"
    assert len(server.asked) == 1
    server.answer = lambda: ("200 OK", json.dumps(MEANING).encode())
    hand.time += AFTER_WAITING
    assert both.parse("hola", "es", deadline=2.0).engine == "rasa es"


def test_a_server_has_rasa_parse_before_the_first_caller_speaks(server: Server, built_in: BuiltIn) -> None:
    """The first sentence takes Rasa longest; one of two that is not there does not keep the other from it."""
    both = Understanding(built_in, Rasa({"ca": "http://127.0.0.1:9", "es": server.url}), now=Hand().now)
    both.prepare()
    with gevent.Timeout(10):
        while not server.asked:
            gevent.idle()
    assert server.asked == [("POST", "/model/parse", {"text": "hola"})]
    both.close()


def test_a_flow_is_told_only_what_it_has_a_use_for(server: Server, built_in: BuiltIn) -> None:
    """Its own intents and entities, never `out_of_scope`; a failure where no engine answers."""
    both = Understanding(built_in, Rasa({"es": server.url}), now=Hand().now)
    assert both.understand(asked()) == Understood((("order_status", 0.91),), {"product": "router"})
    nobody = Understanding(BuiltIn(Path("/nowhere"), Path("/nowhere")), now=Hand().now)
    assert isinstance(nobody.understand(asked()), Failed)
    assert nobody.languages() == ()
