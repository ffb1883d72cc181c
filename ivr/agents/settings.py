"""The section `agents` of `ivr.yaml`: what the operator decides about agents; the rest is in agents.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

OutsideNumber = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]


class AgentSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    star_code: Annotated[str, Field(pattern=r"^\*[0-9]{1,6}$")] = "*55"
    """What agents dial to check in and out; the switch must bring it here (`ivr freeswitch init` does)."""
    desk_flow: str = "agent_desk"
    """The flow that answers it; where there is none, the star code is a caller like any other."""
    outside: tuple[OutsideNumber, ...] = ()
    """Numbers of the public network at which agents may be called."""
    watch_every: Annotated[float, Field(ge=5, le=600)] = 15.0
    """Seconds between two looks of the watchdog and of the alerts."""
    stuck_after: Annotated[float, Field(ge=10, le=3600)] = 30.0
    """Seconds that the switch's tables may contradict its legs before they are mended."""
    silent_after: Annotated[float, Field(ge=0, le=30)] = 4.0
    """Seconds after which a telephone that has answered, and sent no packet of sound, has not taken the call;
    0: never."""
    longest_wrap_up: Annotated[int, Field(ge=60, le=7200)] = 1800
    """Seconds after a call beyond which no agent extends their wrap-up."""
