"""marshmallow's schemas as JSON Schema 2020-12, for the API's description."""

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter


class Converter(OpenAPIConverter):
    """marshmallow's schemas as JSON Schema 2020-12."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """With what the schema says of itself as a whole: its docstring, and `Meta.also` (as `{"minProperties": 1}`)."""
        told = {"description": schema.__doc__} if type(schema).__doc__ and schema.__doc__ != type(schema).__base__.__doc__ else {}
        return told | super().schema2jsonschema(schema) | getattr(schema.Meta, "also", {})

    def field2pattern(self, field: Any, **_: Any) -> dict[str, Any]:
        """Python's `\\Z` is `$` elsewhere, and what it matches from the start says so."""
        found = super().field2pattern(field)
        return {"pattern": f"^{found['pattern'].removesuffix(chr(92) + 'Z')}$"} if found else {}

    def metadata2properties(self, field: Any, **_: Any) -> dict[str, Any]:
        told = super().metadata2properties(field)
        return told | {"examples": [told.pop("example")]} if "example" in told else told


class Plugin(MarshmallowPlugin):
    """apispec's plugin, with each shape under the name of its class."""

    Converter = Converter

    def __init__(self) -> None:
        super().__init__(schema_name_resolver=lambda schema: (schema if isinstance(schema, type) else type(schema)).__name__)
