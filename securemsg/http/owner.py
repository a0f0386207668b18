"""The owner's page: the clinic's card, categories, consent text and origins, and the snippet to paste."""

import re
from itertools import chain, count
from typing import Any

from flask import request, url_for
from werkzeug import Response

from securemsg.desk import owner
from securemsg.desk.clinics import CONTACT_RULES, Clinic, clinic
from securemsg.desk.door.staff_sessions import Session
from securemsg.desk.owner import Card
from securemsg.errors import BadRequest
from securemsg.http import auth, buttons, languages, pages, views
from securemsg.http.door import behind
from securemsg.http.here import desk
from securemsg.words import LANGUAGES

blueprint = behind("owner")
_LINES = ("name", "address", "hours_text", "promise", "emergency_text", "emergency_number", "theme_color", "consent_text",
          "language")
_CATEGORY = re.compile(r"category-([a-z0-9_-]{1,64})-label")
_LONGEST = 4_000  # characters of one field


@blueprint.get("/clinic", endpoint="clinic")
def card(slug: str) -> Response:
    home, me = auth.staff(slug, may="clinic")
    return _page(home, me, _form_of(home))


@blueprint.post("/clinic")
def save(slug: str) -> Response:
    home, me = auth.staff(slug, may="clinic")
    version = pages.whole_number(request.form.get("version", ""))
    if version is None:  # without it a save could undo what somebody else has just saved
        raise BadRequest(pages.INCOMPLETE)
    with buttons.pressed(home, me, lambda error: _page(home, me, _typed(), pages.told(error), version)):
        owner.save_card(desk(), me.who, home, _card(home), version, desk().clock())
    home = clinic(desk(), slug)
    return _page(home, me, _form_of(home), saved=True)


def _card(home: Clinic) -> Card:
    """The form as the desk takes it."""
    form = _typed()
    profile = {name: form[name] for name in ("name", "address", "hours_text", "promise", "emergency_text")}
    profile |= {name: _lines(form[name]) for name in ("phones", "doctors")}
    categories = tuple((row["id"], row["label"], row["open"], row["contact"]) for row in form["categories"])
    return Card(profile, home.timezone, form["language"] or home.locale, form["emergency_number"], form["theme_color"],
                tuple(_lines(form["origins"])), categories, form["consent_text"])


def _typed() -> dict:
    sent, fields = request.form, (*_LINES, "phones", "doctors", "origins")
    form: dict[str, Any] = {name: pages.typed(sent, name).strip()[:_LONGEST] for name in fields}
    labels = {match[1]: text.strip()[:80] for field, text in sent.items() if (match := _CATEGORY.fullmatch(field))}
    form["categories"] = [{
        "id": _new_name(label, labels) if name == "new" else name, "label": label, "open": f"category-{name}-open" in sent,
        "contact": sent.get(f"category-{name}-contact", "")} for name, label in labels.items() if label]
    return form


def _new_name(label: str, taken: dict[str, str]) -> str:
    """A category's id from its label: what programs use, and what stays when the label is reworded."""
    plain = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:40] or "topic"
    names = chain([plain], (f"{plain}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def _form_of(home: Clinic) -> dict:
    profile = home.profile
    return {
        **{name: profile[name] for name in ("name", "address", "hours_text", "promise", "emergency_text")},
        "phones": "\n".join(profile["phones"]), "doctors": "\n".join(profile["doctors"]),
        "emergency_number": home.emergency_number, "consent_text": home.consent.text, "origins": "\n".join(home.origins),
        "theme_color": home.color, "language": home.locale,
        "categories": [{"id": c.name, "label": c.label, "open": c.open, "contact": c.contact}
                       for c in home.categories if c.listed]}


def _page(home: Clinic, me: Session, form: dict, errors: dict | None = None, version: int | None = None,
          saved: bool = False) -> Response:
    public = desk().settings.public_url
    contact_url = public + url_for("contact.page", slug=home.slug)
    snippet = (f'<script async src="{public}/widget.js"></script>\n'
               f'<secure-message src="{public}/frame/{home.slug}">\n'
               f'  <a href="{contact_url}">Send us a message</a>\n</secure-message>')
    return pages.page(
        "clinic.html", **views.frame(home, me), saved=saved, form=form, errors=errors or {},
        version=home.version if version is None else version,
        consent_version=home.consent.version, snippet=snippet, csp=[f"script-src {public}", f"frame-src {public}"],
        contact_url=contact_url, contact_rules=CONTACT_RULES, spoken=_spoken(home))


def _spoken(home: Clinic) -> list[tuple[str, str]]:
    """The languages to choose from, (tag, name) each; the clinic's own with its region."""
    own = languages.known(home.locale)
    return [(home.locale if code == own else code, language.name) for code, language in LANGUAGES.items()]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
