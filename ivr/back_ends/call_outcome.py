"""Tells the company's system of every call that is over, if `back_ends.yaml` has the write `call_outcome`.

Rules:
1. No flow does it, and no caller prevents it: it is put into the outbox with the call's end, by whoever notes
   that, be it the call's own process, the spool after an outage, or the next start after a crash.
2. Of each end once. A call whose server was lost has a guessed end; if the real one turns up it is told, too.
3. What stands in the path must be known: a call of nobody is not told to `/people/{customer_number}/calls`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from data.ended_calls import EndedCall
from data.outbox import Outbox
from data.records import Errand
from data.store import Store
from ivr.back_ends.declared import DeclaredWrite, HttpWrite
from ivr.back_ends.of_a_call import CALL_OUTCOME
from ivr.back_ends.writing import KIND
from ivr.clock import Clock


def tell_of_ended_calls(store: Store, declared: DeclaredWrite | None, clock: Clock) -> None:
    """From here on each call that ends in this process is told to that system; `None`: to nobody."""
    if declared is None:
        return
    needed = declared.request[1].names if isinstance(declared, HttpWrite) else ()

    def put(connection: Connection, call: EndedCall) -> None:
        values = {name: value for name, value in _values(call).items() if name in declared.values}
        if all(values[name] for name in needed):
            Outbox.put_within(connection, _errand(call, values, clock.utc()))

    store.calls.tells(put)


def _errand(call: EndedCall, values: Mapping[str, str], at: datetime) -> Errand:
    return Errand(
        kind=KIND,
        target=CALL_OUTCOME,
        body={"values": dict(values)},
        idempotency_key=f"call-outcome-{call.call_id}{'-lost' if call.guessed else ''}",
        at=at,
        call_id=call.call_id,
        customer_id=call.customer_id,
    )


def _values(call: EndedCall) -> dict[str, str]:
    return {
        "call_id": str(call.call_id),
        "direction": call.direction,
        "number": call.number,
        "customer_number": call.customer_number,
        "verified": call.verified,
        "began": _moment(call.began),
        "answered": _moment(call.answered),
        "ended": _moment(call.ended),
        "seconds": str(max(0, round((call.ended - call.began).total_seconds()))),
        "ended_by": call.ended_by,
        "hangup_cause": call.hangup_cause,
        "outcome": call.outcome,
        "flow": call.flow,
        "language": call.language,
        "segment": call.segment,
    }


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")
