"""The way back to a conversation on another device: a link in a mail, once, and a code that comes by another way.

The link alone opens nothing: mails are read by others. Looking at it uses up nothing: programs that scan mails open every link.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from securemsg.crypto import tokens
from securemsg.desk import return_codes, thread, visits
from securemsg.desk.access import Who
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import Entry, entry
from securemsg.desk.plugin import todos
from securemsg.errors import Conflict, Limited, Refused
from securemsg.live import Signal
from securemsg.store import Row, Tx, attempts, conversations, plugins, returns
from securemsg.store.ids import new_id
from securemsg.times import DAY, MINUTE, SECOND
from securemsg.words import say

LINK_DAYS, TRIES, WINDOW_MINUTES = 30, 5, 10
REFUSED = say("This link and this code open nothing together. A link works once, for 30 days, and a code once, for 10 minutes. "
              "Take the newest link and a new code.")
_CODE = say("Please enter the six digits of the code.")
_WAIT = say("There were several wrong attempts. Please wait a little before the next one.")
_WARNING = say("Somebody who has a link from one of our mails tried several wrong codes to open this conversation. Ask the "
               "visitor whether that was them.")


def way_back(desk: Desk, clinic: Clinic, conversation_id: str, now: int) -> tuple[str, Callable[[Tx], None]]:
    """A path for a mail, with the secret in its fragment, which no server is told; and what is to be written with the mail."""
    secret, until = tokens.new_secret(), now + LINK_DAYS * DAY
    sha256 = tokens.hashed(secret)
    mac = desk.vouch(*_facts(clinic.id, sha256, conversation_id, until))
    return (f"/contact/{clinic.slug}/return#{secret}",
            lambda tx: returns.insert(tx, clinic.id, conversation_id, sha256, mac, now, until))


def leads_to(desk: Desk, clinic: Clinic, secret: str, conversation_id: str) -> bool:
    """Whether this is, or was, a link to that conversation: who is in it already needs neither."""
    link = desk.database.read(lambda tx: returns.one(tx, clinic.id, tokens.hashed(secret)))
    return link is not None and link.conversation_id == conversation_id


def come_back(desk: Desk, clinic: Clinic, secret: str, code: str, request_id: str | None, now: int) -> str:
    """A session of its own for who holds a link and its code: the token. Refused without a word of which was wrong; Limited
    after five wrong codes in ten minutes."""
    if not return_codes.typed(code):
        raise Refused(errors={"code": [_CODE]})
    sha256, token, session_id = tokens.hashed(secret), tokens.new_visitor_token(clinic.slug), new_id()
    conversation = _conversation(desk, clinic, sha256, now)
    if conversation is None:
        nobody = Who("visitor", clinic.id, request_id=request_id)
        desk.database.write(entry(desk, nobody, "return.refused", "clinic", clinic.id, now, outcome="refused", event=False).write)
        raise Refused(REFUSED)
    who = Who("visitor", clinic.id, session_id, session_id, tokens.hashed(token), request_id=request_id)
    attempt = _Attempt(desk, clinic, conversation, sha256, return_codes.typed(code), now)
    came = entry(desk, who, "session.returned", "conversation", conversation.id, now, event=False)

    def begin(tx: Tx) -> None:
        visits.insert(desk, tx, clinic.id, session_id, conversation.id, token, "link", now)
        came.write(tx)

    attempt.make(begin, request_id)
    return token


def _conversation(desk: Desk, clinic: Clinic, sha256: bytes, now: int) -> Row | None:
    """The one that a link leads to which still counts, as this service wrote it."""
    link = desk.database.read(lambda tx: returns.one(tx, clinic.id, sha256))
    if link is None or link.used_at or link.expires_at <= now:
        return None
    if not desk.vouched(link.mac, *_facts(clinic.id, sha256, link.conversation_id, link.expires_at)):
        return None
    found = desk.database.read(partial(conversations.one, clinic_id=clinic.id, id=link.conversation_id))
    return found if found is not None and found.wrapped is not None else None


def _facts(clinic_id: str, sha256: bytes, conversation_id: str, expires_at: int) -> tuple:
    return "returns", clinic_id, sha256, conversation_id, expires_at


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One try of a code with a link that counts. It is counted before anything is looked at, so that none of many at once slips
    through; all that comes of it is one transaction."""

    desk: Desk
    clinic: Clinic
    conversation: Row
    sha256: bytes
    code: str
    now: int

    @property
    def subject(self) -> bytes:
        return tokens.hashed(f"return {self.conversation.id}")

    def make(self, begin: Callable[[Tx], None], request_id: str | None) -> None:
        who, id = Who("visitor", self.clinic.id, request_id=request_id), self.conversation.id
        refused = entry(self.desk, who, "return.refused", "conversation", id, self.now, outcome="refused", event=False)
        warn = self._warning()

        def write(tx: Tx) -> bool:
            self._count(tx)
            if self._opens(tx):
                begin(tx)
                return True
            refused.write(tx)
            if attempts.one(tx, self.clinic.id, self.subject).failures >= TRIES:
                warn(tx)
            return False

        if not self.desk.database.write(write):
            self.desk.live.publish(("clinic", self.clinic.id), Signal("changed", id))
            raise Refused(REFUSED)

    def _count(self, tx: Tx) -> None:
        window = WINDOW_MINUTES * MINUTE
        if not attempts.take(tx, self.clinic.id, self.subject, TRIES, window, self.now):
            ends_at = attempts.one(tx, self.clinic.id, self.subject).first_at + window
            raise Limited(_WAIT, retry_after_seconds=(ends_at - self.now) // SECOND + 1)

    def _opens(self, tx: Tx) -> bool:
        clinic_id, id = self.clinic.id, self.conversation.id
        if not return_codes.use(self.desk, tx, clinic_id, id, self.code, self.now):
            return False
        attempts.clear(tx, clinic_id, self.subject)
        return returns.use(tx, clinic_id, self.sha256, self.now)

    def _warning(self) -> Callable[[Tx], None]:
        """The code counts no more, and staff are to ask; once for all that are tried until then."""
        desk, row, now = self.desk, self.conversation, self.now
        wanted = todos.Wanted(_WARNING.to(self.clinic.locale), urgent=True)
        todo = todos.row_of(thread.keys_of(desk, row), row, "", "return", wanted, now)
        written: Entry = entry(desk, Who("service", row.clinic_id), "return.blocked", "conversation", row.id, now,
                               conversation_id=row.id, objects=(("task", todo.id),))

        def write(tx: Tx) -> None:
            if not conversations.is_under(tx, row):
                raise Conflict(retry_after_seconds=1)
            returns.drop_code(tx, row.clinic_id, row.id)
            plugins.end_tasks(tx, row.clinic_id, row.id, "", "return", True, now)
            plugins.insert_task(tx, todo)
            written.write(tx)

        return write
