"""The node types of the flow language, one file each. `NODES` is the registry."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.nodes.ask import Ask
from dialogs.nodes.branch import Branch
from dialogs.nodes.callback import Callback
from dialogs.nodes.case import Case
from dialogs.nodes.confirm import Confirm
from dialogs.nodes.consent import Consent
from dialogs.nodes.form import Form
from dialogs.nodes.greet import Greet
from dialogs.nodes.hangup import Hangup
from dialogs.nodes.hours import Hours
from dialogs.nodes.language import Language
from dialogs.nodes.lookup import Lookup
from dialogs.nodes.menu import Menu
from dialogs.nodes.message import Message
from dialogs.nodes.notify import Notify
from dialogs.nodes.outcome import Outcome
from dialogs.nodes.pick import Pick
from dialogs.nodes.promise import Promise
from dialogs.nodes.queue import Queue
from dialogs.nodes.record import Record
from dialogs.nodes.say import Say
from dialogs.nodes.set import Set
from dialogs.nodes.shortcut import Shortcut
from dialogs.nodes.step import Step
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.transfer import Transfer
from dialogs.nodes.understand import Understand
from dialogs.nodes.verify import Verify
from dialogs.nodes.write import Write

_IN_ORDER: tuple[type[Step], ...] = (
    *(Say, Greet, Shortcut, Menu, Pick, Ask, Form, Confirm, Understand),
    *(Lookup, Write, Verify, Branch, Set, Hours),
    *(Queue, Callback, Message, Transfer),
    *(Record, Consent, Case, Notify, Promise, Outcome),
    *(Subflow, Language, Hangup),
)

NODES: Mapping[str, type[Step]] = {node.type_name: node for node in _IN_ORDER}
"""All node types by the key that names them in a flow."""
