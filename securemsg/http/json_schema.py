"""marshmallow's schemas as JSON Schema 2020-12, for the API's description."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema

from securemsg import answers
from securemsg.desk.kinds import TEXT
from securemsg.http.kinds import Data, Kind
from securemsg.http.shaping import AnyOf

Kinds = Mapping[str, tuple[str, answers.Kind]]  # by name, as the registry has them


class Converter(OpenAPIConverter):
    """marshmallow's schemas as JSON Schema 2020-12."""

    kinds: Kinds = MappingProxyType({})

    def init_attribute_functions(self) -> None:
        super().init_attribute_functions()
        self.attribute_functions += [self.kind2enum, self.data2schemas, self.any_of]

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
        if "description" not in told and (label := field.metadata.get("label")):  # of a plugin's kind: what people read
            told["description"] = str(label)
        return told | {"examples": [told.pop("example")]} if "example" in told else told

    def kind2enum(self, field: Any, **_: Any) -> dict[str, Any]:
        """The kinds that there are here."""
        return {"enum": [TEXT, *self.kinds]} if isinstance(field, Kind) else {}

    def data2schemas(self, field: Any, **_: Any) -> dict[str, Any]:
        """What each kind takes."""
        if not isinstance(field, Data):
            return {}
        found = [self.resolve_nested_schema(each) for each in (field.text, *(kind.schema() for _, kind in self.kinds.values()))]
        return found[0] if len(found) == 1 else {"anyOf": found}

    def any_of(self, field: Any, **_: Any) -> dict[str, Any]:
        """The shapes that it may have."""
        return {"anyOf": [self.resolve_nested_schema(each) for each in field.shapes]} if isinstance(field, AnyOf) else {}


class Plugin(MarshmallowPlugin):
    """apispec's plugin, with each shape under the name of its class; those of kinds under the kind's, `AppointmentsRequest`, and
    what else is a plugin's with its name before, `WebhooksEndpoint`."""

    Converter = Converter

    def __init__(self, kinds: Kinds) -> None:
        names = {kind.schema: _name(name) for name, (_, kind) in kinds.items()}

        def named(schema: type[Schema] | Schema) -> str:
            known = schema if isinstance(schema, type) else type(schema)
            ours = known.__module__.startswith(("securemsg.http", "abc"))  # abc: made by Schema.from_dict
            plugin = "" if ours else known.__module__.rpartition(".")[2].capitalize()
            return names.get(known, plugin + known.__name__)

        super().__init__(schema_name_resolver=named)
        self._kinds = kinds

    def init_spec(self, spec: Any) -> None:
        super().init_spec(spec)
        assert self.converter  # it was made just now
        self.converter.kinds = self._kinds  # type: ignore[attr-defined]


def _name(kind: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[._]", kind))
