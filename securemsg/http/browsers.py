"""What a browser calls itself, in three words that people know: all that is kept of its User-Agent."""

from securemsg.http import languages

# The first that is found: most of them say that they are Safari, and many that they are Chrome.
_KINDS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
          ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
            ("Macintosh", "Mac"), ("Linux", "Linux"))


def shown(kind: str) -> str:
    """What kind_of() says, in the page's language."""
    name, _, system = kind.partition(" on ")
    browser = name if name and name != "A browser" else languages.say("A browser")
    return languages.say("{browser} on {system}", browser=browser, system=system) if system else browser


def kind_of(user_agent: str) -> str:
    """`Firefox on Windows`, `A browser on Linux`, `A browser`."""
    kind = next((name for mark, name in _KINDS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{kind} on {system}" if system else kind
