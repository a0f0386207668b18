"""Clinics' websites of all kinds, on 127.0.0.1: strict, isolated, hostile, oddly dressed; each page with the widget in it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
STRICT = ("default-src 'none'; script-src 'self' {service}; frame-src {service}; style-src 'self'; base-uri 'none';"
          " form-action 'none'")
TRUSTED = f"{STRICT}; require-trusted-types-for 'script'; trusted-types 'none'"
LOADER = '<script async src="{service}/widget.js"></script>'
WIDGET = ('<secure-message src="{service}/frame/{clinic}"><a href="{service}/contact/{clinic}">Send us a message</a>'
          '</secure-message>')
IN_GERMAN = ('<secure-message close="Schließen" late="Zur Seite">'
             '<a href="{service}/contact/{clinic}?lang=de">Schreiben Sie uns</a></secure-message>')
IN_THE_CORNER = WIDGET.replace("<secure-message", "<secure-message corner")
# What style sheets of whole websites do to every link, button, dialog and frame on them.
TAILWIND = """*,::after,::before{box-sizing:border-box;margin:0;padding:0;border:0 solid}html{line-height:1.5;font-family:serif}
a{color:inherit;text-decoration:inherit}button,input,select,textarea{font:inherit;color:inherit;background-color:transparent;border-radius:0}
iframe,img,svg,video{display:block;vertical-align:middle}img,video{max-width:100%;height:auto}[hidden]{display:none!important}"""
BOOTSTRAP = """*,::after,::before{box-sizing:border-box}body{margin:0;font-family:system-ui;font-size:1rem;line-height:1.5}
a{color:#0d6efd;text-decoration:underline}button{border-radius:0;text-transform:none}iframe{border:0}
p{margin-top:0;margin-bottom:1rem}.btn{display:inline-block;padding:.375rem .75rem}[role=button]{cursor:pointer}"""
HOSTILE_STYLE = """*{color:yellow!important;background:yellow!important;font:2px/1 fantasy!important}
*{letter-spacing:-1em!important}a{color:red;display:none;opacity:.01;position:absolute;left:-9999px;pointer-events:none}button{display:none!important}
dialog{display:none!important;width:1px!important;transform:scale(0)}iframe{max-width:1px!important;height:1px!important;visibility:hidden!important}
div,p,span{transform:rotate(180deg);text-indent:-999px}body{writing-mode:vertical-rl}"""

PAGES = {
    # path: (response headers, what stands in <head>, what stands after the text); {service} and {clinic} are filled in
    "/": ({}, LOADER, WIDGET),
    "/strict": ({"Content-Security-Policy": STRICT}, LOADER, WIDGET),
    "/trusted": ({"Content-Security-Policy": TRUSTED}, LOADER, WIDGET),
    "/isolated": ({"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}, LOADER, WIDGET),
    "/hostile": ({}, '<script src="/scripts/hostile.js"></script>' + LOADER, WIDGET),
    "/twice": ({}, LOADER * 2, WIDGET + LOADER),
    "/queue": ({}, '<script>SecureMsg={q:[["open"],["close"],["open"]]};said=[];for(const name of ["ready","opened","closed"])'
                   'addEventListener("securemessage:"+name,()=>said.push(name))</script>' + LOADER, WIDGET),
    "/stranger": ({}, LOADER, WIDGET.replace("{clinic}", "stranger")),
    "/blank": ({}, LOADER, WIDGET.replace("{clinic}", "blank")),
    "/elsewhere": ({}, LOADER, WIDGET.replace('src="{service}', 'src="http://127.0.0.1:1')),
    "/without": ({}, "", "<p>No widget here.</p>"),
    "/corner": ({}, LOADER, IN_THE_CORNER),
    "/german": ({}, LOADER, IN_GERMAN),
    "/rtl": ({}, LOADER + "<script>document.documentElement.dir='rtl'</script>", IN_THE_CORNER),
    "/tailwind": ({}, f"<style>{TAILWIND}</style>{LOADER}", WIDGET),
    "/bootstrap": ({}, f"<style>{BOOTSTRAP}</style>{LOADER}", WIDGET),
    "/ugly": ({}, f"<style>{HOSTILE_STYLE}</style>{LOADER}", WIDGET),
}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Elm Street Surgery</title>{head}</head><body><main><h1>Elm Street Surgery</h1>
<p>We care. <a href="/">Home</a> <input aria-label="Search" id="search"> <button id="find">Find</button></p>{body}
<p><a id="after" href="/">After</a></p></main></body></html>"""


class Hosts:
    """Serves PAGES. `url` is another site than the service; `same_site_url` is the same site, another origin."""

    def __init__(self, port: int, service: str, clinic: str):
        self.url, self.same_site_url = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
        fill = {"{service}": service, "{clinic}": clinic}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path.startswith("/scripts/"):
                    return self._answer({}, (SCRIPTS / Path(path).name).read_bytes(), "text/javascript")
                headers, head, body = PAGES.get(path, ({}, "", "Nothing here."))
                page = filled(PAGE.replace("{head}", head).replace("{body}", body), fill)
                headers = {name: filled(value, fill) for name, value in headers.items()}
                self._answer(headers, page.encode(), "text/html; charset=utf-8")

            def _answer(self, headers: dict[str, str], body: bytes, kind: str) -> None:
                self.send_response(200)
                always = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
                for name, value in {**headers, **always}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text
