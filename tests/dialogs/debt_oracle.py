"""Who listens in for the word of a debt: an oracle with a list of its own, apart from the checker's.

It reads transcripts as a stranger would hear them, in any language at once, and knows nothing of flows.
"""

from __future__ import annotations

import re
import unicodedata

TELLING = """
deuda deudas deudor deudora deudores adeuda adeudado adeudar impago impagos impagado impagada moroso
morosa morosidad mora recibo recibos factura facturas facturacion importe importes pago pagos pagar
paga pague pagado pagada pagara cobro cobros cobrar cobranza recobro vencido vencida vencimiento
embargo acreedor acreedora cuota cuotas euro euros dinero saldo prestamo prestamos credito hipoteca
atraso atrasado financiera judicial abono plazos deute deutes deutor deutora impagat impagada
impagament morositat rebut rebuts factures facturacio import imports pagament pagaments pagat pagui
cobrament cobraments vencut venciment endarrerit creditor creditora quota quotes diners prestec
prestecs credit hipoteques terminis debt debts debtor owe owes owed owing arrears overdue unpaid
outstanding default defaulted delinquent bill bills billing invoice invoices amount amounts balance
payment payments pay pays paid payable collection collections collector creditors instalment
instalments installment installments money loan loans mortgage euro lawsuit
""".split()  # noqa: SIM905 - as one reads a list of words
PHRASES = ("lo que debe", "nos debe", "cuanto debe", "el que deu", "ens deu", "quant deu", "past due", "€")
MONEY = re.compile(r"\d[\d.,]*\s*(?:€|eur\b|\$|usd\b)|(?:€|\$)\s*\d")
"""An amount, as a person reads it."""
_INNOCENT = ("sin embargo",)


def plain(text: str) -> str:
    """In lower case, without accents."""
    return "".join(
        sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign)
    )


def tells(text: str) -> str | None:
    """What in it tells of a debt; `None`: nothing."""
    heard = plain(text)
    for innocent in _INNOCENT:
        heard = heard.replace(innocent, " ")
    if amount := MONEY.search(heard):
        return amount.group()
    words = set(re.findall(r"\w+", heard))
    return next((word for word in TELLING if word in words), None) or next(
        (phrase for phrase in PHRASES if phrase in heard), None
    )
