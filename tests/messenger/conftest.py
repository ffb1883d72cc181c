"""Providers for tests: real servers on real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
import pytest
import trustme
from gevent.pywsgi import WSGIServer

from ivr.messenger.message import Message


@dataclass
class Asked:
    """A request as the provider saw it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """An HTTP server that answers as the test says."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    status: str = "200 OK"
    headers: list[tuple[str, str]] = field(default_factory=list)
    answer: Callable[[], Any] = lambda: [b"{}"]

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        told = {name[5:].replace("_", "-").lower(): v for name, v in environ.items() if name[:5] == "HTTP_"}
        told["content-type"] = environ.get("CONTENT_TYPE", "")
        body = environ["wsgi.input"].read()
        self.asked.append(
            Asked(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], told, body)
        )
        start_response(self.status, self.headers)
        return self.answer()


@pytest.fixture
def provider() -> Iterator[Provider]:
    serving = Provider()
    server = WSGIServer(("127.0.0.1", 0), serving.app, log=None, error_log=None)
    server.start()
    serving.url = f"http://127.0.0.1:{server.server_port}/send"
    yield serving
    server.stop(timeout=0)


class MailServer:
    """A mail server in a process of its own."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.messenger.mail_server", json.dumps(wanted)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.port = int(self._line())

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        with gevent.Timeout(10):
            return self._process.stdout.readline()

    def taken(self) -> dict[str, Any]:
        """The next mail that it has taken."""
        mail: dict[str, Any] = json.loads(self._line())
        return mail

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def mail_server() -> Iterator[Callable[..., MailServer]]:
    running: list[MailServer] = []

    def start(**wanted: Any) -> MailServer:
        running.append(MailServer(wanted))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An authority's certificate, and that of `localhost` with its key."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "server.pem")
    )
    return folder / "ca.pem", folder / "server.pem"


@pytest.fixture
def sms() -> Message:
    return Message("m-1", "sms", "+34600111222", "Su saldo es de 142,30 €.", "es", call_id="c-1")


@pytest.fixture
def email() -> Message:
    return Message("m-2", "email", "ana@example.net", "El seu saldo és de 142,30 €.", "ca", call_id="c-1")
