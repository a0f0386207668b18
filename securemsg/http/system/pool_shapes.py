"""Pools as JSON, given out and taken: names, types, what they mean, an example of each."""

from typing import Any, ClassVar

from marshmallow import Schema, fields, validate

from securemsg.crypto.tokens import SLUG
from securemsg.desk.pooling import LONGEST, NO_NAME
from securemsg.http import schemas
from securemsg.http.operations import about
from securemsg.http.shaping import flag, id_of, many, string, strings
from securemsg.http.system.shapes import PERSON_ID, cursor

_MOST = 500  # people, or categories, of one call


def _label(**more: Any) -> fields.String:
    return schemas.written("What people call it.", "Front desk", LONGEST, schemas.LINE, **more)


class Pool(Schema):
    id = id_of("The pool.", "0192f0a0-0000-7000-8000-00000000000f")
    name = string("What commands call it; it stays.", "front-desk")
    label = string("What people call it.", "Front desk")
    members = fields.List(fields.UUID(), required=True, metadata=about(
        "Who works in it: ids of people (`/api/v1/people`).", [PERSON_ID]))
    categories = strings("The ids of the categories whose conversations go to it.", "appointment")
    unseen = flag("True: categories go to it or conversations in it are open, and nobody who reads works in it. Until somebody"
                  " does, those see them who look after what is in no pool.", False)
    version = string("Names its state. With quotes around it, `\"5d41402abc4b2a76\"`, it is what If-Match takes.",
                     "5d41402abc4b2a76")


class PoolPage(Schema):
    items = many(Pool)
    next = cursor()


class NewPool(schemas.Strict):
    label = _label(required=True)
    name = fields.String(metadata=about("What commands call it; without it, made of the label.", "front-desk"),
                         validate=validate.Regexp(SLUG + r"\Z", error=NO_NAME))


class PoolChange(schemas.Different):
    """What is to be different; all of it, or nothing."""

    class Meta(schemas.Different.Meta):
        example: ClassVar = {"members": [PERSON_ID], "categories": ["appointment"]}

    label = _label()
    members = fields.List(fields.UUID(), validate=validate.Length(max=_MOST), metadata=about(
        "Who works in it, and nobody else: ids of people. In which other pools they work stays.", [PERSON_ID]))
    categories = fields.List(fields.String(validate=validate.Length(1, 64)), validate=validate.Length(max=_MOST), metadata=about(
        "The ids of the categories whose conversations go to it, those that are there too, and no others. Each leaves the pool"
        " that it went to.", ["appointment"]))


POOL, POOLS, NEW_POOL, POOL_CHANGE = Pool(), PoolPage(), NewPool(), PoolChange()
