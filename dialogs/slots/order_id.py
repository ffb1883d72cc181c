"""The number of an order.

```yaml
- ask: order
  type: order_id
  length: 5                 # the digits; or `min` and `max`
  prefix: PED               # optional: said, spelled or left out; the value is PED45718
  check_digit: luhn         # optional
  prompt:
    es: "Dígame o teclee su número de pedido."
    ca: "Digui'm o marqui el número de comanda."
    en: "Please say or key in your order number."
```
The value is a code, read back letter by letter and digit by digit. Instead of `prefix`, `letters: 2` asks
for two letters that change; callers must say them, so there is no answer by key then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dialogs.slots.reference import Reference


class OrderId(Reference):
    """The number of an order."""

    name: ClassVar[str] = "order_id"
    called: ClassVar[Mapping[str, str]] = {
        "es": "pedido pedidos compra orden encargo",
        "ca": "comanda comandes compra encàrrec",
        "en": "order orders purchase",
    }
    example_options: ClassVar[Mapping[str, Any]] = {"length": 5, "prefix": "PED"}
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("cuatro cinco siete uno ocho", "PED45718"),
            ("pe e de, cuarenta y cinco, setenta y uno, ocho", "PED45718"),
            ("mi pedido es el PED-45718", "PED45718"),
        ),
        "ca": (
            ("quatre cinc set u vuit", "PED45718"),
            ("pe e de, quaranta-cinc, setanta-u, vuit", "PED45718"),
            ("la comanda és la PED-45718", "PED45718"),
        ),
        "en": (
            ("four five seven one eight", "PED45718"),
            ("P E D forty-five seventy-one eight", "PED45718"),
            ("my order is PED-45718", "PED45718"),
        ),
    }
