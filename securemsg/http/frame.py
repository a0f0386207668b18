"""The widget's page inside its frame: the clinic's card and what the script needs, in one document; and a window of its own."""

from flask import Blueprint, g, redirect, request, url_for
from werkzeug import Response

from securemsg.desk import visits
from securemsg.desk.clinics import clinic
from securemsg.http import auth, cards, contact_views, cookies, languages, pages
from securemsg.http.cookies import EMBEDDED
from securemsg.http.headers import surface
from securemsg.http.here import desk
from securemsg.http.limits import spend

blueprint = Blueprint("frame", __name__)
blueprint.url_defaults(languages.keep)


@blueprint.get("/frame/<slug>")
def page(slug: str) -> Response:
    """For who came from a page of the clinic's, or opened it in a window of its own."""
    home = clinic(desk(), slug)
    surface("frame", home.origins)
    language = languages.here()
    card = cards.card(home, language.code)
    langs = contact_views.langs(home, card, language.code).items()
    document = {**card, "langs": {text: tag for text, tag in langs if languages.known(tag) != language.code}, "clinic": home.slug,
                "origins": home.origins, "locale": languages.locale(home),
                "dir": language.dir, "contact_url": url_for("contact.page", slug=slug), "session": _session_wish(),
                "known": bool(cookies.held("visitor", slug))}
    if (words := f"words-{language.code}.json") in pages.manifest():
        document["words"] = pages.asset(words)
    return pages.page("frame.html", clinic=document, card=pages.json_in_html(document), window=request.args.get("window") == "1")


@blueprint.post("/contact/<slug>/window")
def window(slug: str) -> Response:
    """The frame's conversation in a window of its own: the ticket is used up, the window gets its own session."""
    home = clinic(desk(), slug)
    auth.same_origin()  # a stranger's form with a stranger's ticket would lead people into the stranger's conversation
    spend("ticket", home)
    token = visits.redeem(desk(), home, request.form.get("ticket", ""), g.request_id, desk().clock())
    response = redirect(url_for("frame.page", slug=slug, window=1), 303)
    cookies.keep_visitor(response, slug, token, embedded=False)
    return response


def _session_wish() -> str:
    """What the frame asks for when it opens a conversation: on another site than the page it needs another cookie."""
    return f"cookie; {EMBEDDED}" if request.headers.get("Sec-Fetch-Site") == EMBEDDED else "cookie"
