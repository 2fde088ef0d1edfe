"""Input and result of preparing the engine's kernels."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from azuraforge.messages import Message
from azuraforge.messages.stored import StoredText, text_from_json
from azuraforge.plugins.contract.shape import Shape


class PrepareInput(Shape):
    """Cache to fill with kernels. If ``instruction_set`` is None, the best of this processor is used."""

    folder: Path
    instruction_set: str | None


class Prepared(Shape):
    """Kernels of one instruction set, which this machine can use unless ``problem`` states why not (``text_to_json``).

    ``kernels`` is their hash; ``compiled_seconds`` is None if they were in the cache already.
    """

    instruction_set: str = ""
    kernels: str = ""
    cores: int = 1
    compiled_seconds: float | None = None
    problem: JsonValue = None

    def obstacle(self) -> Message | None:
        """Return ``problem`` as a message; None if the kernels can be used."""
        if self.problem is None:
            return None
        text: StoredText = text_from_json(self.problem)
        return text if isinstance(text, Message) else Message("{problem}", {"problem": text})
