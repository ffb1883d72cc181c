"""What is told when a request cannot be served: RFC 9457 problem documents, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping

import structlog
from flask import Flask, Response, request
from pydantic import BaseModel, Field, ValidationError
from werkzeug.exceptions import HTTPException

from data.errors import DataError
from esl.errors import EslError
from ivr.errors import IvrError

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_REMEDIES = {
    400: ("malformed", "The request cannot be read", "Send well-formed HTTP and JSON"),
    404: ("not_found", "Nothing is at this address", "See /openapi.json for what there is"),
    405: ("method", "This address does not take that method", "See /openapi.json for what there is"),
    408: ("too_slow", "The request did not arrive in time", "Send it at once"),
    413: ("too_large", "The request is too large", "Send less; `api.limits.body` in ivr.yaml is the limit"),
    415: ("media_type", "The body is not JSON", "Send it with Content-Type: application/json"),
    416: ("range", "The recording is shorter than that", "Ask for a range within it"),
}


class ProblemDocument(BaseModel):
    """What went wrong, and what to do about it (RFC 9457)."""

    type: str = Field(description="`urn:ivr:problem:` and the code")
    title: str = Field(description="What went wrong")
    status: int
    code: str = Field(description="Stays the same over releases")
    detail: str = Field(default="", description="What it was in this case")
    remedy: str = Field(default="", description="What to do about it")


class Problem(Exception):
    """A request that is not served. Raised anywhere below a view."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        detail: str = "",
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.headers = dict(headers or {})
        self.document = ProblemDocument(
            type=f"urn:ivr:problem:{code}",
            title=title,
            status=status,
            code=code,
            detail=detail,
            remedy=remedy,
        )


def not_found(what: str, remedy: str = "") -> Problem:
    """Nothing of that name or id."""
    return Problem(404, "not_found", f"There is no {what}", remedy=remedy)


def conflict(code: str, title: str, remedy: str = "") -> Problem:
    """It is not as the request takes it to be."""
    return Problem(409, code, title, remedy=remedy)


def unfit(fault: ValidationError) -> Problem:
    """What was sent is not what the document asks for: every mistake in one line, and no value repeated."""
    told = [f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in fault.errors()]
    return Problem(
        422,
        "unfit",
        "What was sent is not what is asked for",
        detail="; ".join(told)[:1000],
        remedy="See /openapi.json for the fields and their types",
    )


def response_of(problem: Problem) -> Response:
    """The answer that tells it."""
    document = problem.document
    body = json.dumps(document.model_dump(), ensure_ascii=False)
    return Response(body, document.status, problem.headers, mimetype=MEDIA_TYPE)


def tell_problems(app: Flask) -> None:
    """Has every fault of the application told as a problem."""

    @app.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        return response_of(problem)

    @app.errorhandler(HTTPException)
    def _http(fault: HTTPException) -> Response:
        status = fault.code or 500
        code, title, remedy = _REMEDIES.get(status, ("http", fault.name, ""))
        headers = {name: value for name, value in fault.get_headers() if name in ("Allow", "Content-Range")}
        return response_of(Problem(status, code, title, remedy=remedy, headers=headers))

    @app.errorhandler(DataError)
    def _database(fault: DataError) -> Response:
        log.error("api_without_database", reason=str(fault))
        remedy = "Try again in a moment; the operator sees why in the log"
        headers = {"Retry-After": "5"}
        return response_of(
            Problem(503, fault.code, "The database is not there", remedy=remedy, headers=headers)
        )

    @app.errorhandler(EslError)
    def _switch(fault: EslError) -> Response:
        log.error("api_without_switch", reason=str(fault))
        remedy = "Try again in a moment; the operator sees why in the log"
        return response_of(Problem(503, "switch", "The switch does not answer", remedy=remedy))

    @app.errorhandler(IvrError)
    def _ours(fault: IvrError) -> Response:
        log.error("api_failed", code=fault.code, reason=str(fault))
        return response_of(
            Problem(500, fault.code, "This could not be done", remedy="The operator sees why in the log")
        )

    @app.errorhandler(Exception)
    def _fault(_fault: Exception) -> Response:
        log.exception("api_fault", method=request.method, endpoint=request.endpoint)
        remedy = "It is in the server's log: tell the operator when it was"
        return response_of(Problem(500, "fault", "The server has made a mistake", remedy=remedy))
