"""The mapping file: which column of somebody's list is what here, and how they write dates and money.

```yaml
region: ES                # how telephone numbers without a country code are meant
date: dd/mm/yyyy
decimal: ","
currency: EUR
columns:
  customer_number: Nº cliente
  name: [Nombre, Apellidos]                  # several are joined with a blank
  language: {column: Idioma, map: {CAS: es, CAT: ca}, default: es}
  zone: {default: Europe/Madrid}
  phones: [Teléfono, Móvil]                  # each is a number; the first is tried first
  balance: Saldo
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from data.errors import MappingWrong

FieldName = Literal[
    "customer_number",
    "name",
    "language",
    "zone",
    "phones",
    "email",
    "address",
    "postal_code",
    "town",
    "region",
    "birth_date",
    "membership",
    "value",
    "since",
    "dni",
    "account_label",
    "account_last_digits",
    "balance",
    "due_on",
    "stage",
    "pays_by",
]
ACCOUNT_FIELDS = ("account_label", "account_last_digits", "balance", "due_on", "stage", "pays_by")
_DATE_PARTS = {"dd": "%d", "mm": "%m", "yyyy": "%Y", "yy": "%y"}
_MOST_BYTES = 1_000_000


def _source(written: object) -> object:
    """A column's name, or several, is all that most fields need."""
    match written:
        case str():
            return {"column": (written,)}
        case list():
            return {"column": tuple(written)}
        case {"column": str(column), **rest}:
            return {"column": (column,), **rest}
        case _:
            return written


class Source(BaseModel):
    """Where a field comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: tuple[str, ...] = ()
    """The names in the list's first row; several are joined with a blank."""
    default: str | None = None
    """For an empty cell, or where there is no column."""
    map: dict[str, str] = Field(default_factory=dict)
    """What stands there, to what it means here; anything else is refused."""
    date: str | None = None
    """As `date` of the whole file, for this column alone."""

    @field_validator("date")
    @classmethod
    def _readable(cls, written: str | None) -> str | None:
        return None if written is None else _date_format(written)


class Mapping(BaseModel):
    """A whole mapping file."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    encoding: str | None = None
    """Of a CSV file; found out if it is not said: UTF-8, else Windows-1252."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Of a CSV file; found out if it is not said."""
    sheet: str | None = None
    """Of an Excel file; the first if it is not said."""
    header: Annotated[int, Field(ge=1, le=100)] = 1
    """The row with the columns' names."""
    region: str = "ES"
    """ISO 3166 country of telephone numbers without a country code."""
    date: str = "dd/mm/yyyy"
    decimal: Literal[",", "."] = ","
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    origin: Annotated[str, Field(pattern="^[a-z0-9_-]{1,20}$")] = "import"
    """What `customers.origin` says of who comes from this list."""
    blank: Literal["keep", "clear"] = "keep"
    """What an empty cell does to what is known already."""
    columns: dict[FieldName, Annotated[Source, BeforeValidator(_source)]]

    @field_validator("date")
    @classmethod
    def _readable(cls, written: str) -> str:
        return _date_format(written)

    @field_validator("region")
    @classmethod
    def _known(cls, region: str) -> str:
        if region not in SUPPORTED_REGIONS:
            raise ValueError("no such country: write two letters, such as ES")
        return region

    @field_validator("columns")
    @classmethod
    def _enough(cls, columns: dict[FieldName, Source]) -> dict[FieldName, Source]:
        for name in ("customer_number", "name"):
            if name not in columns or not columns[name].column:
                raise ValueError(f"`{name}` is needed: say which column it is")
        if "balance" not in columns and any(name in columns for name in ACCOUNT_FIELDS):
            raise ValueError("an account needs its `balance`: say which column it is")
        zone = columns.get("zone")
        if zone is not None and zone.default is not None:
            _insist_on_zone(zone.default)
        return columns

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """All columns that the file must have."""
        return tuple(dict.fromkeys(name for source in self.columns.values() for name in source.column))


def load(path: Path) -> Mapping:
    """The mapping in a YAML file. Raises `MappingWrong` with file, line and remedy, one line per mistake."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise MappingWrong(f"{path} is too large for a mapping", remedy="give the mapping, not the list")
        written = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingWrong(f"{path} cannot be read ({error.strerror})", remedy="see its path") from error
    except UnicodeDecodeError as error:
        raise MappingWrong(f"{path} is no text in UTF-8", remedy="save it as UTF-8") from error
    except MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        raise MappingWrong(f"{path}:{line}: {error.problem}", remedy="see the colons and blanks") from error
    except (YAMLError, ValueError) as error:
        raise MappingWrong(f"{path}: no YAML", remedy="see docs/import.md for an example") from error
    try:
        return Mapping.model_validate(written)
    except ValidationError as wrong:
        raise MappingWrong(
            "; ".join(_mistakes(path, written, wrong)), remedy="see docs/import.md for an example"
        ) from None


def _mistakes(path: Path, written: object, wrong: ValidationError) -> Iterator[str]:
    for mistake in wrong.errors():
        way = [part for part in mistake["loc"] if part != "[key]"]
        where = ".".join(map(str, way)) or "the file"
        what = mistake["msg"].removeprefix("Value error, ")
        if mistake["type"] == "extra_forbidden":
            what = "no such key" + _meant(way[-1], (*Mapping.model_fields, *Source.model_fields))
        elif mistake["type"] == "literal_error" and way[:1] == ["columns"]:
            fields = get_args(FieldName)
            what = f"no such field{_meant(way[-1], fields)}; there are {', '.join(fields)}"
        yield f"{path}:{_line(written, way)}: {where}: {what}"


def _meant(word: object, words: Sequence[str]) -> str:
    near = get_close_matches(str(word), words, 1)
    return f": is `{near[0]}` meant?" if near else ""


def _line(written: Any, way: list[Any]) -> int:
    """The line of the key that is meant, as near as the file has it."""
    line = 1
    for part in way:
        try:
            line = written.lc.key(part)[0] + 1
            written = written[part]
        except (AttributeError, KeyError, TypeError, IndexError):
            break
    return line


def _date_format(written: str) -> str:
    """`dd/mm/yyyy` as `strptime` wants it."""
    found = written
    for part, code in _DATE_PARTS.items():
        found = found.replace(part, code, 1)
    if not all(code in found for code in ("%d", "%m")) or not ("%Y" in found or "%y" in found):
        raise ValueError("write day, month and year, such as dd/mm/yyyy or yyyy-mm-dd")
    return found


def _insist_on_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}: write it as Europe/Madrid") from None
