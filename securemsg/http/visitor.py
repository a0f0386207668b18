"""The visitor's side: card, frame, conversation, stream; and the contact page that needs no script."""

from collections.abc import Iterator
from contextlib import suppress

from flask import Blueprint, g, redirect, request, url_for
from werkzeug import Response

from securemsg.crypto import receipts
from securemsg.crypto.keyring import SERVICE
from securemsg.desk import openings, people, visitor, visits
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.thread import PAGE
from securemsg.desk.visits import Visit
from securemsg.errors import BadRequest, Error, Refused, Unavailable, Unknown, Unverified
from securemsg.http import auth, languages, pages, schemas, shapes, stale
from securemsg.http.headers import surface
from securemsg.http.here import desk
from securemsg.http.limits import begin, spend
from securemsg.http.operations import ANYBODY, VISITOR, Event, created, nothing, ok, operation, stream
from securemsg.http.stream import event, follow
from securemsg.live import Signal
from securemsg.times import rfc3339

blueprint = Blueprint("visitor", __name__)
_EMBEDDED = "cross-site"
_NEWS = (Event("message", shapes.NUMBER, "There is a new message.", id="the message's number"),
         Event("opened", shapes.UPTO, "Staff have opened the messages up to this number."),
         Event("end", shapes.END, "The session has ended; do not come back with it."))


@blueprint.url_defaults
def keep_language(_: str, values: dict) -> None:
    """Who asked for a language in the address keeps it in every link, form and redirect."""
    if asked := languages.asked():
        values.setdefault("lang", asked)


@blueprint.post("/v1/clinics/<slug>/conversations")
@operation("Open a conversation", "visitor", ANYBODY, body=schemas.OPEN, budget="open", problems=(Refused,),
           takes=("Idempotency-Key", "Securemsg-Session", "Securemsg-Proof"), gives=created(shapes.OPENED, "Set-Cookie"))
def open_conversation(slug: str) -> Response:
    """The first message, whom it is about, how to be reached. The clinic's card has the categories and the consent's hash."""
    home = clinic(desk(), slug)
    stored = begin("open", home)
    opening = schemas.opening(schemas.body(schemas.OPEN))
    done = visitor.open(desk(), home, opening, schemas.idempotency_key(), g.request_id, desk().clock())
    stored()
    return _opened(home, done)


@blueprint.get("/v1/conversation")
@operation("The visitor's own conversation", "visitor", VISITOR, gives=ok(shapes.CONVERSATION), budget="read")
def conversation() -> Response:
    """Its facts, without its messages."""
    visit = auth.visit("read")
    by_staff = [{"upto_seq": each.upto_seq, "at": rfc3339(each.at), "role": each.role}
                for each in openings.by_staff(desk(), visit)]
    newest = by_staff[-1] if by_staff else None
    return schemas.answer({"conversation": schemas.conversation(visitor.about(visit)), "clinic": visit.clinic.slug,
                           "opened_upto": newest["upto_seq"] if newest else 0, "opened": newest, "openings": by_staff})


@blueprint.get("/v1/conversation/messages")
@operation("Read the messages", "visitor", VISITOR, query=schemas.AFTER, gives=ok(shapes.MESSAGES), budget="read")
def messages() -> Response:
    """In the order of their numbers, at most 200 at a time."""
    visit, after = auth.visit("read"), _number(request.args.get("after", "0"))
    found = visitor.read(desk(), visit, after, desk().clock())
    staff = people.everyone(desk(), visit.clinic.id)
    more = bool(found) and found[-1].seq < visit.conversation.last_seq
    return schemas.answer({"items": [schemas.message(message, staff) for message in found],
                           "next": str(found[-1].seq) if more else None})


@blueprint.post("/v1/conversation/messages")
@operation("Send a message", "visitor", VISITOR, body=schemas.SAY, gives=created(shapes.SENT), budget="message",
           problems=(Unverified,), takes=("Idempotency-Key", "Securemsg-Conversation", "Securemsg-Proof"))
def send() -> Response:
    """It is stored when this answers, and the receipt proves it. A closed conversation is opened again by it."""
    visit = auth.visit("message")
    auth.meant(visit)
    said = schemas.body(schemas.SAY)
    done = visitor.send(desk(), visit, said["kind"], said["data"], schemas.idempotency_key(), desk().clock())
    return schemas.answer({"message": schemas.message(done["message"], {}), "receipt": done["receipt"]}, 201)


@blueprint.get("/v1/conversation/events")
@operation("Hear of news", "visitor", VISITOR, query=schemas.AFTER, takes=("Last-Event-ID",),
           gives=stream(*_NEWS), budget="stream")
def events() -> Response:
    """Numbers only, never words: fetch the messages then. Without a number to begin with it tells what comes from now on."""
    visit, here = auth.visit("stream"), desk()
    known = _number(request.headers.get("Last-Event-ID") or request.args.get("after") or str(visit.conversation.last_seq))
    told = [known]

    def news(upto: int) -> Iterator[str]:
        """Each number once, in order, whatever woke the stream."""
        while told[0] < upto:
            told[0] += 1
            yield event("message", f'{{"seq":{told[0]}}}', told[0])

    def written(signal: Signal) -> Iterator[str]:
        if signal.kind == "message":
            yield from news(signal.seq or 0)
        elif signal.kind == "opened":
            yield event("opened", f'{{"upto_seq":{signal.seq}}}')

    def first() -> Iterator[str]:
        yield from news(visitor.last_seq(here, visit))
        if upto := visitor.opened_upto(here, visit):
            yield event("opened", f'{{"upto_seq":{upto}}}')

    topics = (("conversation", visit.clinic.id, visit.conversation.id), ("session", visit.who.session_id))
    return follow(here, topics, first, written, lambda: visits.is_alive(here, visit))


@blueprint.post("/v1/conversation/opened")
@operation("Say what was seen", "visitor", VISITOR, body=schemas.SEEN, gives=nothing(), budget="read")
def opened() -> Response:
    """Staff then see that these messages were opened."""
    visit = auth.visit("read")
    visitor.opened(desk(), visit, schemas.body(schemas.SEEN)["upto_seq"], desk().clock())
    return Response(status=204)


@blueprint.post("/v1/conversation/ticket")
@operation("A ticket for a window of its own", "visitor", VISITOR, body=schemas.NOTHING,
           gives=created(shapes.TICKET), budget="ticket")
def ticket() -> Response:
    """Whoever posts it to `/contact/<clinic>/window` within a minute has the same conversation there, in a session of its own."""
    visit = auth.visit("read")
    schemas.body(schemas.NOTHING)
    spend("ticket", visit.clinic)
    return schemas.answer({"ticket": visits.ticket(desk(), visit, desk().clock())}, 201)


@blueprint.delete("/v1/conversation")
@operation("End the session", "visitor", VISITOR, budget="read",
           gives=nothing("The session is over, and the token opens nothing more."))
def end() -> Response:
    """The conversation stays with the clinic; here it can no longer be read."""
    visit = auth.visit("read")
    visits.end(desk(), visit, desk().clock())
    response = Response(status=204)
    auth.forget_visitor(response, desk().settings, visit.clinic.slug)
    return response


@blueprint.get("/clinics/<slug>.json")
@operation("The clinic's card", "visitor", ANYBODY, gives=ok(shapes.CARD))
def card(slug: str) -> Response:
    """All that people are shown before they write. Never limited."""
    return schemas.answer(clinic(desk(), slug).card())


@blueprint.get("/receipt-keys.json")
@operation("The keys that verify receipts", "visitor", ANYBODY, gives=ok(shapes.RECEIPT_KEYS))
def receipt_keys() -> Response:
    """Public halves; old ones too."""
    return schemas.answer({"keys": [receipts.public_key(desk().keys.active(SERVICE, "receipt").secret)]})


@blueprint.get("/frame/<slug>")
def frame(slug: str) -> Response:
    home = clinic(desk(), slug)
    surface("frame", home.origins)
    document = {**home.card(), "clinic": home.slug, "origins": home.origins, "locale": languages.locale(home),
                "dir": languages.here().dir, "contact_url": url_for("visitor.contact", slug=slug), "session": _session_wish(),
                "known": auth.visitor_cookie(desk().settings, slug) in request.cookies}
    if (words := f"words-{document['locale'].partition('-')[0]}.json") in pages.manifest():
        document["words"] = pages.asset(words)
    return pages.page("frame.html", clinic=document, card=pages.json_in_html(document), window=request.args.get("window") == "1")


@blueprint.get("/contact/<slug>")
def contact(slug: str) -> Response:
    return _contact_page(clinic(desk(), slug))


@blueprint.post("/contact/<slug>")
def contact_send(slug: str) -> Response:
    home = clinic(desk(), slug)
    auth.same_origin()
    form = request.form
    try:
        stored = begin("open", home, reserve="open-without-proof")
        opening = schemas.opening(schemas.checked(schemas.OPEN, _as_json(form)))
        done = visitor.open(desk(), home, opening, pages.form_key(form), g.request_id, desk().clock())
        stored()
    except Error as error:
        return pages.again(_contact_page(home, pages.kept(form, error), _by_field(error)), error)
    response = redirect(url_for("visitor.contact_conversation", slug=slug, sent=1), 303)
    auth.keep_visitor(response, desk().settings, slug, done["token"], embedded=False)
    return response


@blueprint.get("/contact/<slug>/conversation")
def contact_conversation(slug: str) -> Response:
    try:
        return _conversation_page(slug, auth.visit("read"))
    except Unknown:
        return redirect(url_for("visitor.contact", slug=slug), 303)


@blueprint.post("/contact/<slug>/conversation")
def contact_say(slug: str) -> Response:
    visit, form = auth.visit("read"), request.form
    try:  # the budget too: who has to wait keeps what was typed
        spend("message", visit.clinic, visit.who.session_id)
        stale.same_conversation(visit, form)
        said = schemas.checked(schemas.SAY, {"kind": "text", "data": {"text": pages.typed(form, "text")}})
        visitor.send(desk(), visit, said["kind"], said["data"], pages.form_key(form), desk().clock())
    except Error as error:
        return pages.again(_conversation_page(slug, visit, pages.kept(form, error), _by_field(error)), error)
    return redirect(url_for("visitor.contact_conversation", slug=slug, sent=1), 303)


@blueprint.post("/contact/<slug>/forget")
def contact_forget(slug: str) -> Response:
    visit = auth.visit("read")
    try:
        stale.same_conversation(visit, request.form)
    except Error as error:
        return pages.again(_conversation_page(slug, visit, errors=pages.told(error)), error)
    visits.end(desk(), visit, desk().clock())
    response = redirect(url_for("visitor.contact", slug=slug), 303)
    auth.forget_visitor(response, desk().settings, slug)
    return response


@blueprint.post("/contact/<slug>/window")
def window(slug: str) -> Response:
    """The frame's conversation in a window of its own: the ticket is used up, the window gets its own session."""
    home = clinic(desk(), slug)
    auth.same_origin()  # a stranger's form with a stranger's ticket would lead people into the stranger's conversation
    spend("ticket", home)
    token = visits.redeem(desk(), home, request.form.get("ticket", ""), g.request_id, desk().clock())
    response = redirect(url_for("visitor.frame", slug=slug, window=1), 303)
    auth.keep_visitor(response, desk().settings, slug, token, embedded=False)
    return response


def _opened(home: Clinic, done: dict) -> Response:
    """The answer to an opening: the token in a cookie where the frame asked for one, else in the body."""
    body = {"conversation": schemas.conversation(done["conversation"]), "message": schemas.message(done["message"], {}),
            "receipt": done["receipt"]}
    wish, _, where = request.headers.get("Securemsg-Session", "bearer").partition(";")
    if wish.strip() != "cookie":
        return schemas.answer({**body, "token": done["token"]}, 201)
    response = schemas.answer(body, 201)
    auth.keep_visitor(response, desk().settings, home.slug, done["token"], embedded=where.strip() == _EMBEDDED)
    return response


def _session_wish() -> str:
    """What the frame asks for when it opens a conversation: on another site than the page it needs another cookie."""
    return f"cookie; {_EMBEDDED}" if request.headers.get("Sec-Fetch-Site") == _EMBEDDED else "cookie"


def _contact_page(home: Clinic, form: dict | None = None, errors: dict | None = None) -> Response:
    return pages.page("contact.html", card={**home.card(), "slug": home.slug}, form=form or {}, errors=errors or {})


def _conversation_page(slug: str, visit: Visit, form: dict | None = None, errors: dict | None = None) -> Response:
    """The newest messages, or those numbered below `before`; only what is drawn counts as seen."""
    here, now, last = desk(), desk().clock(), visit.conversation.last_seq
    before = min(pages.whole_number(request.args.get("before", "")) or last + 1, last + 1)
    after = max(0, before - 1 - PAGE)
    found = [message for message in visitor.read(here, visit, after, now) if message.seq < before or before > last]
    with suppress(Unavailable):  # no room to note it: people read what is their own all the same
        visitor.opened(here, visit, found[-1].seq if found else 0, now)
    facts, home = visitor.about(visit), visit.clinic
    label = home.category_by_id(visit.conversation.category_id).label
    return pages.page("contact_conversation.html", card={**home.card(), "slug": slug}, conversation={**facts, "category": label},
                      entries=pages.entries(found, people.everyone(here, home.id)), form=form or {}, errors=errors or {},
                      just_sent=request.args.get("sent") == "1", earlier=after + 1 if after else None, newest=before > last,
                      opened_upto=visitor.opened_upto(here, visit) or None)


def _as_json(form) -> dict:
    """The form as the JSON call has it, so that one schema checks both."""
    contact = form.get("contact", "").strip()
    channel = "email" if "@" in contact else "phone"
    return {"category": form.get("category", ""), "about": form.get("about", ""), "name": form.get("name", "").strip() or None,
            "contact": {channel: contact} if contact else None, "consent": form.get("consent", ""),
            "kind": "text", "data": {"text": pages.typed(form, "text")}}


def _by_field(error: Error) -> dict[str, list[str]]:
    """The errors by the names of the form's fields; what belongs to none stands above."""
    short = {"data.text": "text", "contact.email": "contact", "contact.phone": "contact"}
    return {short.get(name, name): texts for name, texts in pages.told(error).items()}


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise BadRequest("A message's number is a whole number.")
    return int(text)
