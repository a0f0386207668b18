"""Where a clinic's staff can sign in besides: an OpenID provider of the clinic's own, as its owner has set it.

The row is vouched for, since it decides who is let in; the secret that the provider knows this clinic by is sealed.
"""

from dataclasses import dataclass, field

from securemsg.crypto.envelope import Place, seal
from securemsg.desk.access import Who, require
from securemsg.desk.clinics import Clinic
from securemsg.desk.desk import Desk
from securemsg.desk.journal import entry
from securemsg.desk.people import open_value
from securemsg.errors import Refused, Unavailable, Unverified
from securemsg.outbound import openid
from securemsg.outbound.openid import Shown
from securemsg.outbound.post import unreachable
from securemsg.store import Row, Tx, providers
from securemsg.store.ids import new_id
from securemsg.store.providers import ProviderRow

_LONGEST = 300  # characters of each


@dataclass(frozen=True, slots=True)
class Provider:
    """`name` is what staff call it, `issuer` its address as it says it itself, `client_id` what it calls this clinic.
    `asks_second_factor`: the owner has said that nobody gets in there by a password alone, whether it says so or not."""

    id: str
    name: str
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    asks_second_factor: bool = False

    def showed_two(self, shown: Shown) -> bool:
        """Whether who comes from there has shown more than a password."""
        return shown.second_factor or self.asks_second_factor


def of_clinic(desk: Desk, clinic_id: str) -> Provider | None:
    """None where there is none, or the row is not as this service wrote it."""
    row = desk.database.read(lambda tx: providers.of_clinic(tx, clinic_id))
    if row is None or not desk.vouched(row.mac, "providers", *facts(clinic_id, row)):
        return None
    try:
        secret = open_value(desk, clinic_id, "providers", "secret", row.id, row.secret).decode()
    except Unverified:
        return None
    return Provider(row.id, row.name, row.issuer, row.client_id, secret, bool(row.asks_second_factor))


def save(desk: Desk, who: Who, clinic: Clinic, name: str, issuer: str, client_id: str, secret: str, now: int, *,
         asks_second_factor: bool = False) -> None:
    """Set it; an empty `secret` keeps the one there is. Refused with a sentence for each field that has a fault, and when nothing
    answers at the issuer's address: nobody finds that out by signing in."""
    require(who, "people")
    before = of_clinic(desk, clinic.id)
    secret = secret or (before.secret if before and before.issuer == issuer else "")
    _check(desk, {"name": name, "issuer": issuer, "client_id": client_id, "secret": secret})
    keep(desk, who, clinic, name, issuer, client_id, secret, now, asks_second_factor=asks_second_factor)


def keep(desk: Desk, who: Who, clinic: Clinic, name: str, issuer: str, client_id: str, secret: str, now: int, *,
         asks_second_factor: bool = False) -> None:
    """Write down what was checked."""
    id, told = new_id(), {"issuer": issuer} | ({"asks_second_factor": True} if asks_second_factor else {})
    sealed = seal(desk.keys.data(clinic.id), Place("providers", "secret", clinic.id, id), secret.encode())
    row = ProviderRow(id, name, issuer, client_id, sealed, int(asks_second_factor))
    mac = desk.vouch("providers", *facts(clinic.id, row))
    written = entry(desk, who, "provider.changed", "clinic", clinic.id, now, detail=told, event=False)

    def write(tx: Tx) -> None:
        providers.put(tx, clinic.id, row, mac, now)
        written.write(tx)

    desk.database.write(write)


def remove(desk: Desk, who: Who, clinic: Clinic, now: int) -> None:
    """Nobody signs in elsewhere any more; who is signed in stays so."""
    require(who, "people")
    written = entry(desk, who, "provider.removed", "clinic", clinic.id, now, event=False)
    desk.database.write(written.after(lambda tx: providers.drop(tx, clinic.id)))


def facts(clinic_id: str, row: Row | ProviderRow) -> tuple[object, ...]:
    """What the MAC of the row covers. One that asks for no second factor has the MAC that it had before that could be said."""
    asks = ("asks second factor",) if row.asks_second_factor else ()
    return clinic_id, row.id, row.name, row.issuer, row.client_id, row.secret, *asks


def _check(desk: Desk, given: dict[str, str]) -> None:
    errors = {name: ["Please fill this in."] for name, text in given.items() if not text.strip()}
    errors |= {name: [f"Please use at most {_LONGEST} characters."] for name, text in given.items() if len(text) > _LONGEST}
    errors |= {name: ["This holds a character that cannot be used."] for name, text in given.items() if not text.isprintable()}
    if "issuer" not in errors and (why := unreachable(given["issuer"], desk.settings.outbound_private)):
        errors["issuer"] = [why.replace("like https://systems.clinic.example/hook", "like https://login.clinic.example")]
    if errors:
        raise Refused(errors=errors)
    try:
        openid.discovered(desk.settings, given["issuer"])
    except Unavailable:
        raise Refused(errors={"issuer": ["No OpenID provider answers at this address. It must be the issuer, exactly as the "
                                         "provider writes it."]}) from None
