"""Words by which somebody who overhears a call learns that it is about a debt, in each language of flows.

They are stems or whole words, without accents. Rather one too many: a neutral sentence does without all of
them. (tests/dialogs/debt_oracle.py has a list of its own, which knows nothing of this one.)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_SHARED = r"euros?|€|mora|saldos?|factur\w+|impag\w+|moros\w+|deutor\w*|credit\w*|hipote[cq]\w+|judicial\w*"
DEBT_WORDS: Mapping[str, re.Pattern[str]] = {
    language: re.compile(rf"(?<!\w)(?:{_SHARED}|{words})(?!\w)")
    for language, words in {
        "es": r"deud\w*|endeud\w+|adeud\w+|recibos?|importes?"
        r"|pag(?:o|os|a|an|ar\w*|ue\w*|ad[oa]s?|aron|aba\w*)"
        r"|cobr(?:o|os|a|ar\w*|ad[oa]s?|amos|anza\w*|ador\w*)|recobr\w+|venci(?:d[oa]s?|mientos?)"
        r"|(?<!sin )embarg\w+|acreedor\w*|cuotas?|dinero|nos debe|lo que (?:nos )?debe|cuanto (?:nos )?debe"
        r"|debe usted|debe dinero|prestam\w*|atras(?:o|os|ad[oa]s?)|penaliza\w+|intereses|abon(?:o|os|ar\w*)"
        r"|financi\w+|plazos|cantidad pendiente",
        "ca": r"deut\w*|endeut\w+|rebuts?|imports?|pag(?:a|ar\w*|aments?|at\w*|ad(?:a|es)|ui\w*|uen|uem)"
        r"|cobr(?:a|ar\w*|aments?|em|at\w*|ador\w*)|recobr\w+|venc(?:ut\w*|uda|udes|iments?)|endarreri\w+"
        r"|embarg\w+|creditor\w*|quot(?:a|es)|diners?|ens deu|el que (?:ens )?deu|quant (?:ens )?deu"
        r"|deu diners|prestec\w*|penalitza\w+|interessos|abonar\w*|finan[cç]\w+|terminis|quantitat pendent",
        "en": r"debt\w*|indebted\w*|ow(?:e|es|ed|ing)|arrears|overdue|past due|unpaid|outstanding|default\w*"
        r"|delinquen\w*|bill(?:s|ed|ing)?|invoic\w+|amounts?|balances?|pay(?:s|ing|able|ments?|er|ers)?|paid"
        r"|collect\w*|creditor\w*|instal(?:l)?ments?|money|loans?|mortgag\w*|lawsuit\w*|penalt\w+",
    }.items()
}


def debt_word(text: str, language: str) -> str | None:
    """The first word of the text that tells of a debt, as it is written there; of a language without a list,
    whatever tells it in any. `None`: there is none."""
    plain = "".join(unicodedata.normalize("NFD", sign)[0] for sign in text.lower())
    if len(plain) != len(text):  # a sign with no lower case of the same length
        text = plain
    lists = [DEBT_WORDS[language]] if language in DEBT_WORDS else list(DEBT_WORDS.values())
    found = (one.search(plain) for one in lists)
    return next((text[hit.start() : hit.end()] for hit in found if hit is not None), None)
