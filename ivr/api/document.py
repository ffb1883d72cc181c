"""The OpenAPI 3.1 document of the routes, and a page that shows it to people.

`answers` is how a view says what it takes and gives; spectree checks the one, writes both down. Why spectree:
docs/decisions/api.md.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import wraps
from html import escape
from typing import Any, TypeVar

from flask import Flask
from pydantic import BaseModel, ValidationError
from spectree import SpecTree
from spectree.models import SecureType, SecurityScheme, SecuritySchemeData
from spectree.response import Response as Answers

from ivr.api.problems import MEDIA_TYPE, ProblemDocument, unfit
from ivr.api.roles import roles_of

View = TypeVar("View", bound=Callable[..., Any])
VERSION = "1"
"""Of the interface: a change that breaks a client is another one, beside this one."""
_SCHEME = "token"
_PROBLEM = {"$ref": "#/components/schemas/ProblemDocument"}


def _refuse(_request: Any, _answer: Any, fault: Exception | None, _instance: Any, _adapter: Any) -> None:
    if isinstance(fault, ValidationError):
        raise unfit(fault) from None


def _own_mistake(_request: Any, _answer: Any, fault: Exception | None, _instance: Any, _adapter: Any) -> None:
    if fault is not None:
        raise fault  # told as ours, never the values


def _name(model: type[Any]) -> str:
    return str(model.__name__)


_SPEC = SpecTree(
    "flask",
    mode="strict",
    before=_refuse,
    after=_own_mistake,
    validation_error_status=422,
    validation_error_model=ProblemDocument,
    naming_strategy=_name,
    nested_naming_strategy=lambda _parent, child: child,
    annotations=False,
    title="IVR",
    version=VERSION,
    page_templates={},
    security_schemes=[
        SecurityScheme(
            name=_SCHEME,
            data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer", description="`ivr token create`"),
        )
    ],
)


def answers(
    model: type[BaseModel] | None = None,
    *,
    tag: str,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    status: int = 200,
    media: str = "application/json",
    parameters: dict[str, str] | None = None,
    problems: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Says what a view gives (`model`, as `media`) and takes. What was sent is `request.context.query` and
    `request.context.json`; what is not as asked for never reaches the view. `problems`: statuses beyond
    those that any request may end with."""
    codes: dict[str, Any] = {f"HTTP_{status}": model}
    codes.update({f"HTTP_{code}": ProblemDocument for code in problems})

    def documenting(view: View) -> View:
        documented: View = _SPEC.validate(
            query=query,
            json=body,
            resp=Answers(**codes),
            tags=[tag],
            path_parameter_descriptions=parameters,
        )(view)
        if media == "application/json":
            return documented

        @wraps(view)
        def streaming(*words: Any, **named: Any) -> Any:
            return view(*words, **named)

        # spectree would read the whole of an answer to look at it, and a stream has no end.
        streaming.__wrapped__ = documented
        streaming.media = media  # type: ignore[attr-defined] # read below
        return streaming  # type: ignore[return-value] # the same signature

    return documenting


def document_of(app: Flask) -> dict[str, Any]:
    """The document of all routes of the application that say what they give."""
    _SPEC.app = app
    with app.test_request_context():
        # Made for the first application and kept by spectree; the others have the same routes.
        document: dict[str, Any] = deepcopy(_SPEC.spec)
    document["components"]["schemas"].setdefault("ProblemDocument", ProblemDocument.model_json_schema())
    for path, method, operation in operations(document):
        view = _view_of(app, path, method)
        _tell_roles(operation, view)
        for code, answer in operation["responses"].items():
            if code.startswith("2"):
                _tell_media(answer, getattr(view, "media", "application/json"))
            else:
                answer["content"] = {MEDIA_TYPE: {"schema": _PROBLEM}}
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each with its path and its method."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _view_of(app: Flask, path: str, method: str) -> Callable[..., Any] | None:
    for rule in app.url_map.iter_rules():
        if _as_documented(rule.rule) == path and method.upper() in (rule.methods or ()):
            return app.view_functions[rule.endpoint]
    return None


def _as_documented(rule: str) -> str:
    """`/calls/<uuid:call_id>` as OpenAPI writes it."""
    parts = [
        "{" + part[1:-1].rpartition(":")[2] + "}" if part.startswith("<") else part
        for part in rule.split("/")
    ]
    return "/".join(parts)


def _tell_roles(operation: dict[str, Any], view: Callable[..., Any] | None) -> None:
    roles = sorted(roles_of(view))
    told: dict[str, str] = {"429": "Too many requests", "503": "The database or the switch is not there"}
    if roles:
        operation["security"] = [{_SCHEME: []}]
        operation["x-roles"] = roles
        operation["description"] = f"{operation['description']}\n\nFor: {', '.join(roles)}.".strip()
        told |= {"401": "No token, or one that is not good", "403": "A token of another role"}
    for code, text in told.items():
        operation["responses"].setdefault(code, {"description": text})


def _tell_media(answer: dict[str, Any], media: str) -> None:
    content = answer.get("content", {})
    if media != "application/json":
        answer["content"] = {media: content.get("application/json", {"schema": {"type": "string"}})}


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h2{margin-top:2.5rem;border-bottom:1px solid #ccc}h3{margin-bottom:.2rem}code{background:#f2f2f2;"
    "padding:.1em .3em}table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #ccc;"
    "padding:.2rem .6rem;text-align:left;vertical-align:top}.who{color:#555}"
    "@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}code{background:#2a2a2a}"
    "td,th,h2{border-color:#444}.who{color:#aaa}a{color:#8bf}}"
)
PAGE_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: its own style, no script, nothing from anywhere."""


def page_of(document: dict[str, Any]) -> str:
    """The document for people: one page of plain HTML that fetches nothing."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>IVR: the interface</title>"
        "<meta name=viewport content='width=device-width'>"
        f"<style>{_STYLE}</style><h1>The interface</h1>"
        "<p>Machine-readable: <a href='/openapi.json'>/openapi.json</a>. Make a token with "
        "<code>ivr token create</code> and send it as <code>Authorization: Bearer …</code>.</p>"
    ]
    tag = ""
    listed = sorted(operations(document), key=lambda one: (one[2]["tags"][0], one[0], one[1]))
    for path, method, operation in listed:
        if operation["tags"][0] != tag:
            tag = operation["tags"][0]
            parts.append(f"<h2>{escape(tag)}</h2>")
        parts.append(_operation(path, method, operation))
    parts.append("<h2>Documents</h2>")
    schemas = document["components"]["schemas"]
    parts += [_schema(name, schemas[name]) for name in sorted(schemas)]
    return "".join(parts)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = [
        (f"<code>{escape(one['name'])}</code>", _type(one["schema"]), _in_words(one.get("description", "")))
        for one in operation["parameters"]
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        rows.append(("body", _type(body["schema"]), ""))
    for code, answer in operation["responses"].items():
        for media, content in answer.get("content", {"": {}}).items():
            if code.startswith("2"):
                kind = _type(content.get("schema", {}))
                rows.append((code, kind, escape(f"{answer['description']} {media}".strip())))
    who = ", ".join(operation.get("x-roles", ())) or "everybody, without a token"
    return (
        f"<h3><code>{method.upper()} {escape(path)}</code></h3><p>{_in_words(operation['summary'])} "
        f"<span class=who>({escape(who)})</span></p>{_table(rows)}"
    )


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = [
        (f"<code>{escape(field)}</code>", _type(one), _in_words(one.get("description", "")))
        for field, one in schema.get("properties", {}).items()
    ]
    about = _in_words(schema.get("description", ""))
    return f"<h3 id='{escape(name)}'>{escape(name)}</h3><p>{about}</p>{_table(rows)}"


def _in_words(text: str) -> str:
    """What a docstring says, with its names set as names."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = "".join(f"<tr><td>{name}<td>{kind}<td>{text}" for name, kind, text in rows)
    return f"<table>{cells}</table>" if rows else ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"<a href='#{escape(name)}'>{escape(name)}</a>"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(escape(str(one)) for one in schema["enum"])
    return escape(" ".join(filter(None, (str(schema.get("type", "")), schema.get("format", "")))))
