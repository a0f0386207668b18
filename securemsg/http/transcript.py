"""The visitor's whole conversation as a text file to keep, with a receipt of each message of the visitor's own."""

from collections.abc import Iterator

import orjson
from flask import render_template
from werkzeug import Response

from securemsg.desk import receipts, visitor
from securemsg.desk.thread import Message
from securemsg.desk.visits import Visit
from securemsg.http import contact_entries, contact_views
from securemsg.http.headers import surface
from securemsg.http.here import desk


def file(visit: Visit) -> Response:
    """As the contact page shows it, without pages; then a line of JSON for each receipt, which holds the exact text too."""
    surface("page")
    found = list(_everything(visit))
    proofs = [orjson.dumps(each).decode() for each in receipts.again(desk(), visit.clinic, visit.conversation.id, found)]
    text = render_template("conversation.txt", card=contact_views.card(visit.clinic), conversation=visitor.about(visit),
                           entries=contact_entries.entries(visit, found), receipts=proofs)
    return Response(text, mimetype="text/plain", headers={"Content-Disposition": 'attachment; filename="conversation.txt"'})


def _everything(visit: Visit) -> Iterator[Message]:
    """Page after page, up to the newest message that there was when the request came."""
    after = 0
    while after < visit.conversation.last_seq and (found := visitor.read(desk(), visit, after, desk().clock())):
        yield from found
        after = found[-1].seq
