"""What may prove who somebody is, and how what is claimed is compared with what is known."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping

from stdnum.es import dni as spanish_dni
from stdnum.es import nie as spanish_nie

from data.records import NAMES, Known
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Found
from dialogs.source import nearest

OF_CALLED = frozenset({"birth_day", "dni_ending"})
"""Day and month of birth, the last three figures of the DNI: enough from whom we have called at a number of
theirs, and never from whoever calls us."""
STRONG = frozenset({"pin", "birth_date", *OF_CALLED, *NAMES})
"""What only the person knows, or carries about."""
WEAK = frozenset({"postal_code"})
"""What neighbours know; it makes a proof better, and is none by itself."""
KINDS = STRONG | WEAK
FIELDS: Mapping[str, ValueType] = {
    "customer_number": "code",
    "name": "text",
    "language": "text",
    "email": "text",
    "phone": "phone",
    "phone_ending": "digits",
    "email_begins": "code",
    "email_domain": "text",
    "has_email": "boolean",
    "has_phone": "boolean",
}
"""What is known of somebody who has passed."""
READ_BACK = 3
"""Digits of a telephone number by which its owner knows it, and nobody else."""
_WORDS: frozenset[ValueType] = frozenset({"text", "digits", "phone", "code"})
Way = tuple[str, ...]


def normalised(claims: Mapping[str, str]) -> dict[str, str]:
    """The claims as they are looked for: a DNI in capitals without its hyphen, digits without gaps."""
    plain = {}
    for kind, value in claims.items():
        if kind == "birth_day":
            plain[kind] = _day_and_month(value.strip())
            continue
        if kind == "customer_number":
            plain[kind] = "".join(value.split())  # it is looked for as it stands: `b-12/3` is one
            continue
        text = re.sub(r"[\s.-]", "", value) if kind != "birth_date" else value.strip()
        plain[kind] = text.upper()
    return plain


def _day_and_month(said: str) -> str:
    """`--03-12` for "1984-03-12" and for "1203", which is keyed; else what it is."""
    if found := re.fullmatch(r"[0-9]{4}-([0-9]{2}-[0-9]{2})", said):
        return f"--{found[1]}"
    if found := re.fullmatch(r"([0-9]{2})([0-9]{2})", said):
        return f"--{found[2]}-{found[1]}"
    return said


def bare(customer_number: str) -> str:
    """What two ways of writing one customer number have in common: `b-12/3` and `B123`."""
    return re.sub(r"[^0-9A-Za-z]", "", customer_number).upper()


def subject_of(claims: Mapping[str, str]) -> tuple[str, str]:
    """By which claim the person is looked for: kind and value. Raises `KeyError` if there is none."""
    kind = next(name for name in (*NAMES, "") if name in claims or not name)
    return kind, claims[kind]


def agrees(claims: Mapping[str, str], known: Known | None) -> bool:
    """Whether everything but the PIN is as it is known; all of it is compared, whatever comes first."""
    claims = {kind: bare(value) if kind == "customer_number" else value for kind, value in claims.items()}
    kept = {
        "customer_number": bare(known.customer_number) if known else "",
        "dni": (known.dni if known else None) or "",
        "birth_date": known.birth_date.isoformat() if known and known.birth_date else "",
        "birth_day": f"--{known.birth_date:%m-%d}" if known and known.birth_date else "",
        "dni_ending": re.sub(r"\D", "", (known.dni if known else None) or "")[-3:],
        "postal_code": normalised({"": (known.postal_code if known else None) or ""})[""],
    }
    right = [
        bool(kept[kind]) & hmac.compare_digest(kept[kind].encode(), value.encode())
        for kind, value in claims.items()
        if kind != "pin"
    ]
    return known is not None and all(right)


def told(known: Known) -> Found:
    """What flows may know of somebody who has passed."""
    begins, _, domain = (known.email or "").partition("@")
    return Found(
        {
            "customer_number": known.customer_number,
            "name": known.name,
            "language": known.language,
            "email": known.email,
            "phone": known.phone,
            "phone_ending": known.phone[-READ_BACK:] if known.phone else None,
            "email_begins": begins[:1] or None,
            "email_domain": domain or None,
            "has_email": bool(begins and domain),
            "has_phone": known.phone is not None,
        }
    )


def is_national_id(text: str) -> bool:
    """Whether it is a DNI or NIE with the right letter, normalised."""
    return bool(spanish_dni.is_valid(text) or spanish_nie.is_valid(text))


def differing(declared: Mapping[str, LookupSchema]) -> Iterator[tuple[Way, str]]:
    """Where a catalogue's identities cannot be proved on a live call: the way to the key, and what to do."""
    for name, schema in declared.items():
        way = ("identities", name, "by")
        unknown = [kind for kind in schema.by if kind not in KINDS]
        for kind in unknown:
            yield way, f"nobody can be asked for `{kind}` to prove who they are: {nearest(kind, KINDS)}"
        if not unknown:
            yield from _unproven(name, schema.by)
        for field, kind in schema.fields.items():
            given = FIELDS.get(field)
            if given is None:
                remedy = nearest(field, FIELDS)
                yield (
                    ("identities", name, "fields", field),
                    f"`{name}` never gives `{field}` on a live call: {remedy}",
                )
            elif given != kind and not {given, kind} <= _WORDS:
                yield (
                    ("identities", name, "fields", field),
                    f"`{field}` of `{name}` is {given} on a live call, not {kind}: write `{field}: {given}`",
                )


def _unproven(name: str, by: tuple[str, ...]) -> Iterator[tuple[Way, str]]:
    way = ("identities", name, "by")
    named = [kind for kind in NAMES if kind in by]
    if not named:
        yield way, f"nobody can be found by that: add one of {', '.join(NAMES)} to `{name}`"
    elif not STRONG & (set(by) - {named[0]}):
        yield (
            way,
            f"`{named[0]}` names a person and does not prove `{name}`: add `pin` or `birth_date`",
        )
