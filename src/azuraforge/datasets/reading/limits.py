"""Size limits of reading, checked before anything of that size is built.

Runs in children only, apart from ``ReadingLimits``, which the platform hands to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azuraforge.errors import InvalidInput

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.settings import ReadingSettings

_PREFIX = "AZURAFORGE_READING__"


@dataclass(frozen=True)
class ReadingLimits:
    """Limits of one dataset; the settings of the same names state them.

    Attributes:
        table_bytes: a table as text, decompressed.
        values: rows times columns, missing rows that are added included.
        columns: columns of a table.
        picture_bytes: pixels of all pictures, decoded.
    """

    table_bytes: int = 512 << 20
    values: int = 32_000_000
    columns: int = 10_000
    picture_bytes: int = 1 << 30

    @classmethod
    def of(cls, settings: ReadingSettings) -> ReadingLimits:
        """Return the limits that the platform's settings state."""
        return cls(settings.table_bytes, settings.values, settings.columns, settings.picture_bytes)

    def check_table(self, rows: int, columns: int, where: str, next_step: str = "add a part of it") -> None:
        """Raise InvalidInput for a table with too many columns or values."""
        if columns > self.columns:
            raise _refused(f"{where} has {columns:,} columns", f"{self.columns:,}", "columns", where, next_step)
        if rows * columns > self.values:
            size = f"{where} has {rows:,} rows of {columns:,} columns, {rows * columns:,} values"
            raise _refused(size, f"{self.values:,}", "values", where, next_step)

    def check_frame(self, frame: pl.DataFrame, where: str, next_step: str = "add a part of it") -> None:
        """Raise InvalidInput for a frame that is too large; text shared by rows counts for each of them, because most
        operations store it once per row."""
        self.check_table(frame.height, frame.width, where, next_step)
        import polars as pl  # the platform's own process must not

        text = [column for column, kind in frame.schema.items() if kind == pl.String]
        size = sum(int(frame[column].str.len_bytes().sum()) for column in text)
        self.check_text(size, where, next_step)

    def check_grid(self, rows: int, added: int, columns: int, frequency: str | None, where: str) -> None:
        """Raise InvalidInput if adding the missing rows would make a series too large."""
        if (rows + added) * columns > self.values:
            raise _refused(
                f"rows every {frequency} would be {rows + added:,} of {columns:,} columns, {added:,} of them added",
                f"{self.values:,} values",
                "values",
                where,
                "choose gaps=keep, or a longer frequency, or add the part before or after the gap",
            )

    def check_text(self, size: int, where: str, next_step: str = "add a part of it") -> None:
        """Raise InvalidInput for a table with too much text, decompressed."""
        if size > self.table_bytes:
            shown = f"{self.table_bytes:,} bytes"
            raise _refused(f"{where} holds more text decompressed than is read", shown, "table_bytes", where, next_step)

    def check_pictures(self, count: int, height: int, width: int, channels: int, where: str) -> None:
        """Raise InvalidInput for more pixels than fit."""
        size = count * height * width * channels
        if size > self.picture_bytes:
            raise _refused(
                f"{count:,} pictures of {height}×{width} have {size:,} bytes of pixels",
                f"{self.picture_bytes:,}",
                "picture_bytes",
                where,
                "name a smaller size with the options height and width",
            )


class Budget:
    """The remaining number of values for several series of one dataset together."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._rows = 0

    def take(self, rows: int, added: int, columns: int, frequency: str | None, where: str) -> None:
        """Count a series with its missing rows. Raises InvalidInput if all together are too large."""
        self._limits.check_grid(self._rows + rows, added, columns, frequency, where)
        self._rows += rows + added


def _refused(size: str, most: str, setting: str, where: str, next_step: str) -> InvalidInput:
    return InvalidInput(
        f"{size}; at most {most} are allowed",
        where=where,
        next_step=f"{next_step}, or let an administrator raise {_PREFIX}{setting.upper()}",
        code="too_large",
        setting=f"{_PREFIX}{setting.upper()}",
    )
