"""Why a leg ended, by FreeSWITCH's names and numbers, and what SIP said of it."""

from __future__ import annotations

CAUSES = {
    "NONE": 0,
    "UNALLOCATED_NUMBER": 1,
    "NO_ROUTE_DESTINATION": 3,
    "NORMAL_CLEARING": 16,
    "USER_BUSY": 17,
    "NO_USER_RESPONSE": 18,
    "NO_ANSWER": 19,
    "SUBSCRIBER_ABSENT": 20,
    "CALL_REJECTED": 21,
    "NUMBER_CHANGED": 22,
    "EXCHANGE_ROUTING_ERROR": 25,
    "DESTINATION_OUT_OF_ORDER": 27,
    "INVALID_NUMBER_FORMAT": 28,
    "NORMAL_UNSPECIFIED": 31,
    "NORMAL_CIRCUIT_CONGESTION": 34,
    "NETWORK_OUT_OF_ORDER": 38,
    "NORMAL_TEMPORARY_FAILURE": 41,
    "SWITCH_CONGESTION": 42,
    "REQUESTED_CHAN_UNAVAIL": 44,
    "FACILITY_NOT_SUBSCRIBED": 50,
    "OUTGOING_CALL_BARRED": 52,
    "INCOMING_CALL_BARRED": 54,
    "BEARERCAPABILITY_NOTAUTH": 57,
    "SERVICE_UNAVAILABLE": 63,
    "CHAN_NOT_IMPLEMENTED": 66,
    "SERVICE_NOT_IMPLEMENTED": 79,
    "INCOMPATIBLE_DESTINATION": 88,
    "MANDATORY_IE_MISSING": 96,
    "RECOVERY_ON_TIMER_EXPIRE": 102,
    "INTERWORKING": 127,
    "SUCCESS": 142,
    "ORIGINATOR_CANCEL": 487,
    "LOSE_RACE": 702,
    "MANAGER_REQUEST": 703,
    "BLIND_TRANSFER": 800,
    "ATTENDED_TRANSFER": 801,
    "ALLOTTED_TIMEOUT": 802,
    "MEDIA_TIMEOUT": 804,
    "PICKED_OFF": 805,
    "USER_NOT_REGISTERED": 806,
    "PROGRESS_TIMEOUT": 807,
    "INVALID_GATEWAY": 808,
    "GATEWAY_DOWN": 809,
    "INVALID_URL": 810,
    "INVALID_PROFILE": 811,
    "UNWANTED": 819,
}
"""Hang-up causes with their codes, Q.850 up to 127 (switch_types.h, `switch_call_cause_t`)."""

SIP_STATUS = {
    "UNALLOCATED_NUMBER": 404,
    "USER_BUSY": 486,
    "NO_USER_RESPONSE": 480,
    "CALL_REJECTED": 603,
    "INVALID_NUMBER_FORMAT": 484,
    "INCOMPATIBLE_DESTINATION": 488,
    "NORMAL_TEMPORARY_FAILURE": 503,
    "NORMAL_CIRCUIT_CONGESTION": 503,
    "SWITCH_CONGESTION": 503,
    "SERVICE_UNAVAILABLE": 503,
    "UNWANTED": 607,
    "USER_NOT_REGISTERED": 404,
    "NUMBER_CHANGED": 410,
}
"""The final response with which a far end refuses, by the cause that it becomes (sofia.c,
`sofia_glue_sip_cause_to_freeswitch`); congestion arrives as 503 with its Q.850 reason."""


def cause_named(name: str | None) -> str:
    """The cause of that name or Q.850 number; what nobody knows is NORMAL_CLEARING."""
    text = (name or "").strip().upper()
    if text.isdigit():
        return next((cause for cause, code in CAUSES.items() if str(code) == text), "NORMAL_CLEARING")
    return text if text in CAUSES else "NORMAL_CLEARING"
