"""What an operator says of how callers come to people, in `ivr.yaml` below `handover`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class HandoverSettings(BaseModel):
    """What reaches an agent's telephone with a call; the whole context is the API's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    headers: Literal["none", "reference", "full"] = "reference"
    """SIP headers of the INVITE to the agent: none, the call's id with its queue and language, or also who
    the caller is and what they want. Whatever lies between can read them, if it is not SIP over TLS."""
    whisper: bool = True
    """Whether the agent hears in a sentence who comes, before the two are connected."""
