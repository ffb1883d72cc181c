"""`callcenter_config`: the tables and switches of the call centre, as mod_callcenter prints them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from esl.embedded.api import api_command, cell
from esl.embedded.queues import Agent, CallQueue, Member

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch

_STATUSES = ("Available", "Available (On Demand)", "On Break", "Logged Out")

_AGENT_COLUMNS = (
    "name|instance_id|uuid|type|contact|status|state|max_no_answer|wrap_up_time|reject_delay_time|"
    "busy_delay_time|no_answer_delay_time|last_bridge_start|last_bridge_end|last_offered_call|"
    "last_status_change|no_answer_count|calls_answered|talk_time|ready_time|external_calls_count\n"
)
_MEMBER_COLUMNS = (
    "queue|instance_id|uuid|session_uuid|cid_number|cid_name|system_epoch|joined_epoch|rejoined_epoch|"
    "bridge_epoch|abandoned_epoch|base_score|skill_score|serving_agent|serving_system|state|score\n"
)
_INVALID = "-ERR Invalid!\n"


@api_command("callcenter_config")
def _callcenter_config(switch: EmbeddedSwitch, argument: str) -> str:
    words = [*_quoted(argument), "", ""]
    section, action, rest = words[0], words[1], [word for word in words[2:] if word]
    answer = {"queue": _queue, "agent": _agent, "tier": _tier}.get(section)
    return _INVALID if answer is None else answer(switch, action, rest)


def _tier(switch: EmbeddedSwitch, action: str, _rest: list[str]) -> str:
    if action != "list":
        return _INVALID
    rows = [
        f"{queue.name}|{agent.name}|{'Ready' if agent.state == 'Waiting' else 'Active Inbound'}|1|{place}\n"
        for queue in switch.call_centre.queues.values()
        for place, agent in enumerate(queue.agents, 1)
    ]
    return _table("queue|agent|state|level|position\n", rows)


def _queue(switch: EmbeddedSwitch, action: str, rest: list[str]) -> str:
    queues = switch.call_centre.queues
    if action not in {"list", "count"}:
        return _INVALID
    if not rest:
        rows = [f"{queue.name}|longest-idle-agent|{queue.config.music}\n" for queue in queues.values()]
        return f"{len(queues)}\n" if action == "count" else _table("name|strategy|moh_sound\n", rows)
    queue = queues.get(rest[1]) if len(rest) > 1 else None
    if rest[0] == "agents":
        columns, rows = _AGENT_COLUMNS, [_agent_row(agent) for agent in _agents_of(queue, rest[2:])]
    elif rest[0] == "members":
        columns, rows = _MEMBER_COLUMNS, _member_rows(queue, switch.clock.now())
    else:
        return _INVALID
    return f"{len(rows)}\n" if action == "count" else _table(columns, rows)


def _agents_of(queue: CallQueue | None, wanted: list[str]) -> list[Agent]:
    agents = [] if queue is None else queue.agents
    if wanted:
        agents = [agent for agent in agents if agent.status == wanted[0]]
    if len(wanted) > 1:
        agents = [agent for agent in agents if agent.state == wanted[1]]
    return agents


def _member_rows(queue: CallQueue | None, now: float) -> list[str]:
    members: list[Member] = [] if queue is None else queue.members
    return [_member_row(member, now) for member in sorted(members, key=lambda each: -each.score(now))]


def _member_row(member: Member, now: float) -> str:
    profile = member.session.channel.profile
    cells = (
        member.queue.name,
        "single_box",
        member.uuid,
        member.session.uuid,
        cell(profile.caller_id_number, "|"),
        cell(profile.caller_id_name, "|"),
        profile.times.created // 1_000_000,
        member.joined,
        *(0, 0, 0),
        member.base_score,
        0,
        member.serving,
        "single_box" if member.serving else "",
        member.state,
        member.score(now),
    )
    return "|".join(map(str, cells)) + "\n"


def _agent(switch: EmbeddedSwitch, action: str, rest: list[str]) -> str:
    agents = switch.call_centre.agents
    if action == "list":
        chosen = [agent for name, agent in agents.items() if not rest or name == rest[0]]
        return _table(_AGENT_COLUMNS, map(_agent_row, chosen))
    if action not in {"set", "get"} or len(rest) < 2:
        return _INVALID
    agent = agents.get(rest[1])
    if agent is None:
        return "-ERR Agent not found!\n"
    if action == "set":
        return _set(switch, agent, rest)
    known = {"status": agent.status, "state": agent.state}
    return f"{known[rest[0]]}\n" if rest[0] in known else "-ERR Invalid Agent Update KEY!\n"


def _set(switch: EmbeddedSwitch, agent: Agent, rest: list[str]) -> str:
    if rest[0] != "status":
        return "-ERR Invalid Agent Update KEY!\n"
    if len(rest) < 3 or rest[2] not in _STATUSES:
        return "-ERR Invalid Agent Status!\n"
    switch.call_centre.set_status(agent, rest[2])
    return "+OK\n"


def _agent_row(agent: Agent) -> str:
    cells = (
        agent.name,
        "single_box",
        "",
        "Callback",
        f"{{absolute_codec_string=PCMU}}sofia/internal/{agent.contact}@127.0.0.1:5062",
        agent.status,
        agent.state,
        0,
        int(agent.config.wrap_up),
        *(0, 0, 0),
        agent.last_bridge_start,
        agent.last_bridge_end,
        agent.last_offered,
        agent.last_status_change,
        agent.no_answers,
        agent.calls_answered,
        agent.talk_time,
        *(0, 0),
    )
    return "|".join(map(str, cells)) + "\n"


def _table(columns: str, rows: Iterable[str]) -> str:
    """As the module prints a query's result: no header line if there are no rows."""
    lines = list(rows)
    return "".join([columns, *lines, "+OK\n"]) if lines else "+OK\n"


def _quoted(text: str) -> list[str]:
    """Words, where single quotes hold some together."""
    words, word, quoted = [], "", False
    for letter in text:
        if letter == "'":
            quoted = not quoted
        elif letter == " " and not quoted:
            words.append(word)
            word = ""
        else:
            word += letter
    return [each for each in [*words, word] if each]
