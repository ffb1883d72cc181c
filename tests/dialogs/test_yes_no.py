"""Yes and no as people say them, forty and more phrasings per language."""
# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

import pytest

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.choice import OneOf
from dialogs.slots.yes_no import YesNo, corrects_a_number, meant

YES = {
    "es": """sí|Sí.|si|sí, claro|claro que sí|sí, por favor|por supuesto|desde luego|correcto|exacto|eso es
        |así es|vale|sí, vale|de acuerdo|perfecto|sí, sí|sí, eso es correcto|sí señor|afirmativo|pues sí
        |efectivamente|claro|ok|muy bien|¡Sí!|sí, gracias|está bien|eso mismo|sí, quiero otra cosa
        |venga, sí|vale, gracias|eh, sí|sip|bueno|sí, es correcto|SÍ|no hay problema|no me importa
        |no faltaba más|no hay inconveniente|no lo dude|no veo por qué no|todo bien
        |sí, soy yo|sí, dígame|sí, adelante|sí, ya lo tengo|sí, confirmo|que sí|sí, hombre, sí|pues claro
        |sí, ahora mismo|claro que sí, señorita|sí, eso quiero|ay sí, por favor
        |sí, ya está|perdón, sí|claro que lo he hecho|ya lo he hecho|okey|órale|ándale pues|venga, va|pues mira, la verdad es que sí|hecho""",
    "ca": """sí|Sí.|si|sí, és clar|i tant|és clar que sí|sí, si us plau|per descomptat|correcte|exacte
        |això mateix|així és|val|d'acord|perfecte|sí, sí|sí, és correcte|afirmatiu|efectivament|molt bé|ok
        |està bé|sí, gràcies|cert|clar|doncs sí|naturalment|bé|segur|sens dubte|clar que sí|això és|D’acord
        |cap problema|no hi ha problema|no em fa res|ja està bé|va bé|vinga|només faltaria
        |sí, soc jo|sí, digui'm|sí, endavant|sí, ja la tinc|sí, ho confirmo|que sí|sí, home, sí|doncs clar
        |esclar|ja ho crec|va, vinga|som-hi|sí, ara mateix|ai sí, si us plau|sí, accepto
        |prou que sí|endavant|entesos|sí, ja està|perdoni, sí|ja ho he fet""",
    "en": """yes|Yes.|yeah|yep|yes, please|sure|of course|correct|that's right|that's correct|right|exactly
        |absolutely|definitely|ok|okay|yes yes|yes, I do|certainly|indeed|that is right|uh huh|I do|you bet
        |fine|perfect|all right|yes it is|affirmative|sure, thanks|well, yes|yup|That’s right.|no problem
        |that's fine, go ahead|you're not wrong|why not
        |yes, speaking|yes, that's me|yes, I have it|yes, I can|oh yes please|well yes of course|yes, one more thing
        |fine by me|all right then|right you are|not a problem|hell yes|yes, right now|yes, I accept|it is|I have|yes, that's it""",
    "ko": "네|네.|예|네 네|맞아요|그래요",
}
NO = {
    "es": """no, mejor no|mejor que no|mejor no, gracias|no, prefiero que no|no, déjelo|no hace falta, gracias|mejor lo dejamos
        |no|No.|no, gracias|no no|claro que no|para nada|en absoluto|nada más|nada más, gracias
        |no, eso es todo|eso es todo|no, nada más|de momento no|negativo|por supuesto que no|no quiero
        |incorrecto|no es correcto|no, no es correcto|ninguna más|qué va|no, vale|no, ya está|perdón, no|lo siento, no
        |eh, no|no señor|ahora no|pues no|no, muchas gracias|tampoco|NO|ni hablar|mejor no|no lo he hecho
        |no hace falta|no, no hace falta|que no|no, hoy no|no, todavía no|no me interesa|no, no quiero nada más|no, ya no
        |sí que no|eso sí que no|nop|pues la verdad es que no|no lo tengo|disculpe, no|no, señorita, gracias|no, ahora no puedo|no, no soy yo""",
    "ca": """no, millor no|millor que no|millor no, gràcies|no, prefereixo que no|no, deixi-ho|no cal, gràcies|no gracias|deixem-ho estar
        |no|No.|no, gràcies|no no|és clar que no|en absolut|res més|res més, gràcies|no, això és tot
        |això és tot|no, res més|de moment no|negatiu|no pas|incorrecte|no és correcte|cap més|ara no
        |doncs no|i tant que no|millor no|no, ja està|perdó, no|no, moltes gràcies|tampoc|de cap manera|per descomptat que no
        |no, val|gens|no senyor|no vull|res|clar que no
        |no cal|no, no cal|que no|no, avui no|no, encara no|no m'interessa|no, no vull res més|no, ja no|no la tinc
        |esclar que no|que va|no gràcies, ja està bé així|no, senyoreta, gràcies|no, ara no puc|no, no soc jo""",
    "en": """no, don't|no, better not|I'd rather not|no, please don't|rather not, thanks|no, leave it|no need, thanks
        |no|No.|no, thanks|no thank you|nope|nah|no no|not really|of course not|that's all|that is all
        |nothing else|no, that's all|no, that's it|nothing|not at all|no way|negative|certainly not|I don't
        |no I don't|wrong|that's wrong|incorrect|not correct|no that will be all|absolutely not|not now
        |well, no|sorry, no|excuse me, no|no, fine|no sir|that's not right|No, thank you.
        |no I haven't|no, I can't|no, I don't want anything else|no, still not|no, not today|no need|no, I won't
        |no, I'm okay|no, I'm fine|nah, you're all right|that isn't right|that's not it|hell no|not on your life|no, I'm good thanks|no, it isn't|I haven't|oh no, thank you|no that's not me""",
    "ko": "아니요|아니요.|아니오|아뇨|아닙니다",
}
NEITHER = {
    "es": "no sé|no entiendo|gracias|el perro|cuarenta y dos|¿cómo?|sí, no|no lo sé todavía|música|"
    "subtítulos realizados por la comunidad|sí o no|no recuerdo|no me entero|no cuelgue|perdone, no he oído"
    "|si tengo tiempo|si puedo|si me llaman mañana|si quiero|sí, pero no ahora"
    "|a lo mejor sí|sí, cuando cobre|no es que no quiera|sí, depende|no sé si quiero|sí que me molesta que llamen"
    "|claro, si usted lo dice|no me ha llegado la carta pero pagaré|sí, soy su hermana|bueno, a ver|ahora bien|ya está|no, está bien|no, así está bien|venga ya|no está mal|no, está mal|ya está, gracias",
    "ca": "no ho sé|no ho entenc|gràcies|el gos|quaranta-dos|com?|sí, no|música|sí o no|no recordo"
    "|si tinc temps|si puc|si em truquen demà|si vull|sí, però ara no|potser sí"
    "|sí, quan cobri|no és que no vulgui|sí, depèn|no sé si vull|clar, si vostè ho diu|sí, soc la seva germana|ja està|no, està bé|vinga ja|no està malament|ja està, gràcies",
    "en": "no idea|it is still broken|is that right|ok, wait a minute|yeah right|I don't know|I don't understand|thanks|the dog|forty two|what?|yes no|not sure|music|yes or no"
    "|yes if I have time|yes but not now|maybe yes|yes when I get paid|probably not"
    "|no unless you call me|yes well it depends|no but I will pay|yes I am her sister|sure if you say so|no more than fifty|that's it|I'm good, thanks|I'm okay|I'm all right, thanks|not bad",
    "ko": "모르겠어요|감사합니다|사십이",
}


LIKELY_YES = {
    "es": "creo que sí|supongo|supongo que sí|me parece que sí|yo diría que sí|sí, creo que sí|eso creo|pues supongo que sí"
    "|imagino|imagino que sí|sí, supongo|bueno, supongo que sí|ajá",
    "ca": "crec que sí|suposo|suposo que sí|em sembla que sí|jo diria que sí|sí, crec que sí|això crec|doncs suposo que sí"
    "|m'imagino que sí|sí, suposo|home, suposo que sí",
    "en": "I think so|I suppose|I suppose so|I guess so|I'd say so|yes, I think so|I believe so|well, I suppose so"
    "|I reckon so|yes, I suppose|I think yes|no worries|I don't mind",
}
LIKELY_NO = {
    "es": "creo que no|me parece que no|supongo que no|no, creo que no|yo diría que no|no creo|no lo creo|casi que no|me da que no",
    "ca": "crec que no|em sembla que no|suposo que no|no, crec que no|jo diria que no|no ho crec|ho dubto",
    "en": "I don't think so|I think not|I guess not|no, I don't think so|I suppose not|I don't believe so",
}


def _cases(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(language, text.strip()) for language, texts in table.items() for text in texts.split("|")]


def judge(language: str, text: str, confidence: float = 0.8) -> Match | NoMatch:
    return YesNo().judge(Heard((Alternative(text, confidence),)), Asking(language))


@pytest.mark.parametrize(("language", "text"), _cases(YES))
def test_yes(language: str, text: str) -> None:
    """Each phrasing means yes."""
    found = judge(language, text)
    assert isinstance(found, Match)
    assert (found.value, found.band) == ("yes", "sure")


@pytest.mark.parametrize(("language", "text"), _cases(NO))
def test_no(language: str, text: str) -> None:
    """Each phrasing means no; politeness around it changes nothing."""
    found = judge(language, text)
    assert isinstance(found, Match)
    assert found.value == "no"


@pytest.mark.parametrize(("language", "text", "value"), [
    *((*case, "yes") for case in _cases(LIKELY_YES)), *((*case, "no") for case in _cases(LIKELY_NO)),
])  # fmt: skip
def test_likely(language: str, text: str, value: str) -> None:
    """Who only thinks so is asked back, and does not answer a question that nobody asks back."""
    found = judge(language, text)
    assert isinstance(found, Match)
    assert (found.value, found.band) == (value, "check")
    outright = YesNo().outright(Heard((Alternative(text, 0.8),)), Asking(language))
    assert outright == NoMatch(text)


@pytest.mark.parametrize(("language", "text"), _cases(NEITHER))
def test_neither(language: str, text: str) -> None:
    """What is no clear yes or no is asked again, never guessed."""
    assert isinstance(judge(language, text), NoMatch)


@pytest.mark.parametrize(("language", "text"), _cases(YES) + _cases(NO))
def test_what_is_heard_badly_is_asked_again(language: str, text: str) -> None:
    """The same words at a low confidence: nobody is asked "did you say yes?", so the question is put again."""
    assert isinstance(judge(language, text, 0.2), NoMatch)


@pytest.mark.parametrize(
    ("readings", "value"),
    [
        ((("no no", 0.2), ("no", 0.2)), "no"),
        ((("no no", 0.1), ("no", 0.1)), None),
        ((("sí", 0.36), ("ese", 0.2)), "yes"),
        ((("sí", 0.34), ("ese", 0.2)), None),
        ((("sí", 0.38), ("no", 0.3)), None),
        ((("sí", 0.36), ("no", 0.12)), "yes"),
        ((("sí", 0.36), ("no", 0.2), ("no no", 0.2)), None),
        ((("sí", 0.5), ("no", 0.45)), "yes"),
    ],
)
def test_readings_that_mean_the_same_are_believed_together(
    readings: tuple[tuple[str, float], ...], value: str | None
) -> None:
    """A recogniser in doubt between "no" and "no, no" is in none about the answer; between yes and no it is."""
    found = YesNo().judge(Heard(tuple(Alternative(*reading) for reading in readings)), Asking("es"))
    assert (found.value if isinstance(found, Match) else None) == value


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "ya está"), ("es", "no, está bien"), ("es", "no, así está bien"), ("es", "ya está, gracias"),
        ("ca", "ja està"), ("ca", "no, està bé"), ("ca", "ja està, gràcies"),
        ("en", "that's it"), ("en", "I'm good, thanks"), ("en", "no, that's it"),
    ],
)  # fmt: skip
def test_enough_is_a_no_only_to_anything_else(language: str, text: str) -> None:
    """ "Ya está" ends a call, and says neither that something is wrong nor that it was not done."""
    found = YesNo(anything_else=True).judge(Heard((Alternative(text, 0.8),)), Asking(language))
    assert isinstance(found, Match)
    assert found.value == "no"


@pytest.mark.parametrize(
    ("language", "said", "corrects"),
    [
        ("es", "no, acaba en ocho", True), ("es", "no, es el 45718", True), ("en", "no, it's 45718", True),
        ("ca", "no, és el quatre cinc set", True), ("es", "no, el ocho está bien", False),
        ("es", "no sé, ocho", False), ("es", "ocho", False), ("en", "no, the blue one", False),
    ],
)  # fmt: skip
def test_a_no_with_a_number_is_a_no(language: str, said: str, corrects: bool) -> None:
    """Whoever gives another number says that the one read back is wrong."""
    assert corrects_a_number(Heard((Alternative(said, 0.9),)), language) is corrects


@pytest.mark.parametrize(
    ("language", "text", "value", "elsewhere"),
    [
        ("es", "sí, cancélalo", "yes", None),
        ("es", "sí, anúlalo", "yes", None),
        ("es", "sí, cancélelo por favor", "yes", None),
        ("es", "cancélelo", "yes", None),
        ("es", "sí, anule el pedido", "yes", None),
        ("es", "adelante", "yes", "yes"),
        ("es", "bueno, vale", "yes", "yes"),
        ("es", "sí, cámbielo", "yes", "yes"),
        ("es", "sí, hágalo", "yes", "yes"),
        ("es", "sí, resérvela", "yes", "yes"),
        ("es", "sí, no lo cancele", None, None),
        ("es", "no, no lo cancele", "no", "no"),
        ("es", "no, cancélelo", None, None),
        ("es", "sí, cancele la otra", None, None),
        ("ca", "sí, cancel·la-la", "yes", None),
        ("ca", "sí, anul·li-la si us plau", "yes", None),
        ("ca", "endavant", "yes", "yes"),
        ("ca", "sí, reservi-la", "yes", "yes"),
        ("ca", "ni parlar-ne", "no", "no"),
        ("ca", "no, no la cancel·li", "no", "no"),
        ("ca", "sí, no la cancel·li", None, None),
        ("en", "yes, cancel it", "yes", None),
        ("en", "yes please, cancel my order", "yes", None),
        ("en", "please do", "yes", "yes"),
        ("en", "go ahead", "yes", "yes"),
        ("en", "yes, book it", "yes", "yes"),
        ("en", "no, don't cancel it", "no", "no"),
        ("en", "do not do it", "no", "no"),
        ("en", "yes, don't cancel it", None, None),
    ],
)
def test_a_yes_with_what_is_to_be_done(
    language: str, text: str, value: str | None, elsewhere: str | None
) -> None:
    """ "Sí, cancélelo" is a yes where it is asked whether to cancel, and only there; "sí, resérvela" anywhere."""
    heard = Heard((Alternative(text, 0.8),))
    for kind, expected in ((YesNo(cancels=True), value), (YesNo(), elsewhere)):
        found = kind.judge(heard, Asking(language))
        assert (found.value if isinstance(found, Match) else None) == expected


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("es", "quiero saber de mi pedido", "yes"),
        ("es", "sí, mi pedido", "yes"),
        ("es", "una cosa más", "yes"),
        ("es", "gracias, adiós", "no"),
        ("es", "muchas gracias por todo", None),
        ("es", "un momento, por favor", None),
        ("es", "no, quería otra cosa", None),
        ("es", "si tengo tiempo", None),
        ("ca", "vull saber de la meva comanda", "yes"),
        ("ca", "una altra cosa", "yes"),
        ("ca", "adéu", "no"),
        ("ca", "no ho sé pas", None),
        ("en", "where is my order", "yes"),
        ("en", "one more thing", "yes"),
        ("en", "thanks, bye", "no"),
        ("en", "hold on a second", None),
        ("en", "I don't know where my order is", None),
    ],
)
def test_who_tells_what_else_they_want_wants_something_else(
    language: str, text: str, value: str | None
) -> None:
    """A wish is a yes to "anything else?", a farewell is a no; what is doubted or thanked for is neither."""
    found = YesNo(anything_else=True).judge(Heard((Alternative(text, 0.8),)), Asking(language))
    assert (found.value if isinstance(found, Match) else None) == value


def test_at_least_forty_phrasings_per_language() -> None:
    """The tables stay as large as they were promised."""
    for language in ("es", "ca", "en"):
        assert len(set(YES[language].split("|"))) >= 40
        assert len(set(NO[language].split("|"))) >= 40
        assert len(set(NEITHER[language].split("|"))) >= 20


def test_keys_and_trust() -> None:
    """One is yes, two is no, other keys are neither; words that were hardly heard are neither, too."""
    kind = YesNo()
    assert kind.judge(Keyed("1"), Asking("es")) == Match("yes", "1", "keys")
    assert kind.judge(Keyed("2"), Asking("es")) == Match("no", "2", "keys")
    assert kind.judge(Keyed("3"), Asking("es")) == NoMatch("3")
    assert isinstance(judge("es", "sí", 0.05), NoMatch)
    assert kind.judge(Heard(()), Asking("es")) == NoMatch("")


def test_the_second_alternative_counts() -> None:
    """Where the best reading is no answer, the next one may be."""
    answer = Heard((Alternative("y", 0.6), Alternative("sí", 0.5)))
    found = YesNo().judge(answer, Asking("es"))
    assert isinstance(found, Match)
    assert found.value == "yes"


AGREED = {
    "es": "estoy de acuerdo|acepto|dale|sin problema|está bien así",
    "ca": "vale|si us plau|és així|sí, si us plau|estic d'acord",
    "en": "true|I did|it does|I agree|mm-hmm|by all means",
}
TURNED_DOWN = {
    "es": "no estoy de acuerdo|jamás|de ninguna manera|no acepto",
    "ca": "no fa falta|no em va bé|no és així|no hi estic d'acord",
    "en": "not true|it's not|it doesn't|I didn't|I don't agree|it's not right",
}


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [(*case, "yes") for case in _cases(AGREED)] + [(*case, "no") for case in _cases(TURNED_DOWN)],
)
def test_agreement_and_refusal_in_other_words(language: str, text: str, value: str) -> None:
    """What agrees or refuses without a yes or a no is as sure as they are."""
    found = judge(language, text)
    assert isinstance(found, Match)
    assert (found.value, found.band) == (value, "sure")


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("es", "no, perdón, sí", "yes"),
        ("es", "sí, digo, no", "no"),
        ("ca", "no, perdó, sí", "yes"),
        ("en", "no, sorry, yes", "yes"),
        ("en", "yes, I mean, no", "no"),
    ],
)
def test_a_yes_or_no_that_is_taken_back_is_asked_back(language: str, text: str, value: str) -> None:
    """Of two answers with an apology between them the later one is meant, and checked."""
    found = judge(language, text)
    assert isinstance(found, Match)
    assert (found.value, found.band) == (value, "check")


SELDOM_SAID = {
    "es": {
        "yes": "tal cual|y tanto|faltaría más|con mucho gusto|eso eso",
        "no": "ni de broma|ni loco|por mí no",
    },
    "ca": {
        "yes": "oi tant|ben bé|vinga va|amb molt de gust|per mi sí",
        "no": "ni pensar-hi|ni boig|ni en broma",
    },
    "en": {
        "yes": "yeah go for it|sounds good|that'd be great|spot on|that works",
        "no": "not for me|no ta|not just now thanks|nope all good|I'm afraid not|not interested",
    },
}


@pytest.mark.parametrize("language", SELDOM_SAID)
def test_what_is_seldom_said_is_understood_and_not_expected(language: str) -> None:
    """The recogniser's grammar stays short."""
    expected = YesNo().phrases(language)
    for value, phrases in SELDOM_SAID[language].items():
        for said in phrases.split("|"):
            assert meant(said, language) == (value, "sure"), said
            assert said not in expected


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", "por la mañana no que trabajo"), ("es", "por la tarde no puedo"), ("ca", "al matí no que treballo"),
     ("en", "not the morning I work")],
)  # fmt: skip
def test_what_was_just_refused_is_not_proposed(language: str, said: str) -> None:
    """Nobody is asked back for what they said does not suit them."""
    asked = OneOf.model_validate(OneOf.example_options)
    assert isinstance(asked.judge(Heard((Alternative(said, 0.9),)), Asking(language)), NoMatch)


@pytest.mark.parametrize(
    ("language", "readings"),
    [
        ("es", (("no sé", 1.0), ("no acepto", 0.89), ("no es cierto", 0.78))),
        ("es", (("no lo sé", 1.0), ("no lo he hecho", 0.95), ("no lo acepto", 0.89))),
        ("ca", (("no ho sé", 0.98), ("no ho he fet", 0.48))),
        ("en", (("i don't know", 1.0), ("i don't", 0.93), ("i do not", 0.85))),
    ],
)
def test_who_does_not_know_has_not_said_no(language: str, readings: tuple[tuple[str, float], ...]) -> None:
    """As Whisper hears it: "no lo he hecho" is in "no lo sé", heard less well. It is listened for by name."""
    assert readings[0][0] in YesNo().phrases(language)
    found = YesNo().judge(Heard(tuple(Alternative(*reading) for reading in readings)), Asking(language))
    assert found == NoMatch(readings[0][0])
