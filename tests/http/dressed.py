"""What every answer wears, word for word; written down a second time on purpose, so that nobody loosens it by accident."""

import re

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
PAGE = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
FRAME = ("default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:;"
         " form-action 'self'; base-uri 'none'; frame-ancestors https://www.harbour-lane.example https://harbour-lane.example;"
         " require-trusted-types-for 'script'; trusted-types securemsg-solver")
NAMES = ("Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy",
         "Cross-Origin-Embedder-Policy", "Cache-Control", "Vary")
WORN = {
    "api": (NOTHING, "no-referrer", "same-origin", "same-origin", None, "no-store",
            "Accept, Accept-Language, Authorization, Cookie"),
    "page": (PAGE, "same-origin", "same-origin", "same-origin", None, "no-store", "Accept, Accept-Language, Cookie"),
    "frame": (FRAME, "same-origin", "cross-origin", None, "require-corp", "no-store", "Accept-Language, Cookie, Sec-Fetch-Site"),
    "list": (NOTHING, "no-referrer", "same-origin", "same-origin", None, "no-cache", "Accept-Language"),
    "plugin": (f"{NOTHING}; sandbox", "no-referrer", "same-origin", "same-origin", None, "no-store", "Accept, Authorization"),
    "loader": (NOTHING, "no-referrer", "cross-origin", "same-origin", None, "public, max-age=300", "Accept-Encoding"),
    "asset": (NOTHING, "no-referrer", "same-origin", "same-origin", "require-corp", "public, max-age=31536000, immutable",
              "Accept-Encoding")}
ALWAYS = {"X-Content-Type-Options": "nosniff",
          "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"}
HSTS = "max-age=63072000; includeSubDomains"


def assert_dressed(answer, surface: str, what: object, https: bool = False) -> None:
    """Each header once, exactly as the table has it, and none that lets others in or tells a version."""
    headers = answer.headers
    expected = ALWAYS | dict(zip(NAMES, WORN[surface], strict=True)) | {"Strict-Transport-Security": HSTS if https else None}
    for name, text in expected.items():
        assert headers.getlist(name) == ([text] if text else []), (what, answer.status, name)
    assert not [name for name, _ in headers if name.lower().startswith("access-control-")], "no CORS anywhere"
    assert not re.search(r"\d|Python|Werkzeug", headers.get("Server", "")) and "X-Powered-By" not in headers
