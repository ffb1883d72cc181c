"""A street or a town as callers say it: what is written to a customer's address is the name alone."""

from __future__ import annotations

import pytest

from dialogs.slots.where import place_alone


@pytest.mark.parametrize(
    ("language", "said", "place"),
    [
        ("es", "en Madrid", "Madrid"),
        ("es", "pues es en Alcalá de Henares", "Alcalá de Henares"),
        ("es", "me he mudado a Las Palmas", "Las Palmas"),
        ("es", "vivo en El Ejido, gracias", "El Ejido"),
        ("es", "la población es La Coruña", "La Coruña"),
        ("es", "es Es Castell", "Es Castell"),
        ("es", "Es Mercadal", "Es Mercadal"),
        ("es", "A Estrada", "A Estrada"),
        ("es", "en la avenida de América 3", "avenida de América 3"),
        ("es", "mi nueva dirección es calle Sol cinco", "calle Sol cinco"),
        ("es", "La Alberca", "La Alberca"),
        ("es", "en", "en"),
        ("ca", "a Barcelona", "Barcelona"),
        ("ca", "visc a l'Hospitalet", "l'Hospitalet"),
        ("ca", "a la Bisbal, sisplau", "la Bisbal"),
        ("ca", "és a Sant Cugat", "Sant Cugat"),
        ("ca", "a A Coruña", "A Coruña"),
        ("ca", "l'avinguda Diagonal dos", "avinguda Diagonal dos"),
        ("ca", "Es Migjorn Gran", "Es Migjorn Gran"),
        ("en", "it's in Leeds", "Leeds"),
        ("en", "I live at 12 Baker Street, thanks", "12 Baker Street"),
        ("en", "my new address is Ash Lane 4", "Ash Lane 4"),
        ("en", "Inverness", "Inverness"),
        ("en", "On-the-Water Close 2", "On-the-Water Close 2"),
        ("en", "Yesterton", "Yesterton"),
    ],
)
def test_the_name_alone_is_kept(language: str, said: str, place: str) -> None:
    """And no part of a name is taken for a word around it."""
    assert place_alone(said, language) == place
