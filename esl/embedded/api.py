"""The `api` commands: one function each, found by name, answering with what the real one prints.

What is not here answers as an unknown command does: `-ERR name Command not found!`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from esl.embedded.causes import cause_named
from esl.embedded.separated import cut_at, cut_at_blanks
from esl.wire import encode_event_text

if TYPE_CHECKING:
    from esl.embedded.session import Session
    from esl.embedded.switch import EmbeddedSwitch

Answer = Callable[["EmbeddedSwitch", str], str]
API: dict[str, Answer] = {}

NO_CHANNEL = "-ERR No such channel!\n"


def api_command(name: str) -> Callable[[Answer], Answer]:
    def remember(answer: Answer) -> Answer:
        API[name] = answer
        return answer

    return remember


def run(switch: EmbeddedSwitch, name: str, argument: str) -> str:
    """The answer to `api NAME ARGUMENT`."""
    answer = API.get(name)
    return f"-ERR {name} Command not found!\n" if answer is None else answer(switch, argument)


# --- the switch --------------------------------------------------------------------------------


@api_command("status")
def _status(switch: EmbeddedSwitch, _argument: str) -> str:
    up = int(switch.clock.now() - switch.started)
    days, rest = divmod(up, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    return (
        f"UP 0 years, {days} days, {hours} hours, {minutes} minutes, {seconds} seconds, "
        f"0 milliseconds, 0 microseconds\n"
        f"FreeSWITCH (Version 1.11.2 embedded 64bit) is ready\n"
        f"{switch.calls_taken} session(s) since startup\n"
        f"{len(switch.sessions)} session(s) - peak {switch.peak_calls}, last 5min {switch.peak_calls} \n"
        f"{switch.calls_this_second()} session(s) per Sec out of max {switch.config.calls_per_second}, "
        f"peak {switch.peak_rate}, last 5min {switch.peak_rate} \n"
        f"{switch.config.most_calls} session(s) max\n"
        f"min idle cpu 0.00/100.00\n"
    )


@api_command("embedded_lateness")
def _embedded_lateness(switch: EmbeddedSwitch, _argument: str) -> str:
    """How late the media clock's last ticks were, as JSON in milliseconds. The real switch has no such
    command; it is here so that a measurement of calls can say how good its clock was.
    """
    late = sorted(switch.media_clock.lateness) or [0.0]
    figures: dict[str, float] = {"ticks": len(late), "restarts": switch.media_clock.restarts}
    for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        figures[f"tick_late_ms_{name}"] = round(late[min(int(len(late) * share), len(late) - 1)] * 1000, 2)
    return json.dumps(figures) + "\n"


@api_command("version")
def _version(_switch: EmbeddedSwitch, _argument: str) -> str:
    return "FreeSWITCH Version 1.11.2 (embedded 64bit)\n"


_SHOWN = (
    "codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|"
    "calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|management|modules|nat_map|"
    "say|interfaces|interface_types|tasks|limits|status"
)
"""The real switch's usage (mod_commands.c, `SHOW_SYNTAX`), of which channels and calls are here."""


@api_command("show")
def _show(switch: EmbeddedSwitch, argument: str) -> str:
    words = argument.lower().split()
    if words[:1] not in (["channels"], ["calls"]):
        if words[:1] and words[0] in _SHOWN.replace("|", " ").split():
            return f"-ERR show {words[0]} is not there in the embedded switch\n"
        return f"-USAGE: {_SHOWN}\n"
    sessions = list(switch.sessions.values())
    if words[1:2] == ["count"]:
        return f"\n{len(sessions)} total.\n"
    rows = ["uuid,direction,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,application"]
    for session in sessions:
        channel, profile = session.channel, session.channel.profile
        row = (
            session.uuid,
            profile.direction,
            str(profile.times.created // 1_000_000),
            profile.channel_name,
            channel.running_state,
            profile.caller_id_name,
            profile.caller_id_number,
            profile.network_addr,
            profile.destination_number,
            channel.variables.get("current_application", ""),
        )
        rows.append(",".join(row))  # as the real one: whatever a caller calls themselves
    return "\n".join([*rows, "", f"{len(sessions)} total.", ""])


@api_command("global_getvar")
def _global_getvar(switch: EmbeddedSwitch, argument: str) -> str:
    there = switch.globals | {
        "core_uuid": switch.board.core_uuid,
        "hostname": switch.board.name,
        "switchname": switch.board.name,
    }
    if not argument:
        return "".join(f"{name}={value}\n" for name, value in there.items())
    return there.get(argument, "") or "-ERR no reply\n"


@api_command("global_setvar")
def _global_setvar(switch: EmbeddedSwitch, argument: str) -> str:
    name, _, value = argument.partition("=")
    if not name or name in ("core_uuid", "hostname", "switchname"):
        return "-USAGE: <var>=<value> [=<value2>]\n"
    if value:
        switch.globals[name] = value
    else:
        switch.globals.pop(name, None)
    return "+OK"


@api_command("uptime")
def _uptime(switch: EmbeddedSwitch, _argument: str) -> str:
    return f"{int(switch.clock.now() - switch.started)}\n"


@api_command("reloadxml")
def _reloadxml(_switch: EmbeddedSwitch, _argument: str) -> str:
    return "+OK [Success]\n"


# --- legs --------------------------------------------------------------------------------------


def leg_named(switch: EmbeddedSwitch, uuid: str) -> Session | None:
    """The leg, unless it is down."""
    session = switch.sessions.get(uuid)
    return session if session is not None and session.channel.is_up() else None


@api_command("uuid_exists")
def _uuid_exists(switch: EmbeddedSwitch, argument: str) -> str:
    return "true" if leg_named(switch, argument.strip()) is not None else "false"


@api_command("uuid_answer")
def _uuid_answer(switch: EmbeddedSwitch, argument: str) -> str:
    session = leg_named(switch, argument)
    if session is None:
        return "-ERROR\n"
    session.channel.answer()
    session.wake()
    return "+OK\n"


@api_command("uuid_kill")
def _uuid_kill(switch: EmbeddedSwitch, argument: str) -> str:
    uuid, _, cause = argument.partition(" ")
    if not uuid:
        return "-USAGE: <uuid> [cause]\n"
    session = leg_named(switch, uuid)
    if session is None:
        return NO_CHANNEL
    session.channel.hang_up(cause_named(cause))
    return "+OK\n"


@api_command("uuid_break")
def _uuid_break(switch: EmbeddedSwitch, argument: str) -> str:
    uuid, _, flag = argument.partition(" ")
    if not uuid:
        return "-USAGE: <uuid> [all]\n"
    session = leg_named(switch, uuid)
    if session is None:
        return NO_CHANNEL
    session.stop_applications(everything="all" in flag)
    return "+OK\n"


@api_command("uuid_fileman")
def _uuid_fileman(switch: EmbeddedSwitch, argument: str) -> str:
    """Tells whether something is played; winding and pausing are not in the embedded switch, so every order
    is one that it does not know."""
    words = argument.split()
    if len(words) < 2:
        return "-USAGE: <uuid> <cmd>:<val>\n"
    session = leg_named(switch, words[0])
    if session is None:
        return NO_CHANNEL
    return "-ERR No file handle!\n" if session.media.source is None else "+OK\n"


@api_command("uuid_setvar")
def _uuid_setvar(switch: EmbeddedSwitch, argument: str) -> str:
    parts = cut_at_blanks(argument, 3)
    if len(parts) < 2 or not parts[1]:
        return "-USAGE: <uuid> <var> [value]\n"
    session = leg_named(switch, parts[0])
    if session is None:
        return NO_CHANNEL
    session.channel.set(parts[1], parts[2] if len(parts) > 2 else None)
    return "+OK\n"


_SETVAR_MULTI_USAGE = "-USAGE: <uuid> <var>=<value>;<var>=<value>...\n"
_MOST_VARIABLES = 64


@api_command("uuid_setvar_multi")
def _uuid_setvar_multi(switch: EmbeddedSwitch, argument: str) -> str:
    uuid, space, pairs = argument.partition(" ")
    if not space:
        return "-ERR no reply\n"
    session = leg_named(switch, uuid)
    if session is None:
        return NO_CHANNEL + _SETVAR_MULTI_USAGE
    answer, some = "", False
    for pair in cut_at(pairs, ";", _MOST_VARIABLES):
        name, _, value = pair.partition("=")
        if name:
            session.channel.set(name, value)
            some = True
        else:
            answer += "-ERR No variable specified\n"
    return answer + ("+OK\n" if some else _SETVAR_MULTI_USAGE)


@api_command("uuid_getvar")
def _uuid_getvar(switch: EmbeddedSwitch, argument: str) -> str:
    words = argument.split(" ")
    if len(words) < 2:
        return "-USAGE: <uuid> <var>\n"
    session = leg_named(switch, words[0])
    if session is None:
        return NO_CHANNEL
    value = session.channel.get(words[1])
    return "_undef_" if value is None else value


@api_command("uuid_dump")
def _uuid_dump(switch: EmbeddedSwitch, argument: str) -> str:
    session = leg_named(switch, argument.partition(" ")[0])
    if session is None:
        return NO_CHANNEL
    channel = session.channel
    lines = [*switch.board.core_lines("CHANNEL_DATA").items(), *channel.lines(), *channel.variable_lines()]
    return encode_event_text(lines).decode()


@api_command("uuid_record")
def _uuid_record(switch: EmbeddedSwitch, argument: str) -> str:
    parts = cut_at_blanks(argument, 5)
    if len(parts) < 3:
        return "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"
    session = leg_named(switch, parts[0])
    if session is None:
        return "-ERR Cannot locate session!\n"
    action, path = parts[1].lower(), parts[2]
    if action == "start":
        limit = parts[3] if len(parts) > 3 else ""
        longest = float(limit) if limit.isascii() and limit.isdigit() and int(limit) else None
        done, refusal = session.recordings.start(path, longest=longest), "Cannot record session!"
    elif action == "stop":
        done, refusal = session.recordings.stop(path), "Cannot stop record session!"
    elif action in {"mask", "unmask"}:
        done = session.recordings.mask(path, masked=action == "mask")
        refusal = f"Cannot {action} recording session!"
    else:
        return "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"
    return "+OK Success\n" if done else f"-ERR {refusal}\n"
