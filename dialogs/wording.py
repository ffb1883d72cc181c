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
    "which_of_three": {
        "es": "Para {answer}, marque uno. Para {other}, marque dos. Para {third}, marque tres.",
        "ca": "Per {answer}, premi u. Per {other}, premi dos. Per {third}, premi tres.",
        "en": "To {answer}, press one. To {other}, press two. To {third}, press three.",
        "ko": "{answer}, 일번. {other}, 이번. {third}, 삼번.",
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
    "slowest": {
        "es": "No puedo hablar más despacio. Se lo repito.",
        "ca": "No puc parlar més a poc a poc. L'hi repeteixo.",
        "en": "I cannot speak any slower. Here it is again.",
        "ko": "더 천천히 말씀드릴 수 없습니다. 다시 말씀드리겠습니다.",
    },
    "usual_pace": {
        "es": "De acuerdo, a la velocidad normal.",
        "ca": "D'acord, a la velocitat normal.",
        "en": "All right, at the usual pace.",
        "ko": "보통 속도로 말씀드리겠습니다.",
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
    "keypad_call_time": {
        "es": "Para que le llamemos en cuanto llegue su turno, marque uno. Para otra hora, dos.",
        "ca": "Perquè li truquem quan arribi el seu torn, premi u. Per a una altra hora, dos.",
        "en": "To be called as soon as it is your turn, press one. For another time, two.",
        "ko": "순서가 되는 대로 전화를 원하시면 일번, 다른 시간은 이번을 눌러 주세요.",
    },
    "keypad_window": {
        "es": "Marque el día con dos cifras, el mes con dos cifras, y la hora con dos cifras.",
        "ca": "Marqui el dia amb dues xifres, el mes amb dues xifres, i l'hora amb dues xifres.",
        "en": "Please key in two digits for the day, two for the month, and two for the hour.",
        "ko": "일 두 자리, 월 두 자리, 시 두 자리를 눌러 주세요.",
    },
    "shall_we_call": {
        "es": "Todos nuestros agentes están ocupados. ¿Quiere que le llamemos al {number}?",
        "ca": "Tots els nostres agents estan ocupats. Vol que li truquem al {number}?",
        "en": "All of our people are busy. Shall we call you back at {number}?",
        "ko": "지금은 모두 통화 중입니다. {number}, 이 번호로 전화드릴까요?",
    },
    "shall_we_call_somewhere": {
        "es": "Todos nuestros agentes están ocupados. ¿Quiere que le llamemos?",
        "ca": "Tots els nostres agents estan ocupats. Vol que li truquem?",
        "en": "All of our people are busy. Shall we call you back?",
        "ko": "지금은 모두 통화 중입니다. 전화드릴까요?",
    },
    "call_you_at": {
        "es": "¿Le llamamos al {number}?",
        "ca": "Li truquem al {number}?",
        "en": "Shall we call you at {number}?",
        "ko": "{number}, 이 번호로 전화드릴까요?",
    },
    "which_number": {
        "es": "¿A qué número le llamamos?",
        "ca": "A quin número li truquem?",
        "en": "Which number shall we call?",
        "ko": "어느 번호로 전화드릴까요?",
    },
    "when_to_call": {
        "es": "¿Le llamamos en cuanto llegue su turno, o a otra hora?",
        "ca": "Li truquem quan arribi el seu torn, o a una altra hora?",
        "en": "Shall we call as soon as it is your turn, or at another time?",
        "ko": "순서가 되는 대로 전화드릴까요, 아니면 다른 시간에 전화드릴까요?",
    },
    "which_time": {
        "es": "¿Cuándo le va bien? Por ejemplo: mañana por la mañana, o el jueves a partir de las diez.",
        "ca": "Quan li va bé? Per exemple: demà al matí, o dijous a partir de les deu.",
        "en": "When would suit you? For example: tomorrow morning, or on Thursday after ten.",
        "ko": "언제가 좋으십니까?",
    },
    "call_you_then": {
        "es": "¿Le llamamos {window}?",
        "ca": "Li truquem {window}?",
        "en": "Shall we call you {window}?",
        "ko": "{window}, 전화드릴까요?",
    },
    "not_at_that_time": {
        "es": "A esa hora no llamamos.",
        "ca": "A aquesta hora no truquem.",
        "en": "We do not call at that time.",
        "ko": "그 시간에는 전화드리지 않습니다.",
    },
    "too_far_ahead": {
        "es": "Para tan lejos no lo podemos prometer.",
        "ca": "Per a tan lluny no ho podem prometre.",
        "en": "We cannot promise that so far ahead.",
        "ko": "그렇게 나중 일은 약속드릴 수 없습니다.",
    },
    "not_called_costly": {
        "es": "A los números especiales no llamamos.",
        "ca": "Als números especials no truquem.",
        "en": "We do not call special-rate numbers.",
        "ko": "특수 요금 번호로는 전화드리지 않습니다.",
    },
    "not_called_abroad": {
        "es": "A los números de ese país no llamamos.",
        "ca": "Als números d'aquest país no truquem.",
        "en": "We do not call numbers in that country.",
        "ko": "그 나라의 번호로는 전화드리지 않습니다.",
    },
    "not_called_unknown": {
        "es": "Ese número no existe.",
        "ca": "Aquest número no existeix.",
        "en": "There is no such number.",
        "ko": "없는 번호입니다.",
    },
    "not_called_too_often": {
        "es": "Para ese número ya se han pedido demasiadas llamadas.",
        "ca": "Per a aquest número ja s'han demanat massa trucades.",
        "en": "Too many calls have been asked for at that number already.",
        "ko": "그 번호로는 이미 너무 많은 전화가 요청되었습니다.",
    },
    "not_called_wanted": {
        "es": "A ese número nos han pedido que no llamemos.",
        "ca": "A aquest número ens han demanat que no truquem.",
        "en": "We have been asked not to call that number.",
        "ko": "그 번호로는 전화하지 말아 달라는 요청이 있었습니다.",
    },
    "will_call": {
        "es": "De acuerdo, le llamaremos. Adiós.",
        "ca": "D'acord, li trucarem. Adéu.",
        "en": "All right, we will call you. Goodbye.",
        "ko": "전화드리겠습니다. 안녕히 계세요.",
    },
    "leave_a_message": {
        "es": "Todavía no hay nadie libre. Deje su nombre y lo que necesita, y almohadilla: le llamaremos.",
        "ca": "Encara no hi ha ningú lliure. Digui el seu nom i què necessita, i coixinet: li trucarem.",
        "en": "Still nobody is free. Leave your name and what you need, then press hash: we will call.",
        "ko": "아직 통화 가능한 직원이 없습니다. 성함과 용건을 남겨 주시면 전화드리겠습니다.",
    },
    "message_kept": {
        "es": "Gracias. Su mensaje está guardado.",
        "ca": "Gràcies. El seu missatge està desat.",
        "en": "Thank you. Your message has been kept.",
        "ko": "감사합니다. 메시지가 저장되었습니다.",
    },
    "nobody_free": {
        "es": "Ahora mismo no podemos atenderle. Sentimos las molestias. Adiós.",
        "ca": "Ara mateix no podem atendre la seva trucada. Disculpi les molèsties. Adéu.",
        "en": "We cannot take your call right now. We are sorry about that. Goodbye.",
        "ko": "지금은 연결할 수 없습니다. 불편을 드려 죄송합니다. 안녕히 계세요.",
    },
}


def wording(name: str, language: str) -> str:
    """The sentence in that language. Raises `KeyError` for a language that has no wording."""
    return WORDING[name][language]


def languages_with_wording() -> frozenset[str]:
    """Languages in which every sentence of the engine exists."""
    return frozenset.intersection(*(frozenset(texts) for texts in WORDING.values()))
