"""Dates and times as a language writes them (Unicode CLDR, by Babel)."""

from datetime import datetime


def load() -> None:
    """What writes them takes 7 MB, and as long to load as a plugin may take to answer: before somebody waits, then."""
    moment(datetime(2026, 1, 1), "en")


def moment(at: datetime, language: str, *, with_year: bool = False) -> str:
    """`Sa., 21. Nov., 14:05`: in the zone that `at` is in."""
    from babel import Locale  # not above, see load

    both = Locale.parse(language).datetime_formats["medium"]
    return both.replace("{1}", day(at, language, with_year=with_year)).replace("{0}", clock(at, language))


def day(at: datetime, language: str, *, with_year: bool = False) -> str:
    """`Sa., 21. Nov.`"""
    from babel import dates

    return dates.format_skeleton("yMMMEd" if with_year else "MMMEd", at, locale=language)


def clock(at: datetime, language: str) -> str:
    """`14:05`"""
    from babel import dates

    return dates.format_time(at, "short", locale=language)
