"""Dates and times as a language writes them (Unicode CLDR, by Babel)."""

from datetime import datetime


def moment(at: datetime, language: str, *, with_year: bool = False) -> str:
    """`Sa., 21. Nov., 14:05`: in the zone that `at` is in."""
    from babel import Locale, dates  # not above: 6 MB that a clinic without such visitors does not need

    locale = Locale.parse(language)
    day = dates.format_skeleton("yMMMEd" if with_year else "MMMEd", at, locale=locale)
    return locale.datetime_formats["medium"].replace("{1}", day).replace("{0}", dates.format_time(at, "short", locale=locale))
