"""How amounts of money are said in each language."""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping

from dialogs.slots.words import Words, tokens

_PESOS = {"es": "peso pesos", "ca": "peso pesos", "en": "peso pesos"}
WORDS: Mapping[str, Mapping[str, str]] = {
    "EUR": {"es": "euro euros leuros eur €", "ca": "euro euros eur €", "en": "euro euros eur €"},
    "USD": {"es": "dólar dólares $", "ca": "dòlar dòlars $", "en": "dollar dollars bucks buck $"},
    "GBP": {"es": "libra libras £", "ca": "lliura lliures £", "en": "pound pounds quid £"},
    "PEN": {"es": "sol soles", "ca": "sol sols", "en": "sol soles"},
    **{
        code: {lang: f"{words} $" for lang, words in _PESOS.items()}
        for code in ("MXN", "COP", "CLP", "ARS", "DOP", "CUP", "UYU")
    },
    "BOB": {"es": "boliviano bolivianos", "ca": "bolivià bolivians", "en": "boliviano bolivianos"},
    "CRC": {"es": "colón colones", "ca": "colón colons", "en": "colón colones"},
    "GTQ": {"es": "quetzal quetzales", "ca": "quetzal quetzals", "en": "quetzal quetzales"},
    "HNL": {"es": "lempira lempiras", "ca": "lempira lempires", "en": "lempira lempiras"},
    "NIO": {"es": "córdoba córdobas", "ca": "córdoba córdobas", "en": "córdoba córdobas"},
    "PAB": {"es": "balboa balboas", "ca": "balboa balboes", "en": "balboa balboas"},
    "PYG": {"es": "guaraní guaraníes guaranís", "ca": "guaraní guaranís", "en": "guaraní guaraníes guaranis"},
    "VES": {"es": "bolívar bolívares", "ca": "bolívar bolívars", "en": "bolívar bolívares bolivars"},
}
CENTS: Mapping[str, str] = {
    "es": "céntimo céntimos centavo centavos penique peniques centésimo centésimos",
    "ca": "cèntim cèntims centau centaus penic penics centèsim centèsims",
    "en": "cent cents penny pence p",
}
JOIN = {"es": {"con"}, "ca": {"amb"}, "en": frozenset[str]()}
AND = {"es": {"y"}, "ca": {"i"}, "en": {"and"}}
POINT = {"es": {"coma", "punto"}, "ca": {"coma", "punt"}, "en": {"point", "comma"}}
HALF = {
    "es": (("medio",), ("y", "medio"), ("y", "media")),
    "ca": (("mig",), ("i", "mig"), ("i", "mitja")),
    "en": (("half", "a"), ("and", "a", "half"), ("and", "half")),
}
HALVES = {"es": {"medio", "media"}, "ca": {"mig", "mitja"}, "en": {"half"}}
MILLION = frozenset(tokens("millón milió million"))
OF = {"es": {"de"}, "ca": {"de"}, "en": frozenset[str]()}
FILLERS = {
    "es": "cantidad importe total mínimo pagaría abonar abono abonaré unidad serán solo sólo todo son justos"
    " exactos exactamente justo",
    "ca": "quantitat import total mínim pagaria abonar abono serien només tot justos exactes exactament just",
    "en": "amount sum total just only exactly pay paying of",
}
OTHER_MONEY = {
    "es": "peseta pesetas pela pelas duro duros franco francos yen yenes yuan yuanes rublo rublos rupia rupias real"
    " reales lira liras marco marcos corona coronas bitcoin bitcoins dírham",
    "ca": "pesseta pessetes pela peles duro duros franc francs ien iens iuan iuans ruble rubles rupia rupies real reals"
    " lira lires marc marcs corona corones bitcoin bitcoins dírham",
    "en": "peseta pesetas franc francs yen yuan ruble rubles rouble roubles rupee rupees real reais lira marks crown"
    " crowns kroner bitcoin bitcoins dirham dirhams shilling shillings guinea guineas",
}
"""Money that no question here asks for."""
LEAVE_OPEN = {
    "es": frozenset(
        tokens(
            "cifra cifras dígitos pico algo menos par varios cuantos mitad doble triple tercio tercios cuarta cuartos parte partes luego"
            " cada docena decena centenar centenares cincuentena veintena millar millares"
        )
    ),
    "ca": frozenset(
        tokens(
            "xifra xifres dígits escaig alguna menys parell quants meitat doble triple terç terços quarta quarts part parts després cada"
            " dotzena desena centenar centenars cinquantena vintena miler milers"
        )
    ),
    "en": frozenset(
        tokens(
            "grand figure figures digit digits something odd minus couple few several twice double triple third thirds quarter quarters each later dozen"
            " dozens times tenner tenners fiver fivers hundreds thousands"
        )
    ),
}
"""Words that leave the amount open: "cien y pico", "la mitad de cien"."""
_ROUND = {
    "es": "un cuarto de millón=doscientos cincuenta mil|tres cuartos de millón=setecientos cincuenta mil|medio millar=quinientos",
    "ca": "un quart de milió=dos-cents cinquanta mil|tres quarts de milió=set-cents cinquanta mil|mig miler=cinc-cents",
    "en": "a quarter of a million=two hundred and fifty thousand|a quarter million=two hundred and fifty thousand"
    "|quarter of a million=two hundred and fifty thousand|three quarters of a million=seven hundred and fifty thousand"
    "|half a thousand=five hundred",
}
ROUND: Mapping[str, tuple[tuple[Words, Words], ...]] = {
    language: tuple(
        (tokens(said), tokens(meant)) for said, _, meant in (row.partition("=") for row in table.split("|"))
    )
    for language, table in _ROUND.items()
}
"""Parts of a round number → the number that they are."""
HUNDREDS = {"es": frozenset({"cientos", "cientas"}), "ca": frozenset({"cents"}), "en": frozenset[str]()}
"""Beside an amount, they belong to a number that nobody counts so: "once cientos"."""
