"""The HTTP server: gevent's, with an end to every wait.

Rules:
1. A client has `request_seconds` to send a request's head, a keep-alive connection as long to send the next
   one, and as long again for a body (`app`): who drips bytes is cut off.
2. Who does not read is cut off, too: a send may take `SEND_SECONDS`.
3. Stopping takes no new connections, ends the streams, and gives what is under way a moment.
"""

from __future__ import annotations

from typing import Any

import gevent
import structlog
from flask import Flask
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer

from esl import sockets
from esl.errors import AddressTakenError, AddressUnusableError
from ivr.api.settings import ApiSettings
from ivr.errors import ConfigurationError, PortTaken

log = structlog.get_logger(__name__)

SEND_SECONDS = 20.0
_BACKLOG = 256


class _Handler(WSGIHandler):
    """One connection."""

    def handle(self) -> None:
        self.socket.settimeout(SEND_SECONDS)
        super().handle()

    def handle_one_request(self) -> Any:
        server: Any = self.server  # ours, though gevent's types say that it is any
        late = gevent.Timeout(server.request_seconds)
        late.start()
        self._late: gevent.Timeout | None = late
        try:
            return super().handle_one_request()
        except gevent.Timeout as over:
            if over is not late:
                raise
            return None  # no answer: half a request has no right to one, and it may be an attack
        except TimeoutError:
            return None  # they do not read
        finally:
            late.close()

    def get_environ(self) -> Any:
        if self._late is not None:
            self._late.close()  # the head is here; the application has its own limit for the body
        return super().get_environ()

    def log_error(self, msg: str, *args: Any) -> None:
        log.debug("api_request_unreadable", reason=(msg % args if args else msg)[:200])

    def handle_error(self, t: Any, v: Any, tb: Any) -> None:
        if not isinstance(v, OSError):  # a client that is gone is no fault of ours
            log.error("api_connection_fault", exc_info=(t, v, tb))
        self._send_error_response_if_possible(500)  # type: ignore[attr-defined] # missing in the stubs


class _Server(WSGIServer):
    handler_class = _Handler
    request_seconds: float


class HttpServer:
    """Serves an application from `start` to `stop`."""

    def __init__(self, settings: ApiSettings) -> None:
        """Takes the port; nothing is served yet. Raises `PortTaken`, `ConfigurationError`."""
        self._socket, self.address = _bound(settings)
        self._limits = settings.limits
        self._server: _Server | None = None

    def start(self, app: Flask) -> None:
        """Serves that application from now on."""
        sockets.listen(self._socket, self.address, _BACKLOG)
        pool = Pool(self._limits.connections)
        self._server = _Server(self._socket, app, spawn=pool, log=None, error_log=None)
        self._server.request_seconds = self._limits.request_seconds
        self._server.start()
        log.info("api_listening", host=self.address[0], port=self.address[1])

    def stop(self, deadline: float = 2.0) -> None:
        """Accepts no more; what is under way has `deadline` seconds."""
        if self._server is not None:
            self._server.stop(timeout=deadline)
        self._socket.close()


def _bound(settings: ApiSettings) -> tuple[Any, tuple[str, int]]:
    try:
        return sockets.bind((settings.host, settings.port))
    except AddressTakenError as taken:
        raise PortTaken(
            f"Port {settings.port} on {settings.host} is taken",
            "End the program that listens there, set api.port in ivr.yaml, or api.enabled: false",
        ) from taken
    except AddressUnusableError as unusable:
        raise ConfigurationError(
            f"The API cannot listen on {settings.host}:{settings.port} ({unusable})", "Correct api.host"
        ) from unusable
