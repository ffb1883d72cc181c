"""A campaign as it is kept with its row: its part of the strategy's file, as it was when it was started."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dialogs.calendars import Hours
from ivr.campaigns.contact_rules.written import Actor
from ivr.campaigns.strategies import CampaignFile


def kept(actor: Actor, campaign: CampaignFile) -> dict[str, Any]:
    """What JSON can hold."""
    return {"actor": actor, **campaign.model_dump(mode="json")}


def file_of(declared: str | Mapping[str, Any]) -> tuple[Actor, CampaignFile]:
    """Back again. Raises `ValueError` for what another version has kept."""
    fields = dict(json.loads(declared) if isinstance(declared, str) else declared)
    actor, hours = fields.pop("actor"), fields.pop("hours", None)
    file = CampaignFile.model_validate(fields)
    if hours is not None:
        days = {int(day): tuple(Hours(**one) for one in theirs) for day, theirs in hours.items()}
        file = file.model_copy(update={"hours": days})
    return actor, file
