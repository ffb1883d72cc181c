"""The switch of a simulated day: two queues, their agents, and how each is called."""

from __future__ import annotations

from esl.embedded.config import SwitchConfig, read_config
from esl.freeswitch.configuration import QUEUE_DOMAIN


def names_of(billing: int, support: int) -> list[str]:
    return [f"b{n:02d}" for n in range(1, billing + 1)] + [f"s{n:02d}" for n in range(1, support + 1)]


def config_of(names: list[str], *, wrap_up: int, exit_keys: str) -> SwitchConfig:
    quiet = "silence_stream://-1"
    agents = {
        name: {
            "name": f"{name}@{QUEUE_DOMAIN}",
            "status": "Logged Out",
            "answers_after": 3.0,
            "talks_for": 7200.0,
            "wrap_up": wrap_up,
            "voice": quiet,
        }
        for name in names
    }
    return read_config(
        {
            "event_socket": "127.0.0.1:0",
            "line": "127.0.0.1:0",
            "queues": [
                {
                    "name": f"{queue}@{QUEUE_DOMAIN}",
                    "music": quiet,
                    "agents": [one for name, one in agents.items() if name[0] == queue[0]],
                }
                for queue in ("billing", "support")
            ],
            "extensions": [
                {
                    "destination": queue,
                    "actions": [
                        ["answer"],
                        ["set", f"cc_exit_keys={exit_keys}"],
                        ["set", "hangup_after_bridge=true"],
                        ["callcenter", f"{queue}@{QUEUE_DOMAIN}"],
                        ["transfer", "${next}"],
                    ],
                }
                for queue in ("billing", "support")
            ],
        }
    )
