"""`securemsg erase`, `hold`, `retention`, `export` and `import`, as an operator types them."""

import json
import os

import pytest
from click.testing import CliRunner

from securemsg.cli import commands
from securemsg.crypto import ledger
from securemsg.crypto.keyring import SERVICE
from securemsg.desk.access import Who
from securemsg.desk.archive.ledger import key_of
from securemsg.desk.erasing import holds
from securemsg.desk.journal import entry
from securemsg.times import now


@pytest.fixture
def types(clinic, monkeypatch):
    """Runs a command on the practice's own data: what it printed."""
    for name, value in {"DATABASE_URL": clinic.desk.settings.database_url, "DATA": str(clinic.desk.settings.data),
                        "ROOT_KEY": ",".join(clinic.desk.settings.root_key)}.items():
        monkeypatch.setenv(f"SECUREMSG_{name}", value)

    def run(*words: str, fails: str = "") -> str:
        result = CliRunner().invoke(commands, words)
        if fails:
            told = f"{result.output}{getattr(result.exception, 'detail', result.exception)}"
            told += str(getattr(result.exception, "errors", ""))
            assert result.exit_code and fails in told, told
        else:
            assert not result.exception, repr(result.exception)
        return result.stdout

    return run


def reference(clinic, visitor) -> str:
    return next(row.reference for row in clinic.rows("conversations") if row.id == visitor.conversation)


def test_a_conversation_is_erased_by_its_reference_and_stands_in_the_ledger(clinic, visitor, types):
    visitor.opens("Forget this.")
    called = reference(clinic, visitor)
    types("erase", "elm", called, "--reason", "asked for", fails="Aborted")
    assert "30 days" in types("erase", "elm", called.lower(), "--reason", "asked for", "--yes")
    assert visitor.conversation in clinic.desk.settings.ledger.read_text()
    types("erase", "elm", called, "--reason", "asked for", "--yes", fails="There is no conversation")


def test_one_message_or_a_person_is_erased(clinic, visitor, types):
    visitor.opens("Hello?", contact=("email", "leo@example.org"))
    visitor.says("My number is 12345.")
    types("erase", "elm", reference(clinic, visitor), "--message", "2", "--reason", "asked for", "--yes")
    assert visitor.reads() == ["Hello?", "removed"]
    types("erase", "elm", reference(clinic, visitor), "--message", "9", "--reason", "asked for", "--yes", fails="no message 9")
    for number in ("0", "-1", "9" * 20):
        types("erase", "elm", reference(clinic, visitor), "--message", number, "--reason", "asked for", "--yes", fails="1<=x<=")
    types("erase", "elm", "--email", "leo@example.org", "--phone", "+1 555", "--reason", "asked", "--yes", fails="Say one of")
    types("erase", "elm", "--email", "leo@example.org", "--reason", "asked for", "--yes", fails="mistyped")
    assert "erased" in types("erase", "elm", "--email", "leo@example.org", "--unproven", "--reason", "asked for", "--yes")
    types("erase", "elm", "--email", "leo@example.org", "--reason", "asked for", "--yes", fails="Nobody gave")


def test_a_hold_is_placed_listed_and_lifted_by_two(clinic, visitor, types):
    visitor.opens("Hello?")
    id = types("hold", "place", "elm", reference(clinic, visitor), "--reason", "A claim was announced.").strip()
    types("erase", "elm", reference(clinic, visitor), "--reason", "asked for", "--yes", fails="A claim was announced.")
    [told] = json.loads(types("hold", "list", "elm", "--json"))
    assert told["state"] == "held" and told["reference"] == reference(clinic, visitor)
    assert "Somebody else" in types("hold", "lift", "elm", id, "--reason", "It is settled.")
    types("hold", "lift", "elm", id, "--reason", "It is settled.", fails="second person")
    assert kinds(clinic) == ["held"]
    judge = clinic.hires("Mo Abe", None, "compliance")
    other = holds.place(clinic.desk, judge.who, visitor.conversation, "Another claim.", clinic.clock.tick())
    holds.lift(clinic.desk, judge.who, other, "It is settled.", clinic.clock.tick())
    assert "is lifted" in types("hold", "lift", "elm", other, "--reason", "I agree.")
    assert kinds(clinic) == ["held", "held", "lifted"]


def kinds(clinic) -> list[str]:
    """What the ledger tells."""
    return [each.kind for each, _ in ledger.read(clinic.desk.settings.ledger, key_of(clinic.desk))]


def test_retention_says_first_and_erases_then(clinic, visitor, staff, types):
    visitor.opens("Hello?")
    staff.closes("spam")
    clinic.sql("UPDATE conversations SET last_at = 1")
    assert json.loads(types("retention", "run", "--dry-run", "--json"))[0]["outcome"] == "would be erased"
    assert not clinic.rows("erasures")
    types("retention", "run", fails="Nothing was erased")
    assert json.loads(types("retention", "run", "--after-a-pause", "--json"))[0]["outcome"] == "erased"
    assert "nothing is old enough" in types("retention", "run", "--after-a-pause")
    types("retention", "set", "elm", "office", "365", "--topic", "other")
    rows = json.loads(types("retention", "list", "elm", "--json"))
    assert {"topic": "other", "kind": "office", "days": 365, "set_by": "clinic"} in rows
    told = json.loads(types("retention", "certificate", "elm", "--from", "2026-01-01"))
    assert told["erased"]["conversations"] == 1 and told["signature"]
    types("retention", "certificate", "elm", "--from", "2026-01-01", "--until", "2199-01-01", fails="a time that has passed")
    types("retention", "certificate", "elm", "--from", "yesterday", "--until", "2026-01-02", fails="is no day")


def test_after_a_restore_without_a_whole_ledger_nothing_goes_until_somebody_says_so(clinic, visitor, staff, types):
    visitor.opens("Hello?")
    staff.closes("spam")
    clinic.sql("UPDATE conversations SET last_at = 1")
    put_back = entry(clinic.desk, Who("service", SERVICE), "service.restored", "archive", None, now(),
                     objects=(("ledger", "not complete"),), event=False)
    clinic.desk.database.write(put_back.write)
    types("retention", "run", fails="hold again what has to be kept")
    for said in ([], ["--after-a-restore"]):
        assert "would be erased" in types("retention", "run", "--dry-run", *said) and not clinic.rows("erasures")
    types("retention", "run", fails="hold again what has to be kept")
    assert "erased" in types("retention", "run", "--after-a-restore") and len(clinic.rows("erasures")) == 1
    assert "nothing is old enough" in types("retention", "run"), "said once, it is known"


def test_a_conversation_goes_out_as_a_file_and_comes_back(clinic, other_clinic, visitor, staff, types, tmp_path):
    visitor.opens("Is the flu jab free?", contact=("email", "leo@example.org"))
    staff.opens(visitor)
    staff.notes("Ask the doctor.")
    file = tmp_path / "record.json"
    types("export", "elm", reference(clinic, visitor), "--copy", "record", "--to", str(file))
    assert "as " in types("import", "oak", str(file))
    assert [row.id for row in other_clinic.rows("conversations")] == [visitor.conversation]
    types("export", "elm", reference(clinic, visitor), "--to", str(file), fails="not overwritten")
    types("export", "elm", reference(clinic, visitor), "--as", "html", "--to", str(tmp_path / "copy.html"))
    page = (tmp_path / "copy.html").read_text()
    assert "Is the flu jab free?" in page and "Ask the doctor." not in page
    types("export", "elm", "--email", "leo@example.org", "--to", str(tmp_path / "person.json"), fails="mistyped")
    types("export", "elm", "--email", "leo@example.org", "--unproven", "--to", str(tmp_path / "person.json"))
    found = json.loads((tmp_path / "person.json").read_text())
    assert [each["conversation"]["id"] for each in found["conversations"]] == [visitor.conversation] and found["sha256"]
    types("export", "elm", "--email", "leo@example.org", "--unproven", "--as", "pdf", "--to", str(tmp_path / "person.pdf"),
          fails="as JSON alone")
    assert not (tmp_path / "person.pdf").exists()
    types("import", "oak", str(tmp_path / "copy.html"), fails="cannot be read as JSON")
    types("import", "oak", str(tmp_path / "gone.json"), fails="No such file")
    (odd := tmp_path / "odd.json").write_text("[]")
    types("import", "oak", str(odd), fails="exports it: It is no JSON object.")
    odd.write_text('{"a": NaN}')
    types("import", "oak", str(odd), fails="cannot be read as JSON")
    odd.write_text("[" * 100_000)
    types("import", "oak", str(odd), fails="cannot be read as JSON")
    odd.write_text(file.read_text().replace('"waiting_on": "', f'"waiting_on": "{"x" * 10_000}', 1))
    types("import", "oak", str(odd), fails="conversation.waiting_on")
    os.truncate(odd, 2**29)  # without a byte on the disk
    types("import", "oak", str(odd), fails="more than 256 MB")


def test_all_of_a_persons_goes_out_as_one_file_and_comes_back_whole_or_not_at_all(clinic, other_clinic, visitor, staff, types,
                                                                                tmp_path):
    for text in ("Is the flu jab free?", "And for my son?"):
        visitor.token = ""
        visitor.opens(text, contact=("email", "leo@example.org"))
        staff.opens(visitor)
        staff.notes("Ask the doctor.")
    file, person = tmp_path / "person.json", ("export", "elm", "--email", "leo@example.org", "--unproven")
    types(*person, "--to", str(tmp_path / "patient.json"))
    types("import", "oak", str(tmp_path / "patient.json"), fails="patient's copy")
    types(*person, "--copy", "record", "--to", str(file))
    found = json.loads(file.read_text())
    (changed := tmp_path / "changed.json").write_text(json.dumps(found | {"conversations": found["conversations"][:1]}))
    types("import", "oak", str(changed), fails="was changed since")
    changed.write_text(json.dumps(found | {"conversations": [found["conversations"][0], {"a": 1}]}))
    types("import", "oak", str(changed), fails="Nothing was imported")
    changed.write_text(json.dumps(found | {"contact": "leo"}))
    types("import", "oak", str(changed), fails="contact")
    assert not other_clinic.rows("conversations")
    assert types("import", "oak", str(file)).count("is at oak now") == 2
    assert {row.id for row in other_clinic.rows("conversations")} == {row.id for row in clinic.rows("conversations")}
    assert len(other_clinic.rows("notes")) == 2
    types("import", "oak", str(file), fails="already")
