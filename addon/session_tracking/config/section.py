"""What every table of the configuration has in common, and the types of its values."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["CHOICE", "NONE", "Names", "Ports", "Seconds", "Section"]

NONE = "none"
"""Written where an attribute is not to be sent: TOML has no null, and a site must be able to take
back what it inherits."""

CHOICE = Field(strict=False)
"""For enumerations: the file holds the text of a member."""

Names = Annotated[tuple[str, ...], Field(strict=False)]
"""An array of strings."""

Ports = Annotated[tuple[int, ...], Field(strict=False)]
"""An array of port numbers; the checks hold the range."""

Seconds = Annotated[int, Field(le=2**31 - 1)]
"""Whole seconds; the checks refuse what is not positive."""


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
