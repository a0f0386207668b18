"""No sentence reaches people beside the catalogue: neither raised, nor given to a check, nor standing in a template."""

import ast
import re
from collections.abc import Iterator

import pytest
from jinja2 import Environment, nodes

from tests.words.spoken import CODE, TEMPLATES

SPEAKS = (  # to visitors, among others
    "errors.py", "desk/visitor.py", "desk/visits.py", "desk/clinics.py", "desk/once.py", "desk/thread.py", "desk/openings.py",
    "http/visitor.py", "http/contact.py", "http/contact_views.py", "http/schemas.py", "http/forms.py", "http/strict_json.py",
    "http/auth.py", "http/limits.py", "http/waiting.py", "http/proofs.py", "http/problems.py", "http/pages.py",
    "desk/acts.py", "desk/stale.py", "desk/drafts.py", "desk/pending.py", "desk/staff.py", "desk/reading.py",
    "desk/search/words.py", "desk/search/search.py", "desk/door/attempts.py", "desk/door/enrolling.py", "desk/door/sign_in.py",
    "desk/door/staff_sessions.py", "desk/door/step_up.py", "desk/door/passkeys.py", "desk/door/elsewhere.py",
    "desk/door/away.py", "desk/door/halfway.py", "desk/door/confirming.py", "http/away.py",
    "outbound/openid.py", "http/step_up.py", "http/passkeys.py", "http/elsewhere.py", "http/door.py", "http/acting.py",
    "http/unsent.py", "http/staff.py", "http/search.py", "http/stale.py", "http/sessions.py", "http/views.py",
    "http/entries.py", "http/trail.py", "http/undelivered.py", "desk/sending_on.py", "http/sending_on.py")
SHOWN = ("base.html", "visitor_layout.html", "contact.html", "contact_conversation.html", "problem.html", "service.html",
         "macros.html", "frame.html",
         "staff_layout.html", "sign_in.html", "start.html", "enrol.html", "recovery_codes.html", "inbox.html", "desk.html",
         "queue.html", "conversation.html", "work.html", "tools.html", "parts.html", "canned.html",
         "keys.html", "search.html", "sessions.html", "overview.html", "sending_on.html", "step_up.html", "sign_in_code.html",
         "begin_again.html", "glass.html")
NO_PAGE = {
    "raise ValidationError('Please say what is to be different.')",
    "raise BadRequest('Whoever asked has gone.')",
    "raise Conflict(_FOR_PROGRAMS, retry_after_seconds=max(1, ceil((row.due_at - desk.clock()) / SECOND)))"}
NO_WORDS = {  # classes of a page, attributes, what stands on keys
    "visitor", "staff", "narrow", "desk", "inbox", "settings", "required", "checked", "selected", "readonly", "autofocus",
    "formnovalidate", "hidden", "open", "Ctrl", "Enter"}


@pytest.mark.parametrize("path", SPEAKS)
def test_no_sentence_reaches_a_visitor_beside_the_catalogue(path):
    assert [line for line in unsaid(ast.parse((CODE / path).read_text())) if line not in NO_PAGE] == []


def test_a_sentence_beside_it_would_be_found():
    found = [*unsaid(ast.parse('TOLD = "No."\nraise Refused(TOLD)\nraise Refused(say("Yes."))\nraise Refused(f"No {x}.")\n'
                               'raise Refused(errors={"a": ["No."]})\nvalidate.Length(max=3, error="No.")'))]
    assert len(found) == 5  # a dictionary of errors is met twice


def unsaid(tree: ast.Module) -> Iterator[str]:
    """Every raise, and every `error=` of a check, with words in it that no say() is around."""
    bare = {target.id for node in tree.body if isinstance(node, ast.Assign) and _has_words(node.value)
            for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        given = [node.exc] if isinstance(node, ast.Raise) and node.exc else []
        given += [node.value] if isinstance(node, ast.keyword) and node.arg in ("error", "errors") else []
        for value in given:
            names = {name.id for name in ast.walk(value) if isinstance(name, ast.Name)}
            if _is_ours(value) and (_has_words(value) or bare & names):
                yield ast.unparse(node)


def _is_ours(value: ast.expr) -> bool:
    """ValueError and its like go no further; ValidationError does."""
    return not (isinstance(value, ast.Call) and ast.unparse(value.func) in ("ValueError", "KeyError"))


def _has_words(value: ast.expr) -> bool:
    if isinstance(value, ast.Call) and ast.unparse(value.func) in ("say", "sentence"):
        return False
    if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str)
                                            and re.search(r"[.?!]$", value.value)):
        return True
    return any(_has_words(child) for child in ast.iter_child_nodes(value) if isinstance(child, ast.expr | ast.keyword))


@pytest.mark.parametrize("name", SHOWN)
def test_no_template_of_a_visitor_has_words_of_its_own(name):
    assert words_in((TEMPLATES / name).read_text("utf-8")) == []


def test_a_word_in_a_template_would_be_found():
    assert words_in('<p class="a">{{ x }} closed <b aria-label="Close">{{ say("Yes") }}</b></p>') == ["closed", "Close"]


def words_in(template: str) -> list[str]:
    """The words that come from no expression: text, and what is read aloud of attributes."""
    parts = [text.data for node in Environment().parse(template).find_all(nodes.Output) for text in node.nodes
             if isinstance(text, nodes.TemplateData)]
    read_aloud = [text for part in parts for text in re.findall(r'(?:aria-label|title|alt)="([^"]*[A-Za-z][^"]*)"', part)]
    shown = [re.sub(r'<[^>]*>|<[^>]*$|^[^<]*?"[^<]*?>|[\w-]+="[^"]*"?', " ", part) for part in parts]
    return [word for text in shown for word in re.findall(r"(?<![\w-])[A-Za-z]{2,}(?![\w-])", text)
            if word not in NO_WORDS] + read_aloud
