"""What the contact page's templates are given: the clinic's card, the conversation, what was typed and what was wrong with it."""

from contextlib import suppress
from typing import Any

from flask import request
from werkzeug import Response

from securemsg.desk import return_codes, visitor
from securemsg.desk.clinics import Clinic
from securemsg.desk.thread import PAGE, Message
from securemsg.desk.visits import Visit
from securemsg.errors import Error, Unavailable
from securemsg.http import auth, cards, contact_entries, languages, pages, schemas
from securemsg.http.here import desk
from securemsg.times import MINUTE

_JUST = 5 * MINUTE
_SHORT = {"data.text": "text", "contact.email": "contact", "contact.phone": "contact", "kind": "", "data": "", "data.answer": ""}


def form_page(home: Clinic, form: Any = None, error: Error | None = None) -> Response:
    """The first message's form; after an error with what was typed."""
    return pages.page("contact.html", card=card(home), gone=request.args.get("gone"), held=auth.held(home.slug),
                      **kept(form, error))


def conversation_page(visit: Visit, form: Any = None, error: Error | None = None) -> Response:
    """The newest messages, or those numbered below `before`; only what is drawn counts as seen."""
    here, now, last, home = desk(), desk().clock(), visit.conversation.last_seq, visit.clinic
    before = min(pages.whole_number(request.args.get("before", "")) or last + 1, last + 1)
    after = max(0, before - 1 - PAGE)
    found = [message for message in visitor.read(here, visit, after, now) if message.seq < before or before > last]
    with suppress(Unavailable):  # no room to note it: people read what is their own all the same
        visitor.has_seen(here, visit, found[-1].seq if found else 0, now)
    newest, over, sent = before > last, visitor.is_over(visit.conversation, now), _just_sent(found, now)
    about = visitor.about(visit)
    return pages.page("contact_conversation.html", card=_card_of(home, about["category"]), conversation=about,
                      entries=contact_entries.entries(visit, found, newest and not over),
                      earlier=after + 1 if after else None, newest=newest,
                      over=over,
                      done="sent" if sent else "closed" if "closed" in request.args else None,
                      answer=contact_entries.answer(visit, sent, now) if sent else None,
                      act=contact_entries.act(visit), by_mail=return_codes.is_of_use(desk(), visit), **kept(form, error))


def _just_sent(found: list[Message], now: int) -> Message | None:
    """What has just been sent, whatever a plugin has said since: the address goes on saying "sent" when the page is looked at
    again, long after."""
    last = next((message for message in reversed(found) if message.author_kind != "plugin"), None)
    just = last and last.author_kind == "visitor" and now - (last.received_at or 0) < _JUST
    return last if just and "sent" in request.args else None


def card(home: Clinic) -> dict:
    """The clinic's card; `langs` has the language of each text that may be the clinic's or ours."""
    language = languages.here().code
    card = cards.card(home, language)
    return {**card, "changes_at": cards.now(home).changes_at, "slug": home.slug, "locale": home.locale,
            "langs": langs(home, card, language)}


def _card_of(home: Clinic, category: str) -> dict:
    """With what is promised in that category."""
    whole = card(home)
    own = next((each["promise"] for each in whole["categories"] if each["id"] == category and each["promise"]), None)
    return whole | ({"promise": own, "langs": whole["langs"] | {own: languages.here().code}} if own else {})


def langs(home: Clinic, card: dict, language: str) -> dict[str, str]:
    """The language of each text of a card that may be the clinic's or ours, by the text as it is shown."""
    own = home.card("en" if language != "en" else "es")  # what is the same in two languages is the clinic's
    both = [(card["promise"], own["promise"]), (card["emergency"]["text"], own["emergency"]["text"]),
            *((a["label"], b["label"]) for a, b in zip(card["categories"], own["categories"], strict=True))]
    return {shown: home.locale if shown == written else language for shown, written in both}


def as_json(form: Any) -> dict:
    """The form as the JSON call has it, so that one schema checks both."""
    contact = schemas.reachable(form.get("contact", ""))
    channel = "email" if "@" in contact else "phone"
    return {"category": form.get("category", ""), "about": form.get("about", ""), "name": form.get("name", "").strip() or None,
            "contact": {channel: contact} if contact else None, "consent": form.get("consent", ""),
            "kind": "text", "data": {"text": pages.typed(form, "text")}}


def kept(form: Any, error: Error | None) -> dict:
    """What was typed, and the sentences by the names of the form's fields; what belongs to none stands above."""
    if error is None:
        return {"form": dict(form or {}), "errors": {}}
    errors = {_SHORT.get(name, name): texts for name, texts in pages.told(error).items()}
    return {"form": pages.kept(form, error), "errors": errors}
