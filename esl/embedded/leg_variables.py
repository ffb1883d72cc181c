"""The variables of a fresh leg, as FreeSWITCH has them.

Names and order are those of a SIP leg of FreeSWITCH 1.11 (tests/traces): a client that looks for
`variable_sip_from_user` finds it here too. There is no SIP behind it; addresses are loopback.
"""

from __future__ import annotations

import random
import string

from esl.embedded.profile import CallerProfile

_TAG_LETTERS = string.ascii_letters + string.digits
SIP_PORT = "5062"
_ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY"
_USER_AGENT = "FreeSWITCH-mod_sofia/1.11.2-release~64bit"


def sip_tag(length: int = 13) -> str:
    """A tag as SIP puts one on each side of a dialog. It identifies, it does not protect."""
    return "".join(random.choices(_TAG_LETTERS, k=length))  # noqa: S311 - no secret


def session_description(port: int, *, closing: str = "") -> str:
    return (
        f"v=0\r\no=FreeSWITCH 1 2 IN IP4 127.0.0.1\r\ns=FreeSWITCH\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 101 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        f"a=fmtp:101 0-15\r\na=rtpmap:13 CN/8000\r\na=ptime:20\r\n{closing}"
    )


def inbound_variables(profile: CallerProfile, *, session_id: int, media_port: int) -> dict[str, str]:
    """The variables of a leg that has just come in, in the real switch's order."""
    return {
        **_arrived(profile, session_id),
        **_invited(profile),
        **_offered(media_port),
        "endpoint_disposition": "RECEIVED",
    }


def _arrived(profile: CallerProfile, session_id: int) -> dict[str, str]:
    """From where, and to which of the switch's addresses."""
    number = profile.caller_id_number
    return {
        "direction": "inbound",
        "uuid": profile.unique_id,
        "session_id": str(session_id),
        "sip_from_user": number,
        "sip_from_uri": f"{number}@127.0.0.1",
        "sip_from_host": "127.0.0.1",
        "video_media_flow": "disabled",
        "text_media_flow": "disabled",
        "channel_name": profile.channel_name,
        "sip_call_id": profile.unique_id[::-1],
        "sip_local_network_addr": "127.0.0.1",
        "sip_network_ip": "127.0.0.1",
        "sip_network_port": SIP_PORT,
        "sip_invite_stamp": str(profile.times.created),
        "sip_received_ip": "127.0.0.1",
        "sip_received_port": SIP_PORT,
        "sip_via_protocol": "udp",
        "sip_from_user_stripped": number.removeprefix("+"),
    }


def _invited(profile: CallerProfile) -> dict[str, str]:
    """What the INVITE says."""
    called, tag = profile.destination_number, sip_tag()
    peer = f"{called}@127.0.0.1:{SIP_PORT}"
    sender = f'"{profile.caller_id_name}" <sip:{profile.caller_id_number}@127.0.0.1>'
    return {
        "sip_from_tag": tag,
        "sofia_profile_name": "internal",
        "sofia_profile_url": f"sip:mod_sofia@127.0.0.1:{SIP_PORT}",
        "recovery_profile_name": "internal",
        "sip_Remote-Party-ID": f"{sender};party=calling;screen=yes;privacy=off",
        "sip_cid_type": "rpid",
        "sip_full_via": _via(),
        "sip_from_display": profile.caller_id_name,
        "sip_full_from": f"{sender};tag={tag}",
        "sip_full_to": f"<sip:{peer}>",
        "sip_allow": _ALLOWED,
        "sip_req_user": called,
        "sip_req_port": SIP_PORT,
        "sip_req_uri": peer,
        "sip_req_host": "127.0.0.1",
        "sip_to_user": called,
        "sip_to_port": SIP_PORT,
        "sip_to_uri": peer,
        "sip_to_host": "127.0.0.1",
        "sip_contact_user": "mod_sofia",
        "sip_contact_port": SIP_PORT,
        "sip_contact_uri": f"mod_sofia@127.0.0.1:{SIP_PORT}",
        "sip_contact_host": "127.0.0.1",
        "sip_user_agent": _USER_AGENT,
        "sip_via_host": "127.0.0.1",
        "sip_via_port": SIP_PORT,
        "sip_via_rport": SIP_PORT,
        "max_forwards": "70",
    }


def _offered(media_port: int) -> dict[str, str]:
    """The sound that the caller offers."""
    return {
        "switch_r_sdp": session_description(media_port),
        "ep_codec_string": "CORE_PCM_MODULE.PCMU@8000h@20i@64000b",
        "rtp_use_codec_string": "PCMU,PCMA",
        "remote_video_media_flow": "inactive",
        "remote_text_media_flow": "inactive",
        "remote_audio_media_flow": "sendrecv",
        "audio_media_flow": "sendrecv",
        "remote_media_ip": "127.0.0.1",
        "remote_media_port": str(media_port),
        **CODEC,
    }


def _via() -> str:
    return f"SIP/2.0/UDP 127.0.0.1:{SIP_PORT};rport={SIP_PORT};branch=z9hG4bK{sip_tag()}"


CODEC = {
    "rtp_audio_recv_pt": "0",
    "rtp_use_codec_name": "PCMU",
    "rtp_use_codec_rate": "8000",
    "rtp_use_codec_ptime": "20",
    "rtp_use_codec_channels": "1",
    "rtp_last_audio_codec_string": "PCMU@8000h@20i@1c",
    "read_codec": "PCMU",
    "original_read_codec": "PCMU",
    "read_rate": "8000",
    "original_read_rate": "8000",
    "write_codec": "PCMU",
    "write_rate": "8000",
    "dtmf_type": "rfc2833",
}


def media_variables(media_port: int, remote_port: str) -> dict[str, str]:
    """What a leg gets when its media are set up (pre-answer or answer)."""
    return {
        "rtp_local_sdp_str": session_description(media_port, closing="a=sendrecv\r\n"),
        "local_media_ip": "127.0.0.1",
        "local_media_port": str(media_port),
        "advertised_media_ip": "127.0.0.1",
        "rtp_use_timer_name": "soft",
        "rtp_use_pt": "0",
        "rtp_use_ssrc": str(random.getrandbits(31)),
        "rtp_2833_send_payload": "101",
        "rtp_2833_recv_payload": "101",
        "remote_media_ip": "127.0.0.1",
        "remote_media_port": remote_port,
    }


def dialog_variables(variables: dict[str, str], *, sequence: int) -> dict[str, str]:
    """What the caller's ACK to the answer brings: the SIP dialog's final values."""
    tag = sip_tag()
    return {
        "sip_to_tag": tag,
        "sip_from_tag": variables.get("sip_from_tag", ""),
        "sip_cseq": str(sequence),
        "sip_call_id": variables.get("sip_call_id", ""),
        "sip_full_via": _via(),
        "sip_from_display": variables.get("sip_from_display", ""),
        "sip_full_from": variables.get("sip_full_from", ""),
        "sip_full_to": f"{variables.get('sip_full_to', '').partition(';')[0]};tag={tag}",
    }


def agent_variables(
    profile: CallerProfile, *, session_id: int, media_port: int, asked: dict[str, str]
) -> dict[str, str]:
    """The variables of a leg that the switch placed to an agent and that was answered, in its order.

    `asked` is what the queue put on it (switch_event_create of the originate, `cc_*`).
    """
    return {
        **_placed(profile, session_id),
        **asked,
        **_originated(profile, media_port),
        **_through_our_profile(profile),
        **_dialog_with_agent(profile, session_id),
        **_agreed(media_port),
        "endpoint_disposition": "ANSWER",
    }


def _agent(profile: CallerProfile) -> str:
    return f"{profile.destination_number}@127.0.0.1:{SIP_PORT}"


def _placed(profile: CallerProfile, session_id: int) -> dict[str, str]:
    """Which leg it is."""
    return {
        "direction": "outbound",
        "is_outbound": "true",
        "uuid": profile.unique_id,
        "call_uuid": profile.unique_id,
        "session_id": str(session_id),
        "sip_profile_name": "internal",
        "video_media_flow": "disabled",
        "text_media_flow": "disabled",
        "channel_name": profile.channel_name,
        "sip_destination_url": f"sip:{_agent(profile)}",
    }


def _originated(profile: CallerProfile, media_port: int) -> dict[str, str]:
    """How it was placed, and what was offered."""
    return {
        "loopback_bowout": "false",
        "loopback_bowout_on_execute": "false",
        "ignore_early_media": "true",
        "absolute_codec_string": "PCMU",
        "origination_caller_id_name": profile.caller_id_name,
        "origination_caller_id_number": profile.caller_id_number,
        "originate_early_media": "false",
        "originate_endpoint": "sofia",
        "audio_media_flow": "sendrecv",
        "rtp_local_sdp_str": session_description(media_port, closing="a=sendrecv\r\n"),
        "sip_outgoing_contact_uri": f"<sip:mod_sofia@127.0.0.1:{SIP_PORT}>",
        "sip_req_uri": _agent(profile),
    }


def _through_our_profile(profile: CallerProfile) -> dict[str, str]:
    """From which of the switch's addresses."""
    return {
        "sofia_profile_name": "internal",
        "recovery_profile_name": "internal",
        "sofia_profile_url": f"sip:mod_sofia@127.0.0.1:{SIP_PORT}",
        "sip_local_network_addr": "127.0.0.1",
        "sip_reply_host": "127.0.0.1",
        "sip_reply_port": SIP_PORT,
        "sip_network_ip": "127.0.0.1",
        "sip_network_port": SIP_PORT,
        "sip_user_agent": _USER_AGENT,
        "sip_allow": _ALLOWED,
        "sip_recover_contact": f"<sip:{_agent(profile)};transport=udp>",
    }


def _dialog_with_agent(profile: CallerProfile, session_id: int) -> dict[str, str]:
    """The SIP dialog, once it is answered."""
    agent, peer, caller = profile.destination_number, _agent(profile), profile.caller_id_number
    tag, to_tag, via = sip_tag(), sip_tag(), _via()
    return {
        "sip_full_via": via,
        "sip_recover_via": via,
        "sip_from_display": profile.caller_id_name,
        "sip_full_from": f'"{profile.caller_id_name}" <sip:{caller}@127.0.0.1>;tag={tag}',
        "sip_full_to": f"<sip:{peer}>;tag={to_tag}",
        "sip_from_user": caller,
        "sip_from_uri": f"{caller}@127.0.0.1",
        "sip_from_host": "127.0.0.1",
        "sip_to_user": agent,
        "sip_to_port": SIP_PORT,
        "sip_to_uri": peer,
        "sip_to_host": "127.0.0.1",
        "sip_contact_params": "transport=udp",
        "sip_contact_user": agent,
        "sip_contact_port": SIP_PORT,
        "sip_contact_uri": peer,
        "sip_contact_host": "127.0.0.1",
        "sip_to_tag": to_tag,
        "sip_from_tag": tag,
        "sip_cseq": str(session_id),
        "sip_call_id": profile.unique_id[::-1],
    }


def _agreed(media_port: int) -> dict[str, str]:
    """The sound that both sides have agreed on."""
    media = media_variables(media_port, str(media_port + 2))
    del media["rtp_local_sdp_str"]  # it stands where the leg was placed
    return {
        "switch_r_sdp": session_description(media_port + 2),
        "ep_codec_string": "CORE_PCM_MODULE.PCMU@8000h@20i@64000b",
        "rtp_use_codec_string": "PCMU",
        "remote_video_media_flow": "inactive",
        "remote_text_media_flow": "inactive",
        "remote_audio_media_flow": "sendrecv",
        **CODEC,
        **media,
    }


def ended_by_caller(cause: str, number: int, *, cancelled: bool) -> dict[str, str]:
    """What mod_sofia notes of a BYE that it has received, or of a CANCEL."""
    if cancelled:
        return {
            "sip_hangup_disposition": "recv_cancel",
            "sip_invite_failure_status": "487",
            "sip_invite_failure_phrase": "CANCEL",
            "sip_term_status": "487",
            "proto_specific_hangup_cause": "sip:487",
            "sip_term_cause": "487",
        }
    return {
        "sip_reason": f'Q.850;cause={number};text="{cause}"',
        "sip_term_status": "200",
        "proto_specific_hangup_cause": "sip:200",
        "sip_term_cause": str(number),
    }
