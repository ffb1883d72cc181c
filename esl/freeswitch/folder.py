"""The configuration folder on disk: secrets made once, a first writing, and a diff on every later one.

Rules:
1. `prepare` reads and compares; only `write` changes anything.
2. A secret lies in `secrets/NAME`, is made once, and is kept by every later run.
3. Files with a secret have mode 0600 from the moment they exist, and no diff shows a secret.
4. A file that is overwritten stays beside the new one as `NAME.before`, the next ones as `NAME.before.2` and
   so on: none of them is ever lost. FreeSWITCH reads only what `freeswitch.xml` names.
5. A secret that others may read is told, and closed to them by a forced `write`, also where no file changes.
"""

from __future__ import annotations

import contextlib
import difflib
import itertools
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from esl.freeswitch.configuration import SwitchConfiguration
from esl.freeswitch.errors import SwitchConfigurationError, SwitchFolderError
from esl.freeswitch.render import SECRET_PLACES, UNWRITABLE, ConfigurationFile, render

SECRETS = "secrets"
SECRET_BYTES = 24
"""192 random bits, 32 characters."""
_OWNER_FILE, _OWNER_FOLDER = 0o600, 0o700
_LARGEST = 1_000_000
_PASSWORD = re.compile(r'(name="password"\s+value=")[^"]*(")')


@dataclass(frozen=True)
class Change:
    """One file that is new, or differs from what is on disk. `diff` is empty if only a secret differs."""

    file: ConfigurationFile
    new: bool
    diff: str


@dataclass(frozen=True)
class Preparation:
    """What `write` would do to `folder`."""

    folder: Path
    changes: tuple[Change, ...]
    new_secrets: Mapping[str, str] = field(repr=False)
    """Made or given now; not yet on disk."""
    too_open: tuple[Path, ...] = ()
    """Files with secrets, and their folder, whose rights let others in."""

    @property
    def differs(self) -> bool:
        """Whether a file that is there, or its rights, would be changed: that needs `--force`."""
        return bool(self.too_open) or any(not change.new for change in self.changes)

    @property
    def event_password_file(self) -> Path:
        """Where our server finds the event socket's password (`{file: PATH}` in `ivr.yaml`)."""
        return self.folder / SECRETS / "event_socket"


def prepare(
    folder: Path, configuration: SwitchConfiguration, given: Mapping[str, str] | None = None
) -> Preparation:
    """Compares `folder` with what `configuration` renders to; changes nothing.

    `given` are secrets that somebody else chose (a provider's password, by `gateway-NAME`). The others
    are kept if they exist, and made if they do not; a gateway's password is never made up. Raises
    `SwitchFolderError`, `SwitchConfigurationError`.
    """
    if folder.exists() and not folder.is_dir():
        raise SwitchFolderError(f"{folder} is not a folder; name another one")
    values: dict[str, str] = {}
    new: dict[str, str] = {}
    for name in configuration.secret_names:
        kept = _kept(folder / SECRETS / name)
        chosen = (given or {}).get(name) or kept
        if chosen is None and name.startswith("gateway-"):
            raise SwitchConfigurationError(
                f"The password of {name} is not known; write it to {folder / SECRETS / name}"
            )
        if chosen is not None and (fault := UNWRITABLE.search(chosen)):
            whence = folder / SECRETS / name if chosen == kept else f"The password given for {name}"
            raise SwitchConfigurationError(
                f"{whence} holds a control character (code {ord(fault.group())}); "
                "write one line with the password alone"
            )
        values[name] = chosen or secrets.token_urlsafe(SECRET_BYTES)
        if values[name] != kept:
            new[name] = values[name]
    changes = [
        change for file in render(configuration, values) if (change := _compare(folder, file)) is not None
    ]
    return Preparation(folder, tuple(changes), new, _too_open(folder, configuration))


def _close_secrets(preparation: Preparation) -> None:
    """Takes the rights of everybody but the owner from what is `too_open`. Raises `SwitchFolderError`."""
    for place in preparation.too_open:
        try:
            place.chmod(_OWNER_FOLDER if place.is_dir() else _OWNER_FILE)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise SwitchFolderError(
                f"{place} can be read by others, and its rights cannot be changed ({error.strerror}); "
                "run the command as the folder's owner"
            ) from error


def _too_open(folder: Path, configuration: SwitchConfiguration) -> tuple[Path, ...]:
    """Whatever holds one of our passwords, what was overwritten included."""
    places = [folder / SECRETS, *(folder / SECRETS / name for name in configuration.secret_names)]
    for file in map(folder.joinpath, SECRET_PLACES):
        places += [file, *sorted(file.parent.glob(f"{file.name}.before*"))]
    found = []
    for place in places:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if stat.S_IMODE(place.stat().st_mode) & 0o077:
                found.append(place)
    return tuple(found)


def write(preparation: Preparation, *, force: bool = False) -> None:
    """Carries it out: secrets first, so that no file refers to one that is lost.

    Without `force` it refuses (`SwitchFolderError`) if a file that is there, or its rights, would change.
    """
    if preparation.differs and not force:
        raise SwitchFolderError(
            f"{preparation.folder} holds other files, or too open ones; look at the diff, then use --force"
        )
    folder = preparation.folder
    _close_secrets(preparation)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if preparation.new_secrets:
            (folder / SECRETS).mkdir(mode=0o700, exist_ok=True)
        for name, value in preparation.new_secrets.items():
            _put(folder / SECRETS / name, value + "\n", secret=True)
        for change in preparation.changes:
            target = folder / change.file.place
            target.parent.mkdir(parents=True, exist_ok=True)
            _put(target, change.file.text, secret=change.file.secret, keep=not change.new)
    except OSError as error:
        where = error.filename or folder
        raise SwitchFolderError(
            f"{where} cannot be written ({error.strerror}); name a folder that you may write, or free space"
        ) from error


def _kept(file: Path) -> str | None:
    text = _read(file)
    return None if text is None else text.strip() or None


def _read(file: Path) -> str | None:
    """The file's text, or None if there is none."""
    try:
        if file.stat().st_size > _LARGEST:
            raise SwitchFolderError(f"{file} is larger than {_LARGEST} bytes; is it the right folder?")
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        raise SwitchFolderError(f"{file} is a folder where a file belongs; move it away") from None
    except OSError as error:
        raise SwitchFolderError(
            f"{file} cannot be read ({error.strerror}); run the command as the folder's owner"
        ) from error
    except UnicodeDecodeError as error:
        raise SwitchFolderError(f"{file} is not UTF-8 text; move it away") from error


def _compare(folder: Path, file: ConfigurationFile) -> Change | None:
    there = _read(folder / file.place)
    if there == file.text:
        return None
    if there is None:
        return Change(file, new=True, diff="")
    lines = difflib.unified_diff(
        _hidden(there).splitlines(keepends=True),
        _hidden(file.text).splitlines(keepends=True),
        fromfile=f"{file.place} (there)",
        tofile=f"{file.place} (new)",
    )
    return Change(
        file, new=False, diff="".join(line if line.endswith("\n") else line + "\n" for line in lines)
    )


def _hidden(text: str) -> str:
    return _PASSWORD.sub(r"\1********\2", text)


def _keep(target: Path) -> None:
    """A second name for what is about to be overwritten, the first that is free."""
    for number in itertools.count(1):
        before = target.with_name(f"{target.name}.before" + (f".{number}" if number > 1 else ""))
        try:
            before.hardlink_to(target)
        except FileExistsError:
            continue
        return


def _put(target: Path, text: str, *, secret: bool, keep: bool = False) -> None:
    """Writes beside the target and renames: a reader sees the old file or the new one, whole.

    With `keep` the old one stays as `NAME.before`, or `NAME.before.2` and so on.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if keep:
            _keep(target)
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
