"""Contract suite for notifiers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, SecretStr

from azuraforge.errors import TransientError, UserError
from azuraforge.outgoing import Policy
from azuraforge.plugins.contract.notifier import Message, Notifier
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.testing.contract import check_shape, must_be_json, require


def check_notifier(
    plugin: type[Notifier], options: BaseModel | Mapping[str, Any], *, outgoing: Policy | None = None
) -> str | None:
    """Check a notifier's contract by sending one message.

    Args:
        plugin: the notifier class.
        options: options of a target; neither an error nor the serialized options may contain their secrets.
        outgoing: policy for the addresses that the notifier may reach; if None, public addresses only.

    Returns the error's text if the target rejected the message or was unavailable, else None. Raises ContractBroken if
    a rule is broken, and InvalidInput if ``options`` are not valid.
    """
    check_shape("notifier", plugin)
    require(isinstance(getattr(plugin, "name", None), str) and bool(plugin.name), f"{plugin.__name__} has no name")
    given = options.model_dump() if isinstance(options, BaseModel) else options
    parsed = parse_config(plugin.Options, given, plugin.__name__)
    shown = parsed.model_dump(mode="json")
    must_be_json(shown, f"the options of {plugin.__name__}")
    secrets = [value.get_secret_value() for value in dict(parsed).values() if isinstance(value, SecretStr) and value]
    for secret in secrets:
        require(secret not in str(shown), f"{plugin.__name__}.Options shows a secret")
    notifier = plugin()
    notifier.outgoing = outgoing or Policy()
    message = Message("m1", "A title", "A text", {"event": "test"}, 1, "en", datetime.now(UTC))
    try:
        answer: object = notifier.send(parsed, message)  # typed as object, since a faulty plugin may return a value
    except (UserError, TransientError) as error:
        for secret in secrets:
            require(secret not in str(error), f"an error of {plugin.__name__} shows a secret")
        return str(error)
    require(answer is None, f"{plugin.__name__}.send must return nothing")
    return None
