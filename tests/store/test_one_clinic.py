"""A read or a write is about one clinic; what is about all of them says so, and those places are known."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import securemsg
from securemsg.crypto.keyring import SERVICE
from securemsg.store.tables import metadata

ELM, OAK = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
ROOT = Path(securemsg.__file__).parent
EVERYWHERE = {
    # an older copy of the database goes on
    "store/aftermath.py": "end_single_use end_everything", "store/archive.py": "_transaction", "store/holds.py": "everywhere",
    "store/happenings.py": "last_of leap", "store/sessions.py": "retire_all",
    # what the leader and the nights do for all clinics
    "store/attempts.py": "expire", "store/idempotency.py": "expire", "store/returns.py": "expire",
    "store/audit.py": "waiting waiting_ever unsealed newest_checkpoints waiting_before", "store/erasing.py": "newest",
    "store/audit_breaks.py": "everyone",
    "store/outbox.py": "revocations_since expire_revocations erasures", "store/pending.py": "due everything",
    "store/people.py": "expire_drafts", "store/tokens.py": "retire_all overdue ending",
    # deliveries of all clinics go out by lane
    "store/deliveries.py":
        "is_due claim posts renew finish_all put_back set_aside_restored let_go counts set_aside_unnamed expire",
    # commands
    "desk/audit/copies.py": "export write",
    "store/clinics.py": "insert any_keys", "store/plugin_settings.py": "examples", "store/state.py": "newest_row_at unwalled",
    "store/keys.py":
        "told under_epochs move_all uses_of_epochs conversations is_erased_since erased_under_active anything_between",
}
_TABLE = re.compile(rf"\b({'|'.join(table for table in metadata.tables if table != 'clinics')})\b")
_STATEMENTS = ("run", "one", "all", "many", "insert")


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and path.name != "database.py":
                yield str(path.relative_to(ROOT)), node


def test_what_reaches_all_clinics_is_known():
    found: dict[str, set[str]] = {}
    for path, function in functions():
        if any(isinstance(node, ast.Attribute) and _of_transaction(node) for node in ast.walk(function)):
            found.setdefault(path, set()).add(function.name)
    assert found == {path: set(names.split()) for path, names in EVERYWHERE.items()}


def _of_transaction(node: ast.Attribute) -> bool:
    return node.attr == "everywhere" and (ast.unparse(node.value) == "tx" or ast.unparse(node.value).startswith("Tx("))


def test_every_other_statement_names_its_clinic():
    """On SQLite nothing else would notice; PostgreSQL would show it no rows."""
    unnamed = [f"{path}: {function.name}, line {call.lineno}" for path, function in functions() for call in ast.walk(function)
               if isinstance(call, ast.Call) and _is_statement(call) and not _names_a_clinic(call)]
    assert not unnamed


def _is_statement(call: ast.Call) -> bool:
    """`tx.…("… table …")`, or a text from elsewhere."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in _STATEMENTS and ast.unparse(call.func.value) == "tx"):
        return False
    return not isinstance(call.args[0], ast.Constant) or bool(_TABLE.search(call.args[0].value))


def _names_a_clinic(call: ast.Call) -> bool:
    """By the name of a value, or in the columns of a row."""
    return any(word.arg in ("clinic_id", "clinic", None) for word in call.keywords)


def test_one_transaction_is_about_one_clinic(database):
    def both(tx):
        tx.all("SELECT id FROM drafts WHERE clinic_id = :clinic_id", clinic_id=ELM)
        tx.all("SELECT id FROM notes WHERE clinic_id = :clinic", clinic=OAK)

    for way in (database.write, database.read):
        with pytest.raises(LookupError, match="one clinic"):
            way(both)
        assert way(lambda tx: both(tx.everywhere)) is None


@pytest.mark.parametrize("independent", [True, False])
def test_rows_of_the_service_may_stand_beside_those_of_a_clinic(database, independent):
    def all_four(tx):
        for number, clinic in enumerate((SERVICE, ELM, SERVICE, ELM)):
            tx.insert("attempts", clinic_id=clinic, subject=bytes([number]), failures=1, first_at=1)

    database.write(all_four, independent=independent)
    assert database.read(lambda tx: tx.everywhere.one("SELECT count(*) AS n FROM attempts")).n == 4
