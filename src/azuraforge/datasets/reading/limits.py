"""Size limits of reading, checked before data of that size are built.

Runs only in child processes, except ``ReadingLimits``, which the platform passes to them.
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
#: Name of a file, table or source in messages.
Text = str | Message
_A_PART = Message("add only a part of the data")
ASK_FOR_LESS = Message("request less data")


@dataclass(frozen=True)
class ReadingLimits:
    """Limits of one dataset, from the settings of the same names.

    The errors of the checks name the data by ``what`` or ``where`` and suggest ``next_step``.

    Attributes:
        table_bytes: maximum size of a table as decompressed text.
        values: maximum number of rows times columns, including rows added for gaps.
        columns: maximum number of columns of a table.
        image_bytes: maximum size of all images, decoded.
    """

    table_bytes: int = 512 << 20
    values: int = 32_000_000
    columns: int = 10_000
    image_bytes: int = 1 << 30

    @classmethod
    def of(cls, settings: ReadingSettings) -> ReadingLimits:
        """Return the limits that the platform's settings define."""
        return cls(settings.table_bytes, settings.values, settings.columns, settings.image_bytes)

    def check_table(self, rows: int, columns: int, what: Text, next_step: Message = _A_PART) -> None:
        """Raise InvalidInput if a table has too many columns or values; messages call it ``what``."""
        if columns > self.columns:
            size = Message("{what} has {columns:,} columns", {"what": what, "columns": columns})
            raise _refused(size, Message("{most:,}", {"most": self.columns}), "columns", what, next_step)
        if rows * columns > self.values:
            values = {"what": what, "rows": rows, "columns": columns, "values": rows * columns}
            size = Message("{what} has {rows:,} rows of {columns:,} columns, {values:,} values", values)
            raise _refused(size, Message("{most:,}", {"most": self.values}), "values", what, next_step)

    def check_frame(self, frame: pl.DataFrame, what: Text, next_step: Message = _A_PART) -> None:
        """Raise InvalidInput if a frame has too many columns, values or bytes of text.

        Text that several rows share counts for each row, because most operations on the frame copy it per row.
        """
        self.check_table(frame.height, frame.width, what, next_step)
        import polars as pl  # imported here, since the platform's own process must not load Polars

        text = [column for column, kind in frame.schema.items() if kind == pl.String]
        size = sum(int(frame[column].str.len_bytes().sum()) for column in text)
        self.check_text(size, what, next_step)

    def check_grid(self, rows: int, added: int, columns: int, frequency: str | None, where: Text) -> None:
        """Raise InvalidInput if adding ``added`` missing rows would make a series too large."""
        if (rows + added) * columns > self.values:
            values = {"frequency": frequency, "rows": rows + added, "columns": columns, "added": added}
            raise _refused(
                Message(
                    "one row every {frequency} would make {rows:,} rows of {columns:,} columns, {added:,} of them "
                    "added",
                    values,
                ),
                Message("{most:,} values", {"most": self.values}),
                "values",
                where,
                Message("choose gaps=keep or a lower frequency, or add only the rows before or after the gap"),
            )

    def check_text(self, size: int, what: Text, next_step: Message = _A_PART) -> None:
        """Raise InvalidInput if a table has too much decompressed text; ``size`` is in bytes."""
        if size > self.table_bytes:
            problem = Message("the decompressed text of {what} is too large", {"what": what})
            shown = Message("{most:,} bytes", {"most": self.table_bytes})
            raise _refused(problem, shown, "table_bytes", what, next_step)

    def check_images(self, count: int, height: int, width: int, channels: int, where: Text) -> None:
        """Raise InvalidInput if the decoded images would exceed ``image_bytes``."""
        size = count * height * width * channels
        if size > self.image_bytes:
            values = {"count": count, "height": height, "width": width, "size": size}
            raise _refused(
                Message("{count:,} images of {height}×{width} have {size:,} bytes of pixels", values),
                Message("{most:,}", {"most": self.image_bytes}),
                "image_bytes",
                where,
                Message("set a smaller size with the option height and the option width"),
            )


class Budget:
    """Counter of the rows of several series of one dataset, which limits their total number of values."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._rows = 0

    def take(self, rows: int, added: int, columns: int, frequency: str | None, where: Text) -> None:
        """Count the present and the added rows of a series. Raises InvalidInput if the total becomes too large."""
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
