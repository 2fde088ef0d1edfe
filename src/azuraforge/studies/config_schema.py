"""The properties of a config's JSON schema that determine how a field can be searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from azuraforge.plugins.contract.search import DeclaredRange
from azuraforge.studies.schemas import Kind


class Branch(BaseModel):
    """One alternative in a field's schema."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    type: str | None = None
    enum: Sequence[JsonValue] | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    over: int | float | None = Field(default=None, alias="exclusiveMinimum")
    under: int | float | None = Field(default=None, alias="exclusiveMaximum")

    @property
    def kind(self) -> Kind | None:
        """The kind of dimension; None for a value that can be searched only by choices."""
        if self.enum is not None or self.type == "boolean":
            return "choice"
        if self.type == "integer":
            return "int"
        return "float" if self.type == "number" else None

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The minimum and the maximum, None if unlimited; an exclusive limit of a float is returned unchanged."""
        kind = self.kind
        if kind == "choice":
            return None, None
        low, high = self.minimum, self.maximum
        if self.over is not None:
            low = self.over + 1 if kind == "int" else self.over
        if self.under is not None:
            high = self.under - 1 if kind == "int" else self.under
        return low, high


class FieldSchema(Branch):
    """The schema of a config's field. ``any_of`` are its alternatives, for example of an optional field."""

    description: str = ""
    descriptions: dict[str, str] = Field(default={})
    default: JsonValue = None
    search: DeclaredRange | None = None
    any_of: tuple[Branch, ...] = Field(default=(), alias="anyOf")

    @property
    def searched(self) -> Branch:
        """The first alternative with a kind; the field itself if none has a kind."""
        return next((branch for branch in (self, *self.any_of) if branch.kind is not None), self)


def fields_of(schema: Mapping[str, object] | None) -> dict[str, FieldSchema]:
    """Return the fields of a config's JSON schema by name."""
    properties = (schema or {}).get("properties")
    return {name: _field(of) for name, of in properties.items()} if isinstance(properties, dict) else {}


def _field(schema: object) -> FieldSchema:
    """Return a field. A schema of an unsupported form, such as a list of types, allows a search by choices only."""
    try:
        return FieldSchema.model_validate(schema)
    except ValidationError:
        return FieldSchema()
