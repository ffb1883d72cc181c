"""The OpenAPI document: valid, complete, and true of what is served."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import BaseModel

from ivr.api.app import application
from ivr.api.document import document_of, operations
from ivr.api.roles import Role, roles_of
from tests.api.conftest import Service

OPEN = {"/health", "/ready", "/openapi.json", "/docs"}
"""What anybody may ask. Whoever adds one thinks twice, here."""


def test_the_document_is_valid_openapi(service: Service) -> None:
    """3.1, by a validator that is not ours; served without a token."""
    document = service.ask("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    validate(document)
    refs = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert refs <= document["components"]["schemas"].keys()


def test_no_two_answers_have_one_name(service: Service) -> None:
    """The document names schemas after their classes: of two with one name, one would be told wrong."""
    application(service.rooms)  # every subject is imported
    seen: dict[str, str] = {}
    left = [BaseModel]
    while left:
        for model in left.pop().__subclasses__():
            left.append(model)
            if model.__module__.startswith("ivr.api.subjects."):
                assert seen.setdefault(model.__name__, model.__module__) == model.__module__
    assert len(seen) > 30


def test_every_route_is_in_the_document_with_its_roles(service: Service) -> None:
    """And nothing else is; a route without a token is on the list of those."""
    app = application(service.rooms)
    document = document_of(app)
    documented = {(path, method.upper()): one for path, method, one in operations(document)}
    served = {
        (re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule), method): app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {path for path, _ in served} - {path for path, _ in documented} == {"/openapi.json", "/docs"}
    assert documented.keys() <= served.keys()
    for (path, method), view in served.items():
        roles = roles_of(view)
        assert bool(roles) == (path not in OPEN), path
        if (path, method) in documented:
            assert documented[path, method].get("x-roles", []) == sorted(roles)
            assert documented[path, method]["summary"]


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.append(value or "")
            if name == "id":
                self.ids.add(value or "")


def test_the_page_fetches_nothing_and_every_link_leads_somewhere(service: Service) -> None:
    """No script, no other host, and a policy that would stop both."""
    answer = service.ask("/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = _Elements()
    page.feed(answer.body.decode())
    assert "script" not in page.tags
    assert "<code>call_offered</code>" in answer.body.decode() and "`" not in answer.body.decode()
    for link in page.links:
        assert link == "/openapi.json" or link.removeprefix("#") in page.ids, link


def test_every_answer_has_the_headers_that_keep_browsers_away(service: Service) -> None:
    """Good ones, refused ones, those of no route; and nothing for pages of other sites."""
    for path in ("/health", "/calls", "/nothing", "/openapi.json"):
        headers = service.ask(path, headers={"Origin": "https://example.net"}).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert not [name for name in headers if name.lower().startswith("access-control")]


def test_a_name_that_begins_with_a_slash_is_not_found_and_leads_nowhere_else(service: Service) -> None:
    """Werkzeug would merge the slashes and answer with a page that leads to another campaign."""
    answer = service.ask("/campaigns/reminders/%2Fspring/status", service.token(Role.COORDINATOR))
    assert (answer.status, answer.json["status"]) == (404, 404)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": document["components"]}


@pytest.mark.parametrize("examples", [2, pytest.param(100, marks=pytest.mark.long)])
def test_whatever_is_sent_the_answer_is_one_that_the_document_tells(service: Service, examples: int) -> None:
    """Never a 5xx, and never a body that is not the documented one, for any path, query or JSON."""
    document = service.ask("/openapi.json").json
    token = service.token(*(role for role in Role if role is not Role.AGENT))
    agent = service.token(Role.AGENT, agent="1001")
    calls = [one for one in operations(document) if one[0] not in ("/agents/me/events", "/flows/check")]

    @settings(
        max_examples=examples * len(calls),
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(calls), st.data())
    def ask(call: tuple[str, str, dict[str, Any]], data: st.DataObject) -> None:
        path, method, operation = call
        query = {}
        for one in operation["parameters"]:
            sent = data.draw(_TEXT | st.integers().map(str) | st.uuids().map(str))
            if one["in"] == "path":
                path = path.replace("{" + one["name"] + "}", _quoted(sent))
            elif data.draw(st.booleans()):
                query[one["name"]] = sent
        body = data.draw(_JSON) if method == "post" else None
        asked = path + ("?" + "&".join(f"{name}={_quoted(value)}" for name, value in query.items()))
        answer = service.ask(
            asked, agent if path.startswith("/agents") else token, method=method.upper(), body=body
        )
        assert answer.status < 500 or answer.json["code"] in ("no_switch", "no_flows"), (asked, answer.body)
        told = operation["responses"].get(str(answer.status))
        if told is None:
            assert answer.status in (400, 404, 415)  # before any route
            return
        for media, content in told.get("content", {}).items():
            if media.endswith("json") and "schema" in content:
                schema = _resolved(document, content["schema"])
                Draft202012Validator(schema).validate(answer.json)

    ask()


def _quoted(text: str) -> str:
    return "".join(f"%{one:02X}" for one in text.encode())
