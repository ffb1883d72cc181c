"""The number of a ticket, an incident or a case.

```yaml
- ask: ticket
  type: ticket_id
  letters: 2                # optional: two letters before the digits, which must be said
  length: 4
  prompt:
    es: "Dígame las dos letras y los cuatro números de su incidencia."
    ca: "Digui'm les dues lletres i els quatre números de la incidència."
    en: "Please say the two letters and the four digits of your ticket."
```
The value is a code, `AB4571`, read back letter by letter and digit by digit.
With letters that change there is no answer by key; `prefix: INC` stands for letters that never change, which
callers may say, spell or leave out. Without either, it is digits alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dialogs.slots.reference import Reference


class TicketId(Reference):
    """The number of a ticket, an incident or a case."""

    name: ClassVar[str] = "ticket_id"
    called: ClassVar[Mapping[str, str]] = {
        "es": "incidencia avería ticket tiquet caso expediente reclamación parte",
        "ca": "incidència avaria tiquet ticket cas expedient reclamació",
        "en": "ticket incident case complaint issue",
    }
    example_options: ClassVar[Mapping[str, Any]] = {"length": 4, "letters": 2}
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("a be, cuarenta y cinco, setenta y uno", "AB4571"),
            ("a de Ana, be de Barcelona, cuatro cinco siete uno", "AB4571"),
            ("AB4571", "AB4571"),
        ),
        "ca": (
            ("a be, quaranta-cinc, setanta-u", "AB4571"),
            ("a d'Anna, be de Barcelona, quatre cinc set u", "AB4571"),
            ("AB4571", "AB4571"),
        ),
        "en": (
            ("A B forty-five seventy-one", "AB4571"),
            ("alpha bravo four five seven one", "AB4571"),
            ("AB4571", "AB4571"),
        ),
    }
