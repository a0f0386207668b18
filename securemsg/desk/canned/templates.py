"""A clinic's ready replies: kept, sealed and versioned; put into a reply; and a reply that is not filled in is not sent."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from securemsg.crypto.envelope import Place, key_version, seal, unseal
from securemsg.desk import drafts, reach, reading
from securemsg.desk.access import Who, require
from securemsg.desk.canned import variables
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.legible import is_name, is_plain, legible
from securemsg.desk.once import Key, Prepared, once
from securemsg.errors import Conflict, Missing, Refused, Unverified
from securemsg.store import Row, Tx
from securemsg.store import templates as store
from securemsg.store.ids import new_id
from securemsg.words import LANGUAGES, say

MOST = 100  # of a clinic
LONGEST_LABEL, LONGEST_TEXT = 80, 4_000  # characters
_LONGEST_REPLY = 8_000  # characters, as of every message
_CHANGED = "Somebody saved this ready reply in the meantime. Below is how it is now; what you typed is still here."


@dataclass(frozen=True, slots=True)
class Template:
    """A ready reply. `version` 0: it is not stored yet. One that was altered says so, and its text is empty."""

    id: str
    label: str = field(repr=False)
    language: str
    text: str = field(repr=False)
    version: int = 0
    verified: bool = True


def everything(desk: Desk, who: Who) -> list[Template]:
    """All of the clinic's, by their labels. They say nothing of any visitor, so reading them makes no audit row."""
    require(who, "see_templates")
    rows = desk.database.read(lambda tx: store.everything(tx, who.clinic_id))
    return sorted((_opened(desk, who.clinic_id, row) for row in rows), key=lambda each: (each.label.casefold(), each.id))


def one(desk: Desk, who: Who, id: str) -> Template:
    """The one with this id; Missing when it is gone."""
    require(who, "see_templates")
    row = desk.database.read(lambda tx: store.one(tx, who.clinic_id, id))
    if row is None:
        raise Missing(say("There is no such ready reply any more."))
    return _opened(desk, who.clinic_id, row)


def save(desk: Desk, who: Who, typed: Template, key: str, now: int) -> str:
    """Keep a new one (version 0), or replace the stored one of that version; its id. Conflict when that is another by now."""
    if who.kind != "service":
        require(who, "templates")
    typed = checked(typed)
    facts = orjson.dumps([typed.id, typed.label, typed.language, typed.text, typed.version])
    asked = Key(key, who.clinic_id, f"template {who.id}", facts)
    return once(desk, asked, now, lambda attempt: saving(desk, who, typed, now))["id"]


def remove(desk: Desk, who: Who, id: str, version: int, now: int) -> None:
    """Take one away. Conflict when it is another by now; nothing happens when it is gone."""
    require(who, "templates")
    written = entry(desk, who, "template.removed", "template", id, now, event=False)
    done = desk.database.write(written.after(lambda tx: store.remove(tx, who.clinic_id, id, version)))
    if not done and desk.database.read(lambda tx: store.one(tx, who.clinic_id, id)):
        raise Conflict(_CHANGED)


def insert(desk: Desk, who: Who, home: Clinic, id: str, template_id: str, begun: str, version: int, now: int) -> None:
    """Put a ready reply behind what a person has begun to write in a conversation, and keep both as the draft."""
    row, template = reach.own(desk, who, id), one(desk, who, template_id)
    name = reading.name_of(desk, row, reading.beside_of(desk, row, []))
    text = variables.filled(template.text, values(home, who, row.reference, name))
    whole = "\n\n".join(filter(None, (begun.rstrip(), text)))
    if len(whole) > _LONGEST_REPLY:
        raise Refused(errors={"text": [
            say("Together with this ready reply it would have more than {max} characters.", max=_LONGEST_REPLY)]})
    drafts.save(desk, who, id, whole, None, version, now)


def values(home: Clinic, who: Who, reference: str, visitor: str | None) -> dict[str, str | None]:
    """What stands in the known places of a reply in this conversation; None where nothing is known."""
    phones = home.profile["phones"]
    return {"visitor": visitor if visitor != reading.UNVERIFIED else None, "clinic": home.name, "me": who.name,
            "phone": phones[0] if phones else None, "reference": reference}


def refuse_unfilled(desk: Desk, clinic_id: str, text: str) -> None:
    """Refused when a reply still holds a place of a ready reply: nobody shall read "Dear {visitor}"."""
    if not variables.named(text):
        return
    rows = desk.database.read(lambda tx: store.everything(tx, clinic_id))
    if missing := variables.left(text, (_opened(desk, clinic_id, row).text for row in rows)):
        places = ", ".join(f"{{{name}}}" for name in missing)
        raise Refused(errors={"text": [say("Nothing was sent: please fill in {places} first, or take it out.", places=places)]})


def saving(desk: Desk, who: Who, typed: Template, now: int) -> Prepared:
    """Its id, and what keeps it; Conflict when the stored one is of another version by now."""
    id = typed.id if typed.version else new_id()
    content = orjson.dumps({"label": typed.label, "language": typed.language, "text": typed.text})
    sealed = seal(desk.keys.data(who.clinic_id), _place(who.clinic_id, id, typed.version + 1), content)
    action = "template.changed" if typed.version else "template.added"
    written = entry(desk, who, action, "template", id, now, event=False)
    if not typed.version:
        return {"id": id}, written.after(lambda tx: _insert(tx, who.clinic_id, id, typed.language, sealed))
    if one(desk, who, id).version != typed.version:
        raise Conflict(_CHANGED)
    return {"id": id}, written.after(lambda tx: store.update(tx, who.clinic_id, id, typed.language, sealed, typed.version))


def _insert(tx: Tx, clinic_id: str, id: str, language: str, sealed: bytes) -> bool:
    if not store.insert(tx, clinic_id, id, language, sealed, MOST):
        raise Refused(f"There are {MOST} ready replies, and more than that nobody finds their way in. Please remove one first.")
    return True


def checked(typed: Template) -> Template:
    """As it is kept; Refused with a sentence for each field that cannot be."""
    label, text = " ".join(typed.label.split()), typed.text.replace("\r\n", "\n").strip()
    errors = {}
    if not is_plain(typed.label) or not is_name(label) or len(label) > LONGEST_LABEL:
        errors["label"] = [f"Please give it a name of at most {LONGEST_LABEL} characters that can be seen."]
    if not legible(text) or len(text) > LONGEST_TEXT:
        errors["text"] = [f"Please write a text of at most {LONGEST_TEXT:,} characters."]
    if not is_plain(text):
        errors["text"] = [say("This text holds a character that cannot be stored.")]
    if typed.language not in LANGUAGES:
        errors["language"] = ["Please choose one of the languages."]
    if errors:
        raise Refused(errors=errors)
    return Template(typed.id, label, typed.language, text, typed.version)


def _opened(desk: Desk, clinic_id: str, row: Row) -> Template:
    try:
        return Template(row.id, **content(desk, clinic_id, row), version=row.version)
    except Unverified:
        return Template(row.id, reading.UNVERIFIED, row.language, "", row.version, False)


def content(desk: Desk, clinic_id: str, row: Row) -> dict[str, Any]:
    """What is sealed in the row; Unverified when it is not as it was written."""
    key = desk.keys.data(clinic_id, key_version(row.sealed))
    return orjson.loads(unseal(key, _place(clinic_id, row.id, row.version), row.sealed))


def _place(clinic_id: str, id: str, version: int) -> Place:
    """Where a ready reply is sealed: an older version does not open in place of a newer one."""
    return Place("templates", "sealed", clinic_id, f"{id} {version}")
