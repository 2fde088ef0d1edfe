"""Child entry point that sends one message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, JsonValue

from azuraforge.outgoing import Policy
from azuraforge.plugins.contract.notifier import Message, Notifier
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.discretion import no_secret_leaves, secrets_in
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.strict_json import JsonObject

ENTRY = "azuraforge.automations.notifications.child:send"


class MessageInput(BaseModel):
    """Message to send, with the fields of the contract's ``Message``."""

    id: str
    title: str
    text: str
    data: dict[str, JsonValue]
    count: int
    language: str
    at: datetime


class SendInput(BaseModel):
    """Message to send, the notifier that sends it, and the notifier's options."""

    notifier: str
    options: JsonObject
    plugins_folder: str
    outgoing: JsonObject
    message: MessageInput


class Sent(BaseModel):
    """Result of a delivery that the target accepted."""

    accepted: bool = True


class Asked(Protocol):
    """Protocol of the child's attributes that this entry point uses."""

    @property
    def payload(self) -> Mapping[str, object]: ...


def send(child: Asked) -> Sent:
    """Send a message with a notifier. The child's payload is a ``SendInput``.

    Raises NotFound if the notifier is not installed, InvalidInput if its options are not valid, and the notifier's
    errors.
    """
    asked = SendInput.model_validate(child.payload)
    notifier: Notifier = load_plugin("notifier", asked.notifier, asked.plugins_folder)()
    notifier.outgoing = Policy.from_json(asked.outgoing)
    fields = asked.message.model_dump()
    options = parse_config(notifier.Options, asked.options, asked.notifier)
    with no_secret_leaves(secrets_in(options), f"notifier {asked.notifier}"):
        notifier.send(options, Message(**fields))
    return Sent()
