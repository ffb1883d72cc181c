"""`callcenter_config`: the tables and switches of the call centre, as mod_callcenter prints them.

Cells are printed as they are: a `|` or line end in a caller's name makes other cells and rows, as on the real
switch. Whoever reads tables asks for JSON (`queue_json`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from esl.embedded.api import api_command
from esl.embedded.call_queue import Agent, CallQueue, Member, Tier
from esl.embedded.separated import cut_at_blanks

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch

_STATES = ("Idle", "Waiting", "Receiving", "In a queue call", "Reserved")
_TIER_STATES = ("No Answer", "Ready", "Offering", "Active Inbound", "Standby")
_STATUSES = ("Available", "Available (On Demand)", "On Break", "Logged Out")

AGENT_COLUMNS = (
    "name|instance_id|uuid|type|contact|status|state|max_no_answer|wrap_up_time|reject_delay_time|"
    "busy_delay_time|no_answer_delay_time|last_bridge_start|last_bridge_end|last_offered_call|"
    "last_status_change|no_answer_count|calls_answered|talk_time|ready_time|external_calls_count\n"
)
TIER_COLUMNS = "queue|agent|state|level|position\n"
QUEUE_COLUMNS = (
    "name|strategy|moh_sound|time_base_score|tier_rules_apply|tier_rule_wait_second|"
    "tier_rule_wait_multiply_level|tier_rule_no_agent_no_wait|discard_abandoned_after|abandoned_resume_allowed|"
    "max_wait_time|max_wait_time_with_no_agent|max_wait_time_with_no_agent_time_reached|record_template|"
    "calls_answered|calls_abandoned|ring_progressively_delay|skip_agents_with_external_calls|"
    "agent_no_answer_status\n"
)
MEMBER_COLUMNS = (
    "queue|instance_id|uuid|session_uuid|cid_number|cid_name|system_epoch|joined_epoch|rejoined_epoch|"
    "bridge_epoch|abandoned_epoch|base_score|skill_score|serving_agent|serving_system|state|score\n"
)
_INVALID = "-ERR Invalid!\n"
_MOST_WORDS = 25
_KEYS = "0123456789ABCD*#"
_NO_KEYS = "WF"
"""Pauses and a flash, which the real switch reads among keys, and which do nothing here."""

Cells = tuple[object, ...]
"""A row, in the order of its columns."""


@api_command("callcenter_config")
def _callcenter_config(switch: EmbeddedSwitch, argument: str) -> str:
    words = [*cut_at_blanks(argument, _MOST_WORDS), "", ""]
    section, action, rest = words[0], words[1], [word for word in words[2:] if word]
    answer = {"queue": _queue, "agent": _agent, "tier": _tier}.get(section)
    return _INVALID if answer is None else answer(switch, action, rest)


@api_command("reload")
def _reload(switch: EmbeddedSwitch, argument: str) -> str:
    """Of the modules only the call centre can be loaded anew here."""
    if argument.strip() != "mod_callcenter":
        return f"-ERR unloading module [{argument.strip()[:40]}]\n"
    switch.call_centre.start_anew()
    return "+OK Reloading XML\n+OK module unloaded\n+OK module loaded\n"


@api_command("uuid_recv_dtmf")
def _uuid_recv_dtmf(switch: EmbeddedSwitch, argument: str) -> str:
    uuid, _, pressed = argument.strip().partition(" ")
    keys, _, milliseconds = pressed.upper().partition("@")
    if set(keys).isdisjoint(_KEYS + _NO_KEYS):
        return "-USAGE: <uuid> <dtmf_data>\n"
    session = switch.sessions.get(uuid)
    if session is None or not session.channel.is_up():
        return "-ERR Cannot locate session!\n"
    for key in keys:
        if key in _KEYS:
            session.press(key, 8 * _number(milliseconds) or 2000)
    return f"+OK {uuid} received DTMF {pressed}.\n"


def _tier(switch: EmbeddedSwitch, action: str, rest: list[str]) -> str:
    if action == "list":
        queues = switch.call_centre.queues.values()
        return _table(TIER_COLUMNS, [row for queue in queues for row in tier_cells(queue)])
    if action == "set":
        return _set_tier(switch, rest)
    if len(rest) < 2:
        return _INVALID
    if action == "del":
        return _remove_tier(switch, rest)
    return _add_tier(switch, rest) if action == "add" else _INVALID


def _remove_tier(switch: EmbeddedSwitch, rest: list[str]) -> str:
    queue = switch.call_centre.queues.get(rest[0])
    if queue is not None:
        queue.tiers = [tier for tier in queue.tiers if tier.agent.name != rest[1]]
    return "+OK\n"


def _add_tier(switch: EmbeddedSwitch, rest: list[str]) -> str:
    queue, agent = switch.call_centre.queues.get(rest[0]), switch.call_centre.agents.get(rest[1])
    if queue is None:
        return "-ERR Queue not found!\n"
    if agent is None:
        return "-ERR Agent not found!\n"
    if queue.tier_of(agent.name) is not None:
        return "-ERR Tier already exist!\n"
    level, position = (_number(word) for word in [*rest[2:4], "1", "1"][:2])
    queue.tiers.append(Tier(agent, level, position))
    switch.call_centre.dispatch()
    return "+OK\n"


def _set_tier(switch: EmbeddedSwitch, rest: list[str]) -> str:
    if len(rest) < 4:
        return _INVALID
    key, queue, value = rest[0], switch.call_centre.queues.get(rest[1]), rest[3]
    tier = None if queue is None else queue.tier_of(rest[2])
    if tier is None:  # the real one finds no words for it either (`cc_tier_update`)
        return "-ERR Unknown Error!\n"
    if key == "level":
        tier.level = _number(value)
    elif key == "position":
        tier.position = _number(value)
    elif key == "state":
        if value not in _TIER_STATES:
            return "-ERR Invalid Tier State!\n"
        tier.held = "" if value == "Ready" else value
    else:
        return "-ERR Invalid Tier Update KEY!\n"
    switch.call_centre.dispatch()
    return "+OK\n"


def _number(word: str) -> int:
    """As C's `atoi` for what is written here."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 9 else 0


def tier_cells(queue: CallQueue) -> list[Cells]:
    return [
        (queue.name, tier.agent.name, tier.state, tier.level, tier.position)
        for tier in sorted(queue.tiers, key=lambda each: (each.level, each.position))
    ]


def _queue(switch: EmbeddedSwitch, action: str, rest: list[str]) -> str:
    if action in {"load", "unload", "reload"}:
        return _load(switch, action, rest)
    queues = switch.call_centre.queues
    if action not in {"list", "count"}:
        return _INVALID
    if not rest:
        if action == "count":
            return f"{len(queues)}\n"
        return QUEUE_COLUMNS + "".join(map(_line, map(queue_cells, queues.values()))) + "+OK\n"
    queue = queues.get(rest[1]) if len(rest) > 1 else None
    if rest[0] not in {"agents", "members", "tiers"}:
        return _INVALID
    columns, rows = table_of(switch, rest[0], queue, rest[2:])
    return f"{len(rows)}\n" if action == "count" else _table(columns, rows)


def table_of(
    switch: EmbeddedSwitch, kind: str, queue: CallQueue | None, wanted: Sequence[str] = ()
) -> tuple[str, list[Cells]]:
    """Columns and rows of a queue's `agents` (of a status and state, if wanted), `members` or `tiers`."""
    if kind == "agents":
        return AGENT_COLUMNS, [agent_cells(agent) for agent in _agents_of(queue, wanted)]
    if kind == "members":
        return MEMBER_COLUMNS, _member_rows(queue, switch.clock.now())
    return TIER_COLUMNS, [] if queue is None else tier_cells(queue)


def _load(switch: EmbeddedSwitch, action: str, rest: list[str]) -> str:
    if not rest:
        return _INVALID
    if action == "unload":
        switch.call_centre.unload(rest[0])
        return "+OK\n"
    return "+OK\n" if switch.call_centre.load(rest[0]) else "-ERR Invalid Queue not found!\n"


def queue_cells(queue: CallQueue) -> Cells:
    config = queue.config
    after = int(config.overflow_after)
    return (
        queue.name,
        "longest-idle-agent",
        config.music,
        "queue",
        "true" if after else "false",
        after,
        "true",
        "true",
        60,
        "false",
        int(config.longest_wait),
        int(config.longest_wait_without_agents),
        *(5, "", 0, 0, 10, "false", "On Break"),
    )


def _agents_of(queue: CallQueue | None, wanted: Sequence[str]) -> list[Agent]:
    agents = [] if queue is None else queue.agents
    if wanted:
        agents = [agent for agent in agents if agent.status == wanted[0]]
    if len(wanted) > 1:
        agents = [agent for agent in agents if agent.state == wanted[1]]
    return agents


def _member_rows(queue: CallQueue | None, now: float) -> list[Cells]:
    members: list[Member] = [] if queue is None else queue.rows
    return [_member_cells(member, now) for member in sorted(members, key=lambda each: -each.score(now))]


def _member_cells(member: Member, now: float) -> Cells:
    return (
        member.queue.name,
        "single_box",
        member.uuid,
        "" if member.state == "Abandoned" else member.session.uuid,
        member.cid_number,
        member.cid_name,
        member.session.channel.profile.times.created // 1_000_000,
        member.joined,
        *(0, 0, 0),
        member.base_score,
        0,
        member.serving,
        "single_box" if member.serving else "",
        member.state,
        member.score(now),
    )


def _agent(switch: EmbeddedSwitch, action: str, rest: list[str]) -> str:
    agents = switch.call_centre.agents
    if action == "list":
        chosen = [agent for name, agent in agents.items() if not rest or name == rest[0]]
        return _table(AGENT_COLUMNS, map(agent_cells, chosen))
    if action == "del" and rest:
        switch.call_centre.remove_agent(rest[0])
        return "+OK\n"
    if len(rest) < 2:
        return _INVALID
    if action == "add":
        return _add_agent(switch, rest)
    return _set_or_get(switch, rest, change=action == "set") if action in {"set", "get"} else _INVALID


def _add_agent(switch: EmbeddedSwitch, rest: list[str]) -> str:
    if rest[1].lower() not in {"callback", "uuid-standby"}:
        return "-ERR Agent type invalid!\n"
    return "-ERR Agent already exist!\n" if switch.call_centre.add_agent(rest[0]) is None else "+OK\n"


def _set_or_get(switch: EmbeddedSwitch, rest: list[str], *, change: bool) -> str:
    agent = switch.call_centre.agents.get(rest[1])
    if agent is None:
        return "-ERR Agent not found!\n"
    if change:
        return _set(switch, agent, rest)
    known = {"status": agent.status, "state": agent.state}
    return known.get(rest[0], "-ERR Invalid Agent Update KEY!\n")


_DELAYS = ("max_no_answer", "reject_delay_time", "busy_delay_time", "no_answer_delay_time")
"""Settings of real telephones; a simulated agent knows how it answers by itself."""


def _set(switch: EmbeddedSwitch, agent: Agent, rest: list[str]) -> str:
    key, value = rest[0], rest[2] if len(rest) > 2 else ""
    if not value:
        return _INVALID
    if key == "status":
        if value not in _STATUSES:
            return "-ERR Invalid Agent Status!\n"
        switch.call_centre.set_status(agent, value)
    elif key == "contact":
        agent.set_to["contact"] = value
    elif key == "state":
        if value not in _STATES:
            return "-ERR Invalid Agent State!\n"
        switch.call_centre.set_state(agent, value)
        switch.call_centre.dispatch()
    elif key == "wrap_up_time":
        agent.config = agent.config.model_copy(update={"wrap_up": float(_number(value))})
        agent.told.set()
    elif key == "ready_time":
        agent.ready_time = int(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0
        agent.told.set()
        wait = agent.ready_time - switch.clock.now()
        switch.clock.later(max(wait, 0.0), switch.call_centre.dispatch)
    elif key in _DELAYS:
        agent.set_to[key] = str(_number(value))
    else:
        return "-ERR Invalid Agent Update KEY!\n"
    return "+OK\n"


def agent_cells(agent: Agent) -> Cells:
    return (
        agent.name,
        "single_box",
        "",
        "Callback",
        agent.set_to.get(
            "contact", f"{{absolute_codec_string=PCMU}}sofia/internal/{agent.contact}@127.0.0.1:5062"
        ),
        agent.status,
        agent.state,
        agent.set_to.get("max_no_answer", 0),
        int(agent.config.wrap_up),
        *(
            agent.set_to.get(key, 0)
            for key in ("reject_delay_time", "busy_delay_time", "no_answer_delay_time")
        ),
        agent.last_bridge_start,
        agent.last_bridge_end,
        agent.last_offered,
        agent.last_status_change,
        agent.no_answers,
        agent.calls_answered,
        agent.talk_time,
        *(agent.ready_time, 0),
    )


def _line(cells: Cells) -> str:
    return "|".join(map(str, cells)) + "\n"


def _table(columns: str, rows: Iterable[Cells]) -> str:
    """As the module prints a query's result: no header line if there are no rows."""
    lines = list(map(_line, rows))
    return "".join([columns, *lines, "+OK\n"]) if lines else "+OK\n"
