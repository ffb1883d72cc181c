"""The oracle: computes the reports of a day from the raw events of the switch, on its own.

It imports nothing of the product. It reads the events as text, and has every formula written by hand, in
another way than the product where there is one.
Run: python oracle.py RAW FIRST-DAY LAST-DAY ZONE; one line of JSON.

What counts (docs/reports.md): whoever joined a queue was offered, unless they were called back. In time is
who was answered within 180 s. Short abandons are those before 5 s. Percentiles are nearest rank.
"""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

WITHIN, SHORT, LAW = 180_000, 5_000, 180_000


def events_of(raw):
    """Header by header; a frame is its length, its type, a blank line and so many bytes."""
    at = 0
    while at < len(raw):
        end = raw.index(b"\n\n", at)
        length = int(raw[at:end].split(b"Content-Length: ")[1].split(b"\n")[0])
        body = raw[end + 2 : end + 2 + length].decode("ascii")
        at = end + 2 + length
        event = {}
        for line in body.strip("\n").split("\n"):
            name, _, value = line.partition(": ")
            event[name] = "" if value == "_undef_" else unquote(value)
        yield event


def bare(name):
    return name.split("@")[0]


def read_day(raw):
    """Stays by member, statuses and missed offers by agent."""
    stays, statuses, missed, working = {}, [], [], {}
    for event in events_of(raw):
        action = event.get("CC-Action")
        at = int(event["Event-Date-Timestamp"]) // 1000
        stay = stays.get(event.get("CC-Member-UUID"))
        if action == "member-queue-start":
            told = event.get("variable_ivr_visit", "").split("/")
            since = event.get("variable_ivr_callback_since")
            stays[event["CC-Member-UUID"]] = {
                "queue": bare(event["CC-Queue"]), "leg": event["CC-Member-Session-UUID"], "joined": at,
                "told": int(told[2]) if len(told) == 3 and told[2] else None,
                "since": int(since) if since else None,
                "answered": None, "ended": None, "wrapped": None, "left": None, "how": None, "agent": None,
            }  # fmt: skip
        elif whisper_cut_short(event, action, stay, at, missed):
            continue
        elif action == "bridge-agent-start":
            stay["answered"], stay["agent"] = at, bare(event["CC-Agent"])
        elif action == "bridge-agent-end":
            stay["ended"] = at
            stay["held"] = int(event.get("Caller-Channel-Hold-Accum", "0")) // 1000
            working[bare(event["CC-Agent"])] = stay
        elif action == "agent-state-change" and event["CC-Agent-State"] == "Waiting":
            before = working.pop(bare(event["CC-Agent"]), None)
            if before is not None:
                before["wrapped"] = max(at, before["ended"] + 20_000)
        elif action == "bridge-agent-fail":
            if event["CC-Hangup-Cause"] != "ORIGINATOR_CANCEL":
                missed.append((bare(event["CC-Agent"]), bare(event["CC-Queue"]), at))
        elif action == "agent-status-change":
            statuses.append((at, bare(event["CC-Agent"]), event["CC-Agent-Status"]))
        elif action == "member-queue-end":
            stay["left"] = at
            stay["how"] = how_it_ended(event)
    return list(stays.values()), statuses, missed


def whisper_cut_short(event, action, stay, at, missed):
    """Who answered and was gone before they were connected has not answered: missed, if the caller is still
    there and offered again."""
    if action == "agent-offering" and stay and stay.pop("unmet", None):
        missed.append(stay.pop("whose"))
    if action != "bridge-agent-end" or event.get("CC-Agent-Bridged") == "true":
        return False
    if stay["left"] is None:
        stay["whose"], stay["unmet"] = (bare(event["CC-Agent"]), bare(event["CC-Queue"]), at), True
    stay["answered"] = stay["agent"] = None
    return True


def how_it_ended(event):
    if event["CC-Cause"] == "Terminated":
        return "answered"
    if event["Answer-State"] == "hangup":
        return "abandoned"
    if event.get("variable_ivr_left_for", "").startswith("overflow"):
        return "overflowed"
    if event["CC-Cancel-Reason"] == "EXIT_WITH_KEY":
        return "left_by_key"
    return {"TIMEOUT": "timed_out", "NO_AGENT_TIMEOUT": "timed_out"}.get(event["CC-Cancel-Reason"], "moved")


# --- time ----------------------------------------------------------------------------------------------


def slot_of(ms, minutes, zone):
    """When its interval began, in ms, and what it is called."""
    local = datetime.fromtimestamp(ms // 1000, UTC).astimezone(zone)
    if minutes == 1440:
        local = datetime(local.year, local.month, local.day, tzinfo=zone)
        return int(local.timestamp()) * 1000, local.strftime("%Y-%m-%d")
    of_day = local.hour * 60 + local.minute
    of_day -= of_day % minutes
    local = local.replace(hour=of_day // 60, minute=of_day % 60, second=0, microsecond=0)
    return int(local.timestamp()) * 1000, local.strftime("%Y-%m-%d %H:%M")


# --- figures -------------------------------------------------------------------------------------------


def in_seconds(ms):
    return round(ms / 1000, 3)


def mean(values):
    return in_seconds(sum(values) / len(values)) if values else None


def nearest_rank(values, percent):
    """The least value that at least so many percent of all are not above."""
    for value in sorted(values):
        if 100 * sum(other <= value for other in values) >= percent * len(values):
            return in_seconds(value)
    return None


def part(some, all_):
    return round(some / all_, 4) if all_ else None


def queue_figures(stays, everybody, missed, kept):
    """One row. `everybody`: all stays of the day, to follow a leg."""
    offered = [stay for stay in stays if stay["since"] is None]
    answered = [stay for stay in offered if stay["answered"] is not None]
    waits = [stay["answered"] - stay["joined"] for stay in answered]
    ends = {}
    for stay in offered:
        if stay["answered"] is None:
            ends[stay["how"]] = ends.get(stay["how"], 0) + 1
    hung_up = [stay["left"] - stay["joined"] for stay in offered if stay["how"] == "abandoned"]
    short = len([after for after in hung_up if after < SHORT])
    handled = [stay for stay in stays if stay["ended"] is not None]
    talks = [stay["ended"] - stay["answered"] for stay in handled]
    works = [stay["wrapped"] - stay["ended"] for stay in handled]
    handling = [stay["wrapped"] - stay["answered"] for stay in handled]
    reached = [stay["answered"] - stay["since"] for stay in stays if stay["since"] and stay["answered"]]
    first = [stay for stay in offered if stay["joined"] == min(o["joined"] for o in everybody[stay["leg"]])]
    asked = []
    for stay in first:
        answers = [other["answered"] for other in everybody[stay["leg"]] if other["answered"]]
        if answers:
            asked.append(min(answers) - stay["joined"])
    best = -(-95 * len(first) // 100)
    errors = sorted(
        abs(stay["told"] * 1000 - wait) / wait
        for stay, wait in zip(answered, waits, strict=True)
        if wait >= 30_000 and stay["told"] is not None
    )
    passed_on = [s for s in handled if any(o["joined"] > s["joined"] for o in everybody[s["leg"]])]
    return {
        "offered": len(offered),
        "answered": len(answered),
        "abandoned": len(hung_up),
        "short_abandoned": short,
        **{name: ends.get(name, 0) for name in ("overflowed", "left_by_key", "timed_out", "moved")},
        "unknown": 0,
        "still_there": 0,
        "refused": 0,
        "service_level": part(len([wait for wait in waits if wait <= WITHIN]), len(offered) - short),
        "law_share": part(len([wait for wait in asked if wait < LAW]), len(first)),
        "law_mean": mean(sorted(asked)[:best]) if best and len(asked) >= best else None,
        "wait_mean": mean(waits),
        "wait_p50": nearest_rank(waits, 50),
        "wait_p95": nearest_rank(waits, 95),
        "wait_max": in_seconds(max(waits)) if waits else None,
        "abandoned_after": mean(hung_up),
        "told_error": round(errors[(len(errors) - 1) // 2], 4) if errors else None,
        "talk_mean": mean(talks),
        "hold_mean": mean([stay["held"] for stay in handled]),
        "wrap_up_mean": mean(works),
        "handling_mean": mean(handling),
        "handling_p50": nearest_rank(handling, 50),
        "handling_p95": nearest_rank(handling, 95),
        "handling_max": in_seconds(max(handling)) if handling else None,
        "transferred": len(passed_on),
        "missed": missed,
        "callbacks_kept": kept,
        "callbacks_reached": len(reached),
        "callback_wait_mean": mean(reached),
        "callback_wait_max": in_seconds(max(reached)) if reached else None,
    }


def queue_rows(stays, missed, minutes, by_queue, zone):
    legs = {}
    for stay in stays:
        legs.setdefault(stay["leg"], []).append(stay)

    def key(ms, queue):
        begin, label = slot_of(ms, minutes, zone) if minutes else (0, "")
        return begin, queue if by_queue else "", label

    rows = {}
    for stay in stays:
        rows.setdefault(key(stay["joined"], stay["queue"]), [[], 0, 0])[0].append(stay)
        if stay["how"] == "left_by_key":  # the only key of that day keeps their place
            rows.setdefault(key(stay["left"], stay["queue"]), [[], 0, 0])[2] += 1
    for _, queue, at in missed:
        rows.setdefault(key(at, queue), [[], 0, 0])[1] += 1
    found = []
    for begin, queue, label in sorted(rows):
        mine, none, kept = rows[begin, queue, label]
        named = {**({"when": label} if minutes else {}), **({"queue": queue} if by_queue else {})}
        found.append({**named, **queue_figures(mine, legs, none, kept)})
    return found


# --- agents --------------------------------------------------------------------------------------------


def agent_rows(stays, statuses, missed, minutes, by_agent, zone, since, until):
    """Time is cut into pieces in which nothing changes, and each piece is looked at."""
    rows = {}
    names = {stay["agent"] for stay in stays if stay["agent"]} | {agent for _, agent, _ in statuses}
    size = minutes or 1440
    edges = sorted({slot_of(ms, size, zone)[0] for ms in range(since, until, 900_000)})

    def row(agent, ms):
        begin, label = slot_of(ms, size, zone) if minutes else (0, "")
        key = (begin, agent if by_agent else "", label)
        times = ("there", "on_break", "talking", "wrapping_up", "working")
        return rows.setdefault(
            key, {**dict.fromkeys(times, 0), "talks": [], "handling": [], "missed": 0, "on": 0}
        )

    for agent in names:
        mine = [stay for stay in stays if stay["agent"] == agent and stay["ended"]]
        changes = sorted((at, status) for at, who, status in statuses if who == agent)
        cuts = {since, until, *edges, *(at for at, _ in changes)}
        for stay in mine:
            cuts |= {stay["answered"], stay["ended"], stay["wrapped"]}
        cuts = sorted(cut for cut in cuts if since <= cut <= until)
        for begin, end in pairwise(cuts):
            status = ([name for at, name in changes if at <= begin] or ["Logged Out"])[-1]
            talking = any(stay["answered"] <= begin < stay["ended"] for stay in mine)
            after = any(stay["ended"] <= begin < stay["wrapped"] for stay in mine)
            here = row(agent, begin) if talking or after or status != "Logged Out" else None
            if here is None:
                continue
            here["talking"] += (end - begin) * talking
            here["wrapping_up"] += (end - begin) * after
            here["working"] += (end - begin) * (talking or after)
            here["there"] += (end - begin) * (talking or after or status == "Available")
            here["on_break"] += (end - begin) * (status == "On Break" and not talking and not after)
        for stay in mine:
            here = row(agent, stay["answered"])
            here["talks"].append(stay["ended"] - stay["answered"])
            here["handling"].append(stay["wrapped"] - stay["answered"])
            again = [o for o in stays if o["leg"] == stay["leg"] and o["joined"] > stay["answered"]]
            here["on"] += bool(again)
    for agent, _, at in missed:
        row(agent, at)["missed"] += 1
    found = []
    for begin, agent, label in sorted(rows):
        one = rows[begin, agent, label]
        found.append(
            {
                **({"when": label} if minutes else {}),
                **({"agent": agent} if by_agent else {}),
                "answered": len(one["talks"]),
                "missed": one["missed"],
                **{name: in_seconds(one[name]) for name in ("there", "on_break", "talking", "wrapping_up")},
                "occupancy": part(one["working"], one["there"]),
                "talk_mean": mean(one["talks"]),
                "handling_mean": mean(one["handling"]),
                "handling_max": in_seconds(max(one["handling"])) if one["handling"] else None,
                "transferred": one["on"],
            }
        )
    return found


def main(raw, first, last, zone):
    stays, statuses, missed = read_day(Path(raw).read_bytes())
    zone = ZoneInfo(zone)
    begin, after = date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
    since = int(datetime(begin.year, begin.month, begin.day, tzinfo=zone).timestamp()) * 1000
    until = int(datetime(after.year, after.month, after.day, tzinfo=zone).timestamp()) * 1000
    print(
        json.dumps(
            {
                "queues": {
                    "": queue_rows(stays, missed, 0, False, zone),
                    "queue": queue_rows(stays, missed, 0, True, zone),
                    "day": queue_rows(stays, missed, 1440, False, zone),
                    "60": queue_rows(stays, missed, 60, False, zone),
                    "15 queue": queue_rows(stays, missed, 15, True, zone),
                },
                "agents": {
                    "agent": agent_rows(stays, statuses, missed, 0, True, zone, since, until),
                    "30": agent_rows(stays, statuses, missed, 30, False, zone, since, until),
                    "60 agent": agent_rows(stays, statuses, missed, 60, True, zone, since, until),
                },
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
