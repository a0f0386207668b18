"""Which language people are answered in, and everything said in it: sentences, numbers, times."""

import re
from urllib.parse import quote, urlencode

from flask import g, request, url_for
from markupsafe import Markup, escape

from securemsg.desk.clinics import Clinic, clinic
from securemsg.http.here import desk
from securemsg.words import LANGUAGES, Language, in_language
from securemsg.words import say as said

_SHOWN_AT = {  # what is refused is told on the page that the form stood on
    "contact.forget": "contact.conversation", "contact.close": "contact.conversation", "frame.window": "contact.page"}
_ENGLISH_ONLY = ("/api/", "/problems/")  # what programs and those who write them read
# The pages that a clinic is set up with and watched over: their words are English, so all of them is, to be read aloud as such.
_OWNERS = re.compile(r"/staff/[^/]+/(clinic|templates|plugins|people|pools|audit|records)(/|$)")


def here() -> Language:
    """`?lang=` decides, then what the browser asks for, then what the clinic speaks, then English."""
    if "language" not in g:
        g.language = LANGUAGES[_chosen()]
    return g.language


def locale(home: Clinic) -> str:
    """The language with the clinic's region where it speaks the same: `en-CA` writes dates as Canadians do."""
    code = here().code
    return home.locale if known(home.locale) == code else code


def asked() -> str | None:
    """The language that the address names, if it is one of ours: it is kept in every link and form of the page."""
    return known(request.args.get("lang", ""))


def keep(_: str, values: dict) -> None:
    """For a blueprint's addresses: who asked for a language keeps it in every link, form and redirect."""
    if code := asked():
        values.setdefault("lang", code)


def known(tag: str) -> str | None:
    """One of our languages for a tag like `pt-BR` (BCP 47), or None."""
    code = tag.partition("-")[0].lower()
    return code if code in LANGUAGES else None


def told(text: str) -> str:
    """A sentence as this visitor reads it."""
    return in_language(text, here().code)


def say(text: str, /, **values: object) -> str:
    """For templates: the sentence in the page's language. A value that is markup stays markup."""
    sentence, language = said(text, **values), here().code
    if not any(isinstance(value, Markup) for value in values.values()):
        return sentence.to(language)
    return escape(sentence.pattern(language)).format(**{
        name: value if isinstance(value, Markup) else Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()})


def menu() -> list[tuple[Language, str]]:
    """Every language with the address of this page in it; empty where there is only English."""
    if request.path.startswith(("/staff/", *_ENGLISH_ONLY)):  # staff read what their browser asks for
        return []
    page = request.endpoint and _SHOWN_AT.get(request.endpoint)
    path = url_for(page, slug=(request.view_args or {})["slug"]).partition("?")[0] if page else _here()
    rest = request.args.to_dict()
    return [(one, f"{path}?{urlencode(rest | {'lang': one.code})}") for one in LANGUAGES.values()]


def _here() -> str:
    """The page's own path, whatever somebody put there: browsers take `//` and a backslash for the beginning of a host."""
    return "/" + quote(request.path.lstrip("/"))


def _chosen() -> str:
    if request.path.startswith(_ENGLISH_ONLY) or _OWNERS.match(request.path):
        return "en"
    own = _of_the_clinic()
    offered = [own, *(code for code in LANGUAGES if code != own)]
    return asked() or request.accept_languages.best_match(offered, own) or own


def _of_the_clinic() -> str:
    slug = (request.view_args or {}).get("slug") or request.headers.get("Securemsg-Clinic")
    try:
        return known(clinic(desk(), slug).locale) or "en" if slug else "en"
    except Exception:  # it is unknown, or cannot be read just now: what is answered is about just that
        return "en"
