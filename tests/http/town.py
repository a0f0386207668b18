"""Two clinics and everybody who may come by, each with what they carry: for the table of who may what."""

from collections.abc import Callable
from dataclasses import dataclass

from securemsg.desk import people
from securemsg.desk.access import SCOPES, Who
from securemsg.desk.clinics import clinic
from securemsg.desk.system import tokens
from securemsg.store import Row
from securemsg.times import HOUR
from tests.http.browser import Answer, Browser, new_address
from tests.http.house import HARBOUR, HILL, House, Known, _enrolled
from tests.http.people import Staff, new_key
from tests.http.rights import allowed
from tests.http.routes import ID, Route
from tests.http.systems import System

_SAID = {"kind": "text", "data": {"text": "Yes."}}
_BODIES = {"visitor.send": _SAID, "visitor.opened": {"upto_seq": 1}, "visitor.close": {"upto_seq": 1},
           "system.reply": _SAID | {"seen": 1}, "system.note": {"text": "Yes."}, "system.change": {"urgency": "urgent"},
           "system.add_pool": {"label": "Nurses"}, "system.change_pool": {"label": "Nurses"},
           "system.change_template": {"label": "Flu"},
           "system.add_template": {"label": "Flu", "language": "en", "text": "Yes."}}
NOBODY: frozenset[str] = frozenset()
ROLES = {  # who else works there, one of each role that nobody has yet
    "front_desk": "Fran", "nurse": "Nia", "doctor": "Dora", "billing": "Bill", "manager": "Mona", "compliance": "Cora",
    "owner": "Ola", "auditor": "Ida"}


@dataclass
class Somebody:
    """Who asks: nobody, visitor, staff or system; with which rights, of which clinic; `id` is what forms call them."""

    kind: str
    rights: frozenset[str]
    clinic: str
    browser: Browser
    headers: dict[str, str]
    id: str = ""

    def asks(self, route: Route, values: dict[str, str]) -> Answer:
        """A request that could be right, from an address of its own each time: limits are another matter."""
        self.browser.address = new_address()
        told = {"Idempotency-Key": new_key(), "If-Match": '"1"', "Securemsg-Clinic": HARBOUR, "Accept": "*/*"} | self.headers
        path = route.path(**values)
        if route.is_safe:
            return self.browser.ask("GET", path, headers=told)
        told |= {"Origin": self.browser.url, "Sec-Fetch-Site": "same-origin"}
        if route.rule.startswith(("/v1/", "/api/", "/x/")):
            return self.browser.ask(route.method, path, _BODIES.get(route.endpoint, {}), told)
        form = {"key": new_key(), "me": self.id, "conversation": values.get("conversation", ""), "text": "Yes.", "reply": ID,
                "todo": ID, "delivery": ID, "version": "1", "label": "" if route.endpoint == "pools.add" else "Flu",
                "language": "en", "template": values.get("template", "")}
        return self.browser.submit(path, form, told)


class Town:
    """Harbour Lane, where everybody asks; Hill Road; and people of both."""

    def __init__(self, house: House):
        self.house, self.desk = house, house.desk
        self._known = {known.name.split()[0]: known for known in house.known} | {
            name: self._hired(name, role) for role, name in (*ROLES.items(), ("staff", "Bo"), ("staff", "Kim"))}
        self._who_left()
        self._sessions = self._at_work()

    def everybody(self) -> dict[str, Callable[[], Somebody]]:
        """How each arrives, by name: anew each time, since some routes end what somebody carries."""
        return {
            "nobody": lambda: Somebody("nobody", NOBODY, HARBOUR, self.house.browser(), {}),
            "a visitor": lambda: self._visitor(HARBOUR),
            "a visitor of another clinic": lambda: self._visitor(HILL),
            "a visitor who ended it": lambda: self._visitor(HARBOUR, ended=True),
            "staff": lambda: self._person("Ana", "staff"), "an owner at work": lambda: self._person("Maren", "owner", "staff"),
            **{f"the role {role}": lambda role=role, name=name: self._person(name, role) for role, name in ROLES.items()},
            "another clinic's owner": lambda: self._person("Eve", "owner", "staff"),
            "who was disabled": lambda: self._person("Bo"), "who signed out": lambda: self._person("Kim"),
            **{f"a token for {scope}": lambda scope=scope: self._system(scope) for scope in SCOPES},
            "a token for all": lambda: self._system(*SCOPES), "another clinic's token": lambda: self._system(*SCOPES, slug=HILL),
            "a revoked token": lambda: self._system(*SCOPES, revoked=True),
            "a token that has ended": lambda: self._system(*SCOPES, ended=True)}

    def things(self, slug: str) -> dict[str, str]:
        """What addresses name, at one of the clinics: its id, a conversation, a ready reply, somebody's session."""
        visitor = self.house.visitor(slug)
        assert visitor.opens().status == 201
        owner = Staff.signed_in(self.house.browser(), self._known["Maren" if slug == HARBOUR else "Eve"])
        home = clinic(self.desk, slug)
        return {"clinic": home.id, "conversation": visitor.conversation, "template": self._template(owner, home),
                "session": self.desk.database.read(lambda tx: tx.one(
                    "SELECT id FROM staff_sessions WHERE clinic_id = :clinic ORDER BY id LIMIT 1", clinic=home.id)).id}

    def signed_in(self) -> None:
        """Everybody who works there signs in again, as they did before: some routes end sessions, which spends what vouched for
        them."""
        for session in self._sessions:
            self.desk.database.write(lambda tx, session=session: tx.run(
                "UPDATE staff_sessions SET ended_at = NULL, mac = :mac WHERE clinic_id = :clinic_id AND id = :id",
                mac=session.mac, clinic_id=session.clinic_id, id=session.id))

    def _at_work(self) -> list[Row]:
        return self.desk.database.read(lambda tx: tx.everywhere.all(
            "SELECT clinic_id, id, mac FROM staff_sessions WHERE ended_at IS NULL AND person_id NOT IN (:bo, :kim)",
            bo=self._known["Bo"].id, kim=self._known["Kim"].id))

    def _hired(self, name: str, role: str) -> Known:
        return _enrolled(self.desk, HARBOUR, f"{name.lower()}@harbour-lane.example", name, "Nurse", (role,))

    def _who_left(self) -> None:
        home, bo = clinic(self.desk, HARBOUR), self._known["Bo"].id
        people.disable(self.desk, Who("service", home.id), home, people.everyone(self.desk, home.id)[bo], self.house.clock())
        kim = Staff.signed_in(self.house.browser(), self._known["Kim"])
        assert kim.browser.submit(kim.path("sign-out"), {"key": new_key(), "me": kim.known.id}).status == 303

    def _visitor(self, slug: str, ended: bool = False) -> Somebody:
        visitor = self.house.visitor(slug)
        opened = visitor.opens(wish="cookie")
        assert opened.status == 201, opened.text
        jar = dict(visitor.browser.jar)
        if ended:
            assert visitor.asks("DELETE").status == 204
        visitor.browser.jar = {name.replace(slug, HARBOUR): value for name, value in jar.items()}
        return Somebody("nobody" if ended else "visitor", NOBODY, slug, visitor.browser, {}, visitor.conversation)

    def _person(self, name: str, *roles: str) -> Somebody:
        """Somebody who works there; their browser sends its cookie to whatever clinic is asked. Without roles: who did once."""
        known = self._known[name]
        staff = Staff.signed_in(self.house.browser(), known)
        staff.browser.jar = {key.replace(known.clinic, HARBOUR): token for key, token in staff.browser.jar.items()}
        return Somebody("staff" if roles else "nobody", allowed(*roles), known.clinic, staff.browser, {}, known.id)

    def _system(self, *scopes: str, slug: str = HARBOUR, revoked: bool = False, ended: bool = False) -> Somebody:
        home, service = clinic(self.desk, slug), Who("service", clinic(self.desk, slug).id)
        made_at = self.house.clock() - (2 * HOUR if ended else 0)
        token, made = tokens.add(self.desk, service, home, "EHR", scopes, HOUR, made_at)
        if revoked:
            tokens.revoke(self.desk, service, home, made.id, self.house.clock())
        kind = "nobody" if revoked or ended else "system"
        return Somebody(kind, allowed(*scopes), slug, self.house.browser(), System(self.house.browser(), token).credentials)

    def _template(self, owner: Staff, home) -> str:
        form = {"key": new_key(), "me": owner.known.id, "version": "0", "label": "Flu", "language": "en", "text": "Yes."}
        answer = owner.browser.submit(owner.path("templates/new"), form)
        assert answer.status == 303, answer.text
        return self.desk.database.read(lambda tx: tx.one(
            "SELECT id FROM templates WHERE clinic_id = :clinic ORDER BY id DESC LIMIT 1", clinic=home.id)).id
