"""An API on a real socket, with a real database, and clients that are told what goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3

from data.records import NewToken
from data.store import Store
from ivr.agents.roster import Roster
from ivr.agents.written import AgentEntry, PlaceFile
from ivr.api.app import application
from ivr.api.live import LiveCalls
from ivr.api.measures import Measures
from ivr.api.roles import Role
from ivr.api.rooms import ApiRooms
from ivr.api.serving import HttpServer
from ivr.api.settings import ApiLimits, ApiSettings
from ivr.config import DatabaseSettings, Settings
from ivr.queueing.context_desk import Desks
from tests.databases import store_at

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROSTER = Roster(
    agents={
        "1001": AgentEntry(name="Marta", queues={"billing": PlaceFile()}, languages=["es", "ca"]),
        "1002": AgentEntry(name="Joan"),
    }
)


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """The API of a test."""

    rooms: ApiRooms
    http: HttpServer
    clock: list[float] = field(default_factory=lambda: [0.0])
    pool: urllib3.HTTPConnectionPool = field(init=False)

    def __post_init__(self) -> None:
        host, port = self.http.address
        self.pool = urllib3.HTTPConnectionPool(host, port, retries=False, timeout=120.0, maxsize=4)

    @property
    def store(self) -> Store:
        return self.rooms.store

    def token(
        self, *roles: Role, agent: str | None = None, expires: timedelta | None = None, name: str = "test"
    ) -> str:
        """A new token; with these roles."""
        new = NewToken(
            name=name,
            roles=roles,
            agent=agent,
            created_at=NOW,
            created_by="tests",
            expires_at=None if expires is None else NOW + expires,
        )
        return self.store.api_tokens.create(new)[1]

    def ask(
        self,
        path: str,
        token: str = "",
        *,
        method: str = "GET",
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) else None
        if body is not None and data is None:
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        answer = self.pool.request(method, path, body=data, headers=sent)
        return Answer(answer.status, answer.headers, answer.data)

    def wait(self, seconds: float) -> None:
        """Time passes for the rate limits."""
        self.clock[0] += seconds


Serving = Callable[..., Service]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Makes APIs, each on a port of its own; with settings of `api` if need be."""
    open_ones: list[Service] = []

    def serve(customers: int = 0, *, limits: dict[str, Any] | None = None, **api: Any) -> Service:
        store = store_at(tmp_path / "ivr.sqlite3", customers=customers)
        plenty = {"per_token": 10_000, "per_address": 10_000} | (limits or {})
        settings = Settings(
            home=tmp_path,
            database=DatabaseSettings(url=f"sqlite:///{tmp_path}/ivr.sqlite3"),
            api=ApiSettings(port=0, limits=ApiLimits(**plenty), **api),
        )
        clock = [0.0]
        now = lambda: NOW + timedelta(seconds=clock[0])  # noqa: E731 - one moment
        rooms = ApiRooms(
            settings=settings,
            store=store,
            live=LiveCalls(now),
            measures=Measures(),
            desks=Desks(most=settings.api.limits.streams),
            roster=lambda: ROSTER,
            now=now,
            seconds=lambda: clock[0],
        )
        http = HttpServer(settings.api)
        http.start(application(rooms))
        service = Service(rooms, http, clock)
        open_ones.append(service)
        return service

    yield serve
    for one in open_ones:
        one.pool.close()
        one.rooms.desks.close()
        one.http.stop(0.5)
        one.rooms.close()
        one.store.close()


@pytest.fixture
def service(serving: Serving) -> Service:
    """With limits that no test meets by chance."""
    return serving()
