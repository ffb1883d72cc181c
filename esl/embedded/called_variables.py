"""The variables of a leg that the switch has placed, step by step, in the real switch's order.

Seen on FreeSWITCH 1.11.2 (tests/traces/originate-*, outbound-socket-bridge). There is no SIP behind them.
"""

from __future__ import annotations

from collections.abc import Mapping

from esl.embedded.causes import CAUSES, SIP_STATUS
from esl.embedded.leg_variables import CODEC, SIP_PORT, media_variables, session_description, sip_tag
from esl.embedded.profile import CallerProfile

_PHRASES = {
    404: "Not Found",
    410: "Gone",
    480: "Temporarily Unavailable",
    484: "Address Incomplete",
    486: "Busy Here",
    488: "Not Acceptable Here",
    503: "Service Unavailable",
    603: "Decline",
    607: "Unwanted",
}


def placed(
    profile: CallerProfile,
    *,
    peer: str,
    session_id: int,
    media_port: int,
    originator: Mapping[str, str] | None,
    given: Mapping[str, str],
    codecs: str,
    early_media: bool,
) -> dict[str, str]:
    """At CHANNEL_CREATE. `peer` is NUMBER@HOST:PORT; `originator` is what the caller's leg hands on, None
    for a call that nobody is waiting for; `given` are the dial string's variables."""
    uuid = profile.unique_id
    sip_profile = (
        profile.channel_name.split("/")[1] if profile.channel_name.startswith("sofia/") else "internal"
    )
    first = {"direction": "outbound", "is_outbound": "true", "uuid": uuid}
    if originator is None:
        first["call_uuid"] = uuid
    first |= {
        "session_id": str(session_id),
        "sip_local_network_addr": "127.0.0.1",
        "sip_profile_name": sip_profile,
    }
    if originator is None:
        first["video_media_flow"] = "disabled"
    first |= {
        "text_media_flow": "disabled",
        "channel_name": profile.channel_name,
        "sip_destination_url": f"sip:{peer}",
    }
    if originator is not None:
        first |= originator
    first |= given
    if originator is not None:
        first["call_uuid"] = originator["originator"]
    first["originate_early_media"] = "true" if early_media else "false"
    if originator is not None:
        first["originating_leg_uuid"] = originator["originator"]
    offer = _offer(peer, sip_profile, media_port=media_port, codecs=codecs, bridged=originator is not None)
    return first | offer


def _offer(peer: str, sip_profile: str, *, media_port: int, codecs: str, bridged: bool) -> dict[str, str]:
    """What the INVITE holds."""
    offer = {
        "originate_endpoint": "sofia",
        "rtp_use_codec_string": codecs,
        "local_media_ip": "127.0.0.1",
        "local_media_port": str(media_port),
        "advertised_media_ip": "127.0.0.1",
        "audio_media_flow": "sendrecv",
    }
    if bridged:
        offer["video_media_flow"] = "inactive"
    return offer | {
        "rtp_local_sdp_str": session_description(media_port),
        "sip_outgoing_contact_uri": f"<sip:mod_sofia@127.0.0.1:{SIP_PORT}>",
        "sip_req_uri": peer,
        "sip_to_host": peer.partition("@")[2],
        "sip_from_host": "127.0.0.1",
        "sofia_profile_name": sip_profile,
        "recovery_profile_name": sip_profile,
        "sofia_profile_url": f"sip:mod_sofia@127.0.0.1:{SIP_PORT}",
    }


def heard_from() -> dict[str, str]:
    """Where a response of the far end came from."""
    return {
        "sip_local_network_addr": "127.0.0.1",
        "sip_reply_host": "127.0.0.1",
        "sip_reply_port": SIP_PORT,
        "sip_network_ip": "127.0.0.1",
        "sip_network_port": SIP_PORT,
    }


def dialog(profile: CallerProfile, *, peer: str, sequence: int) -> dict[str, str]:
    """The SIP dialog, from its first response on."""
    number, name, called = profile.caller_id_number, profile.caller_id_name, profile.destination_number
    tag, to_tag = sip_tag(), sip_tag()
    via = f"SIP/2.0/UDP 127.0.0.1:{SIP_PORT};rport;branch=z9hG4bK{sip_tag()}"
    host, _, port = peer.partition("@")[2].partition(":")
    sender = f"<sip:{number}@127.0.0.1>"
    variables = {
        "sip_recover_contact": f"<sip:{peer}>",
        "sip_full_via": via,
        "sip_recover_via": via,
    }
    if name:
        variables["sip_from_display"] = name
        sender = f'"{name}" {sender}'
    variables |= {
        "sip_full_from": f"{sender};tag={tag}",
        "sip_full_to": f"<sip:{peer}>;tag={to_tag}",
        "sip_from_user": number,
        "sip_from_uri": f"{number}@127.0.0.1",
        "sip_from_host": "127.0.0.1",
    }
    for side in ("to", "contact"):
        variables |= {
            f"sip_{side}_user": called,
            f"sip_{side}_port": port,
            f"sip_{side}_uri": peer,
            f"sip_{side}_host": host,
        }
    return variables | {
        "sip_to_tag": to_tag,
        "sip_from_tag": tag,
        "sip_cseq": str(sequence),
        "sip_call_id": profile.unique_id[::-1],
    }


def described(media_port: int) -> dict[str, str]:
    """The far end's session description."""
    return {
        "switch_r_sdp": session_description(media_port + 2),
        "ep_codec_string": "CORE_PCM_MODULE.PCMU@8000h@20i@64000b",
    }


def media(media_port: int, *, codecs: str, early: bool) -> dict[str, str]:
    """When sound can pass: before the answer (`early`), or with it."""
    flows = {
        "rtp_use_codec_string": codecs,
        "remote_video_media_flow": "inactive",
        "remote_text_media_flow": "inactive",
        "remote_audio_media_flow": "sendrecv",
    }
    if early:
        flows["audio_media_flow"] = "sendrecv"
    opened = media_variables(media_port, str(media_port + 2))
    del opened["rtp_local_sdp_str"]
    return flows | CODEC | opened


def refused(cause: str) -> dict[str, str]:
    """What mod_sofia notes of a final response."""
    status = str(SIP_STATUS.get(cause, 480))
    return {
        "sip_hangup_disposition": "recv_refuse",
        "sip_invite_failure_status": status,
        "sip_invite_failure_phrase": _PHRASES.get(int(status), "Refused"),
        "sip_term_status": status,
        "proto_specific_hangup_cause": f"sip:{status}",
        "sip_term_cause": str(CAUSES.get(cause, 31)),
    }


def hung_up() -> dict[str, str]:
    """What mod_sofia notes of a BYE, at the hang-up."""
    return {"sip_term_status": "200", "proto_specific_hangup_cause": "sip:200", "sip_term_cause": "16"}
