"""What a call came to, by the switch's hang-up cause. Pure.

Source of the causes: FreeSWITCH's `switch_types.h` and `sofia_glue_sip_cause_to_freeswitch`; seen in
tests/traces/originate-outcomes-inbound.esl.
"""

from __future__ import annotations

from collections.abc import Mapping

from data.records.dialling import DialResult

_CAUSES: Mapping[DialResult, tuple[str, ...]] = {
    "busy": ("USER_BUSY",),
    "no_answer": ("NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT"),
    "rejected": ("CALL_REJECTED",),
    "invalid": ("UNALLOCATED_NUMBER", "INVALID_NUMBER_FORMAT", "NUMBER_CHANGED"),
    "unwanted": ("UNWANTED",),
    "cancelled": ("ORIGINATOR_CANCEL",),
    "congestion": (
        "NORMAL_TEMPORARY_FAILURE",
        "NORMAL_CIRCUIT_CONGESTION",
        "SWITCH_CONGESTION",
        "REQUESTED_CHAN_UNAVAIL",
        "SERVICE_UNAVAILABLE",
        "RECOVERY_ON_TIMER_EXPIRE",
    ),
    "trunk": (
        "GATEWAY_DOWN",
        "INVALID_GATEWAY",
        "INVALID_PROFILE",
        "INVALID_URL",
        "CHAN_NOT_IMPLEMENTED",
        "OUTGOING_CALL_BARRED",
        "NETWORK_OUT_OF_ORDER",
        "EXCHANGE_ROUTING_ERROR",
        "INTERWORKING",
        "INCOMPATIBLE_DESTINATION",
        "SERVICE_NOT_IMPLEMENTED",
        "PROTOCOL_ERROR",
        "MANDATORY_IE_MISSING",
    ),
}
_BY_CAUSE = {cause: result for result, causes in _CAUSES.items() for cause in causes}
_NOT_LET_OUT = frozenset({"401", "403", "407"})
"""SIP responses that FreeSWITCH tells as CALL_REJECTED, and that are the trunk's word, not the callee's."""
_TIMES_OUT = frozenset({"NO_ANSWER", "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT"})
OUR_SIDE: frozenset[DialResult] = frozenset({"congestion", "trunk"})
"""It never got out of the house: no contact, none of the person's attempts; the trunk may be ill."""


NEEDS_MORE = frozenset({"CALL_REJECTED", *_CAUSES["no_answer"]})
"""Causes that are told apart by what else is known of the leg."""


def result_of(cause: str, sip_status: str = "", *, progressed: bool = True) -> DialResult:
    """What a call that nobody answered came to. `sip_status`: `sip_term_status`, if it is known;
    `progressed`: whether anything was heard of the other end."""
    result = _BY_CAUSE.get(cause, "unreachable")
    # No telephone rang, and nobody refused: a trunk that is dead is silent, and would burn the whole list.
    if cause in _TIMES_OUT and not progressed and not sip_status:
        return "congestion"
    if result == "rejected" and sip_status in _NOT_LET_OUT:
        return "trunk"
    return result
