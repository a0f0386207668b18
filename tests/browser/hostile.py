"""Clinics all of whose fields are payloads: what owners, staff and visitors can fill, each with each of them."""

import secrets
from dataclasses import dataclass, field

from securemsg.crypto import credentials
from securemsg.desk import Desk, first_message, people, pooling, staff, visitor, visits
from securemsg.desk.access import Who
from securemsg.desk.canned import templates
from securemsg.desk.canned.templates import Template
from securemsg.desk.clinics import Clinic, clinic
from securemsg.desk.door import accounts, enrolling, providers, staff_sessions
from securemsg.desk.erasing import holds
from securemsg.desk.first_message import Opening
from securemsg.desk.legible import is_name
from securemsg.desk.owner import Card, add_clinic
from securemsg.store import people as store_people
from securemsg.times import SECOND, now
from tests.browser.house import PASSWORD, House
from tests.browser.payloads import PAYLOADS

GROUPS = 2
EMAIL = '"%s<img/src=x/onerror=pwned=1>`{{7*7}}"@evil.example'  # a quoted local part (RFC 5321) takes nearly everything
CONTACT = "'onmouseover=pwned=1//&#39;`{{7*7}}@evil.example"  # what passes for an address at the door


@dataclass
class Hostile:
    """One clinic, and the cookies of those who look at it."""

    slug: str
    said: list[str]  # what people write, turned around and with tabs in it as well
    conversation: str
    template: str  # a ready reply's id
    owner: str
    tokens: dict[str, str] = field(repr=False)  # visitor, staff, and enrolling: a person who has just followed a link
    totp: bytes = field(repr=False)

    @property
    def texts(self) -> list[str]:
        """What people and things may be called, and what stands everywhere."""
        return [text for text in self.said if is_name(text)]

    @property
    def together(self) -> str:
        return " ".join(self.texts)


def furnished(house: House) -> list[Hostile]:
    """Made past the forms, as somebody with every right would; the service is running meanwhile."""
    with house.opened() as desk:
        return [_made(desk, f"hostile-{number}", PAYLOADS[number::GROUPS]) for number in range(GROUPS)]


def _made(desk: Desk, slug: str, texts: tuple[str, ...]) -> Hostile:
    made = Hostile(slug, list(texts), "", "", "", {}, b"")
    profile = dict.fromkeys(("name", "address", "hours_text", "promise", "emergency_text"), made.together)
    categories = tuple((f"c{number}", text, True, "optional") for number, text in enumerate(made.texts))
    lists = {"phones": made.texts, "doctors": made.texts}
    add_clinic(desk, slug, Card(profile | lists, "America/Halifax", "en", "911", "#0f5c6e", (), categories, made.together), now())
    home = clinic(desk, slug)
    owner = _person(desk, home, made)
    made.owner = owner.id
    _talk(desk, home, made, owner)
    _ready(desk, made, owner)
    _elsewhere(desk, home, made, owner)
    _pool(desk, home, made, owner)
    return made


def _person(desk: Desk, home: Clinic, made: Hostile) -> Who:
    """An owner who works here, and whose new link was followed a moment ago in another browser."""
    runner, door = Who("service", home.id), Who("staff", home.id)
    person = people.add(desk, runner, home, made.together, EMAIL % "", made.together, ("owner", "staff", "compliance"), now())
    newcomer = people.add(desk, runner, home, made.together, EMAIL % "new", made.together, ("staff",), now())
    begun, made.tokens["enrolling"] = (
        enrolling.start(desk, home, people.invite(desk, runner, home, each, now()), door, now()) for each in (person, newcomer))
    session = staff_sessions.session(desk, home, begun, "", None, now())
    code = credentials.totp_code(session.totp_secret or b"", now() // SECOND // 30)
    made.tokens["staff"] = enrolling.enrol(desk, home, session, PASSWORD, code, now())[0].token
    made.totp = staff_sessions.session(desk, home, made.tokens["enrolling"], "", None, now()).totp_secret or b""
    return staff_sessions.session(desk, home, made.tokens["staff"], "", None, now()).who


def _talk(desk: Desk, home: Clinic, made: Hostile, who: Who) -> None:
    """Each payload as a message, as a reply and as a note; claimed, so that the name and role are in the transcript too."""
    opening = Opening("c0", "me", made.together, ("email", CONTACT), home.consent.sha256, "text", {"text": made.texts[0]})
    opened = first_message.open(desk, home, opening, _key(), None, now())
    made.conversation, made.tokens["visitor"] = opened["conversation"]["id"], opened["token"]
    staff.claim(desk, who, made.conversation, _key(), now())
    holds.place(desk, who, made.conversation, made.texts[0], now())
    for text in made.said:
        visitor.send(desk, visits.visit(desk, made.tokens["visitor"], now()), "text", {"text": text}, _key(), now())
        staff.reply(desk, who, made.conversation, text, None, _key(), now())
        staff.note(desk, who, made.conversation, text, _key(), now())


def _ready(desk: Desk, made: Hostile, who: Who) -> None:
    """Each payload as the label of a ready reply, and all of them as the text of one."""
    for text in made.texts:
        templates.save(desk, who, Template("", text[:templates.LONGEST_LABEL], "en", text), _key(), now())
    made.template = templates.save(desk, who, Template("", "all", "en", made.together), _key(), now())


def _elsewhere(desk: Desk, home: Clinic, made: Hostile, who: Who) -> None:
    """Each payload in the name of a provider, where the owner has an account."""
    issuer = "https://login.evil.example"
    providers.keep(desk, who, home, made.together, issuer, made.together, made.together, now())
    person = desk.database.read(lambda tx: store_people.one(tx, home.id, who.id))
    desk.database.write(accounts.tie(desk, home.id, accounts.account(desk, home.id, issuer, "owner"), person, now()))


def _pool(desk: Desk, home: Clinic, made: Hostile, who: Who) -> None:
    """A pool to send conversations to, where the owner works; no topic goes there."""
    pooling.add(desk, who, home, "hostile", made.texts[0][:pooling.LONGEST], now())
    pooling.put_members(desk, Who("service", home.id), home, people.everyone(desk, home.id)[who.id], ("hostile",), now())


def _key() -> str:
    return secrets.token_urlsafe(16)
