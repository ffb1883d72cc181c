"""Words around a number that are no number: what may be kept beside a PIN, as `numbers_hidden` sees it."""

from __future__ import annotations

from dialogs.slots.words import words_of

PIN_WORDS = frozenset(
    words_of("""
    pin pins nip clave claves contraseña contraseñas código códigos clau claus contrasenya contrasenyes
    codi codis password passwords passcode passcodes code codes
    """)
)
"""Behind these a number is a secret."""
PARTICLES = frozenset(words_of("to too for want know free mine i'm im un una u"))
"""The bare bones of a sentence that are taken for digits as well."""
DOUBTFUL_DIGITS = PARTICLES | frozenset(
    words_of("""
    ojo cerro cedo tras seas nieve cuarto cuadro unos quart nau hero won tree fore hive sex ate aid
    """)
)
"""Words of every day that a recogniser also writes for digits."""
_SPANISH = """
    a al con de del el ella en es esa ese está este la las le lo los me mi mis muy no o para pero por porque
    que se si sin son su sus te tengo tu y ya yo hola gracias favor vale bueno pues creo era fue hay he ha
    ahora quiero querría puedo puede saber saldo pedido factura recibo cuenta cliente número secreto secreta
    acceso teléfono banco tarjeta postal pagar cambiar olvidado olvidé perdido recuerdo digo dicho siguiente
"""
_CATALAN = """
    amb als els en i la les meu meva meus meves molt no per però perquè que sense soc és està tinc hi ho
    gràcies sisplau plau si us bon doncs crec era ara vull voldria puc pot saber saldo comanda compte client
    número secret secreta accés telèfon banc targeta pagar canviar oblidat perdut recordo dic següent
"""
_ENGLISH = """
    a an am and are at be but by can do for from have hello i i'm in is it its it's me my no not of on or
    please so that the this to was what with yes you your thanks thank number secret account balance order
    bill card bank phone access pay change forgot forgotten lost remember want would like know need new
    customer following says said
"""
PLAIN_TALK = PIN_WORDS | frozenset(words_of(_SPANISH + _CATALAN + _ENGLISH))
"""Ordinary words of callers. One that is not among them may be a digit that was misheard."""
