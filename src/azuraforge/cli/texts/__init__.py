"""Everything that commands print, in English and Turkish. Help texts are English; see the commands themselves."""

from __future__ import annotations

from collections.abc import Mapping

from azuraforge.cli.texts.automations import AUTOMATIONS
from azuraforge.cli.texts.data import DATA
from azuraforge.cli.texts.loop import LOOP
from azuraforge.cli.texts.models import MODELS
from azuraforge.cli.texts.platform import PLATFORM
from azuraforge.cli.texts.runs import RUNS
from azuraforge.cli.texts.words import WORDS

#: key → (English, Turkish)
TEXTS: Mapping[str, tuple[str, str]] = {
    **WORDS,
    **RUNS,
    **DATA,
    **MODELS,
    **LOOP,
    **PLATFORM,
    **AUTOMATIONS,
}
