"""Ready replies for systems: a page of them, one, and changes on condition that it is as the caller saw it."""

from collections.abc import Mapping
from typing import Any

import orjson

from securemsg.desk.access import Who, require
from securemsg.desk.canned import templates
from securemsg.desk.canned.templates import Template
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.once import Key, Prepared, once
from securemsg.desk.system import cursors
from securemsg.errors import Conflict, Refused, Stale
from securemsg.store import templates as store

_FIELDS = ("label", "language", "text")
_ALTERED = "This ready reply was altered outside of this service. Please give its label, its language and its text anew."


def told(template: Template) -> dict[str, Any]:
    """The facts of one; of an altered one nothing that could mislead."""
    known = template.verified
    return {"id": template.id, "label": template.label if known else None, "language": template.language,
            "text": template.text if known else None, "version": template.version, "verified": known}


def page(desk: Desk, who: Who, cursor: str | None, limit: int) -> tuple[list[dict], str | None]:
    """At most `limit` of them as facts, the oldest first, and the cursor of the next page."""
    found, more = cursors.part(desk, cursors.Place(who.clinic_id, "templates"), cursor, limit,
                               {each.id: each for each in templates.everything(desk, who)})
    return [told(each) for each in found], more


def one(desk: Desk, who: Who, id: str) -> dict:
    """The facts of one; another clinic's id looks like no id at all."""
    return told(templates.one(desk, who, id))


def add(desk: Desk, who: Who, wanted: Mapping[str, str], key: str, now: int) -> dict:
    """The facts of a new one: `label`, `language`, `text`. Conflict when there are as many as a clinic may have."""
    require(who, "templates")

    def prepare(attempt: int) -> Prepared:
        if len(templates.everything(desk, who)) >= templates.MOST:
            raise Conflict(f"There are {templates.MOST} ready replies, and more than that nobody finds their way in.")
        return _saved(desk, who, _as_wanted(Template("", "", "", ""), wanted), now)

    return once(desk, Key(key, who.clinic_id, f"template.add {who.id}", _body(wanted)), now, prepare)


def change(desk: Desk, who: Who, id: str, wanted: Mapping[str, str], expected: frozenset[int], key: str, now: int) -> dict:
    """Its facts as they are then. Stale with the present ones when it changed in between."""
    require(who, "templates")

    def prepare(attempt: int) -> Prepared:
        before = _as_expected(desk, who, id, expected)
        if not before.verified and len(wanted) < len(_FIELDS):
            raise Refused(_ALTERED)
        return _saved(desk, who, _as_wanted(before, wanted), now)

    return once(desk, Key(key, who.clinic_id, f"template.change {id} {who.id}", _body(wanted)), now, prepare)


def remove(desk: Desk, who: Who, id: str, expected: frozenset[int], key: str, now: int) -> None:
    """Stale as above."""
    require(who, "templates")

    def prepare(attempt: int) -> Prepared:
        before = _as_expected(desk, who, id, expected)
        written = entry(desk, who, "template.removed", "template", id, now, event=False)
        return {}, written.after(lambda tx: store.remove(tx, who.clinic_id, id, before.version))

    once(desk, Key(key, who.clinic_id, f"template.remove {id} {who.id}", b""), now, prepare)


def _as_expected(desk: Desk, who: Who, id: str, expected: frozenset[int]) -> Template:
    """The stored one; Stale where it is of no version that the caller knows."""
    before = templates.one(desk, who, id)
    if before.version not in expected:
        raise Stale(members={"current": told(before)})
    return before


def _as_wanted(before: Template, wanted: Mapping[str, str]) -> Template:
    label, language, text = (wanted.get(name, getattr(before, name)) for name in _FIELDS)
    return Template(before.id, label, language, text, before.version)


def _saved(desk: Desk, who: Who, typed: Template, now: int) -> Prepared:
    """The facts of what is kept, and what keeps it."""
    typed = templates.checked(typed)
    done, write = templates.saving(desk, who, typed, now)
    return told(Template(done["id"], typed.label, typed.language, typed.text, typed.version + 1)), write


def _body(wanted: Mapping[str, str]) -> bytes:
    return orjson.dumps(dict(wanted), option=orjson.OPT_SORT_KEYS)
