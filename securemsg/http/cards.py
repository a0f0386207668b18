"""The clinic's card as JSON: what the clinic says of itself, and what plugins say just now."""

from typing import Any

from flask import url_for

from securemsg.desk.bulletin import Bulletin, bulletin
from securemsg.desk.clinics import Clinic
from securemsg.http import drawing, languages
from securemsg.http.here import desk
from securemsg.times import rfc3339


def now(home: Clinic) -> Bulletin:
    """What is shown just now, in the language of who asks."""
    return bulletin(desk(), home, languages.here().code, desk().clock())


def card(home: Clinic, language: str | None = None) -> dict[str, Any]:
    """What people are shown before they write; in that language what is in our words (None: all as the clinic has it)."""
    shown, own = now(home), home.card(language)
    return own | {
        "open": shown.open, "changes_at": _told(shown.changes_at), "promise": shown.promise or own["promise"],
        "promised_at": _told(shown.promised_at),
        "categories": [_category(each, shown) for each in own["categories"]],
        "notices": [{"text": notice.text, "tone": notice.tone} for notice in shown.notices],
        "offers": [{"label": offer.label, "part": drawing.part(offer.part)} for offer in shown.offers],
        "safety": url_for("visitor.safety", slug=home.slug, lang=languages.here().code) if shown.safety else None}


def _category(own: dict[str, Any], shown: Bulletin) -> dict[str, Any]:
    """With what is promised in it, where that differs from what the clinic promises."""
    promise, at = shown.promises.get(own["id"], (None, None))
    return own | {"open": own["open"] and shown.categories.get(own["id"], True), "promise": promise, "promised_at": _told(at)}


def _told(at: int | None) -> str | None:
    return rfc3339(at) if at is not None else None
