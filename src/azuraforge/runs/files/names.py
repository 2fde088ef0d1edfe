"""Names and media types of files that clients add to runs."""

from __future__ import annotations

from pathlib import PurePosixPath

from azuraforge.errors import InvalidInput

MOST_CHARACTERS = 200

#: Media types by suffix. A browser runs none of them: HTML, SVG and scripts are plain text.
_MEDIA_TYPES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
    ".avif": "image/avif", ".bmp": "image/bmp", ".pdf": "application/pdf", ".csv": "text/csv",
    ".tsv": "text/tab-separated-values", ".json": "application/json", ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson", ".md": "text/markdown", ".parquet": "application/vnd.apache.parquet",
    **dict.fromkeys((".txt", ".log", ".html", ".htm", ".svg", ".xml", ".py", ".yaml", ".yml", ".toml"), "text/plain"),
}  # fmt: skip


def check_file_name(name: str) -> None:
    """Raise InvalidInput unless ``name`` is a relative path of printable parts, separated by ``/``.

    Example:
        >>> check_file_name("plots/loss.png")
        >>> check_file_name("../loss.png")
        Traceback (most recent call last):
        azuraforge.errors.InvalidInput: '../loss.png' cannot be the name of a file
    """
    parts = name.split("/")
    wrong = {"", ".", ".."} & set(parts) or "\\" in name or not name.replace("/", "").isprintable()
    if wrong or len(name) > MOST_CHARACTERS or name != name.strip():
        raise InvalidInput(
            "{name!r} cannot be the name of a file",
            where="name",
            next_step="use a relative path of at most {most} printable characters, such as plots/loss.png, without '..'"
            " or backslashes",
            name=ascii(name[:80])[1:-1],
            most=MOST_CHARACTERS,
        )


def media_type_of(name: str) -> str:
    """Return the media type for a file's name; ``application/octet-stream`` if its suffix is unknown."""
    return _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
