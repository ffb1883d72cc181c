"""A campaign as the dialler works on it: what was declared, on which trunk, until when."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from data.records.dialling import Running
from dialogs.calendars import Calendar
from ivr.campaigns.contact_rules.windows import next_open
from ivr.campaigns.contact_rules.written import Actor
from ivr.campaigns.declaration import file_of
from ivr.campaigns.dialling.settings import TrunkSettings
from ivr.campaigns.strategies import CampaignFile
from ivr.errors import IvrError

_DAYS_AHEAD = 14


class CampaignUnfit(IvrError):
    """What a campaign was created with cannot be dialled here."""

    code = "campaign_unfit"


@dataclass(frozen=True)
class Plan:
    """What the dialler goes by."""

    running: Running
    file: CampaignFile
    actor: Actor
    trunk: TrunkSettings

    @property
    def until(self) -> datetime:
        """How long its sample is worked on."""
        return self.running.sample_cut_at + timedelta(days=self.file.days)

    @property
    def agents_of(self) -> str:
        """The queue whose agents its calls take; empty: the flow alone talks."""
        return "" if self.file.mode == "automated" else self.file.queue or ""

    def open_at(self, moment: datetime, zones: Sequence[str]) -> datetime | None:
        """The first moment from then on at which the campaign's own hours let it call somebody in one of
        these zones; `None`: none within two weeks."""
        if self.file.hours is None:
            return moment
        return next_open(moment, [Calendar(self.file.hours, zone=zone) for zone in zones], days=_DAYS_AHEAD)

    def caller_id(self, customer_id: UUID) -> str | None:
        """The number that they see: of several always the same, so that they know it again."""
        shown = self.file.caller_ids
        if not shown:
            return None
        return shown[int.from_bytes(hashlib.sha256(customer_id.bytes).digest()[:4]) % len(shown)]


def plan_of(running: Running, trunks: Sequence[TrunkSettings]) -> Plan:
    """Raises `CampaignUnfit`: its trunk is not one of ours, or its declaration cannot be read."""
    try:
        actor, file = file_of(running.declared)
    except ValueError as wrong:
        raise CampaignUnfit(
            f"The campaign {running.name} cannot be read ({type(wrong).__name__})", "Start it again"
        ) from None
    trunk = next((one for one in trunks if file.trunk in (None, one.name)), None)
    if trunk is None:
        known = ", ".join(one.name for one in trunks) or "none"
        raise CampaignUnfit(
            f"The campaign {running.name} wants the trunk {file.trunk or 'of ivr.yaml'}",
            f"Declare it in campaigns.trunks; there are: {known}",
        )
    return Plan(running, file, actor, trunk)


def zone_of(zones: Sequence[str]) -> ZoneInfo:
    """The likeliest zone of somebody."""
    return ZoneInfo(zones[0])
