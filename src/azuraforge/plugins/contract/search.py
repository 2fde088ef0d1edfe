"""Search ranges that a pipeline declares for the fields of its config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

#: Key of a declared range in a field's JSON schema.
SEARCH = "search"


class DeclaredRange(BaseModel):
    """The values of a field that a study tries by default: a range of numbers, or choices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    step: int | float | None = None
    choices: tuple[JsonValue, ...] | None = None

    @model_validator(mode="after")
    def _check(self) -> DeclaredRange:
        if self.choices is not None:
            if not self.choices or self.log or any(each is not None for each in (self.low, self.high, self.step)):
                raise ValueError("a search range is either a list of choices or low and high")
            return self
        if self.low is None or self.high is None or not self.low < self.high:
            raise ValueError(f"a search range needs low < high, not {self.low} and {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("a range on a log scale needs low > 0 and no step")
        if self.step is not None and self.step <= 0:
            raise ValueError(f"the step of a search range must be greater than 0, not {self.step}")
        return self


def search_range(low: float, high: float, *, log: bool = False, step: float | None = None) -> dict[str, JsonValue]:
    """Return the search range of a numeric config field, as part of its ``json_schema_extra``.

    A study that searches the field starts from this range; a field without one has no default range. Choose values
    that a user would try: the range that usually contains the best value, not the limits of the field.

    Args:
        low: smallest value.
        high: largest value.
        log: whether values are drawn evenly on a log scale.
        step: distance of the values; None for any value of the range.

    Raises:
        ValueError: the range is empty, or a log scale has a step or starts at 0.

    Example:
        >>> search_range(16, 128, log=True)
        {'search': {'low': 16, 'high': 128, 'log': True}}
    """
    declared = DeclaredRange(low=low, high=high, log=log, step=step)
    return {SEARCH: declared.model_dump(exclude_none=True, exclude_defaults=True)}


def search_choices(choices: Sequence[JsonValue]) -> dict[str, JsonValue]:
    """Return the values that a study tries for a config field, as part of its ``json_schema_extra``.

    Raises ValueError if there are none.

    Example:
        >>> search_choices([32, 64, 128])
        {'search': {'choices': [32, 64, 128]}}
    """
    return {SEARCH: {"choices": list(DeclaredRange(choices=tuple(choices)).choices or ())}}


def declared_ranges(schema: Mapping[str, object] | None) -> dict[str, DeclaredRange]:
    """Return the search ranges that the fields of a config's JSON schema declare.

    Raises pydantic's ValidationError if a declaration is not valid.
    """
    properties = (schema or {}).get("properties")
    fields = properties if isinstance(properties, Mapping) else {}
    return {
        str(name): DeclaredRange.model_validate(field[SEARCH])
        for name, field in fields.items()
        if isinstance(field, Mapping) and SEARCH in field
    }
