"""What the reply page's templates are given: rows and values turned into plain words, nothing decided."""

from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

from flask import Request, url_for

from securemsg.desk import defaults, drafts, glass, held, lists, people, sending_on, unsent
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.door import strangers
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.drafts import Draft
from securemsg.desk.people import Person
from securemsg.desk.reading import Shown
from securemsg.desk.staff import CLOSE_REASONS
from securemsg.desk.system.holders import authors
from securemsg.desk.visitor import CLOSED_BY_VISITOR
from securemsg.errors import Error
from securemsg.http import brought, entries, languages, pages, trail
from securemsg.http.here import desk
from securemsg.http.trail import SOMEBODY
from securemsg.words import LANGUAGES, Language, say

_ANY = "00000000-0000-0000-0000-000000000000"  # stands for the id in an address that is built once for many rows
_REASONS = CLOSE_REASONS | {CLOSED_BY_VISITOR: say("Answered, says the visitor")}
ABOUT = {"me": say("Themselves"), "child": say("Their child"), "someone": say("Someone they care for")}
_UNKNOWN = say("Unknown")
ROLES = {  # as pages name them, also beside who has no title
    "front_desk": say("Front desk"), "nurse": say("Nurse"), "doctor": say("Doctor"), "billing": say("Billing"),
    "manager": say("Manager"), "compliance": say("Compliance"), "owner": say("Owner"), "staff": say("Staff"),
    "auditor": say("Auditor")}


def clinic(home: Clinic) -> dict:
    return {"slug": home.slug, "name": home.name, "timezone": home.timezone, "phones": home.profile["phones"]}


def frame(home: Clinic, me: Session, waiting: int | None = None) -> dict:
    """What every page of a signed-in person gets. `waiting` saves counting again who counted already."""
    person = me.person
    waiting = lists.counts(desk(), me.who)[2] if waiting is None else waiting
    return {"clinic": clinic(home), "waiting": waiting, "me": {
        "id": person.id, "name": person.name, "role": person.title or role(person),
        "is_owner": me.who.may("clinic"), "home": home_of(home.slug, me.who), "may": _rights(me), "ends": session_ends(me),
        "news": strangers.unnoticed(desk(), me)}}


def home_of(slug: str, who: Who) -> str:
    """The page where somebody's work begins: the overview for who answers for it all, the inbox, or for who has none and watches
    over the clinic the audit log."""
    begins = {"overview.page": who.may("counts") and not who.may("read"), "staff.inbox": who.may("inbox"),
              "oversight.page": who.may("audit")}
    return url_for(next((page for page, here in begins.items() if here), "staff.inbox"), slug=slug)


def _rights(me: Session) -> dict[str, bool]:
    """What the menu leads to for this person."""
    return {act: me.who.may(act) for act in (
        "inbox", "events", "read", "search", "clinic", "templates", "audit", "people", "pools", "counts", "hold")}


def role(person: Person) -> str:
    """What somebody without a title is here."""
    return ", ".join(languages.told(ROLES.get(role, role)) for role in sorted(person.roles))


def session_ends(me: Session) -> dict[str, int]:
    """When this sign-in ends if nobody works, and when it ends at the latest: microseconds."""
    return {"idle": min(me.idle_until, me.absolute_until), "latest": me.absolute_until}


def inbox(home: Clinic, me: Session, view: str, rows: list, older: int | None, *, first: bool) -> dict:
    names, named = people.everyone(desk(), home.id), labels(home)
    (all_open, mine, waiting), to_do = lists.counts(desk(), me.who), lists.to_do(desk(), me.who)
    here: dict[str, Any] = {"slug": home.slug, "view": view}
    address = url_for("staff.conversation", slug=home.slug, conversation=_ANY, view=beside(view), _anchor="newest")
    return {
        **frame(home, me, waiting), "view": view,
        "counts": {"open": all_open, "mine": mine, "todo": sum(map(len, to_do.values()))},
        "rows": [line(row, address.replace(_ANY, row.id), names, named, me, to_do.get(row.id)) for row in rows],
        "older_url": url_for("staff.inbox", **here, before=older) if older else None,
        "newest_url": None if first else url_for("staff.inbox", **here)}


def beside(view: str) -> str | None:
    """The list as a conversation's address names it: of the usual one it says nothing."""
    return None if view == "open" else view


def labels(home: Clinic) -> dict[str, str]:
    """What the topics are called, by their ids."""
    return {category.id: defaults.shown(category.label, languages.here().code) for category in home.categories}


def line(row, url: str, names: dict, labels: dict, me: Session, to_do: list[bool] | None = None) -> SimpleNamespace:
    """One line of the queue, or of what was found; attributes: a template finds them at once, a dictionary's entries second.
    `to_do` are its to-dos: whether each is urgent."""
    return SimpleNamespace(
        id=row.id, url=url, reference=row.reference, about=_about(row),
        category=labels.get(row.category_id) or languages.told(_UNKNOWN),
        urgent=row.urgency != "normal", state="closed" if row.closed_at else "open", waiting_since=row.waiting_since,
        last_at=row.last_at, claimed_by=_name(names, row.claimed_by), mine=row.claimed_by == me.person.id,
        unread=row.unread_staff, close_reason=_reason(row), todo=to_do and {"count": len(to_do), "urgent": any(to_do)})


def _language(home: Clinic, row) -> Language | None:
    """What the visitor's page was in, where the clinic speaks another language."""
    code = languages.known(str(row.language))
    return LANGUAGES[code] if code and code != languages.known(home.locale) else None


def _about(row) -> str:
    return languages.told(ABOUT.get(row.about, _UNKNOWN))


def _reason(row) -> str | None:
    return languages.told(_REASONS[row.closed_reason]) if row.closed_reason in _REASONS else None


def conversation(home: Clinic, me: Session, shown: Shown, request: Request, error: Error | None) -> dict:
    row, names = shown.conversation, authors(desk(), home.id)
    closed, mine = bool(row.closed_at), row.claimed_by == me.person.id
    begun, waits = drafts.find(desk(), me.who, row), held.shown(desk(), row, shown.pending)
    more = brought.brought(me, shown, request, error)
    return {
        "conversation": {
            "id": row.id, "reference": row.reference, "category": labels(home).get(row.category_id) or languages.told(_UNKNOWN),
            "about": _about(row), "state": "closed" if closed else "open", "urgent": row.urgency != "normal",
            "opened_at": row.created_at, "waiting_since": row.waiting_since, "claimed_by": _name(names, row.claimed_by),
            "mine": mine, "close_reason": _reason(row), "writes_in": _language(home, row),
            "last_seq": row.last_seq,
            "language": row.language},
        "visitor": _visitor(shown), "entries": entries.entries(shown, names, me.person.id),
        "earlier": shown.earlier, "newest": shown.newest,
        "audit": trail.trail(shown.audit, names),
        # Who looks at earlier messages has not seen the newest: nothing is answered or closed from there.
        "can": {name: possible and me.who.may(right) for name, (right, possible) in {
            "reply": ("reply", not closed and shown.newest), "note": ("note", shown.newest),
            "claim": ("claim", not closed and not row.claimed_by), "release": ("claim", mine),
            "send_on": ("claim", sending_on.may(desk(), me.who, row)),
            "close": ("close", not closed and shown.newest), "flag": ("claim", not closed),
            "reopen": ("reopen", closed)}.items()},
        "glass_until": glass.until(desk(), me.who, row.id),
        "close_reasons": [(value, languages.told(label)) for value, label in CLOSE_REASONS.items()],
        "undo_seconds": desk().settings.undo_seconds,
        "pending": waits and {"id": waits.id, "text": waits.text, "mine": waits.by.id == me.person.id, "author": waits.by.name,
                              "role": waits.by.title, "due_at": waits.due_at},
        "withheld": _withheld(shown, names),
        **more, **_kept(request, None if more["placed"] else error, begun)}


def _visitor(shown: Shown) -> dict:
    contact, consent = shown.contact, shown.consent
    return {"name": shown.name and languages.told(shown.name),
            "contact": contact and {"kind": contact[0], "value": languages.told(contact[1])},
            "identity": f"L{shown.conversation.identity_level}",
            "consent": consent and asdict(consent)}


def _withheld(shown: Shown, names: dict) -> dict | None:
    """A reply that was not sent: whose it was, and whether it is a draft."""
    row = shown.conversation
    found = unsent.withheld(desk(), row.clinic_id, shown.audit, shown.messages) if shown.newest else None
    if found is None:
        return None
    return {"author": _name(names, found.person_id) or languages.told(SOMEBODY), "is_draft": found.is_draft}


def _kept(request: Request, error: Error | None, begun: Draft) -> dict:
    """What was begun stands in its box; after a refused act what was typed, under its own key unless that was used up."""
    drafted: dict[str, Any] = {"reply": begun.reply, "note": begun.note, "version": begun.version}
    if error is None:
        return {"form": drafted, "errors": {}}
    act = (request.endpoint or "").partition(".")[2]
    act = "reply" if act in ("draft", "insert") else act
    typed = pages.kept(request.form, error)
    form = {act: typed.get("text", ""), f"{act}_key": typed.get("key")} if act in ("reply", "note") else {}
    sentences = [text for texts in pages.told(error).values() for text in texts]
    field = act if act in ("reply", "note") else "reason" if act == "close" else ""
    return {"form": drafted | form, "errors": {field: sentences}}


def _name(names: dict, id: str | None) -> str | None:
    return names[id].name if id in names else languages.told(SOMEBODY) if id else None
