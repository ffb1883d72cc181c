"""Asks a system of the company: what was declared, within the deadline, again where that does no harm.

Rules:
1. `ask` always ends by its deadline and raises nothing: found, missing, slow or failed.
2. Only what merely asks is sent again, after a pause with jitter, and only while there is time for an answer.
3. A reason never repeats what the caller said or what the system answered.
4. What was asked by a sensitive answer is not kept.
5. Where the file says how (`same`), an answer about somebody else than was asked for is none.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

import gevent

from dialogs.results import Failed, Found, Missing, Slow
from ivr.back_ends.answers import found_in, in_json, in_row, insist_on_same, read_fields
from ivr.back_ends.cache import Cache, key_of
from ivr.back_ends.declared import DeclaredLookup, HttpLookup, SqlLookup
from ivr.back_ends.errors import NotAsAgreed, ValueUnfit
from ivr.back_ends.http import Answer
from ivr.back_ends.systems import Connected, Resting
from ivr.back_ends.templates import fill_body, fill_path
from ivr.outside.faults import AnswerUnusable, NotAnswered, NotReached, OutOfTime, SystemFault

FIRST_PAUSE = 0.1
"""Seconds before the first repetition, at most; twice that before the second, and so on."""
LEAST_TIME = 0.1
"""Seconds: with less than that left nothing is sent any more."""
BUSY = frozenset({429, 502, 503, 504})
"""Statuses of a system that may answer the next time."""
LONGEST_VALUE = 200
"""Characters of one thing that is asked by; nobody says more."""


class SystemBusy(NotReached):
    """It says itself that it cannot now."""

    def __init__(self, status: int, wait: float | None) -> None:
        super().__init__(f"answers with the status {status}")
        self.wait = wait


@dataclass
class Inquiry:
    """One declared look-up, and how it is put to its system."""

    name: str
    declared: DeclaredLookup
    system: Connected
    zone: tzinfo
    cache: Cache
    now: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = field(default=random.random)
    pause: Callable[[float], object] = field(default=gevent.sleep)

    def ask(
        self, by: Mapping[str, str], *, deadline: float, sensitive: bool
    ) -> Found | Missing | Slow | Failed:
        """`deadline`: seconds that the flow waits."""
        if set(by) != set(self.declared.by):
            return Failed(f"`{self.name}` is asked by {', '.join(self.declared.by)}")
        kept = self.declared.cache > 0 and not sensitive
        key = key_of(self.name, by)
        if kept and (found := self.cache.get(key)) is not None:
            return found
        own = self.declared.deadline or self.system.declared.deadline
        ends_at = self.now() + min(own, deadline)
        result = self._answer(by, ends_at)
        if kept and isinstance(result, Found):
            self.cache.keep(key, result, self.declared.cache)
        return result

    def _answer(self, by: Mapping[str, str], ends_at: float) -> Found | Missing | Slow | Failed:
        if not all(
            value.strip() and value.isprintable() and len(value) <= LONGEST_VALUE for value in by.values()
        ):
            return Missing()
        try:
            return self._repeatedly(by, ends_at)
        except ValueUnfit:
            return Missing()
        except OutOfTime:
            return Slow()
        except SystemFault as fault:
            return Failed(str(fault) if isinstance(fault, Resting) else f"{self.system.name}: {fault}")

    def _repeatedly(self, by: Mapping[str, str], ends_at: float) -> Found | Missing:
        repeatable = (
            isinstance(self.declared, SqlLookup) or self.declared.get is not None or self.declared.repeatable
        )
        for tried in range(self.declared.retries + 1):
            try:
                return self._once(by, ends_at - self.now())
            except (OutOfTime, Resting, AnswerUnusable):
                raise
            except (NotReached, NotAnswered) as fault:
                wait = self.jitter() * FIRST_PAUSE * 2**tried
                wait = max(wait, getattr(fault, "wait", None) or 0.0)
                again = tried < self.declared.retries and (repeatable or isinstance(fault, NotReached))
                if not again or self.now() + wait + LEAST_TIME > ends_at:
                    raise
                self.pause(wait)
        raise AssertionError("the last try returns or raises")

    def _once(self, by: Mapping[str, str], left: float) -> Found | Missing:
        if left < LEAST_TIME:
            raise OutOfTime("no time left")
        with self.system.asked():
            if isinstance(self.declared, HttpLookup):
                return self._over_http(self.declared, by, left)
            return self._over_sql(self.declared, by, left)

    def _over_http(self, declared: HttpLookup, by: Mapping[str, str], left: float) -> Found | Missing:
        assert self.system.http is not None
        method, path = declared.request
        filled = fill_path(path, by)
        body = None if declared.send is None else fill_body(declared.send, by)
        answer = self.system.http.send(method, filled, body=body, deadline=left)
        insist(answer)
        found = found_in(declared.fields, declared.missing, answer, self.zone)
        if isinstance(found, Found):
            insist_on_same(declared.same, by, in_json(answer.document))
        return found

    def _over_sql(self, declared: SqlLookup, by: Mapping[str, str], left: float) -> Found | Missing:
        assert self.system.sql is not None
        rows = self.system.sql.rows(declared.query, by, deadline=left)
        if not rows:
            return Missing()
        if len(rows) > 1:
            raise NotAsAgreed("is more than one row: let the query choose one (ORDER BY … LIMIT 1)")
        row = dict(rows[0])
        insist_on_same(declared.same, by, in_row(row))
        for name, one in declared.fields.items():
            # SQLite has no other truth than 0 and 1.
            if one.type == "boolean" and (raw := row.get(one.at or name)) in (0, 1) and type(raw) is int:
                row[one.at or name] = bool(raw)
        return Found(read_fields(declared.fields, in_row(row), self.zone))


def insist(answer: Answer) -> None:
    """Raises `SystemBusy` for what may go better the next time, `NotAnswered` for a broken system."""
    if answer.status in BUSY:
        raise SystemBusy(answer.status, answer.wait)
    if answer.status >= 500:
        raise NotAnswered(f"answers with the status {answer.status}")
    if answer.status in (401, 403):
        raise NotReached(f"does not let us in ({answer.status}): look at `auth`")
