"""How much anybody may do: one table, counted by Flask-Limiter's strategy, told in RateLimit headers.

The clinic card, the emergency card, the frame and the contact page's first view are not in the table: never limited.
"""

from collections import defaultdict
from collections.abc import Callable

from flask import g

from securemsg.desk.clinics import Clinic
from securemsg.desk.door.attempts import Shared
from securemsg.errors import Limited
from securemsg.http import proofs
from securemsg.http.budgets import Budget, Rule, Standing, rule
from securemsg.http.subjects import subjects
from securemsg.http.waiting import sentence
from securemsg.metrics import Counter

REFUSED = Counter("securemsg_refused_by_limit_total", "Requests that were one too many.", "limit")
LIMITS = (
    # budget, whom it counts, how much, how much more with a proof of work (proofs.py says when; None: never)
    # The session's comes first: a hospital's address is shared by many.
    ("open", "address", "5 per 1 minute", "60 per 1 minute"),
    ("open", "address", "30 per 1 hour", "300 per 1 hour"),
    ("open", "clinic", "300 per 1 hour", "3000 per 1 hour"),
    # A page without script brings no proof: where the clinic is hot each address has these, besides the clinic's second amount.
    ("open-without-proof", "address", "3 per 1 hour", None),
    ("message", "session", "20 per 1 minute", None),
    ("message", "address", "120 per 1 minute", "1200 per 1 minute"),
    ("read", "session", "600 per 1 minute", None),
    ("stream", "session", "60 per 1 minute", None),
    ("unknown", "address", "30 per 1 minute", None),  # sessions that are none: guesses
    ("sign-in", "address", "10 per 1 minute", None),
    ("sign-in", "clinic", "300 per 1 minute", None),  # who attacks one clinic does not close the others
    # Each hashes a password, about 60 ms of a processor: where many clinics are attacked at once, two processors are not
    # taken from those whose browsers are known.
    ("sign-in", "service", "1500 per 1 minute", None),
    ("known-sign-in", "device", "10 per 1 minute", None),  # instead, for who signed in with this browser before
    # What a known program asks for in vain; those behind the same address guess at sessions from a budget of their own.
    ("missing", "session", "30 per 1 minute", None),
    ("link", "address", "10 per 1 minute", None),  # one-time links have 256 random bits: nobody guesses one
    ("step-up", "session", "10 per 1 minute", None),  # the desk slows guesses besides (attempts.py)
    ("ticket", "address", "10 per 1 minute", None),
    ("act", "session", "120 per 1 minute", None),
    ("draft", "session", "120 per 1 minute", None),  # kept while somebody types
    ("api", "session", "600 per 1 minute", None),  # a token counts as a session
    ("plugin", "address", "120 per 1 minute", None),  # pages of plugins; those for systems take from `api` besides
    ("search", "person", "30 per 1 minute", None),
    ("export", "person", "10 per 1 hour", None),  # files with a patient's words that somebody carries away
    ("sheet", "person", "60 per 1 hour", None),  # a thousand rows each of who did what: a year of it is many
)
_RULES: dict[str, list[Rule]] = defaultdict(list)
for _line in LIMITS:
    _RULES[_line[0]].append(rule(*_line))


def spend(budget: str, home: Clinic | None = None, session: str = "") -> None:
    """Take one from each of a budget's counters, or from none: who is refused uses up nothing that others share.

    Raises Limited with the seconds to wait; as ProofNeeded where a proof of work would help at once.
    """
    wanted = _with_room(budget, home, session)
    _take(home, wanted, list(wanted))


def begin(budget: str, home: Clinic, reserve: str = "") -> Callable[[], None]:
    """As spend, for what is worth nothing until it is checked: the address's part is taken now, the rest by the call that is
    given back, once it is stored. What is empty or wrong uses up nothing of the clinic's; those that were under way at the
    same moment pass. `reserve` is the budget that stands in for a proof of work where only the clinic is hot.
    """
    wanted = _with_room(budget, home, "", reserve)
    now = [each for each in wanted if each.rule.whom != "clinic" and each.rule not in _RULES.get(reserve, ())]
    _take(home, wanted, now)
    later = [each for each in wanted if each not in now]
    for each in later:
        _tell(each, wanted[each])

    def stored() -> None:
        for each in later:
            _tell(each, each.taken(each.standing()) or each.standing())

    return stored


def _with_room(budget: str, home: Clinic | None, session: str, reserve: str = "") -> dict[Budget, Standing]:
    """What is to be taken from, and how it stands: each of them has room. Raises as spend does."""
    wanted = _of(budget, home, session)
    stood = {each: each.standing() for each in wanted}
    full = [each for each in wanted if not stood[each].left]  # as they stood together: one may have room again by now
    if not full:
        return stood
    return {each: each.standing() for each in _otherwise(budget, home, wanted, full, reserve)}


def _take(home: Clinic | None, wanted: dict[Budget, Standing], now: list[Budget]) -> None:
    for each in now:
        after = each.taken(wanted[each])
        if after is None:  # somebody took the last since we looked
            raise _refusal(home, list(wanted), [each])
        _tell(each, after)


def _of(budget: str, home: Clinic | None, session: str) -> list[Budget]:
    return [Budget(rule, subject) for rule in _RULES[budget] for subject in subjects(rule.whom, home, session)]


def shared(budget: str, home: Clinic) -> tuple[Shared, ...]:
    """The same budget for the desk, which counts sign-ins once more in the database: there it holds for all processes."""
    return tuple(Shared(f"{rule.name} {subject}".encode(), rule.item.amount, rule.item.get_expiry())
                 for rule in _RULES[budget] for subject in subjects(rule.whom, home, ""))


def _otherwise(budget: str, home: Clinic | None, wanted: list[Budget], full: list[Budget], reserve: str) -> list[Budget]:
    """Some are `full`: what is taken from instead, when the request brings a proof of work, or the clinic alone is hot and there
    is a reserve. Raises when it does not help."""
    proven = [each.proven for each in full if each.proven]
    if len(proven) < len(full):
        raise _refusal(home, wanted, [each for each in full if not each.proven])
    if spent := [each for each in proven if not each.standing().left]:
        raise _refusal(home, wanted + proven, spent)
    rest = [each for each in wanted if each not in full]
    if reserve and all(each.rule.whom == "clinic" for each in full):
        return rest + proven + _reserve(reserve, home, wanted)
    proof = proofs.brought(budget, home)
    if proof is None:
        raise proofs.asked(_refusal(home, wanted, full), budget, home, proven)
    return rest if proof.repeated else rest + proven


def _reserve(reserve: str, home: Clinic | None, wanted: list[Budget]) -> list[Budget]:
    kept = _of(reserve, home, "")
    if spent := [each for each in kept if not each.standing().left]:
        raise _refusal(home, wanted + kept, spent)
    return kept


def _refusal(home: Clinic | None, wanted: list[Budget], full: list[Budget]) -> Limited:
    for each in wanted:
        _tell(each, each.standing())
    wait = max(each.standing().seconds for each in full)
    names = list(dict.fromkeys(each.rule.name for each in full))
    for name in names:
        REFUSED.add(name)
    return Limited(sentence(names[0], wait, home), retry_after_seconds=wait, members={"violated-policies": names})


def _tell(budget: Budget, standing: Standing) -> None:
    """For the answer's headers: the policy and how it stands; of an IPv6 address's two counters, the fuller one."""
    told, rule = g.setdefault("limits", {}), budget.rule
    if rule.name not in told or standing.left < told[rule.name][1]:
        told[rule.name] = rule.policy, *standing
