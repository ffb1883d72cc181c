"""Every command that is ever sent to the switch, built so that what is put into it cannot leave its place.

Rules:
1. No other module writes a command's text. Each function refuses (`UnsafeTextError`) or escapes what
   would mean something to the switch: line breaks everywhere, `;` in lists of variables, braces and
   commas in originate, blanks and `!` in paths.
2. What a caller can choose never comes here at all, except as the value of a variable.
3. Arguments of applications are expanded by the switch (`${...}`), unless the channel says otherwise:
   every leg starts with `NEVER_EXPAND`, and an argument that could be expanded is refused anyway.

How the switch reads them: mod_event_socket.c (`parse_command`), mod_commands.c (`uuid_*`),
switch_utils.c (`switch_separate_string`), switch_event.c (`switch_event_create_brackets`) of 1.11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from esl.errors import UnsafeTextError
from esl.wire import Command, Headers

NEVER_EXPAND: Mapping[str, str] = {"app_disable_expand_variables": "true"}
"""Set on every leg before anything else: arguments of applications are then plain text."""

UNDEFINED = "_undef_"
"""How the switch answers for a variable that is not there."""

LONGEST_PLAYLIST = 100
"""Files in one `file_string`; the switch drops what follows the 128th."""

_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][0-9A-Za-z_-]{0,63}")
_APPLICATION = re.compile(r"[a-z][a-z0-9_]{0,63}")
_EVENT = re.compile(r"[A-Z][A-Z_]{0,63}")
_SUBCLASS = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.:-]{0,99}")
_HEADER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_CAUSE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_EXTENSION = re.compile(r"[0-9A-Za-z*#+][0-9A-Za-z*#+_.-]{0,63}")
_QUEUE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}(@[0-9A-Za-z][0-9A-Za-z_.-]{0,63})?")
_KEY = re.compile(r"[0-9A-D*#]")
_CENTRE = re.compile(r"[\w\[{(][\w.@:/=+*#,\[\]{}() -]{0,199}")
_PATH = re.compile(r"/[\w./ +-]*[\w+-]")
_DIALLED = re.compile(r"[\w.+@:/*#-]+")
_DIALLED_ARGUMENT = re.compile(r"[\w.+@:/*#| -]*")
_GLOBAL = re.compile(r"[0-9A-Za-z_.:-]{0,64}")
_WEBSOCKET = re.compile(r"wss?://[0-9A-Za-z][0-9A-Za-z.-]*(:[0-9]{1,5})?(/[0-9A-Za-z_-]+)+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_EXPANDED = re.compile(r"\$|^%.?\[")


def _fitting(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise UnsafeTextError(f"not {what}: {text[:80]!r}")
    return text


def _one_line(text: str, what: str) -> str:
    if _CONTROL.search(text):
        raise UnsafeTextError(f"{what} with control characters in it: {text[:80]!r}")
    return text


def is_token(text: str) -> bool:
    """Whether it can be a leg's uuid: letters, digits, `-` and `_` only, so also safe in a file name."""
    return _TOKEN.fullmatch(text) is not None


def safe_path(file: Path | str) -> str:
    """An absolute path that means only itself to the switch: letters, digits and `_ - . + / blank`.

    Raises `UnsafeTextError`; rename the file or folder then.
    """
    text = str(file)
    _fitting(_PATH, text, "an absolute path of plain characters")
    if ".." in text.split("/"):
        raise UnsafeTextError(f"path that climbs: {text[:80]!r}")
    return text


# --- the connection ----------------------------------------------------------------------------


def connect() -> Command:
    """The first command on an outbound socket; the reply holds the channel."""
    return Command("connect")


def linger(seconds: int) -> Command:
    """Keep the socket for the last events after the hang-up. Without seconds it would never expire."""
    return Command(f"linger {int(seconds)}")


def my_events() -> Command:
    """All 23 types of events of the socket's own leg; `events` with `only_leg` is narrower."""
    return Command("myevents")


def events(names: Iterable[str], *, custom: Iterable[str] = ()) -> Command:
    """Subscribe to types of events and to subclasses of CUSTOM, of every leg unless a filter is set."""
    words = [_fitting(_EVENT, name, "a type of event") for name in names]
    if subclasses := [_fitting(_SUBCLASS, name, "an event's subclass") for name in custom]:
        words += ["CUSTOM", *subclasses]
    return Command(" ".join(["event plain", *words]))


def no_events() -> Command:
    """Unsubscribe from everything and forget what is queued."""
    return Command("noevents")


def divert_events(on: bool) -> Command:
    """Take the leg's private events (detected speech) off the channel and onto this socket."""
    return Command(f"divert_events {'on' if on else 'off'}")


def filter_events(header: str, value: str) -> Command:
    """Only events whose header has this value, or that of another filter."""
    _fitting(_HEADER, header, "a header's name")
    # A leading sign or slash would make it an exclusion or a regular expression.
    if not value or value[0] in "+-/ ":
        raise UnsafeTextError(f"not a plain value to filter by: {value[:80]!r}")
    return Command(f"filter {header} {_one_line(value, 'filter')}")


def only_leg(uuid: str) -> Command:
    """Only events of this leg."""
    return filter_events("Unique-ID", _fitting(_TOKEN, uuid, "a leg's uuid"))


def auth(password: str) -> Command:
    """Log in on an inbound socket."""
    if not password or password != password.strip():
        raise UnsafeTextError("the password is empty, or begins or ends with a blank")
    return Command(f"auth {_one_line(password, 'password')}")


def userauth(user: str, domain: str, password: str) -> Command:
    """Log in as a user of the switch's directory, whose rights it then has."""
    for part in (user, domain):
        if not part or not set(part).isdisjoint("@: "):
            raise UnsafeTextError(f"not a user and a domain: {user[:40]!r}, {domain[:40]!r}")
    return Command(f"userauth {auth(f'{user}@{domain}:{password}').rest}")


def bye() -> Command:
    """End the connection; an outbound leg goes on with its dialplan."""
    return Command("exit")


# --- applications -------------------------------------------------------------------------------


def execute(application: str, argument: str = "", *, event_uuid: str, leg: str = "") -> Command:
    """Queue an application on a leg (the socket's own, if none is named).

    `event_uuid` comes back as `Application-UUID` of its CHANNEL_EXECUTE_COMPLETE.
    """
    if _EXPANDED.search(argument):
        raise UnsafeTextError(f"the switch might expand it: {argument[:80]!r}")
    headers = {
        "call-command": "execute",
        "execute-app-name": _fitting(_APPLICATION, application, "an application"),
    }
    if argument:
        headers["execute-app-arg"] = _one_line(argument, "argument")
    headers["Event-UUID"] = _fitting(_TOKEN, event_uuid, "a command's id")
    line = f"sendmsg {_fitting(_TOKEN, leg, 'a leg uuid')}" if leg else "sendmsg"
    return Command(line, Headers(headers))


def playback(files: Sequence[Path], *, event_uuid: str) -> Command:
    """Play one file, or several without a gap."""
    if not files or len(files) > LONGEST_PLAYLIST:
        raise UnsafeTextError(f"{len(files)} files to play, allowed are 1 to {LONGEST_PLAYLIST}")
    paths = [safe_path(file) for file in files]
    argument = paths[0] if len(paths) == 1 else "file_string://" + "!".join(paths)
    return execute("playback", argument, event_uuid=event_uuid)


def fence(*, event_uuid: str) -> Command:
    """A command without effect: when it has ended, so have those before it that end by themselves."""
    return execute("set", "playback_terminators=none", event_uuid=event_uuid)


def call_center(queue: str, *, event_uuid: str) -> Command:
    """Hand the leg to a queue of mod_callcenter (`support@default`)."""
    return execute("callcenter", _fitting(_QUEUE, queue, "a queue"), event_uuid=event_uuid)


def transfer_to(destination: str, *, event_uuid: str) -> Command:
    """Send the leg to another extension of its dialplan and context."""
    return execute("transfer", _fitting(_EXTENSION, destination, "an extension"), event_uuid=event_uuid)


# --- api -----------------------------------------------------------------------------------------


def api(words: str) -> Command:
    """An api command that no function here covers. `words` must not hold what a caller chose."""
    return Command(f"api {_one_line(words, 'command')}")


def call_centre(section: Literal["queue", "agent", "tier"], action: str, *words: str) -> Command:
    """`callcenter_config`: the tables of mod_callcenter, and changes of them. What holds blanks is quoted."""
    parts = [_fitting(_CENTRE, word, "a word for the call centre") for word in (action, *words)]
    return Command(
        " ".join(["api callcenter_config", section, *(f"'{one}'" if " " in one else one for one in parts)])
    )


def reload_xml() -> Command:
    """The switch reads its configuration files again."""
    return Command("api reloadxml")


def reload_call_centre() -> Command:
    """mod_callcenter starts anew: no members, agents as in the files. Only while nobody is in a queue."""
    return Command("api reload mod_callcenter")


def core_uuid() -> Command:
    """Answers with the `Core-UUID` of the switch's events: another one after each start."""
    return Command("api global_getvar core_uuid")


def set_global(name: str, value: str) -> Command:
    """Leave a word with the switch until its end; an empty one takes it away."""
    _fitting(_VARIABLE, name, "a variable")
    return Command(f"api global_setvar {name}={_fitting(_GLOBAL, value, 'a word')}")


def get_global(name: str) -> Command:
    """Answers with a word that was left; `-ERR` if there is none."""
    return Command(f"api global_getvar {_fitting(_VARIABLE, name, 'a variable')}")


def uptime() -> Command:
    """Answers with the seconds since the switch was started."""
    return Command("api uptime")


def leg_exists(leg: str) -> Command:
    """Answers `true` or `false`."""
    return Command(f"api uuid_exists {_fitting(_TOKEN, leg, 'a leg uuid')}")


def background(command: Command, *, job_uuid: str) -> Command:
    """The same `api` command without waiting; its result is the body of BACKGROUND_JOB."""
    if command.word != "api":
        raise UnsafeTextError(f"only api commands run in the background, not {command.word!r}")
    return Command(f"bgapi {command.rest}", Headers({"Job-UUID": _fitting(_TOKEN, job_uuid, "a job's id")}))


def _quoted(value: str) -> str:
    """A value as `switch_separate_string` gives it back: backslash before what it takes for syntax."""
    escaped = re.sub(r"([\\';])", r"\\\1", _one_line(value, "value"))
    # Blanks at the end would be cut off, so they stand in quotes.
    return f"'{escaped}'" if value != value.rstrip() else escaped


def set_variables(leg: str, variables: Mapping[str, str]) -> Command:
    """Set (or with an empty value: remove) channel variables, at once."""
    if not 0 < len(variables) <= 60:  # the switch reads 64
        raise UnsafeTextError(f"{len(variables)} variables in one command, allowed are 1 to 60")
    pairs = [
        f"{_fitting(_VARIABLE, name, 'a variable')}={_quoted(value)}" for name, value in variables.items()
    ]
    return Command(f"api uuid_setvar_multi {_fitting(_TOKEN, leg, 'a leg uuid')} {';'.join(pairs)}")


def forget(leg: str, variables: Iterable[str]) -> Command:
    """Remove channel variables, at once."""
    return set_variables(leg, dict.fromkeys(variables, ""))


def get_variable(leg: str, name: str) -> Command:
    """Answers with a channel variable's value, `UNDEFINED` if there is none."""
    return Command(
        f"api uuid_getvar {_fitting(_TOKEN, leg, 'a leg uuid')} {_fitting(_VARIABLE, name, 'a variable')}"
    )


def plays_file(leg: str) -> Command:
    """Answers `+OK` while a file is being played to the leg, else `-ERR`. (`uuid_fileman` with an order that
    it does not know, and so does nothing.)"""
    return Command(f"api uuid_fileman {_fitting(_TOKEN, leg, 'a leg uuid')} whether")


def answer(leg: str) -> Command:
    """Answer, at once: the reply comes when it is done. (As an application it would wait for the leg's next
    look at its queue, up to 20 ms later, and its completion would be one more event.)"""
    return Command(f"api uuid_answer {_fitting(_TOKEN, leg, 'a leg uuid')}")


def receive_key(leg: str, key: str) -> Command:
    """As if the leg's other end had pressed that key."""
    return Command(f"api uuid_recv_dtmf {_fitting(_TOKEN, leg, 'a leg uuid')} {_fitting(_KEY, key, 'a key')}")


def record(leg: str, action: Literal["start", "stop", "mask", "unmask"], file: Path) -> Command:
    """Record a leg to a file of the switch's host, or silence the recording for a while."""
    path = safe_path(file)
    written = f"'{path}'" if " " in path else path
    return Command(f"api uuid_record {_fitting(_TOKEN, leg, 'a leg uuid')} {action} {written}")


def stream_audio(leg: str, url: str) -> Command:
    """Send what the caller says to a websocket (mod_audio_stream, which reads host names and IPv4 only)."""
    _fitting(_WEBSOCKET, url, "a websocket's URL of plain characters")
    return Command(f"api uuid_audio_stream {_fitting(_TOKEN, leg, 'a leg uuid')} start {url} mono 8k")


def stop_streaming(leg: str) -> Command:
    """End `stream_audio`."""
    return Command(f"api uuid_audio_stream {_fitting(_TOKEN, leg, 'a leg uuid')} stop")


def break_all(leg: str) -> Command:
    """Stop what plays, and drop what is queued behind it."""
    return Command(f"api uuid_break {_fitting(_TOKEN, leg, 'a leg uuid')} all")


def kill(leg: str, cause: str = "NORMAL_CLEARING") -> Command:
    """Hang up."""
    _fitting(_CAUSE, cause, "a hangup cause")
    usual = cause == "NORMAL_CLEARING"  # what the switch takes without one; it reads byte by byte
    return Command(f"api uuid_kill {_fitting(_TOKEN, leg, 'a leg uuid')}{'' if usual else f' {cause}'}")


def transfer(leg: str, destination: str) -> Command:
    """Send any leg to another extension, from any connection."""
    _fitting(_TOKEN, leg, "a leg uuid")
    return Command(f"api uuid_transfer {leg} {_fitting(_EXTENSION, destination, 'an extension')}")


def queue_again(leg: str, queue: str) -> Command:
    """Take a leg out of a conversation, and hand it to a queue of mod_callcenter."""
    _fitting(_TOKEN, leg, "a leg uuid")
    return Command(f"api uuid_transfer {leg} callcenter:{_fitting(_QUEUE, queue, 'a queue')} inline")


def count_packets(leg: str) -> Command:
    """Write how much sound has come and gone into a leg's variables (`rtp_audio_in_media_packet_count`)."""
    return Command(f"api uuid_set_media_stats {_fitting(_TOKEN, leg, 'a leg uuid')}")


def bring_together(leg: str, other: str) -> Command:
    """Two legs that are up talk with each other, whatever they did; whom either talked with is alone."""
    return Command(
        f"api uuid_bridge {_fitting(_TOKEN, leg, 'a leg uuid')} {_fitting(_TOKEN, other, 'a leg uuid')}"
    )


def originate(
    endpoint: str, *, variables: Mapping[str, str], application: str = "park", argument: str = ""
) -> Command:
    """Dial. `endpoint` is `sofia/gateway/TRUNK/NUMBER` or the like; whoever answers meets the application.

    Wrap it in `background`: it ends when the far end has answered or failed.
    """
    pairs = []
    for name, value in variables.items():
        _fitting(_VARIABLE, name, "a variable")
        pairs.append(f"{name}={_fitting(_DIALLED, value, f'a value for {name} in originate')}")
    _fitting(_DIALLED, endpoint, "an endpoint")
    _fitting(_APPLICATION, application, "an application")
    _fitting(_DIALLED_ARGUMENT, argument, "an argument in originate")
    target = f"&{application}({argument})"
    braces = "{" + ",".join(pairs) + "}" if pairs else ""
    return Command(f"api originate {braces}{endpoint} " + (f"'{target}'" if " " in target else target))
