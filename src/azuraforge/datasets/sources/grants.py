"""Secrets for sources in child processes."""

from __future__ import annotations

import re

from azuraforge.datasets.schemas import Json
from azuraforge.plugins.contract.fields.secret import SECRET_NAME, named_secrets
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.projects.secrets.service import SecretService


class Grants:
    """Access to secrets for sources, limited to those named in option fields that are declared as secrets."""

    def __init__(self, catalogue: Catalogue, secrets: SecretService) -> None:
        self._catalogue = catalogue
        self._secrets = secrets

    def of(self, project_id: str, source: str, options: Json, **used: str) -> dict[str, str]:
        """Return secrets by name. Raises InvalidInput if a secret does not exist or cannot be decrypted.

        If no option names a secret of the project, the catalogue is not loaded; the source then reports a missing
        secret. ``used`` are fields of the event of their use.
        """
        texts = [value for value in options.values() if isinstance(value, str) and re.fullmatch(SECRET_NAME, value)]
        if not self._secrets.holds_any(project_id, texts):
            return {}
        found = self._catalogue.get("source", source)
        return self._secrets.grant(project_id, named_secrets(found.config_schema, options), {"source": source, **used})
