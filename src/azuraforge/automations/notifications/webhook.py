"""Built-in notifier ``webhook``, which posts each message as a signed JSON document."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_serializer

from azuraforge.clock import iso
from azuraforge.errors import InvalidInput, InvalidValue, TransientError
from azuraforge.plugins.contract.notifier import Message, Notifier
from azuraforge.plugins.contract.shape import in_turkish

#: Status codes after which a retry may succeed.
_PASSING = (408, 425, 429)


def _address(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port beyond 65535
        fits = False
    if not fits:
        raise InvalidValue("an address must begin with https:// or http:// and name a host")
    return url


class WebhookOptions(BaseModel):
    """Address to post to, and secret that signs the messages."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[
        SecretStr,
        AfterValidator(_address),
        Field(
            max_length=2000,
            title="URL",
            description="HTTPS address that receives the messages",
            json_schema_extra=in_turkish("URL", "İletileri alan HTTPS adresi"),
        ),
    ]
    secret: Annotated[SecretStr, Field(min_length=16)] | None = Field(
        default=None,
        title="Signing key",
        description="Key that signs each message; at least 16 characters",
        json_schema_extra=in_turkish("İmza anahtarı", "Her iletiyi imzalayan anahtar; en az 16 karakter"),
    )

    @field_serializer("url")
    def _host_only(self, url: SecretStr) -> str:
        """Mask the address except for scheme, host and port, since its path is often a password."""
        parts = urlsplit(url.get_secret_value())
        place = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{place}/…"


class Webhook(Notifier[WebhookOptions]):
    """Notifier that posts messages as JSON; ``docs/automations.md`` describes the signature."""

    name = "webhook"
    Options = WebhookOptions
    title: ClassVar[Mapping[str, str]] = {"en": "Webhook", "tr": "Webhook"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Sends each message as signed JSON to an HTTPS address",
        "tr": "Her iletiyi imzalı JSON olarak bir HTTPS adresine gönderir",
    }

    def send(self, options: WebhookOptions, message: Message) -> None:
        """Post a message.

        Raises TransientError if the target is unavailable or busy, InvalidInput if it rejects or redirects the message.
        """
        import httpx  # in the child that sends

        body = orjson.dumps(
            {
                "id": message.id,
                "title": message.title,
                "text": message.text,
                "data": dict(message.data),
                "count": message.count,
                "language": message.language,
                "at": iso(message.at),
            }
        )
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id, "User-Agent": "AzuraForge"}
        if options.secret is not None:
            headers |= signature(options.secret.get_secret_value(), body, int(time.time()))
        host = urlsplit(options.url.get_secret_value()).hostname
        try:
            with (
                self.http_client() as client,
                client.stream(
                    "POST", options.url.get_secret_value(), content=body, headers=headers, follow_redirects=False
                ) as answer,
            ):
                status = answer.status_code  # the body is ignored, since it may never end
        except httpx.TimeoutException:
            raise TransientError(
                "{host} did not answer in time",
                where="webhook",
                next_step="check the receiver; the message is sent again later",
                host=host,
            ) from None
        except httpx.HTTPError as error:
            raise TransientError(
                "{host} cannot be reached: {error}",
                where="webhook",
                next_step="check the address and the network; the message is sent again later",
                host=host,
                error=type(error).__name__,
            ) from None
        if status >= 500 or status in _PASSING:
            raise TransientError(
                "{host} responded with status {status}",
                where="webhook",
                next_step="wait: the message is sent again later",
                host=host,
                status=status,
            )
        if not 200 <= status < 300:
            raise InvalidInput(
                "{host} responded with status {status}",
                where="webhook",
                next_step="check the address and the secret of the target",
                host=host,
                status=status,
            )


def signature(secret: str, body: bytes, at: int) -> dict[str, str]:
    """Return the headers that sign a body: HMAC-SHA-256 over ``<seconds since 1970>.<body>``.

    Example:
        >>> signature("a secret of mine", b"{}", 0)["AzuraForge-Timestamp"]
        '0'
    """
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"AzuraForge-Timestamp": str(at), "AzuraForge-Signature": f"sha256={digest}"}
