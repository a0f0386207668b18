"""How much anybody may do: one table, counted by Flask-Limiter's strategy, told in RateLimit headers.

The clinic card, the emergency card, the frame and the contact page's first view are not in the table: never limited.
"""

from collections import defaultdict

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
    ("link", "address", "10 per 1 minute", None),  # one-time links have 256 random bits: nobody guesses one
    ("ticket", "address", "10 per 1 minute", None),
    ("act", "session", "120 per 1 minute", None),
)
_RULES: dict[str, list[Rule]] = defaultdict(list)
for _line in LIMITS:
    _RULES[_line[0]].append(rule(*_line))


def spend(budget: str, home: Clinic | None = None, session: str = "") -> None:
    """Take one from each of a budget's counters, or from none: who is refused uses up nothing that others share.

    Raises Limited with the seconds to wait; as ProofNeeded where a proof of work would help at once.
    """
    wanted = [Budget(rule, subject) for rule in _RULES[budget] for subject in subjects(rule.whom, home, session)]
    stood = [each.standing() for each in wanted]
    if not all(standing.left for standing in stood):
        wanted = _otherwise(budget, home, wanted)
        stood = [each.standing() for each in wanted]
    for each, before in zip(wanted, stood, strict=True):
        after = each.taken(before)
        if after is None:
            raise _refusal(home, wanted, [each])
        _tell(each, after)


def shared(budget: str, home: Clinic) -> tuple[Shared, ...]:
    """The same budget for the desk, which counts sign-ins once more in the database: there it holds for all processes."""
    return tuple(Shared(f"{rule.name} {subject}".encode(), rule.item.amount, rule.item.get_expiry())
                 for rule in _RULES[budget] for subject in subjects(rule.whom, home, ""))


def _otherwise(budget: str, home: Clinic | None, wanted: list[Budget]) -> list[Budget]:
    """Some are full: what is taken from instead, when the request brings a proof of work. Raises when it does not help."""
    full = [each for each in wanted if not each.standing().left]
    proven = [each.proven for each in full if each.proven]
    if len(proven) < len(full):
        raise _refusal(home, wanted, [each for each in full if not each.proven])
    if spent := [each for each in proven if not each.standing().left]:
        raise _refusal(home, wanted + proven, spent)
    proof = proofs.brought(budget, home)
    if proof is None:
        raise proofs.asked(_refusal(home, wanted, full), budget, home, proven)
    rest = [each for each in wanted if each not in full]
    return rest if proof.repeated else rest + proven


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
