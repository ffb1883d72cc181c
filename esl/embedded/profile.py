"""Who calls whom, as FreeSWITCH keeps it: the caller profile (`Caller-*` lines of events), and its times.

Names and order are those of a SIP leg of FreeSWITCH 1.11 (tests/traces). There is no SIP behind it; addresses
are loopback. The variables of such a leg: `esl.embedded.leg_variables`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace


@dataclass
class Times:
    """When things happened to a leg: microseconds since the epoch, 0 if they have not."""

    profile_created: int = 0
    created: int = 0
    answered: int = 0
    progress: int = 0
    progress_media: int = 0
    hangup: int = 0
    transfer: int = 0
    resurrect: int = 0
    bridged: int = 0
    last_hold: int = 0
    hold_accum: int = 0

    def lines(self, prefix: str) -> Iterator[tuple[str, str]]:
        yield f"{prefix}-Profile-Created-Time", str(self.profile_created)
        yield f"{prefix}-Channel-Created-Time", str(self.created)
        yield f"{prefix}-Channel-Answered-Time", str(self.answered)
        yield f"{prefix}-Channel-Progress-Time", str(self.progress)
        yield f"{prefix}-Channel-Progress-Media-Time", str(self.progress_media)
        yield f"{prefix}-Channel-Hangup-Time", str(self.hangup)
        yield f"{prefix}-Channel-Transfer-Time", str(self.transfer)
        yield f"{prefix}-Channel-Resurrect-Time", str(self.resurrect)
        yield f"{prefix}-Channel-Bridged-Time", str(self.bridged)
        yield f"{prefix}-Channel-Last-Hold", str(self.last_hold)
        yield f"{prefix}-Channel-Hold-Accum", str(self.hold_accum)


@dataclass
class CallerProfile:
    """The `Caller-*` lines of an event (switch_caller.c, `switch_caller_profile_event_set_data`)."""

    unique_id: str
    channel_name: str
    direction: str
    caller_id_number: str
    caller_id_name: str
    destination_number: str
    username: str = ""
    dialplan: str = ""
    callee_id_name: str = ""
    callee_id_number: str = ""
    network_addr: str = "127.0.0.1"
    ani: str = ""
    source: str = "mod_sofia"
    transfer_source: str = ""
    rdnis: str = ""
    """The number that was called before a transfer."""
    context: str = "public"
    logical_direction: str = ""
    index: str = "1"
    first_caller_id_name: str | None = None
    """Before who was called became who calls; None if that has not happened."""
    first_caller_id_number: str | None = None
    times: Times = field(default_factory=Times)

    @staticmethod
    def _first(before: str | None, now: str) -> str:
        return now if before is None else before

    def lines(self, prefix: str, *, times: Times | None = None) -> Iterator[tuple[str, str]]:
        """The profile's lines; what is empty is left out, as the real switch does."""
        named = (
            ("Direction", self.direction),
            ("Logical-Direction", self.logical_direction or self.direction),
            ("Username", self.username),
            ("Dialplan", self.dialplan),
            ("Caller-ID-Name", self.caller_id_name),
            ("Caller-ID-Number", self.caller_id_number),
            ("Orig-Caller-ID-Name", self._first(self.first_caller_id_name, self.caller_id_name)),
            ("Orig-Caller-ID-Number", self._first(self.first_caller_id_number, self.caller_id_number)),
            ("Callee-ID-Name", self.callee_id_name),
            ("Callee-ID-Number", self.callee_id_number),
            ("Network-Addr", self.network_addr),
            ("ANI", self.ani or self._first(self.first_caller_id_number, self.caller_id_number)),
            ("Destination-Number", self.destination_number),
            ("Unique-ID", self.unique_id),
            ("Source", self.source),
            ("Transfer-Source", self.transfer_source),
            ("Context", self.context),
            ("RDNIS", self.rdnis),
            ("Channel-Name", self.channel_name),
            ("Profile-Index", self.index),
        )
        for name, value in named:
            if value:
                yield f"{prefix}-{name}", value
        yield from (times or self.times).lines(prefix)
        yield f"{prefix}-Screen-Bit", "true"
        yield f"{prefix}-Privacy-Hide-Name", "false"
        yield f"{prefix}-Privacy-Hide-Number", "false"

    def seen_from_partner(self) -> CallerProfile:
        """As the other leg of a bridge shows it: without an index."""
        return replace(self, index="", logical_direction="inbound", transfer_source="")

    def seen_as_originator(self) -> CallerProfile:
        """As the leg that was placed for this one shows it: without index, callee and times."""
        return replace(self.seen_from_partner(), callee_id_name="", callee_id_number="", times=Times())

    def field(self, name: str) -> str | None:
        """What a variable of that name falls back to (switch_caller.c, `switch_caller_get_field_by_name`)."""
        return {
            "caller_id_name": self.caller_id_name,
            "caller_id_number": self.caller_id_number,
            "destination_number": self.destination_number,
            "ani": self.ani or self.caller_id_number,
            "network_addr": self.network_addr,
            "uuid": self.unique_id,
            "source": self.source,
            "context": self.context,
            "chan_name": self.channel_name,
            "username": self.username,
            "dialplan": self.dialplan,
        }.get(name)
