"""What every table of the configuration has in common, and the types of its values."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

__all__ = ["CHOICE", "NONE", "Count", "Names", "Ports", "Seconds", "Section"]

NONE = "none"
"""Written where an attribute is not to be sent: TOML has no null, and a site must be able to take
back what it inherits."""

CHOICE = Field(strict=False)
"""For enumerations: the file holds the text of a member."""

Names = Annotated[tuple[str, ...], Field(strict=False)]
"""An array of strings."""

Ports = Annotated[
    tuple[int, ...],
    Field(strict=False),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": 65535},
            "uniqueItems": True,
        }
    ),
]
"""An array of port numbers; the checks hold the range."""

_MAX_SECONDS = 2**31 - 1

Seconds = Annotated[
    int,
    Field(le=_MAX_SECONDS),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": _MAX_SECONDS}),
]
"""Whole seconds; the checks refuse what is not positive, and say what it would do."""

Count = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]
"""A number of things; the checks refuse what is negative."""


class Section(BaseModel):
    """A table of the file: unknown keys are errors, nothing is converted, nothing changes later.

    The docstring below each key is its description in the reference and in the JSON Schema.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
        validate_default=False,
    )
