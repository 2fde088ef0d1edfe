"""Entry of a child that answers in pieces, one for each word of the question; the word "die" ends it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator
from typing import Any


def serve(opening: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    def answer(words: list[str]) -> Generator[dict[str, str], None, dict[str, int]]:
        for word in words:
            if word == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            yield {"word": word}
        return {"count": len(words)}

    return lambda question: answer(question["words"]) if question["words"] else {"count": 0}
