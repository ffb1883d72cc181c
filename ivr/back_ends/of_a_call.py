"""What the write `call_outcome` may tell of a call. Apart, so that a file is checked without the database."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.catalogue import ValueType

CALL_OUTCOME = "call_outcome"
OF_A_CALL: Mapping[str, ValueType] = {
    "call_id": "text",
    "direction": "text",
    "number": "text",
    "customer_number": "text",
    "verified": "text",
    "began": "text",
    "answered": "text",
    "ended": "text",
    "seconds": "number",
    "ended_by": "text",
    "hangup_cause": "text",
    "outcome": "text",
    "flow": "text",
    "language": "text",
    "segment": "text",
}
"""What may stand among its `values`. Text may be empty; moments are ISO 8601 in UTC."""
