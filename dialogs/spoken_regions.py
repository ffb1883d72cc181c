"""What the site's country changes in how values are said, and in how they are written.

| | Spain | Mexico, Colombia … | Argentina, Chile … | Britain … | United States |
|---|---|---|---|---|---|
| the first | uno de mayo | primero de mayo | primero de mayo | the first of May | May first |
| noon | del mediodía | del día | del mediodía | noon | noon |
| seven p.m. | de la tarde | de la noche | de la tarde | in the evening | in the evening |
| V, W | uve, uve doble | uve, doble u | ve corta, doble ve | | |
| 142 | | | | one hundred and forty-two | one hundred forty-two |

Sources: Diccionario panhispánico de dudas (fecha, hora, noche) for Spanish; CLDR, by Babel, for all that is
written: signs of currencies, decimal marks, the order of a date, the clock. A country that is not known is
said as Spain says it, in English as America does: month first, figures without "and".
"""

from __future__ import annotations

from functools import lru_cache

from babel import localedata

HOME = "ES"
"""The country where nothing else is said."""

_SOUTH = frozenset({"AR", "CL", "UY", "PY"})
_NORTH = frozenset(
    {"MX", "CO", "PE", "EC", "VE", "BO", "GT", "SV", "HN", "NI", "CR", "PA", "DO", "CU", "PR", "US"}
)
_BRITISH = frozenset({"GB", "IE", "AU", "NZ", "ZA", "IN", "MT", "GI"})

_SPOKEN_IN = {
    "es": frozenset({"ES"}) | _SOUTH | _NORTH,
    "ca": frozenset({"ES", "AD"}),
    "en": frozenset({"US", "CA", "PH"}) | _BRITISH,
}
"""The countries whose way of writing counts: CLDR also knows how English is written in Spain."""


def american_spanish(region: str) -> bool:
    """Whether a month has a "primero"; in Spain it has an "uno"."""
    return region in _NORTH or region in _SOUTH


def early_night(region: str) -> bool:
    """Whether the night begins at seven, as where it is dark by then all year, and noon is "del día"."""
    return region in _NORTH


def sized_v(region: str) -> bool:
    """Whether B and V are "be larga" and "ve corta"."""
    return region in _SOUTH


def doubled_u(region: str) -> bool:
    """Whether W is "doble u"."""
    return region in _NORTH


def british(region: str) -> bool:
    """Whether the day stands before its month, and an "and" behind the hundreds."""
    return region in _BRITISH


@lru_cache(maxsize=64)
def locale_of(language: str, region: str) -> str:
    """How that language is written there, as Babel calls it; without the country where it knows no such."""
    name = f"{language}_{region}"
    return name if region in _SPOKEN_IN.get(language, ()) and localedata.exists(name) else language


def spaced(text: str) -> str:
    """With plain spaces: CLDR writes narrow and unbreakable ones, which logs and terminals show badly."""
    return text.replace("\xa0", " ").replace("\u202f", " ")
