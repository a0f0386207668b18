"""Bytes that nobody should send, as bodies, headers and addresses; MARK stands in many of them and must never reach the log."""

MARK = "c4n4ry"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
_M = MARK.encode()
_PART = b'--x\r\nContent-Disposition: form-data; name="text"%s\r\n\r\nc4n4ry\r\n--x--\r\n'


def _deep(levels: int) -> bytes:
    return b'{"data":' * levels + b"1" + b"}" * levels


BODIES = {
    # what it is: (Content-Type, the body)
    "nothing as JSON": (JSON, b""), "white space": (JSON, b" \n\t "), "no JSON": (JSON, _M),
    "cut": (JSON, b'{"kind":"text","data":{"text":"'), "a byte order mark": (JSON, b'\xef\xbb\xbf{"kind":"text"}'),
    "UTF-16": (JSON, '{"kind":"text"}'.encode("utf-16")), "UTF-32": (JSON, '{"kind":"text"}'.encode("utf-32-le")),
    "latin-1": (JSON, '{"kind":"é"}'.encode("latin-1")), "overlong UTF-8": (JSON, b'{"kind":"\xc0\xafc4n4ry"}'),
    "encoded surrogates": (JSON, b'{"kind":"\xed\xa0\xbd\xed\xb8\x80"}'),
    "beyond Unicode": (JSON, b'{"kind":"\xf4\x90\x80\x80"}'), "a lone surrogate": (JSON, rb'{"kind":"\ud800c4n4ry"}'),
    "surrogates the wrong way round": (JSON, rb'{"kind":"\udc00\ud800"}'),
    "a lone surrogate as a name": (JSON, rb'{"\udfff":1}'), "a raw NUL": (JSON, b'{"kind":"a\0b"}'),
    "an escaped NUL": (JSON, rb'{"kind":"text","data":{"text":"a\u0000b"}}'), "a NUL as a name": (JSON, rb'{"\u0000":1}'),
    "a raw line feed in a text": (JSON, b'{"kind":"a\nb"}'), "a duplicate name": (JSON, b'{"kind":"text","kind":"text"}'),
    "the same, written differently": (JSON, rb'{"kind":"text","k\u0069nd":"x"}'),
    "a duplicate name inside": (JSON, b'{"data":{"text":"a","text":"b"}}'), "NaN": (JSON, b'{"upto_seq":NaN}'),
    "Infinity": (JSON, b'{"upto_seq":-Infinity}'), "1e400": (JSON, b'{"upto_seq":1e400}'), "1e-5": (JSON, b'{"upto_seq":1e-5}'),
    "minus one": (JSON, b'{"upto_seq":-1}'), "true for a number": (JSON, b'{"upto_seq":true}'),
    "2**64": (JSON, b'{"upto_seq":%d}' % 2**64), "2**63": (JSON, b'{"upto_seq":%d}' % 2**63),
    "5000 digits": (JSON, b'{"upto_seq":' + b"9" * 5000 + b"}"),
    "60,000 digits": (JSON, b'{"upto_seq":0.' + b"5" * 60_000 + b"}"), "33 levels": (JSON, _deep(33)),
    "1,200 levels": (JSON, _deep(1200)), "60,000 levels": (JSON, b"[" * 60_000), "two values": (JSON, b"{}{}"),
    "something after it": (JSON, b'{"kind":"text"} c4n4ry'), "a comment": (JSON, b'{"kind":"text"/*c4n4ry*/}'),
    "a comma too many": (JSON, b'{"kind":"text",}'), "single quotes": (JSON, b"{'kind':'text'}"),
    "a list": (JSON, b'["c4n4ry"]'), "a text": (JSON, b'"c4n4ry"'), "a number": (JSON, b"5"), "null": (JSON, b"null"),
    "other fields": (JSON, b'{"c4n4ry":1,"__proto__":{"x":1}}'),
    "8,000 other fields": (JSON, b"{" + b",".join(b'"%d":1' % n for n in range(8000)) + b"}"),
    "64 kB and one": (JSON, b'{"kind":"' + b"x" * 65_527), "128 kB and one": (JSON, b'{"kind":"' + b"x" * 131_064 + b'"}'),
    "JSON as text": ("text/plain", b"{}"), "JSON of another kind": ("application/problem+json", b"{}"),
    "JSON without a type": ("", b"{}"), "JSON in latin-1": (f"{JSON}; charset=latin-1", b"{}"),
    "a type that is none": (f"{JSON}/{MARK}", b"{}"), "a type of controls": ("\x80\xff", b"{}"),
    "a form without its key": (FORM, b"text=c4n4ry"), "a form in latin-1": (FORM, b"text=caf%E9&key=c4n4ry"),
    "raw bytes": (FORM, b"text=\xff\xfe&key=c4n4ry"), "an encoded surrogate": (FORM, b"text=%ED%A0%80"),
    "a percent alone": (FORM, b"text=100%"), "a NUL in a form": (FORM, b"text=a%00b&key=c4n4ry"),
    "30,000 fields": (FORM, b"&".join([b"a=b"] * 30_000)), "a form beyond 128 kB": (FORM, b"text=" + b"x" * 131_072),
    "only ampersands": (FORM, b"&" * 900),
    "a field of every name": (FORM, b"&".join(b"%c=1" % n for n in b"abcdefghijklmnopqrstuvwxyz")),
    "parts": ("multipart/form-data; boundary=x", _PART % b""),
    "a file": ("multipart/form-data; boundary=x", _PART % b'; filename="../c4n4ry"'),
    "parts without a boundary": ("multipart/form-data", _M),
    "parts without an end": ("multipart/form-data; boundary=" + "x" * 300, b"--" + b"x" * 300),
}
HEADERS = (
    "Idempotency-Key: ", f"Idempotency-Key: {MARK}", "Idempotency-Key: " + "k" * 129, "Idempotency-Key: ключ-ключ-ключ-ключ",
    'Idempotency-Key: "', "Last-Event-ID: -1", "Last-Event-ID: 1e9", "Last-Event-ID: ²", "Last-Event-ID: " + "9" * 400,
    f"Last-Event-ID: {MARK}", "Authorization: ", "Authorization: Bearer", "Authorization: Bearer  ",
    f"Authorization: Basic {MARK}", "Authorization: bearer smv_", f"Authorization: Bearer smv_harbour-lane_{'A' * 43}",
    f"Authorization: Bearer smv_{MARK}_{'A' * 43}", "Authorization: Bearer " + "é" * 50, "Authorization: Bearer " + "x" * 8000,
    f"Authorization: Bearer sm_live_harbour-lane_x_{MARK}", "Authorization: Digest a=\"", "Authorization: ,,,=", "Cookie: ",
    "Cookie: =", f"Cookie: {MARK}", "Cookie: a=\"\\", "Cookie: " + "; ".join(f"c{n}=x" for n in range(500)),
    "Cookie: a=é; b=\xff", f"Cookie: securemsg_staff_harbour-lane_{{port}}={MARK}",
    "Cookie: securemsg_visitor_harbour-lane_{port}=" + "x" * 7000,
    "Cookie: securemsg_staff_harbour-lane_{port}=; securemsg_staff_harbour-lane_{port}=\xff", "If-None-Match: ",
    "If-None-Match: *", 'If-None-Match: W/"', 'If-None-Match: "é', "If-Modified-Since: yesterday",
    "If-Modified-Since: Mon, 99 Foo 99999 99:99:99 GMT", "If-Range: \"", "Range: bytes=-1", "Range: bytes=0-0,1-1,2-2",
    "Range: bytes=" + "9" * 300 + "-", "Range: nibbles=1-2", "Accept: ", "Accept: text/html;q=nan", "Accept: */*;q=1e400",
    "Accept: text/html;q=-1, ;;;", "Accept: " + "a/b," * 1500, "Accept: text/html", "Accept-Language: xx-\xff",
    "Accept-Encoding: identity;q=0, *;q=0", "Origin: null", f"Origin: https://{MARK}.example", "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Site: SAME-ORIGIN", "Referer: javascript:1", "Securemsg-Clinic: hill-road", f"Securemsg-Clinic: ../{MARK}",
    "Securemsg-Session: cookie; cross-site; cross-site", "Securemsg-Live: \xff", "Securemsg-Proof: ",
    f"Securemsg-Proof: {MARK}:1:2", "X-Forwarded-For: a, b, c", "X-Forwarded-For: ::ffff:1.2.3.4%eth0",
    "User-Agent: " + "x" * 7000, "User-Agent: \xff\xfe", "Content-Type: application/json", "Content-Encoding: gzip",
    "Max-Forwards: 0", "Connection: host", "Connection: keep-alive\r\nKeep-Alive: timeout=\xff", "TE: trailers, \xff",
)
QUERIES = (
    "?", "?x=%ff%fe", "?x=%", "?x=%zz", "?after=-1", "?after=%c2%b2", "?after=" + "9" * 400, "?after=1&after=x", "?before=0",
    "?before=%00", "?before=" + "9" * 17, "?before=-9", "?view=%00", f"?view={MARK}", "?view=open&view=closed",
    "?next=//evil.example", "?next=/staff/%5c%5cevil", "?next=" + "a" * 3000, "?since=" + "9" * 18, "?since=x", "?window=%ff",
    "?sent=1&out", "?" + "&".join(["a=b"] * 900), "?a[b][c]=1&a.b=2", "?=&&&=",
)
SEGMENTS = (
    "%00", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%c0%af", "%ff", "%ed%a0%80", "a%0d%0aX-Evil:%201", "%E2%80%AE", "a" * 3000,
    MARK.upper(), "-", "_", "harbour-lane%00", "harbour-lane%20", "harbour-lane/", "harbour-lane%2f", "HARBOUR-LANE",
    "harbour%2dlane;a=b", "{{7*7}}", "%7b%7b7*7%7d%7d", "0192f0a0-0000-7000-8000-00000000000g",
    "0192f0a000007000800000000000000", "urn:uuid:0192f0a0-0000-7000-8000-000000000000", "5", "%F0%9F%98%80",
)
