"""The currencies that can be said: their units, and the hundredths of these."""

from __future__ import annotations

from collections.abc import Mapping

Unit = tuple[str, str, bool]
"""One, several, and whether they are feminine."""


def _units(one: str, several: str, part: str, parts: str, *, feminine: bool = False) -> tuple[Unit, Unit]:
    return (one, several, feminine), (part, parts, False)


_Money = Mapping[str, tuple[Unit, Unit]]


def _in_centavos(es: tuple[str, str], ca: tuple[str, str], en: tuple[str, str]) -> _Money:
    return {
        "es": _units(*es, "centavo", "centavos"),
        "ca": _units(*ca, "centau", "centaus"),
        "en": _units(*en, "cent", "cents"),
    }


def _in_centimos(es: tuple[str, str], ca: tuple[str, str], en: tuple[str, str]) -> _Money:
    return {
        "es": _units(*es, "céntimo", "céntimos"),
        "ca": _units(*ca, "cèntim", "cèntims"),
        "en": _units(*en, "cent", "cents"),
    }


def _in_centesimos(es: tuple[str, str], ca: tuple[str, str], en: tuple[str, str]) -> _Money:
    return {
        "es": _units(*es, "centésimo", "centésimos"),
        "ca": _units(*ca, "centèsim", "centèsims"),
        "en": _units(*en, "cent", "cents"),
    }


_EURO = ("euro", "euros")
_PESO = ("peso", "pesos")
_PESOS = _in_centavos(_PESO, _PESO, _PESO)

CURRENCIES: Mapping[str, _Money] = {
    "EUR": _in_centimos(_EURO, _EURO, _EURO),
    "USD": _in_centavos(("dólar", "dólares"), ("dòlar", "dòlars"), ("dollar", "dollars")),
    "GBP": {
        "es": _units("libra", "libras", "penique", "peniques", feminine=True),
        "ca": _units("lliura", "lliures", "penic", "penics", feminine=True),
        "en": _units("pound", "pounds", "penny", "pence"),
    },
    **dict.fromkeys(("MXN", "COP", "CLP", "ARS", "DOP", "CUP"), _PESOS),
    "UYU": _in_centesimos(_PESO, _PESO, _PESO),
    "PEN": _in_centimos(("sol", "soles"), ("sol", "sols"), ("sol", "soles")),
    "BOB": _in_centavos(("boliviano", "bolivianos"), ("bolivià", "bolivians"), ("boliviano", "bolivianos")),
    "CRC": _in_centimos(("colón", "colones"), ("colón", "colons"), ("colón", "colones")),
    "GTQ": _in_centavos(("quetzal", "quetzales"), ("quetzal", "quetzals"), ("quetzal", "quetzales")),
    "HNL": _in_centavos(("lempira", "lempiras"), ("lempira", "lempires"), ("lempira", "lempiras")),
    "NIO": _in_centavos(("córdoba", "córdobas"), ("córdoba", "córdobas"), ("córdoba", "córdobas")),
    "PAB": _in_centesimos(("balboa", "balboas"), ("balboa", "balboes"), ("balboa", "balboas")),
    "PYG": _in_centimos(("guaraní", "guaraníes"), ("guaraní", "guaranís"), ("guaraní", "guaraníes")),
    "VES": _in_centimos(("bolívar", "bolívares"), ("bolívar", "bolívars"), ("bolívar", "bolívares")),
}
"""By ISO code and language."""


def currencies() -> frozenset[str]:
    """ISO codes that can be said."""
    return frozenset(CURRENCIES)
