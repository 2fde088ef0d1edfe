"""Types of files that a version's folder may contain; none of them can run code."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from azuraforge import strict_json
from azuraforge.errors import InvalidInput, InvalidValue

#: Size limit of text files such as vocabularies; those of the largest tokenizers have a few megabytes.
_MOST_TEXT_BYTES = 64 << 20
#: First byte of a serialized SentencePiece model: the tag of its first piece.
_FIRST_PIECE = b"\x0a"


def _check_tensors(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > size - 8:
            raise InvalidValue("its header is longer than the file")
        header = json.loads(file.read(length))
    ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
    if max(ends, default=0) != size - 8 - length:
        raise InvalidValue("its header does not match its size")


def _check_json(path: Path) -> None:
    strict_json.parse(path.read_bytes())


def _check_text(path: Path) -> None:
    if "\0" in _bounded(path).decode("utf-8"):
        raise InvalidValue("it is not a text file")


def _check_pieces(path: Path) -> None:
    if not _bounded(path).startswith(_FIRST_PIECE):
        raise InvalidValue("it is not a SentencePiece model")


def _bounded(path: Path) -> bytes:
    if path.stat().st_size > _MOST_TEXT_BYTES:
        raise InvalidValue("it is larger than {most} MiB", most=_MOST_TEXT_BYTES >> 20)
    return path.read_bytes()


#: Name of the type, as the manifest states it, and check of the content, by file suffix.
TYPES: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    ".safetensors": ("tensors", _check_tensors),
    ".json": ("json", _check_json),
    ".txt": ("text", _check_text),
    ".tiktoken": ("text", _check_text),
    ".model": ("sentencepiece", _check_pieces),
}


def type_of(name: str) -> str:
    """Return the type of a file by its name. Raises InvalidInput if the suffix belongs to no allowed type."""
    suffix = PurePosixPath(name).suffix
    if suffix not in TYPES:
        raise InvalidInput(
            "{name} has a file type that a version may not contain; allowed types: {types}",
            where="version folder",
            next_step="let the pipeline's save method write weights as .safetensors and the rest as .json or text",
            name=name,
            types=", ".join(TYPES),
        )
    return TYPES[suffix][0]


def check_content(name: str, path: Path) -> None:
    """Raise InvalidInput if a file could not be loaded later: broken JSON, truncated tensors, invalid text."""
    try:
        TYPES[PurePosixPath(name).suffix][1](path)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise InvalidInput(
            "{name} is truncated or damaged: {reason}",
            where="version folder",
            next_step="write the file again with the pipeline's save method",
            name=name,
            reason=error.sentence if isinstance(error, InvalidValue) else str(error),
        ) from error
