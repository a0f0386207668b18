"""The first sign-in: a link that works once, a password, an app."""

from types import SimpleNamespace

import pytest

from securemsg.desk import people, slow
from securemsg.desk.door import enrolling, sign_in
from securemsg.desk.people import Person
from securemsg.errors import Refused, Unknown
from securemsg.times import SECOND
from tests.desk.door import PASSWORD, code
from tests.people import code_at
from tests.together import at_once

NEW = "five other plain words"
pytestmark = pytest.mark.usefixtures("quick_hash")


def test_a_link_works_once(staff):
    link = staff.gets_link()
    session = staff.session(staff.follows(f"  {link}\n"))
    assert session.stage == "enrolling" and not session.who.roles, "a link lets nobody read: it lets one enrol"
    with pytest.raises(Refused, match="used already"):
        staff.follows(link)


def test_of_several_at_once_with_one_link_one_gets_in(staff):
    link = staff.gets_link()
    attempts = at_once(4, lambda number: staff.follows(link))
    assert sorted(type(attempt).__name__ for attempt in attempts) == ["Refused", "Refused", "Refused", "str"]


def test_a_link_works_for_a_day(staff):
    link, late = staff.gets_link(), staff.clinic.hires("Bo Li")
    other = late.gets_link()
    staff.clinic.later(hours=24, seconds=-4)
    staff.follows(link)
    staff.clinic.later(seconds=4)
    with pytest.raises(Refused, match="too old"):
        late.follows(other)


def test_a_newer_link_ends_the_older_one_and_a_guess_is_recorded(staff):
    older, newer = staff.gets_link(), staff.gets_link()
    with pytest.raises(Refused):
        staff.follows(older)
    with pytest.raises(Refused):
        staff.follows("guess")
    staff.follows(newer)
    assert len(staff.clinic.rows("audit", action="staff.link_refused")) == 2


def test_a_newer_link_ends_what_the_older_one_had_opened(staff, enrolled):
    colleague, working = staff.clinic.hires("Bo Li"), enrolled.signs_in(PASSWORD, code(enrolled))
    token, other = enrolled.follows(enrolled.gets_link()), colleague.follows(colleague.gets_link())
    session = enrolled.session(token)
    newer = enrolled.gets_link()
    with pytest.raises(Unknown):
        enrolled.session(token)
    assert staff.clinic.rows("revocations")[-1].subject_id == session.id
    assert enrolled.session(working).stage == "signed_in" and colleague.session(other).stage == "enrolling", "and no other"
    assert enrolled.session(enrolled.follows(newer)).stage == "enrolling"


NO_PASSWORDS = {
    "short words": "at least 12", "x" * 257: "at most 256", "aaaaaaaaaaaa": "easy to guess", "passwordpassword": "easy to guess",
    "my QWERTYuiop 77": "easy to guess", "12345678901234": "easy to guess", "at ANA-RUIZ we care": "easy to guess",
    "the elm-street words": "easy to guess"}


@pytest.mark.parametrize("password", NO_PASSWORDS)
def test_what_is_no_password(password):
    """Too short or long, in everybody's list, or made of the person's address or the clinic's name."""
    ana = Person("id", "Ana Ruiz", "ana-ruiz@elm.example", None, frozenset(), None, None)
    faults = enrolling._password_faults(password, ana, SimpleNamespace(slug="elm-street"))
    assert NO_PASSWORDS[password] in faults["password"][0]
    assert not enrolling._password_faults("eleven green bottles", ana, SimpleNamespace(slug="elm-street"))


def test_enrolling_needs_the_code_of_this_app(staff):
    session = staff.session(staff.follows(staff.gets_link()))
    for wrong in ("", "000000x", "12345", code_at(b"another secret......", staff.clinic.clock())):
        with pytest.raises(Refused) as refusal:
            enrolling.enrol(staff.clinic.desk, staff.clinic.home, session, "short", wrong, staff.clinic.clock())
        assert set(refusal.value.errors) == {"password", "code"}
    assert not staff.clinic.rows("credentials")


def test_the_code_that_enrolled_signs_nobody_in(staff):
    session = staff.session(staff.follows(staff.gets_link()))
    used = code_at(session.totp_secret, staff.clinic.clock())
    enrolling.enrol(staff.clinic.desk, staff.clinic.home, session, PASSWORD, used, staff.clinic.clock())
    with pytest.raises(Refused):
        staff.signs_in(PASSWORD, used)


def test_enrolling_anew_ends_the_old_password_app_codes_and_sessions(enrolled):
    token, old_app, old_codes = enrolled.signs_in(PASSWORD, code(enrolled)), enrolled.app, enrolled.codes
    enrolled.clinic.later(minutes=1)
    enrolled.app, _ = enrolled.enrols(NEW)
    enrolled.clinic.later(minutes=1)
    with pytest.raises(Unknown):
        enrolled.session(token)
    by_old_app = code_at(old_app, enrolled.clinic.clock() + SECOND)
    for password, digits in ((PASSWORD, code(enrolled)), (NEW, by_old_app), (NEW, old_codes[5])):
        with pytest.raises(Refused):
            enrolled.signs_in(password, digits)
    enrolled.signs_in(NEW, code(enrolled))


def meanwhile(monkeypatch, act) -> None:
    """Once, between the hashing of a password and what is written then, something else happens."""
    left = [act]

    def slowly(hash_):
        hashed = slow.slowly(hash_)
        while left:
            left.pop()()
        return hashed

    for module in (enrolling, sign_in):
        monkeypatch.setattr(module, "slowly", slowly)


def enrol(staff, session, password=PASSWORD):
    now = staff.clinic.clock.tick()
    return enrolling.enrol(staff.clinic.desk, staff.clinic.home, session, password, code_at(session.totp_secret, now), now)


def test_a_newer_link_stops_whoever_is_enrolling_by_the_older_one(staff, monkeypatch):
    session, made = staff.session(staff.follows(staff.gets_link())), []
    meanwhile(monkeypatch, lambda: made.append(staff.gets_link()))
    with pytest.raises(Unknown, match="counts no more"):
        enrol(staff, session)
    assert not staff.clinic.rows("credentials") and [row.stage for row in staff.clinic.rows("staff_sessions")] == ["enrolling"]
    staff.enrols(NEW, made[0])
    assert len({row.subject_id for row in staff.clinic.rows("revocations")}) == 2, "each enrolling session has ended, once"


def test_who_loses_access_while_enrolling_stays_out(staff, monkeypatch):
    session = staff.session(staff.follows(staff.gets_link()))
    meanwhile(monkeypatch, lambda: people.disable(staff.clinic.desk, staff.clinic.service, staff.clinic.home, staff.person,
                                                  staff.clinic.clock.tick()))
    with pytest.raises(Unknown):
        enrol(staff, session)
    assert not staff.clinic.rows("credentials") and not staff.clinic.rows("audit", action="person.enrolled")


def test_who_loses_access_while_signing_in_stays_out_and_the_log_says_so(enrolled, monkeypatch):
    meanwhile(monkeypatch, lambda: people.disable(enrolled.clinic.desk, enrolled.clinic.service, enrolled.clinic.home,
                                                  enrolled.person, enrolled.clinic.clock.tick()))
    with pytest.raises(Refused, match="not right"):
        enrolled.signs_in(PASSWORD, code(enrolled))
    assert len(enrolled.clinic.rows("audit", action="staff.signed_in")) == 1, "when she enrolled, and never after"
    assert len(enrolled.clinic.rows("audit", action="staff.sign_in_failed")) == 1


def test_a_session_enrols_once_and_of_several_at_once_one_does(staff):
    session = staff.session(staff.follows(staff.gets_link()))
    answers = at_once(4, lambda number: enrol(staff, session, f"{number} is the number of words"))
    assert sorted(type(answer).__name__ for answer in answers) == ["Unknown", "Unknown", "Unknown", "tuple"]
    with pytest.raises(Unknown):
        enrol(staff, session, NEW)
    assert len(staff.clinic.rows("credentials", kind="password")) == 1
