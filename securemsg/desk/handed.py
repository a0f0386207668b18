"""A clinic as plugins are handed it."""

from securemsg import given
from securemsg.desk.clinics import Clinic
from securemsg.desk.defaults import language_of
from securemsg.desk.desk import Desk


def clinic(desk: Desk, home: Clinic) -> given.Clinic:
    """Its language without a region, so that sentences can be said in it."""
    return given.Clinic(home.id, home.slug, home.name, language_of(home.locale) or "en", home.timezone, home.emergency_number,
                        f"{desk.settings.public_url}/contact/{home.slug}", tuple(each.name for each in home.categories))
