"""Sentences that the engine says by itself, where a flow does not bring its own.

Short, the key last, and worded so that a synthesiser reads them well.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("es", "ca", "en")
"""What flows may be written in; others only where a flow set is loaded with `extra_languages`."""

WORDING: Mapping[str, Mapping[str, str]] = {
    "not_heard": {
        "es": "No le he oído.",
        "ca": "No l'he sentit.",
        "en": "I did not hear you.",
        "ko": "잘 들리지 않습니다.",
    },
    "not_understood": {
        "es": "No le he entendido.",
        "ca": "No l'he entès.",
        "en": "I did not understand.",
        "ko": "이해하지 못했습니다.",
    },
    "keypad_digits": {
        "es": "Márquelo con el teclado del teléfono, por favor.",
        "ca": "Marqui'l amb el teclat del telèfon, si us plau.",
        "en": "Please key it in on your telephone.",
        "ko": "전화기 버튼으로 눌러 주세요.",
    },
    "keypad_amount": {
        "es": "Marque los euros, asterisco, los céntimos, y almohadilla.",
        "ca": "Marqui els euros, asterisc, els cèntims, i coixinet.",
        "en": "Please key in the euros, star, the cents, and hash.",
        "ko": "전화기 버튼으로 눌러 주세요.",
    },
    "keypad_date": {
        "es": "Marque el día con dos cifras y el mes con dos cifras.",
        "ca": "Marqui el dia amb dues xifres i el mes amb dues xifres.",
        "en": "Please key in two digits for the day and two for the month.",
        "ko": "전화기 버튼으로 눌러 주세요.",
    },
    "keypad_time": {
        "es": "Marque la hora con cuatro cifras, de cero a veinticuatro horas.",
        "ca": "Marqui l'hora amb quatre xifres, de zero a vint-i-quatre hores.",
        "en": "Please key in four digits, on the twenty-four hour clock.",
        "ko": "전화기 버튼으로 눌러 주세요.",
    },
    "keypad_phone": {
        "es": "Márquelo con el teclado del teléfono, y termine con almohadilla.",
        "ca": "Marqui'l amb el teclat del telèfon, i acabi amb coixinet.",
        "en": "Please key it in on your telephone, and end with hash.",
        "ko": "전화기 버튼으로 눌러 주세요.",
    },
    "keypad_menu": {
        "es": "Use las teclas del teléfono, por favor.",
        "ca": "Faci servir les tecles del telèfon, si us plau.",
        "en": "Please use the keys of your telephone.",
        "ko": "전화기 버튼을 사용해 주세요.",
    },
    "keypad_yes_no": {
        "es": "Para decir que sí, marque uno. Para decir que no, dos.",
        "ca": "Per dir que sí, premi u. Per dir que no, dos.",
        "en": "For yes, press one. For no, two.",
        "ko": "네는 일번, 아니요는 이번을 눌러 주세요.",
    },
    "did_you_say": {
        "es": "¿Ha dicho {answer}?",
        "ca": "Ha dit {answer}?",
        "en": "Did you say {answer}?",
        "ko": "{answer}, 맞습니까?",
    },
    "do_you_want": {
        "es": "¿Quiere {answer}?",
        "ca": "Vol {answer}?",
        "en": "Do you want to {answer}?",
        "ko": "{answer}, 맞습니까?",
    },
    "which_of_two": {
        "es": "Para {answer}, marque uno. Para {other}, marque dos.",
        "ca": "Per {answer}, premi u. Per {other}, premi dos.",
        "en": "To {answer}, press one. To {other}, press two.",
        "ko": "{answer}, 일번. {other}, 이번.",
    },
    "sorry_again": {
        "es": "Disculpe.",
        "ca": "Disculpi.",
        "en": "Sorry.",
        "ko": "죄송합니다.",
    },
    "help": {
        "es": "Puede responder con la voz o con el teclado, pedir que repita, o decir operador.",
        "ca": "Pot respondre amb la veu o amb el teclat, demanar que repeteixi, o dir operador.",
        "en": "You can answer by voice or by key, ask me to repeat, or say operator.",
        "ko": "말씀하시거나 버튼을 누르실 수 있습니다.",
    },
    "no_matter": {
        "es": "No pasa nada.",
        "ca": "No passa res.",
        "en": "No problem.",
        "ko": "괜찮습니다.",
    },
    "take_your_time": {
        "es": "Tómese su tiempo. Si prefiere hablar con una persona, diga operador.",
        "ca": "No tingui pressa. Si prefereix parlar amb una persona, digui operador.",
        "en": "Take your time. If you would rather talk to a person, say operator.",
        "ko": "천천히 찾아보세요. 상담원을 원하시면 상담원이라고 말씀해 주세요.",
    },
    "slower": {
        "es": "De acuerdo, más despacio.",
        "ca": "D'acord, més a poc a poc.",
        "en": "All right, more slowly.",
        "ko": "천천히 말씀드리겠습니다.",
    },
    "one_moment": {
        "es": "Un momento, por favor. Lo estoy consultando.",
        "ca": "Un moment, si us plau. Ho estic consultant.",
        "en": "One moment, please. I am looking it up.",
        "ko": "잠시만 기다려 주세요.",
    },
    "one_moment_please": {
        "es": "Un momento, por favor.",
        "ca": "Un moment, si us plau.",
        "en": "One moment, please.",
        "ko": "잠시만 기다려 주세요.",
    },
    "one_moment_writing": {
        "es": "Un momento, por favor. Lo estoy anotando.",
        "ca": "Un moment, si us plau. Ho estic anotant.",
        "en": "One moment, please. I am seeing to it.",
        "ko": "잠시만 기다려 주세요.",
    },
    "apology": {
        "es": "Disculpe, ha ocurrido un problema. Le paso con una persona.",
        "ca": "Disculpi, hi ha hagut un problema. Passo la seva trucada a una persona.",
        "en": "Sorry, something went wrong. I will put you through to a person.",
        "ko": "죄송합니다. 문제가 생겼습니다. 상담원에게 연결하겠습니다.",
    },
    "shall_we_call": {
        "es": "Todos nuestros agentes están ocupados. ¿Quiere que le llamemos a este número?",
        "ca": "Tots els nostres agents estan ocupats. Vol que li truquem a aquest número?",
        "en": "All of our people are busy. Shall we call you back at this number?",
        "ko": "지금은 모두 통화 중입니다. 이 번호로 전화드릴까요?",
    },
    "will_call": {
        "es": "De acuerdo, le llamaremos. Adiós.",
        "ca": "D'acord, li trucarem. Adéu.",
        "en": "All right, we will call you. Goodbye.",
        "ko": "전화드리겠습니다. 안녕히 계세요.",
    },
    "nobody_free": {
        "es": "Ahora mismo no podemos atenderle. Por favor, llame más tarde. Adiós.",
        "ca": "Ara mateix no podem atendre la seva trucada. Si us plau, truqui més tard. Adéu.",
        "en": "We cannot take your call right now. Please call again later. Goodbye.",
        "ko": "지금은 연결할 수 없습니다. 나중에 다시 전화해 주세요.",
    },
}


def wording(name: str, language: str) -> str:
    """The sentence in that language. Raises `KeyError` for a language that has no wording."""
    return WORDING[name][language]


def languages_with_wording() -> frozenset[str]:
    """Languages in which every sentence of the engine exists."""
    return frozenset.intersection(*(frozenset(texts) for texts in WORDING.values()))
