"""The page where the work of manager and owner begins: how the clinic stands, in numbers."""

from werkzeug import Response

from securemsg.desk import overview, people
from securemsg.desk.overview import Standing
from securemsg.desk.pools import pools_of
from securemsg.http import auth, languages, pages, views
from securemsg.http.door import behind
from securemsg.http.here import desk
from securemsg.words import say

blueprint = behind("overview", "/overview")
_NO_POOL, _EVERYBODY = say("In no pool"), say("Everybody at work")


@blueprint.get("")
def page(slug: str) -> Response:
    home, me = auth.staff(slug)
    found = overview.stands(desk(), me.who, desk().clock())
    staff, labels = people.everyone(desk(), home.id), views.labels(home)
    named = pools_of(desk(), home.id).labels
    nowhere = languages.told(_NO_POOL if named else _EVERYBODY)
    pools = sorted(((named[id], stands) for id, stands in found.pools.items() if id), key=_name)
    unseen = {named[id] for id in found.unseen if id}
    held = sorted(((staff[id].name, stands) for id, stands in found.people.items() if id in staff), key=_name)
    rows = [views.line(row, "", staff, labels, me) for row in overview.waiting_longest(desk(), me.who)]
    return pages.page("overview.html", **views.frame(home, me), pools=[*pools, (nowhere, found.pools[None])],
                      held=held, rows=rows, readers=found.readers,
                      unseen=[label for label, _ in pools if label in unseen] + [nowhere] * (None in found.unseen))


def _name(line: tuple[str, Standing]) -> str:
    return line[0].casefold()
