"""The visitor's side as the widget and other programs call it: card, conversation, stream. The widget's own page: frame.py."""

from collections.abc import Iterator
from hashlib import sha256

from flask import Blueprint, g, request
from werkzeug import Response

from securemsg.desk import first_message, openings, receipts, thread, visitor, visits
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.system import holders
from securemsg.desk.thread import Message
from securemsg.desk.visits import Visit
from securemsg.errors import BadRequest, Conflict, Elsewhere, Missing, Over, Refused, Unverified
from securemsg.http import auth, card_shapes, cards, cookies, drawing, languages, schemas, shapes
from securemsg.http.cookies import EMBEDDED
from securemsg.http.headers import surface
from securemsg.http.here import desk
from securemsg.http.limits import begin, spend
from securemsg.http.operations import ANYBODY, VISITOR, Event, created, nothing, ok, operation, stream
from securemsg.http.stream import event, follow
from securemsg.live import Signal
from securemsg.times import rfc3339

blueprint = Blueprint("visitor", __name__)
blueprint.url_defaults(languages.keep)
_NEWS = (Event("message", shapes.NUMBER, "There is a new message.", id="the message's number"),
         Event("opened", shapes.UPTO, "Staff have opened the messages up to this number."),
         Event("removed", shapes.NUMBER, "What this message said was erased. Of one that was erased while nobody listened tells"
               " `removed`, beside the messages."),
         Event("end", shapes.END, "The session has ended; do not come back with it."))


@blueprint.post("/v1/clinics/<slug>/conversations")
@operation("Open a conversation", "visitor", ANYBODY, body=schemas.OPEN, budget="open", problems=(Refused,),
           takes=("Idempotency-Key", "Securemsg-Session", "Securemsg-Proof"), gives=created(shapes.OPENED, "Set-Cookie"))
def open_conversation(slug: str) -> Response:
    """The first message, whom it is about, how to be reached. The clinic's card has the categories and the consent's hash."""
    home = clinic(desk(), slug)
    stored = begin("open", home)
    opening = schemas.opening(schemas.body(schemas.OPEN), languages.here().code)
    done = first_message.open(desk(), home, opening, schemas.idempotency_key(), g.request_id, desk().clock())
    stored()
    return _begun(home, done)


@blueprint.get("/v1/conversation")
@operation("The visitor's own conversation", "visitor", VISITOR, gives=ok(shapes.CONVERSATION), budget="read",
           problems=(Elsewhere,), takes=("Securemsg-Conversation",))
def conversation() -> Response:
    """Its facts, without its messages."""
    visit = auth.visit("read")
    by_staff = [{"upto_seq": each.upto_seq, "at": rfc3339(each.at), "role": each.role}
                for each in openings.by_staff(desk(), visit)]
    newest = by_staff[-1] if by_staff else None
    return schemas.answer({"conversation": schemas.conversation(visitor.about(visit)), "clinic": visit.clinic.slug,
                           "opened_upto": newest["upto_seq"] if newest else 0, "opened": newest, "openings": by_staff})


@blueprint.get("/v1/conversation/messages")
@operation("Read the messages", "visitor", VISITOR, query=schemas.AFTER, gives=ok(shapes.MESSAGES), budget="read",
           problems=(Elsewhere, Conflict), takes=("Securemsg-Conversation",))
def messages() -> Response:
    """In the order of their numbers, at most 200 at a time; and which of those before them say nothing any more. 409 for a number
    above all that there are: an earlier copy was restored; begin anew."""
    visit = auth.visit("read")
    after = _known(visit, request.args.get("after", "0"))
    found = visitor.read(desk(), visit, after, desk().clock())
    removed = thread.removed(desk(), visit.conversation, after)
    staff = holders.faces(desk(), visit.clinic)
    more = bool(found) and found[-1].seq < visit.conversation.last_seq
    return schemas.answer({"items": [schemas.message(message, staff) | _parts(message) for message in found],
                           "removed": removed, "next": str(found[-1].seq) if more else None})


@blueprint.get("/v1/conversation/receipts")
@operation("Receipts to keep", "visitor", VISITOR, query=schemas.AFTER, gives=ok(shapes.RECEIPTS), budget="read",
           problems=(Conflict,))
def kept_receipts() -> Response:
    """Of the visitor's own messages, each with its text, so that it proves by itself what the service holds. Signed anew each
    time; of at most 200 messages at a time."""
    visit = auth.visit("read")
    found = visitor.read(desk(), visit, _known(visit, request.args.get("after", "0")), desk().clock())
    more = bool(found) and found[-1].seq < visit.conversation.last_seq
    return schemas.answer({"items": receipts.again(desk(), visit.clinic, visit.conversation.id, found),
                           "next": str(found[-1].seq) if more else None})


@blueprint.post("/v1/conversation/messages")
@operation("Send a message", "visitor", VISITOR, body=schemas.SAY, gives=created(shapes.SENT), budget="message",
           problems=(Elsewhere, Over, Unverified), takes=("Idempotency-Key", "Securemsg-Conversation", "Securemsg-Proof"))
def send() -> Response:
    """It is stored when this answers, and the receipt proves it. A closed conversation is opened again by it."""
    visit = auth.visit("message")
    said = schemas.body(schemas.SAY)
    key, language = schemas.idempotency_key(), languages.here().code
    done = visitor.send(desk(), visit, said["kind"], said["data"], key, desk().clock(), language)
    return schemas.answer(_sent(done), 201)


@blueprint.get("/v1/conversation/events")
@operation("Hear of news", "visitor", VISITOR, query=schemas.AFTER,
           problems=(Elsewhere, Conflict), takes=("Last-Event-ID", "Securemsg-Conversation"), budget="stream",
           gives=stream(*_NEWS))
def events() -> Response:
    """Numbers only, never words: fetch the messages then. Without a number to begin with it tells what comes from now on."""
    visit, here = auth.visit("stream"), desk()
    after = request.args.get("after", str(visit.conversation.last_seq))
    _number(after)
    told = [_known(visit, request.headers.get("Last-Event-ID", after))]

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
        elif signal.kind == "removed":
            yield event("removed", f'{{"seq":{signal.seq}}}')

    def first() -> Iterator[str]:
        yield from news(visitor.last_seq(here, visit))
        if upto := visitor.opened_upto(here, visit):
            yield event("opened", f'{{"upto_seq":{upto}}}')

    topics = (("conversation", visit.clinic.id, visit.conversation.id), ("session", visit.who.session_id))
    return follow(here, topics, first, written, lambda: visits.is_alive(here, visit))


@blueprint.post("/v1/conversation/opened")
@operation("Say what was seen", "visitor", VISITOR, body=schemas.SEEN, gives=nothing(), budget="read",
           problems=(Elsewhere,), takes=("Securemsg-Conversation",))
def opened() -> Response:
    """Staff then see that these messages were opened."""
    visit = auth.visit("read")
    visitor.has_seen(desk(), visit, schemas.body(schemas.SEEN)["upto_seq"], desk().clock())
    return Response(status=204)


@blueprint.post("/v1/conversation/close")
@operation("Close the conversation", "visitor", VISITOR, body=schemas.SEEN, gives=created(shapes.CLOSED), budget="message",
           problems=(Elsewhere, Unverified), takes=("Idempotency-Key", "Securemsg-Conversation"))
def close() -> Response:
    """The question is answered. `upto_seq` is the newest message that was seen: 409 when the clinic has written more since, or
    when it is closed already. Whoever writes again opens it again."""
    visit = auth.visit("message")
    seen = schemas.body(schemas.SEEN)["upto_seq"]
    done = visitor.close(desk(), visit, seen, schemas.idempotency_key(), desk().clock())
    return schemas.answer({"message": schemas.message(done["message"], {})}, 201)


@blueprint.post("/v1/conversation/ticket")
@operation("A ticket for a window of its own", "visitor", VISITOR, body=schemas.NOTHING,
           gives=created(shapes.TICKET), budget="ticket", problems=(Elsewhere,), takes=("Securemsg-Conversation",))
def ticket() -> Response:
    """Whoever posts it to `/contact/<clinic>/window` within a minute has the same conversation there, in a session of its own."""
    visit = auth.visit("read")
    schemas.body(schemas.NOTHING)
    spend("ticket", visit.clinic)
    return schemas.answer({"ticket": visits.ticket(desk(), visit, desk().clock())}, 201)


@blueprint.delete("/v1/conversation")
@operation("End the session", "visitor", VISITOR, budget="read", problems=(Elsewhere,), takes=("Securemsg-Conversation",),
           gives=nothing("The session is over, and the token opens nothing more."))
def end() -> Response:
    """The conversation stays with the clinic; here it can no longer be read."""
    visit = auth.visit("read")
    visits.end(desk(), visit, desk().clock())
    response = Response(status=204)
    cookies.forget_visitor(response, visit.clinic.slug)
    return response


@blueprint.get("/clinics/<slug>.json")
@operation("The clinic's card", "visitor", ANYBODY, gives=ok(card_shapes.CARD))
def card(slug: str) -> Response:
    """All that people are shown before they write. Never limited."""
    return schemas.answer(cards.card(clinic(desk(), slug), languages.here().code))


@blueprint.get("/v1/clinics/<slug>/safety.json")
@operation("The words of the safety notice", "visitor", ANYBODY, gives=ok(card_shapes.SAFETY, "ETag"), takes=("If-None-Match",))
def safety(slug: str) -> Response:
    """The clinic's own lists, and the card that is shown when some of these words stand in a message. Never limited; 404 where
    the clinic has none."""
    found = cards.now(clinic(desk(), slug)).safety
    if found is None:
        raise Missing
    surface("list")
    answer = schemas.answer(found.as_data())
    answer.set_etag(sha256(answer.get_data()).hexdigest()[:32])
    return answer.make_conditional(request)


@blueprint.get("/receipt-keys.json")
@operation("The keys that verify receipts", "visitor", ANYBODY, gives=ok(shapes.RECEIPT_KEYS))
def receipt_keys() -> Response:
    """Public halves; old ones too."""
    return schemas.answer({"keys": receipts.public_keys(desk())})


def _begun(home: Clinic, done: dict) -> Response:
    """The answer to an opening: the token in a cookie where the frame asked for one, else in the body."""
    body = {"conversation": schemas.conversation(done["conversation"]), **_sent(done)}
    wish, _, where = request.headers.get("Securemsg-Session", "bearer").partition(";")
    if wish.strip() != "cookie":
        return schemas.answer({**body, "token": done["token"]}, 201)
    response = schemas.answer(body, 201)
    cookies.keep_visitor(response, home.slug, done["token"], embedded=where.strip() == EMBEDDED)
    return response


def _parts(message: Message) -> dict:
    """A plugin's message with its parts as they may be drawn, forms with what they ask."""
    parts = drawing.drawn(message.data) if message.author_kind == "plugin" else None
    return {} if parts is None else {"data": {**(message.data or {}), "parts": parts}}


def _sent(done: dict) -> dict:
    return {"message": schemas.message(done["message"], {}), "receipt": done["receipt"],
            "answer": drawing.drawn({"parts": done["answer"]})}


def _known(visit: Visit, text: str) -> int:
    """The number of the last message that the caller has. Conflict for one that was not given here: it is of another copy of this
    database, and an answer that has the same number by now would be passed over."""
    number = _number(text)
    if number > visit.conversation.last_seq:
        raise Conflict(members={"last_seq": visit.conversation.last_seq})
    return number


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) >= 2**31:
        raise BadRequest(schemas.NO_NUMBER)
    return int(text)
