"""Placing a leg: from a target of a dial string to a telephone that rings.

    user/1001[@domain]   sofia/PROFILE/NUMBER[@HOST[:PORT]]   sofia/gateway/NAME/NUMBER   loopback/EXTENSION
    null/ANYTHING   error/CAUSE

Rules:
1. All of them reach the switch's own callees (`callees`): what stands before the number says only how the
   real switch would find them, and fails as there if it could not.
   A `null` leg is nobody's: it answers at once, hears nothing and says nothing (mod_loopback).
2. A leg that the switch cannot make has no events; one that the far end refuses has all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from esl.embedded import called_variables
from esl.embedded.called_leg import CalledLeg
from esl.embedded.causes import cause_named
from esl.embedded.dial_string import Target
from esl.embedded.errors import NotPlacedError
from esl.embedded.leg_variables import SIP_PORT
from esl.embedded.line import ANSWERED, HANGUP, Invitation
from esl.embedded.loopback import call_extension
from esl.embedded.profile import CallerProfile, Times
from esl.embedded.recording import is_true

if TYPE_CHECKING:
    from esl.embedded.session import Session
    from esl.embedded.switch import EmbeddedSwitch

_UUID = re.compile(r"[!-~]{1,128}")
_LONGEST_SHOWN = 256
_MOST_HEADERS = 20
"""What fits on a telephone: the caller chooses how long a name is, and a frame has an end."""
_OFFERED = "PCMU,PCMA"
_NOBODY = "0000000000"
CALLEE_NAME = "Outbound Call"
"""What the real switch shows of a callee before anybody has told it more."""


NULL = "null/"
"""How the channel names of legs begin that have nobody at their far end."""


class _Nobody:
    """Fulfils `FarEnd`."""

    def send(self, kind: bytes, body: bytes = b"") -> None:
        """Nobody hears it."""

    def send_audio(self, position: int, sound: bytes) -> None:
        """Nobody hears it."""

    def close(self, spawn: Callable[..., Any] | None = None) -> None:
        """There is nothing to close."""


@dataclass(frozen=True)
class CallerId:
    """Who calls, as the callee's telephone shows it."""

    name: str = ""
    number: str = ""


def place(
    switch: EmbeddedSwitch,
    target: Target,
    variables: Mapping[str, str],
    *,
    originator: Session | None,
    caller_id: CallerId,
) -> CalledLeg:
    """A leg on its way; its own greenlet calls the far end. Raises `NotPlacedError`."""
    number, peer, channel_name = _find(switch, target)
    refusal = switch.refusal()
    uuid = variables.get("origination_uuid") or str(uuid4())
    if refusal or uuid in switch.sessions or not _UUID.fullmatch(uuid):
        raise NotPlacedError(refusal or f"the uuid {uuid[:80]!r} is taken", cause="DESTINATION_OUT_OF_ORDER")
    profile = _profile(switch, uuid, channel_name, number, originator, variables, caller_id)
    codecs = variables.get("absolute_codec_string") or (_OFFERED if originator is None else "PCMU@8000h@20i")
    leg = CalledLeg(
        switch,
        profile,
        called_variables.placed(
            profile,
            peer=peer,
            session_id=switch.next_session_id(),
            media_port=switch.next_media_port(),
            originator=None if originator is None else _handed_on(originator),
            given=variables,
            codecs=codecs,
            early_media=not is_true(variables.get("ignore_early_media")),
        ),
        peer=peer,
        codecs=codecs,
        originator=originator,
    )
    leg.reach = lambda: _call(leg, target, number, codecs)
    leg.channel.running_state, leg.channel.state = "CS_NONE", "CS_INIT"
    leg.channel.fire("CHANNEL_OUTGOING")
    switch.adopt(leg)
    return leg


def _find(switch: EmbeddedSwitch, target: Target) -> tuple[str, str, str]:
    """Number, SIP address and channel name. Raises `NotPlacedError`."""
    address = target.address.strip()
    match target.endpoint:
        case "user":
            number = address.partition("@")[0]
            if not switch.callees.exists(number):
                raise NotPlacedError(f"no user {number[:40]!r}", cause="SUBSCRIBER_ABSENT")
            if switch.callees.gone(number):
                raise NotPlacedError(f"{number[:40]} is not registered", cause="USER_NOT_REGISTERED")
            peer = f"{number}@127.0.0.1:{SIP_PORT}"
            return number, peer, f"sofia/internal/{peer}"
        case "sofia":
            return _sofia(switch, address)
        case "loopback":
            number = address.partition("/")[0]
            return number, f"{number}@127.0.0.1:{SIP_PORT}", f"loopback/{number}-a"
        case "null":
            return address, f"{address}@127.0.0.1:{SIP_PORT}", f"{NULL}{address}"
        case "error":
            raise NotPlacedError("the dial string asks for it", cause=cause_named(address))
        case endpoint:
            raise NotPlacedError(f"no endpoint {endpoint!r}", cause="CHAN_NOT_IMPLEMENTED")


def _sofia(switch: EmbeddedSwitch, address: str) -> tuple[str, str, str]:
    words = address.split("/")
    if words[0] == "gateway":
        if len(words) < 3 or not words[2]:
            raise NotPlacedError("a gateway and a number are wanted", cause="INVALID_URL")
        if words[1] not in switch.config.gateways:
            raise NotPlacedError(f"no gateway {words[1][:40]!r}; declare it", cause="INVALID_GATEWAY")
        number = words[2]
        return number, f"{number}@127.0.0.1:{SIP_PORT}", f"sofia/external/{number}"
    if len(words) < 2 or not words[1]:
        raise NotPlacedError(f"no number in sofia/{address[:80]}", cause="INVALID_URL")
    number, _, host = words[1].partition("@")
    host = host or "127.0.0.1"
    peer = f"{number}@{host}" if ":" in host else f"{number}@{host}:{SIP_PORT}"
    return number, peer, f"sofia/{words[0]}/{words[1]}"


def _call(leg: CalledLeg, target: Target, number: str, codecs: str) -> None:
    """The far end's telephone rings, or says at once why it does not."""
    switch, profile = leg.switch, leg.channel.profile
    headers = [pair for pair in leg.channel.variables.items() if pair[0].startswith("sip_h_")]
    shown = Invitation(
        uuid=leg.uuid,
        number=profile.caller_id_number[:_LONGEST_SHOWN],
        name=profile.caller_id_name[:_LONGEST_SHOWN],
        destination=number,
        variables={name: value[:_LONGEST_SHOWN] for name, value in headers[:_MOST_HEADERS]},
    )
    if target.endpoint == "loopback":
        leg.connect(call_extension(leg, number))
        return
    if target.endpoint == "null":
        leg.connect(_Nobody())
        leg.got(ANSWERED, b"")
        return
    offered = tuple(codec.strip().partition("@")[0].upper() for codec in codecs.split(","))
    try:
        reach = switch.callees.find(number, codecs=offered)
    except NotPlacedError as fault:
        leg.got(HANGUP, fault.cause.encode())
        return
    leg.connect(reach(shown, leg.got, leg.lost))


def _profile(
    switch: EmbeddedSwitch,
    uuid: str,
    channel_name: str,
    number: str,
    originator: Session | None,
    variables: Mapping[str, str],
    caller_id: CallerId,
) -> CallerProfile:
    now = int(switch.clock.now() * 1_000_000)
    times = Times(profile_created=now, created=now)
    name = variables.get("origination_caller_id_name") or caller_id.name
    caller = variables.get("origination_caller_id_number") or caller_id.number
    callee = variables.get("origination_callee_id_name") or CALLEE_NAME
    callee_number = variables.get("origination_callee_id_number") or number
    if originator is None:
        return CallerProfile(
            unique_id=uuid,
            channel_name=channel_name,
            direction="outbound",
            caller_id_number=caller or _NOBODY,
            caller_id_name=name,
            destination_number=number,
            callee_id_name=callee,
            callee_id_number=callee_number,
            network_addr="",
            source="src/switch_ivr_originate.c",
            context="default",
            times=times,
        )
    held = originator.channel
    return replace(
        held.profile,
        unique_id=uuid,
        channel_name=channel_name,
        direction="outbound",
        logical_direction="",
        caller_id_name=name or held.get("effective_caller_id_name") or held.profile.caller_id_name,
        caller_id_number=caller or held.get("effective_caller_id_number") or held.profile.caller_id_number,
        destination_number=number,
        callee_id_name=callee,
        callee_id_number=callee_number,
        transfer_source="",
        rdnis="",
        index="1",
        times=times,
    )


def _handed_on(originator: Session) -> dict[str, str]:
    """What a leg hands on to those that it places: who it is, and what it exports."""
    held = originator.channel.variables
    forwards = held.get("max_forwards", "70")
    variables = {
        "max_forwards": str(int(forwards) - 1) if forwards.isdigit() else "69",
        "originator_codec": "PCMU@8000h@20i",
        "originator": originator.uuid,
        "signal_bond": originator.uuid,
        "switch_m_sdp": held.get("switch_r_sdp", ""),
    }
    exported = filter(None, held.get("export_vars", "").split(","))
    if "export_vars" in held:
        variables["export_vars"] = held["export_vars"]
    return variables | {name: held[name] for name in exported if name in held}
