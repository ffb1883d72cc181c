"""`api` commands that call somebody, bring legs together, or send them elsewhere.

Source: mod_commands.c. Answers are those of the real module, word for word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from esl import wire
from esl.embedded.api import NO_CHANNEL, api_command, leg_named
from esl.embedded.apps import whole_number
from esl.embedded.bridge import bring_together
from esl.embedded.endpoints import CallerId
from esl.embedded.originate import originate
from esl.embedded.separated import cut_at_blanks

if TYPE_CHECKING:
    from esl.embedded.called_leg import CalledLeg
    from esl.embedded.session import Session
    from esl.embedded.switch import EmbeddedSwitch

_ORIGINATE_USAGE = (
    "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] "
    "[<cid_num>] [<timeout_sec>]\n"
)


def words(text: str) -> Iterator[str]:
    """Words between blanks that stand in no single quotes; quotes around a whole word go."""
    word: list[str] = []
    quoted = False
    for letter in [*text, " "]:
        if letter == " " and not quoted:
            if word:
                whole = "".join(word)
                yield whole[1:-1] if len(whole) > 1 and whole[0] == whole[-1] == "'" else whole
            word.clear()
            continue
        quoted ^= letter == "'"
        word.append(letter)
    if quoted:
        yield "".join(word).strip()


@api_command("originate")
def _originate(switch: EmbeddedSwitch, argument: str) -> str:
    said = list(words(argument))
    if not 2 <= len(said) <= 7:
        return _ORIGINATE_USAGE
    url, extension, _dialplan, _context, name, number, timeout = (
        "" if word.lower() == "undef" else word for word in [*said, *[""] * (7 - len(said))]
    )
    outcome = originate(
        switch, url, caller_id=CallerId(name, number), timeout=float(max(whole_number(timeout), 0))
    )
    if outcome.leg is None:
        return f"-ERR {outcome.cause}\n"
    _lead_on(outcome.leg, extension)
    return f"+OK {outcome.leg.uuid}\n"


def _lead_on(leg: CalledLeg, extension: str) -> None:
    """What whoever answered meets: `&APPLICATION(ARGUMENT)`, or an extension."""
    if extension.startswith("&") and len(extension) > 1:
        name, _, argument = extension[1:].partition(")")[0].partition("(")
        leg.run_application(name, argument)
    else:
        leg.transfer(extension)


@api_command("uuid_bridge")
def _uuid_bridge(switch: EmbeddedSwitch, argument: str) -> str:
    uuids = argument.split()
    if len(uuids) < 2:
        return "-USAGE: <uuid> <other_uuid>\n"
    originator = switch.sessions.get(uuids[0])
    call = switch.call_centre.calls.get(uuids[0])
    other = switch.sessions.get(uuids[1])
    if call is not None and other is not None and other.channel.is_up():  # a simulated agent
        call.talk_with(other)
        return f"+OK {uuids[1]}\n"
    for uuid in uuids[1:3]:
        other = switch.sessions.get(uuid)
        if originator is not None and other is not None and bring_together(originator, other):
            return f"+OK {uuid}\n"
    return "-ERR Invalid uuid\n"


@api_command("uuid_transfer")
def _uuid_transfer(switch: EmbeddedSwitch, argument: str) -> str:
    said = argument.split()
    option = said[1].lower() if len(said) > 1 and said[1].startswith("-") else ""
    if len(said) < 2 or (option and len(said) < 3):
        return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"
    session = leg_named(switch, said[0])
    if session is None:
        return NO_CHANNEL
    destination = said[2] if option else said[1]
    other = None if session.conversation is None else session.conversation.other(session)
    if option == "-bleg" and other is not None:
        session = other
    elif option == "-both" and other is not None:
        other.transfer(destination)
    return "+OK\n" if session.transfer(destination) else "-ERR\n"


@api_command("uuid_broadcast")
def _uuid_broadcast(switch: EmbeddedSwitch, argument: str) -> str:
    """Plays to a leg, to its partner, or both; `APPLICATION::ARGUMENT` runs something else."""
    said = cut_at_blanks(argument, 4)
    if len(said) < 2:
        return "-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n"
    session = leg_named(switch, said[0])
    if session is None:
        return "-ERR invalid uuid\n"
    name, _, data = said[1].rpartition("::")
    who = (said[2] if len(said) > 2 else "aleg").lower()
    partner = None if session.conversation is None else session.conversation.other(session)
    for leg in ((session,) if who in ("aleg", "both", "holdb") else ()) + (
        (partner,) if who in ("bleg", "both") and partner is not None else ()
    ):
        _execute(leg, name or "playback", data)
    return "+OK Message sent\n"


def _execute(leg: Session, name: str, argument: str) -> None:
    headers = {"call-command": "execute", "execute-app-name": name, "execute-app-arg": argument}
    leg.queue(wire.Command("sendmsg", wire.Headers(headers.items())))
