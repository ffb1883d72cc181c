"""By which trunks this installation calls people of campaigns."""

from __future__ import annotations

from ivr.campaigns.dialling.settings import TrunkSettings
from ivr.config import Settings


def trunks_of(settings: Settings) -> tuple[TrunkSettings, ...]:
    """Those of the settings; else the way by which people are called back, or the first gateway."""
    if settings.campaigns.trunks:
        return settings.campaigns.trunks
    if settings.switch.kind == "embedded":
        return (TrunkSettings(name="embedded", dial="user/{number}"),)
    if settings.callbacks.dial is not None:
        return (TrunkSettings(name="callbacks", dial=settings.callbacks.dial),)
    return tuple(
        TrunkSettings(name="gateway", dial=f"sofia/gateway/{one.name}/{{number}}")
        for one in settings.freeswitch.gateways[:1]
    )
