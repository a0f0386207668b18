"""The code keeps the rules of syntax.py; what is excepted stands here with its reason, and a row that excepts nothing fails."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import securemsg
from tests.rules import syntax
from tests.service import ROOT

CODE = Path(securemsg.__file__).parent
Rule = Callable[[ast.AST], Iterator[str]]
EXCEPTED: dict[str, dict[str, str]] = {
    # rule: where and what, and why
    "sealed_without_a_place": {
        "crypto/archive.py encrypt by hand": "a whole archive, in its own format: its head is bound to its key",
        "crypto/archive.py decrypt by hand": "the same, back",
        "crypto/wraps.py encrypt by hand": "the cipher itself: wraps.py and envelope.py stand on it, and hand in the place",
        "crypto/wraps.py decrypt by hand": "the same, back", "crypto/wraps.py AESGCM by hand": "the same",
        "desk/thread.py unseal without a place": "the place of a message is made in the line above",
        "desk/plugin/letters.py unseal without a place": "the same, of a letter",
        "desk/search/sheets.py unseal without a place": "the place is made in the line above"},
    "opened_by_the_newest": {},
    "sql_from_a_caller": {
        "store/archive.py each(table)": "the names of all tables, from tables.py",
        "store/audit.py number(table)": "audit or events, by desk/audit/sealing.py",
        "store/audit.py last_number(table)": "the same",
        "store/audit_scan.py count_of(table)": "the same, by desk/audit/",
        "store/audit_breaks.py set_aside(table)": "a constant of _ASIDE",
        "store/audit_breaks.py unnumber(numbered)": "NOT or nothing",
        "store/conversations.py sealed_in(table)": "messages or notes, by desk/erasing/resealing.py",
        "store/conversations.py reseal(table)": "the same",
        "store/conversations.py count_sealed(table)": "the same",
        "store/database.py insertion(table)": "a constant at each call; the columns are names of arguments",
        "store/deliveries.py claim(skip_locked)": "a constant of the database"},
    "markup_by_hand": {
        "http/languages.py say": "names are escaped by Markup.format, the sentence is the catalogue's",
        "http/pages.py json_in_html": "JSON for a script that does nothing, with <, > and & written as escapes",
        "desk/exporting/page.py html": "our own style sheet, whose hash stands in the page's policy",
        "http/reference.py coded": "our own texts, escaped first"},
    "personal_in_logs": {
        "http/plugins.py what an exception says, or a text with something put into it, in a line of the log":
            "the route as it is declared, without what stands in an address"},
    "printed": {"cli/__init__.py print": "the sentence that ends a command, for who typed it"},
    "sql_beside_the_store": {}}
SINKS = {
    "securemsg/templates/service.html |safe": "markup that stands in the template itself",
    "widget/src/frame/h.ts | safe": "an “or”, no filter", "widget/src/frame/h.ts javascript:": "what it refuses"}
BAD: list[tuple[Rule, str, int]] = [
    (syntax.sealed_without_a_place,
     "seal(key, b'', data)\nseal(key, data)\nunseal(key, None, x)\nAESGCM(k).encrypt(n, d, b'')", 5),
    (syntax.opened_by_the_newest, "unseal(desk.keys.data(clinic_id), place, row.sealed)", 1),
    (syntax.personal_in_logs, "_log.info(f'hello {name}')\n_log.warning('x %s', text)\n_log.error('x', extra={'email': e})\n"
                              "logging.getLogger('a').exception('failed')\n_log.error('x', exc_info=True)", 5),
    (syntax.personal_in_logs, "self._log.info(text)\napp.logger.error('x' + name)\n_LOG.error('x', extra={'error': str(error)})\n"
                              "_log.error('x', extra={'place': f'at {name}'})\n_log.error('x', extra={'error': error.args})", 5),
    (syntax.printed, "print(text)", 1),
    (syntax.sql_from_a_caller, "def a(tx, name):\n tx.all(f'SELECT x FROM {name}')\n"
                               "def b(tx, word):\n tx.run('DELETE FROM t WHERE x = ' + word)\n"
                               "def c(tx, order):\n tx.one('SELECT x FROM t ORDER BY {}'.format(order))\n"
                               "def d(tx, part):\n sql = f'UPDATE t SET x = {part}'\n tx.run(sql)", 4),
    (syntax.sql_from_a_caller, "def a(tx, word):\n sql = 'DELETE FROM t WHERE x = ' + word\n tx.run(sql)\n"
                               "def b(tx, word):\n sql = 'DELETE FROM t WHERE x = %s' % word\n tx.run(sql)\n"
                               "def c(tx, word):\n tx.run('DELETE FROM t WHERE x = y'.replace('y', word))\n"
                               "def d(tx, *words):\n tx.all('SELECT a FROM b WHERE ' + ' OR '.join(words))\n"
                               "e = lambda tx, word: tx.all(f'SELECT a FROM b WHERE c = {word}')\n"
                               "async def f(tx, /, word):\n tx.all(f'SELECT a FROM b WHERE c = {word}')", 6),
    (syntax.sql_beside_the_store, "'''SELECT is a word FROM English'''\nX = 'SELECT a FROM b'\nY = f'DELETE FROM {X}'", 2),
    (syntax.markup_by_hand, "def a(x):\n return Markup(x)\ndef b(x):\n return render_template_string(x)", 2)]
GOOD: list[tuple[Rule, str]] = [
    (syntax.sealed_without_a_place,
     "seal(key, Place('t', 'c', id), data)\nseal(key, note_place(row), data)\nseal(k, self._place, d)"),
    (syntax.opened_by_the_newest,
     "unseal(desk.keys.data(clinic_id, key_version(row.sealed)), place, x)\nseal(desk.keys.data(clinic_id), place, x)"),
    (syntax.personal_in_logs, "_log.info('done', extra={'count': 3})\n_log.error('a'\n 'b')"),
    (syntax.sql_from_a_caller,
     "def a(tx, clinic_id):\n tx.all(f'SELECT {_ROW} FROM t WHERE clinic_id = :clinic_id', clinic_id=clinic_id)")]
EVIL = ["x.innerHTML = y", "x.outerHTML += y", "x.insertAdjacentHTML('a', y)", "document.write(y)", "eval(y)", "new Function(y)",
        "{{ text|safe }}", "{% autoescape false %}", "href='javascript:x'", "frame.srcdoc = y",
        "new DOMParser().parseFromString(y)", "Object.assign(x, {innerHTML: y})", "x['outerHTML'] = y",
        "x.setAttribute('onclick', y)", "setTimeout('y()', 5)", "x.setAttribute(\"srcdoc\", y)"]


@cache
def parsed(path: Path) -> ast.AST:
    return ast.parse(path.read_text("utf-8"))


def found(rule: Rule) -> set[str]:
    """Everything in the package that breaks a rule, without the numbers of lines."""
    broken = set()
    for path in sorted(CODE.rglob("*.py")):
        name = path.relative_to(CODE).as_posix()
        if rule is not syntax.sql_beside_the_store or not name.startswith("store/"):
            broken |= {f"{name} {each.partition(': ')[2] or each}" for each in rule(parsed(path))}
    return broken


@pytest.mark.parametrize("rule", dict.fromkeys(bad[0] for bad in BAD), ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule):
    assert found(rule) == set(EXCEPTED[rule.__name__])


@pytest.mark.parametrize(("rule", "code", "number"), BAD, ids=lambda each: getattr(each, "__name__", ""))
def test_what_breaks_it_is_found(rule, code, number):
    assert len(list(rule(ast.parse(code)))) == number


@pytest.mark.parametrize(("rule", "code"), GOOD, ids=lambda each: getattr(each, "__name__", ""))
def test_what_keeps_it_is_left_alone(rule, code):
    assert list(rule(ast.parse(code))) == []


def test_no_template_and_no_script_has_a_sink():
    ours = (path for path in CODE.rglob("*.js") if "widget" not in path.parts)
    paths = [*CODE.rglob("*.html"), *ours, *(ROOT / "widget" / "src").rglob("*.ts")]
    assert len(paths) > 60
    assert {f"{path.relative_to(ROOT).as_posix()} {each}" for path in paths
            for each in syntax.html_sinks(path.read_text("utf-8"))} == set(SINKS)


@pytest.mark.parametrize("evil", EVIL)
def test_a_sink_would_be_found(evil):
    assert list(syntax.html_sinks(evil))
