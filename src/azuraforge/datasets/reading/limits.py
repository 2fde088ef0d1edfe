"""Size limits of reading, checked before anything of that size is built.

Runs in children only, apart from ``ReadingLimits``, which the platform hands to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.settings import ReadingSettings

_PREFIX = "AZURAFORGE_READING__"
#: The name of a thing in messages.
Text = str | Message
_A_PART = Message("add a part of it")
ASK_FOR_LESS = Message("ask for less")


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

    def check_table(self, rows: int, columns: int, what: Text, next_step: Message = _A_PART) -> None:
        """Raise InvalidInput for a table with too many columns or values; ``what`` is its name in messages."""
        if columns > self.columns:
            size = Message("{what} has {columns:,} columns", {"what": what, "columns": columns})
            raise _refused(size, Message("{most:,}", {"most": self.columns}), "columns", what, next_step)
        if rows * columns > self.values:
            values = {"what": what, "rows": rows, "columns": columns, "values": rows * columns}
            size = Message("{what} has {rows:,} rows of {columns:,} columns, {values:,} values", values)
            raise _refused(size, Message("{most:,}", {"most": self.values}), "values", what, next_step)

    def check_frame(self, frame: pl.DataFrame, what: Text, next_step: Message = _A_PART) -> None:
        """Raise InvalidInput for a frame that is too large; text that rows share counts for each of them, because
        it is stored once for each row as soon as something is done with it."""
        self.check_table(frame.height, frame.width, what, next_step)
        import polars as pl  # the platform's own process must not

        text = [column for column, kind in frame.schema.items() if kind == pl.String]
        size = sum(int(frame[column].str.len_bytes().sum()) for column in text)
        self.check_text(size, what, next_step)

    def check_grid(self, rows: int, added: int, columns: int, frequency: str | None, where: Text) -> None:
        """Raise InvalidInput if adding the missing rows would make a series too large."""
        if (rows + added) * columns > self.values:
            values = {"frequency": frequency, "rows": rows + added, "columns": columns, "added": added}
            raise _refused(
                Message(
                    "rows every {frequency} would be {rows:,} of {columns:,} columns, {added:,} of them added", values
                ),
                Message("{most:,} values", {"most": self.values}),
                "values",
                where,
                Message("choose gaps=keep or a longer frequency, or add the part before or after the gap"),
            )

    def check_text(self, size: int, what: Text, next_step: Message = _A_PART) -> None:
        """Raise InvalidInput for a table with too much text, decompressed."""
        if size > self.table_bytes:
            problem = Message("the decompressed text of {what} is too large", {"what": what})
            shown = Message("{most:,} bytes", {"most": self.table_bytes})
            raise _refused(problem, shown, "table_bytes", what, next_step)

    def check_pictures(self, count: int, height: int, width: int, channels: int, where: Text) -> None:
        """Raise InvalidInput for more pixels than fit."""
        size = count * height * width * channels
        if size > self.picture_bytes:
            values = {"count": count, "height": height, "width": width, "size": size}
            raise _refused(
                Message("{count:,} pictures of {height}×{width} have {size:,} bytes of pixels", values),
                Message("{most:,}", {"most": self.picture_bytes}),
                "picture_bytes",
                where,
                Message("name a smaller size with the options height and width"),
            )


class Budget:
    """The remaining number of values for several series of one dataset together."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._rows = 0

    def take(self, rows: int, added: int, columns: int, frequency: str | None, where: Text) -> None:
        """Count a series with its missing rows. Raises InvalidInput if all together are too large."""
        self._limits.check_grid(self._rows + rows, added, columns, frequency, where)
        self._rows += rows + added


def _refused(size: Message, most: Message, setting: str, where: Text, next_step: Message) -> InvalidInput:
    return InvalidInput(
        "{size}; at most {most} are allowed",
        where="{place}",
        next_step="{step}, or ask an administrator to raise {setting}",
        code="too_large",
        details={"setting": f"{_PREFIX}{setting.upper()}"},
        size=size,
        most=most,
        place=where,
        step=next_step,
        setting=f"{_PREFIX}{setting.upper()}",
    )
