"""Campaigns that were created, found by their names. It loads nothing that only preparing a campaign needs:
whoever stops one waits for this module."""

from __future__ import annotations

from data.campaigns import Campaign
from data.store import Store
from ivr.errors import IvrError


class NoSuchCampaign(IvrError):
    """It is not declared, not created, or has nobody to call."""

    code = "campaign_unknown"


def created(store: Store, strategy: str, name: str) -> Campaign:
    """Raises `NoSuchCampaign`."""
    found = store.campaigns.of_name(strategy, name)
    if found is None:
        remedy = f"First ivr campaign create {strategy} {name}"[:120]
        raise NoSuchCampaign(f"The campaign {name[:40]} is not created", remedy)
    return found
