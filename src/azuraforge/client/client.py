"""The class ``Client``, with one attribute per noun of the platform."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType

from azuraforge.client.access.invitations import Invitations
from azuraforge.client.access.members import Members
from azuraforge.client.access.people import People
from azuraforge.client.access.platform import Platform
from azuraforge.client.access.projects import Projects
from azuraforge.client.access.secrets import Secrets
from azuraforge.client.access.tokens import Tokens
from azuraforge.client.automations import Automations
from azuraforge.client.exploring.datasets import ExploredDatasets
from azuraforge.client.external.run import ExternalRun
from azuraforge.client.external.shipping import Shipped, ship_leftovers
from azuraforge.client.feeds.client import Feeds
from azuraforge.client.http.address import AddressBook
from azuraforge.client.http.connection import Connection
from azuraforge.client.learners.client import Learners
from azuraforge.client.models import Models
from azuraforge.client.notifications import Notifications
from azuraforge.client.plugins import Plugins
from azuraforge.client.predictions import Predictions
from azuraforge.client.runs import Runs
from azuraforge.client.schedules import Schedules
from azuraforge.client.sessions import Sessions
from azuraforge.client.state.loop import Loops
from azuraforge.client.state.search import Events, Found, search
from azuraforge.client.studies import Studies
from azuraforge.client.trash import Trash


class Client:
    """Client of a platform.

    Without arguments, the address and the token come from ``$AZURAFORGE_URL`` and ``$AZURAFORGE_TOKEN``, else from the
    files that a running platform writes to the data home (``$AZURAFORGE_HOME``, else ``~/.azuraforge``). The first
    request connects to the platform; it raises ``PlatformUnreachable`` if no platform responds.

    Args:
        url: the platform's URL, such as ``http://127.0.0.1:8787``.
        token: an API token of the platform.
        home: the data home to read the address from and to write the journals of external runs to.
        language: language of the platform's errors, ``en`` or ``tr``.
        project: slug of the project that all requests concern; None: ``$AZURAFORGE_PROJECT``, else the project of the
            token, or the only project of its person.

    Example::

        client = azuraforge.Client()
        run = client.runs.start("forecasting.lstm", dataset="weather", config={"horizon": 24})
        print(client.runs.wait(run.id).state)
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        home: str | os.PathLike[str] | None = None,
        language: str = "en",
        project: str | None = None,
    ) -> None:
        named = project or os.environ.get("AZURAFORGE_PROJECT") or None
        self._connection = Connection(AddressBook.of(url, token, home), language, named)
        self.runs = Runs(self._connection)
        self.datasets = ExploredDatasets(self._connection)
        self.models = Models(self._connection)
        self.predictions = Predictions(self._connection)
        self.loop = Loops(self._connection)
        self.events = Events(self._connection)
        self.studies = Studies(self._connection)
        self.feeds = Feeds(self._connection)
        self.learners = Learners(self._connection)
        self.schedules = Schedules(self._connection)
        self.automations = Automations(self._connection)
        self.notifications = Notifications(self._connection)
        self.plugins = Plugins(self._connection)
        self.projects = Projects(self._connection)
        self.invitations = Invitations(self._connection)
        self.members = Members(self._connection)
        self.trash = Trash(self._connection)
        self.tokens = Tokens(self._connection)
        self.secrets = Secrets(self._connection)
        self.sessions = Sessions(self._connection)
        self.people = People(self._connection)
        self.platform = Platform(self._connection)

    @property
    def url(self) -> str:
        """The platform's URL. Raises PlatformUnreachable if no URL is given and no platform runs on the data home."""
        return self._connection.url

    def run(self, name: str, config: Mapping[str, object] | None = None, seed: int = 0) -> ExternalRun:
        """Return an external run for your own code, to be used in a ``with`` block (see ``ExternalRun``)."""
        return ExternalRun(self._connection, name, config, seed)

    def search(self, text: str, *, limit: int = 8) -> list[Found]:
        """Return the runs, studies, models, datasets and feeds whose name contains ``text`` or whose id begins with it.

        At most ``limit`` items of each kind are returned, newest first.
        """
        return search(self._connection, text, limit)

    def ship_journals(self) -> list[Shipped]:
        """Send the journals of external runs whose processes have ended; return one result per journal."""
        book = self._connection.book
        return ship_leftovers(book.home, self._connection, book.given_url)

    def close(self) -> None:
        """Close the connections. A later request opens new ones."""
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
