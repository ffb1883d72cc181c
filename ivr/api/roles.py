"""Who may ask what: the token that comes with a request, its roles, and the guard before each view.

Rules:
1. A view without `needs` is open to everybody; `document` lists those, and a test knows each by name.
2. A token that was never given out, has expired or was revoked is 401, and told which; one of another role
   is 403.
3. Every refusal is in the audit log, by its route and not its path, which may hold a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import g, request

from data.records import ApiToken, AuditEntry
from ivr.api.problems import Problem
from ivr.api.rooms import rooms

View = TypeVar("View", bound=Callable[..., Any])
REFUSED_COSTS = 10.0
"""Requests that one which is refused counts as, for its address."""


class Role(StrEnum):
    """What somebody does in the contact centre."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    COORDINATOR = "coordinator"
    DESIGNER = "designer"
    ADMIN = "admin"
    MONITOR = "monitor"
    """A program that reads `/metrics`, and nothing else."""


@dataclass(frozen=True)
class Asking:
    """Who asks."""

    token: ApiToken

    @property
    def name(self) -> str:
        """As the audit log knows them."""
        return f"api:{self.token.agent or self.token.name}"

    @property
    def roles(self) -> frozenset[Role]:
        """Roles of later releases are none here."""
        return frozenset(Role(role) for role in self.token.roles if role in list(Role))

    @property
    def agent(self) -> str:
        """Which agent they are. Raises `Problem`."""
        if self.token.agent is None:
            raise Problem(
                403,
                "no_agent",
                "This token belongs to no agent",
                remedy="Make one with ivr token create --role agent --agent ID",
            )
        return self.token.agent


def who_asks() -> Asking:
    """Who asks in this request, in a view that `needs` a role."""
    asking: Asking = g.asking
    return asking


def needs(*roles: Role) -> Callable[[View], View]:
    """Lets in whoever has one of the roles; an admin has all of them but an agent's own affairs."""
    allowed = frozenset(roles) if roles == (Role.AGENT,) else frozenset(roles) | {Role.ADMIN}

    def guarding(view: View) -> View:
        @wraps(view)
        def guarded(*words: Any, **named: Any) -> Any:
            g.asking = _let_in(allowed)
            return view(*words, **named)

        guarded.needs = allowed  # type: ignore[attr-defined] # read by `document`
        return guarded  # type: ignore[return-value] # the same signature

    return guarding


def roles_of(view: Callable[..., Any] | None) -> frozenset[Role]:
    """Who may use a view; nobody in particular: everybody may."""
    found: frozenset[Role] = getattr(view, "needs", frozenset())
    return found


def audit(
    action: str,
    what: str,
    *,
    customer_id: UUID | None = None,
    customer_number: str = "",
    call_id: UUID | None = None,
    who: str | None = None,
) -> None:
    """Puts on record that somebody reads or changes personal data; before they are told."""
    here = rooms()
    entry = AuditEntry(
        at=here.now(),
        who=(who or who_asks().name)[:120],
        action=action,
        what=what[:300],
        why=f"{request.method} {_route()}"[:200],
        customer_id=customer_id,
        customer_number=customer_number,
        call_id=call_id,
    )
    here.beside.do(lambda: here.store.audit.note(entry))


def _route() -> str:
    return request.url_rule.rule if request.url_rule is not None else "?"


def _let_in(allowed: frozenset[Role]) -> Asking:
    here, address = rooms(), str(g.address)
    asking = _asking(here.now())
    wait = here.per_token.take(str(asking.token.id))
    if wait:
        raise too_often(wait)
    if not asking.roles & allowed:
        needed = ", ".join(sorted(allowed))
        raise _refused(
            Problem(
                403,
                "other_role",
                "This token may not do that",
                detail=f"It has {', '.join(asking.token.roles)}; needed is one of {needed}",
                remedy="Ask the operator for a token with that role: ivr token create",
            ),
            asking.name,
        )
    token, now = asking.token, here.now()
    if here.is_news(token, now):
        here.beside.do(lambda: here.store.api_tokens.used(token, at=now, address=address))
    return asking


def _asking(now: datetime) -> Asking:
    """Whose token the request brings. Raises `Problem`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unknown("no_token", "A token is needed", "Send Authorization: Bearer and a token", "nobody")
    here = rooms()
    found = here.beside.do(lambda: here.store.api_tokens.find(token.strip()))
    if found is None:
        remedy = "Copy it whole; a new one is made with ivr token create"
        raise _unknown("unknown_token", "This token was never given out", remedy, "unknown token")
    state = found.state(now)
    if state != "good":
        remedy = "Ask the operator for another: ivr token create"
        raise _unknown(f"{state}_token", f"This token is {state}", remedy, f"api:{found.agent or found.name}")
    return Asking(found)


def _unknown(code: str, title: str, remedy: str, who: str) -> Problem:
    challenge = 'Bearer realm="ivr"' + ("" if code == "no_token" else ', error="invalid_token"')
    problem = Problem(401, code, title, remedy=remedy, headers={"WWW-Authenticate": challenge})
    return _refused(problem, who)


def _refused(problem: Problem, who: str) -> Problem:
    rooms().per_address.charge(str(g.address), REFUSED_COSTS - 1)
    audit("refused", f"{problem.document.code} from {g.address}", who=who)
    return problem


def too_often(wait: float) -> Problem:
    """Not now: so many seconds from now."""
    seconds = max(1, round(wait + 0.5))
    return Problem(
        429,
        "too_often",
        "Too many requests",
        remedy=f"Wait {seconds} s; `api.limits` in ivr.yaml are the limits",
        headers={"Retry-After": str(seconds)},
    )
