"""Five rules over Python's syntax, and one over text. Each yields a sentence for what breaks it.

Python and not a pattern language: whether text that reaches the database comes from a caller is a question about the function
around it, and the answers stand beside it as rows that somebody can read.
"""

import ast
import re
from collections.abc import Iterator

SQL = re.compile(r"\s*(SELECT\b.+\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH \w+ AS)\b", re.S)
_STATEMENTS = {"run", "one", "all", "run_all", "stream", "execute"}
_LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}
_CIPHERS = {"AESGCM", "AESGCMSIV", "ChaCha20Poly1305", "Fernet", "Cipher"}
LOGGED = frozenset({  # what a line may say: types, places in the code, counts, names that whoever runs the service gave
    "anchor", "clinic_id", "count", "error", "hook", "lane", "method", "number",
    "place", "plugin", "rows", "request_id", "route", "seconds", "sentence", "setting", "status", "duration_ms"})
_MARKUP = {"Markup", "render_template_string"}
_SINKS = re.compile(r"\.(innerHTML|outerHTML|srcdoc)\s*\+?=[^=]|['\"{,\[]\s*(innerHTML|outerHTML|srcdoc)['\"]?\s*[:\],]"
                    r"|setAttribute\(\s*['\"](on|srcdoc)|\bset(Timeout|Interval)\(\s*['\"`]|insertAdjacentHTML|document\.write"
                    r"|\beval\(|new Function\(|setHTMLUnsafe|createContextualFragment|parseFromString|javascript:|\|\s*safe\b"
                    r"|autoescape\s+false")


def sealed_without_a_place(tree: ast.AST) -> Iterator[str]:
    """Every value is sealed for the one place where it belongs: `seal(key, Place(…), value)`; no cipher is used by hand."""
    for call in _calls(tree):
        name = _name(call)
        if name in ("seal", "unseal") and (len(call.args) != 3 or not _is_place(call.args[1])):
            yield f"{call.lineno}: {name} without a place"
        if name in _CIPHERS or (name in ("encrypt", "decrypt") and isinstance(call.func, ast.Attribute)):
            yield f"{call.lineno}: {name} by hand"


def _is_place(node: ast.expr) -> bool:
    """A Place made here, what is called one, or what a function of that name gives."""
    if isinstance(node, ast.Call):
        return _name(node).lower().endswith("place")
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).lower().endswith("place")


def opened_by_the_newest(tree: ast.AST) -> Iterator[str]:
    """What is opened names the version of the key that sealed it: after a rotation the newest one opens nothing of before."""
    for call in _calls(tree):
        key = call.args[0] if call.args else None
        if _name(call) == "unseal" and isinstance(key, ast.Call) and _name(key) in ("data", "active") and len(key.args) == 1:
            yield f"{call.lineno}: unseal by the newest key, whichever sealed it"


def personal_in_logs(tree: ast.AST) -> Iterator[str]:
    """A line of the log is a sentence that stands in the code, and facts of known names; nothing is put into either."""
    for call in _calls(tree):
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in _LEVELS and _is_log(call.func.value)):
            continue
        if len(call.args) != 1 or not _is_constant(call.args[0]):
            yield f"{call.lineno}: a line of the log with something put into it"
        extra = next((each.value for each in call.keywords if each.arg == "extra"), None)
        for key, value in zip(extra.keys, extra.values, strict=True) if isinstance(extra, ast.Dict) else ():
            if isinstance(key, ast.Constant) and key.value not in LOGGED:
                yield f"{call.lineno}: {key.value} in a line of the log"
            if _is_said_by_it(value):
                yield f"{call.lineno}: what an exception says, or a text with something put into it, in a line of the log"
        if call.func.attr == "exception" or any(each.arg == "exc_info" for each in call.keywords):
            yield f"{call.lineno}: an exception in the log, whose words may be somebody's"


def _is_log(node: ast.expr) -> bool:
    """By its name, whatever it is a part of: `_log`, `self.logger`, `app.logger`."""
    told = ast.unparse(node)
    return told.rpartition(".")[2].strip("_").lower() in ("log", "logging", "logger") or told.startswith("logging.getLogger(")


def _is_said_by_it(value: ast.expr) -> bool:
    """`str(error)`, `repr(error)`, `error.args`, an f-string: all may hold somebody's words."""
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Call) and _name(value) in ("str", "repr", "format")) or (
        isinstance(value, ast.Attribute) and value.attr == "args")


def printed(tree: ast.AST) -> Iterator[str]:
    """What is printed by hand passes by the log and its rules; commands speak by click."""
    yield from (f"{call.lineno}: print" for call in _calls(tree) if isinstance(call.func, ast.Name) and call.func.id == "print")


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.BinOp) and all(map(_is_constant, (node.left, node.right))))


def sql_from_a_caller(tree: ast.AST) -> Iterator[str]:
    """`function(name)` for each name in a statement's text that a caller hands in: values are bound, never written into it."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            name, handed = getattr(function, "name", "lambda"), _handed(function.args)
            yield from (f"{name}({each})" for each in sorted(_written_into(function) & handed - {"self", "tx"}))


def _handed(arguments: ast.arguments) -> set[str]:
    """The names of all that a function is handed."""
    rest = (each for each in (arguments.vararg, arguments.kwarg) if each)
    return {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest)}


def _written_into(function: ast.AST) -> set[str]:
    """Names that are put into a text that is SQL: in braces, by + and %, by format, replace and join."""
    texts = [node for node in ast.walk(function) if isinstance(node, ast.JoinedStr | ast.BinOp)]
    formats = [call for call in _calls(function) if _name(call) in ("format", "replace", "join")
               and isinstance(call.func, ast.Attribute)]
    sql = [text for text in texts if SQL.search(_constants(text)) or _is_said(function, text)]
    return {name for text in (*sql, *(call for call in formats if SQL.search(_constants(call.func)))) for name in _names(text)}


def _is_said(function: ast.AST, text: ast.expr) -> bool:
    """Whether a text is handed to the database itself."""
    return any(text is part for call in _calls(function) if _name(call) in _STATEMENTS and isinstance(call.func, ast.Attribute)
               for each in call.args[:1] for part in ast.walk(each))


def _names(text: ast.expr) -> set[str]:
    """What is put into it as it is; what is asked of it in a test, or looked up in a table by it, is another matter."""
    if isinstance(text, ast.JoinedStr):
        return {name for part in text.values if isinstance(part, ast.FormattedValue) for name in _root(part.value)}
    if isinstance(text, ast.BinOp):
        return _names(text.left) | _names(text.right)
    if isinstance(text, ast.Call):
        return {name for each in (*text.args, *(word.value for word in text.keywords)) for name in _root(each)}
    return _root(text)


def _root(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.IfExp):
        return _root(node.body) | _root(node.orelse)
    return _names(node) if isinstance(node, ast.JoinedStr | ast.BinOp) else set()


def _constants(node: ast.AST) -> str:
    return " ".join(each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def sql_beside_the_store(tree: ast.AST) -> Iterator[str]:
    """SQL stands in the store alone."""
    docs = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs and SQL.match(node.value):
            yield f"{node.lineno}: SQL beside the store"


def markup_by_hand(tree: ast.AST) -> Iterator[str]:
    """`function` for each that says of a text that it is markup."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and any(_name(call) in _MARKUP for call in _calls(function)):
            yield function.name


def html_sinks(text: str) -> Iterator[str]:
    """Where a text would become markup or a program, in a template or a script."""
    yield from (match[0] for match in _SINKS.finditer(text))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
