"""The application: every subject's routes, and what holds for all requests."""

from __future__ import annotations

import json
from ipaddress import ip_address

import gevent
from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest

from esl.sockets import is_allowed
from ivr.api import subjects
from ivr.api.document import PAGE_POLICY, document_of, page_of
from ivr.api.problems import Problem, tell_problems
from ivr.api.roles import too_often
from ivr.api.rooms import EXTENSION, ApiRooms

_OPEN_WITHOUT_TLS = frozenset({"health.health", "health.ready"})
"""What a load balancer asks, from within."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""With every answer. There is no CORS: a page of another site gets nothing from here."""
_WITH_BODY = ("POST", "PUT", "PATCH")


def application(rooms: ApiRooms) -> Flask:
    """The API of a server."""
    app = Flask("ivr.api", static_folder=None)
    app.extensions[EXTENSION] = rooms
    app.config["MAX_CONTENT_LENGTH"] = rooms.settings.api.limits.body
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # Flask's own provider has it
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # a name that begins with a slash is nobody's, and no other page's
    tell_problems(app)
    app.before_request(lambda: _before(rooms))
    app.after_request(_after)
    for blueprint in subjects.ALL:
        app.register_blueprint(blueprint)
    document = document_of(app)
    told, page = json.dumps(document, ensure_ascii=False), page_of(document)

    @app.get("/openapi.json")
    def openapi() -> Response:
        return Response(told, mimetype="application/json")

    @app.get("/docs")
    def docs() -> Response:
        return Response(page, mimetype="text/html", headers={"Content-Security-Policy": PAGE_POLICY})

    return app


def _before(rooms: ApiRooms) -> None:
    """What every request must pass, before anybody asks for its token. Raises `Problem`."""
    settings = rooms.settings.api
    peer = request.remote_addr or ""
    behind_proxy = is_allowed(peer, settings.proxies)
    g.address = _first_stranger(rooms, peer) if behind_proxy else peer
    wait = rooms.per_address.take(g.address)
    if wait:
        raise too_often(wait)
    by_tls = behind_proxy and request.headers.get("X-Forwarded-Proto", "").lower() == "https"
    if settings.require_tls and not by_tls and request.endpoint not in _OPEN_WITHOUT_TLS:
        remedy = "Use https:// and the proxy's address; see docs/api.md"
        raise Problem(403, "tls_required", "This server is asked by HTTPS only", remedy=remedy)
    if request.method in _WITH_BODY:
        _read_body(settings.limits.request_seconds)


def _read_body(seconds: float) -> None:
    """The whole body, and that it is JSON, before anything is done. Raises `Problem` or an HTTP error."""
    with gevent.Timeout(seconds) as late:
        try:
            body = request.get_data(cache=True)
        except gevent.Timeout as over:
            if over is not late:
                raise
            headers = {"Connection": "close"}
            raise Problem(408, "too_slow", "The request did not arrive in time", headers=headers) from None
    if not body:
        return
    try:
        sent = request.get_json()  # 400 or 415, by Flask
    except RecursionError:
        raise BadRequest from None  # brackets within brackets, thousands of them
    if not isinstance(sent, dict):
        raise Problem(422, "unfit", "The body is not an object", remedy="See /openapi.json for its fields")


def _first_stranger(rooms: ApiRooms, peer: str) -> str:
    """From the right, the first address in `X-Forwarded-For` that is not one of our proxies: what stands left
    of it was written by whoever likes."""
    proxies = rooms.settings.api.proxies
    for written in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        try:
            address = str(ip_address(written.strip()))
        except ValueError:
            break
        if not is_allowed(address, proxies):
            return address
    return peer


def _after(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
