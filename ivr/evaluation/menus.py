"""Menus that synthetic callers answer: one that is measured, and others that teach how far to believe.

A menu maps each choice to its phrases by language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dialogs.slots.choice import OneOf

Menu = Mapping[str, Mapping[str, tuple[str, ...]]]

MENU: Menu = {
    "balance": {
        "es": ("saldo", "quiero saber mi saldo", "cuánto debo"),
        "ca": ("saldo", "vull saber el meu saldo", "quant dec"),
        "en": ("balance", "what is my balance", "how much do i owe"),
    },
    "order": {
        "es": ("pedido", "dónde está mi pedido", "un paquete"),
        "ca": ("comanda", "on és la meva comanda", "un paquet"),
        "en": ("order", "where is my order", "a parcel"),
    },
    "ticket": {
        "es": ("incidencia", "cómo va mi incidencia", "una avería"),
        "ca": ("incidència", "com va la meva incidència", "una avaria"),
        "en": ("ticket", "how is my ticket going", "a fault"),
    },
    "hours": {
        "es": ("horario", "a qué hora abren", "horario de apertura"),
        "ca": ("horari", "a quina hora obren", "horari d'obertura"),
        "en": ("opening hours", "when do you open", "are you open"),
    },
}
OTHER_MENUS: tuple[Menu, ...] = (
    {
        "appointment": {
            "es": ("cita", "quiero pedir hora", "cambiar mi cita"),
            "ca": ("cita", "vull demanar hora", "canviar la cita"),
            "en": ("appointment", "i want to see a doctor", "change my visit"),
        },
        "prescription": {
            "es": ("receta", "se me ha acabado la medicina", "una pastilla"),
            "ca": ("recepta", "se m'ha acabat la medicina", "una pastilla"),
            "en": ("prescription", "i need more pills", "a refill"),
        },
        "results": {
            "es": ("resultados", "mis análisis", "una prueba"),
            "ca": ("resultats", "la meva anàlisi", "una prova"),
            "en": ("results", "my blood test", "a scan"),
        },
        "urgent": {
            "es": ("urgencias", "me encuentro mal", "tengo fiebre"),
            "ca": ("urgències", "em trobo malament", "tinc febre"),
            "en": ("emergency", "i feel ill", "a fever"),
        },
    },
    {
        "card": {
            "es": ("tarjeta", "he perdido la tarjeta", "bloquear"),
            "ca": ("targeta", "he perdut la targeta", "bloquejar"),
            "en": ("card", "i lost my card", "block it"),
        },
        "transfer": {
            "es": ("transferencia", "enviar dinero", "un giro"),
            "ca": ("transferència", "enviar diners", "un gir"),
            "en": ("transfer", "send money", "a payment"),
        },
        "loan": {
            "es": ("préstamo", "quiero una hipoteca", "un crédito"),
            "ca": ("préstec", "vull una hipoteca", "un crèdit"),
            "en": ("loan", "i want a mortgage", "credit"),
        },
        "password": {
            "es": ("contraseña", "no puedo entrar", "la clave"),
            "ca": ("contrasenya", "no hi puc entrar", "la clau"),
            "en": ("password", "i cannot log in", "my code"),
        },
    },
    {
        "ticket": {
            "es": ("billete", "reservar un vuelo", "un asiento"),
            "ca": ("bitllet", "reservar un vol", "un seient"),
            "en": ("flight", "book a seat", "two tickets"),
        },
        "luggage": {
            "es": ("maleta", "se ha perdido mi equipaje", "un bulto"),
            "ca": ("maleta", "s'ha perdut l'equipatge", "un farcell"),
            "en": ("luggage", "my bag is lost", "a suitcase"),
        },
        "delay": {
            "es": ("retraso", "a qué hora sale", "llega tarde"),
            "ca": ("retard", "a quina hora surt", "arriba tard"),
            "en": ("delay", "when does it leave", "it is late"),
        },
        "refund": {
            "es": ("reembolso", "devuélvanme el dinero", "anular"),
            "ca": ("reemborsament", "torneu-me els diners", "anul·lar"),
            "en": ("refund", "i want my money back", "cancel it"),
        },
    },
)
"""A clinic's, a bank's and an airline's."""


def menu_kind(menu: Menu = MENU) -> OneOf:
    """The question that offers it."""
    choices = {
        name: {"phrases": {language: list(phrases) for language, phrases in texts.items()}}
        for name, texts in menu.items()
    }
    return OneOf.model_validate({"choices": choices})


def answers(menu: Menu, language: str) -> Iterator[tuple[str, str]]:
    """Each phrase, and the choice that it means."""
    for name, texts in menu.items():
        yield from ((text, name) for text in texts[language])
