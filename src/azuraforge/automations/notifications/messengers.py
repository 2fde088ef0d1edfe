"""Built-in notifier ``apprise``: e-mail, Slack, Telegram and other services, each identified by one URL.

The library Apprise (BSD-2-Clause) implements the services. It opens connections itself, so the child process that sends
is confined to the addresses that outgoing requests may reach.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_serializer

from azuraforge.errors import InvalidInput, InvalidValue, TransientError
from azuraforge.plugins.contract.notifier import Message, Notifier
from azuraforge.plugins.contract.shape import in_turkish

if TYPE_CHECKING:
    from apprise import NotifyBase

#: URL schemes of local services, which use no network.
_LOCAL = ("dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows")
#: Ports of mail servers that accept messages: SMTP, SMTP over TLS, and submission.
_MAIL_PORTS = (25, 465, 587)
_MAIL = ("mailto", "mailtos")
#: Status codes after which a retry may succeed.
_PASSING = (408, 425, 429)
_SMTP_REFUSES = 400


def _known(url: SecretStr) -> SecretStr:
    _service(url.get_secret_value())
    return url


class MessengerOptions(BaseModel):
    """URL of a service in Apprise's notation."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[SecretStr, AfterValidator(_known), Field(max_length=2000)] = Field(
        title="URL",
        description="Apprise URL, such as mailtos://user:password@example.org?to=team@example.org,"
        " slack://… or tgram://…",
        json_schema_extra=in_turkish(
            "URL",
            "Apprise URL'si, örneğin mailtos://user:password@example.org?to=team@example.org,"
            " slack://… ya da tgram://…",
        ),
    )

    @field_serializer("url")
    def _scheme_only(self, url: SecretStr) -> str:
        """Mask the URL except for its scheme, since any part may be a password."""
        return f"{urlsplit(url.get_secret_value()).scheme}://…"


class Messengers(Notifier[MessengerOptions]):
    """Notifier that sends messages to services that Apprise supports."""

    name = "apprise"
    Options = MessengerOptions
    title: ClassVar[Mapping[str, str]] = {
        "en": "E-mail, Slack, Telegram … (Apprise)",
        "tr": "E-posta, Slack, Telegram … (Apprise)",
    }
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Sends each message to a service that Apprise supports, such as e-mail, Slack or Telegram",
        "tr": "Her iletiyi Apprise'ın desteklediği bir hizmete gönderir; örneğin e-posta, Slack ya da Telegram",
    }

    def send(self, options: MessengerOptions, message: Message) -> None:
        """Send a message.

        Raises TransientError if the service is unavailable or busy, InvalidInput if it rejects the message or the
        platform does not allow requests to its address.
        """
        from azuraforge.outgoing.process import confine  # in the child that sends

        service = _service(options.url.get_secret_value())
        mail = urlsplit(options.url.get_secret_value()).scheme.lower() in _MAIL
        confined = confine(self.outgoing, _MAIL_PORTS if mail else ())
        answers = _Answers()
        answers.listen()
        try:
            accepted = bool(service.notify(body=message.text, title=message.title))
        except Exception as error:  # any error of a service's code may contain its address
            raise TransientError(
                "{service} failed: {error}",
                where="apprise",
                next_step="check the address of the target; the message is sent again later",
                service=service.service_name,
                error=type(error).__name__,
            ) from None
        if accepted:
            return
        if confined.refused is not None:
            raise InvalidInput(
                "{service}: {message}",
                where="apprise",
                next_step="{step}",
                code=confined.refused.error_code,
                service=service.service_name,
                message=confined.refused,
                step=confined.refused.parts()[2],
            )
        raise answers.problem(str(service.service_name))


class _Answers:
    """Recorder of the last HTTP status and the last SMTP error code in this process.

    Apprise itself reports only whether a message was accepted.
    """

    def __init__(self) -> None:
        self.http: int | None = None
        self.smtp: int | None = None

    def listen(self) -> None:
        """Start recording responses."""
        import smtplib

        from requests.adapters import HTTPAdapter

        send, getreply = HTTPAdapter.send, smtplib.SMTP.getreply

        def noted(adapter: HTTPAdapter, *arguments, **more):  # type: ignore[no-untyped-def]  # as the wrapped one
            answer = send(adapter, *arguments, **more)
            self.http = answer.status_code
            return answer

        def replied(server: smtplib.SMTP) -> tuple[int, bytes]:
            reply = getreply(server)
            if reply[0] >= _SMTP_REFUSES:  # kept, since the reply to QUIT is a success
                self.smtp = reply[0]
            return reply

        HTTPAdapter.send = noted  # type: ignore[assignment,method-assign]
        smtplib.SMTP.getreply = replied  # type: ignore[assignment,method-assign]

    def problem(self, service: str) -> TransientError | InvalidInput:
        """Return the error that corresponds to the last recorded response."""
        code = self.http if self.http is not None else self.smtp
        if code is None or code < 0:
            return TransientError(
                "{service} cannot be reached",
                next_step="check the network; the message is sent again later",
                where="apprise",
                service=service,
            )
        final = self.http is not None and 400 <= code < 500 and code not in _PASSING
        final = final or (self.http is None and 500 <= code < 600)  # in SMTP, 4xx is temporary
        if final:
            return InvalidInput(
                "{service} responded with status {status}",
                where="apprise",
                next_step="check the address of the target",
                service=service,
                status=code,
            )
        return TransientError(
            "{service} did not accept the message; its last status was {status}",
            next_step="wait: the message is sent again later",
            where="apprise",
            service=service,
            status=code,
        )


def _service(url: str) -> NotifyBase:
    """Return the Apprise service of a URL. Raises ValueError, with a text that omits the URL, if there is none."""
    from apprise import Apprise, AppriseAsset, NotifyBase, PersistentStoreMode

    logging.getLogger("apprise").disabled = True  # it would log parts of the URL
    if urlsplit(url).scheme.lower() in _LOCAL:
        raise InvalidValue(
            "messages cannot be sent to services of this machine; enter the address of a network service"
        )
    asset = AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, plugin_paths=[], secure_logging=True)
    try:
        found = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    except Exception:  # its text may contain the URL
        found = None
    if not isinstance(found, NotifyBase):
        raise InvalidValue(
            "this is not the address of a service that Apprise supports, such as mailtos://… or slack://…"
        )
    return found
