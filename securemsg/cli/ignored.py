"""What a second `securemsg init` leaves as it is, though its flags say otherwise: nobody shall think that it was changed."""

from securemsg.cli.questions import Answers
from securemsg.desk import Desk, people
from securemsg.desk.clinics import Clinic


def ignored(desk: Desk, home: Clinic, given: Answers) -> list[str]:
    """A sentence for each flag that says something else than what is there, with the command that changes it."""
    card = {"name": (home.profile["name"],), "phone": home.profile["phones"], "origin": home.origins,
            "emergency_number": (home.emergency_number,), "timezone": (home.timezone,),
            "language": (home.locale,)}
    flags = {name: "--" + name.replace("_", "-") for name in given}
    told = [f"{flags[name]} is ignored: it is {', '.join(there) or 'empty'}. To change it: securemsg clinic set {home.slug} "
            f"{flags[name]} …" for name, there in card.items() if name in given and given[name] not in (*there, "")]
    everyone = people.everyone(desk, home.id).values()
    staff = {"owner_name": {person.name for person in everyone}, "owner_email": {person.email for person in everyone}}
    return told + [f"{flags[name]} is ignored: nobody there is called that. To add somebody: securemsg staff add {home.slug} "
                   "--role owner …" for name, there in staff.items() if name in given and given[name] not in there]
