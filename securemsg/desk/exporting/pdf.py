"""A record as a PDF, by WeasyPrint: the HTML transcript in pages, in the letters of every language that there are fonts for."""

from typing import Any, NoReturn

from securemsg.desk.exporting import page
from securemsg.desk.slow import slowly
from securemsg.errors import Refused

_MISSING = ("A PDF needs WeasyPrint and the Pango library, which are not installed here: `pip install securemsg[pdf]`, and the"
            " package libpangoft2-1.0-0 or pango of your system. Choose HTML or JSON meanwhile.")


def pdf(record: dict[str, Any]) -> bytes:
    """Refused with a sentence where what makes it is not installed."""
    try:
        from weasyprint import HTML  # not above: an extra that takes a second to load
    except (ImportError, OSError) as error:  # without Pango it does not even load
        raise Refused(_MISSING) from error
    text = page.html(record)
    return slowly(lambda: HTML(string=text, url_fetcher=_fetch).write_pdf())


def _fetch(url: str, *_: object, **__: object) -> NoReturn:
    """Nothing is fetched: what people wrote cannot make this machine call anywhere."""
    raise ValueError("nothing is fetched")
