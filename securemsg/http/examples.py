"""Examples of shapes, put together from those of their fields."""

from typing import Any

from marshmallow import Schema, fields


def example(shape: Schema) -> dict[str, Any]:
    """One value of this shape: its `Meta.example`, else from its fields; KeyError with a field's name that has none."""
    if hasattr(shape.Meta, "example"):
        return shape.Meta.example
    return {field.data_key or name: _of(field) for name, field in shape.fields.items()}


def _of(field: fields.Field) -> Any:
    if isinstance(field, fields.Nested):
        return example(field.schema)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        return [example(field.inner.schema)]
    if "example" not in field.metadata:
        raise KeyError(f"{type(field.parent).__name__}.{field.name}")
    return field.metadata["example"]
