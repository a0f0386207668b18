"""Every setting as a row: name, type, default, help. Read once, at the start."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from securemsg.errors import Misconfigured

PREFIX = "SECUREMSG_"


@dataclass(frozen=True)
class Setting:
    """One row. `read` turns the text into the value, or raises ValueError with a reason. No sentence repeats a `secret` one.
    `many` takes several, with commas between, or a list in TOML.
    """

    name: str
    read: Callable[[str], object]
    default: str
    help: str
    secret: bool = False
    many: bool = False


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _database_url(text: str) -> str:
    if text and not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("it must begin with sqlite:/// or postgresql+psycopg://")
    return text


ROOTS = ("file", "env", "exec", "awskms", "vault", "pkcs11")  # each a module of crypto/roots


def _roots(text: str) -> tuple[str, ...]:
    roots = tuple(part.strip() for part in text.split(",") if part.strip())
    if "smroot1_" in text:
        raise ValueError("it holds a root key itself; it must say where the key comes from, for example file:PATH")
    for root in roots:
        if root.partition(":")[0] not in ROOTS:
            raise ValueError(f"a part of it names no provider of root keys; known are {', '.join(ROOTS)}")
    return roots


def _backup_key(text: str) -> str:
    if text and not text.startswith("smbackup1_pub_"):
        raise ValueError("it must be the public half of a backup key, a line that begins with smbackup1_pub_; "
                         "`securemsg backup-key` makes one")
    return text


def _anchors(text: str) -> tuple[str, ...]:
    anchors = tuple(part.strip() for part in text.split(",") if part.strip())
    for anchor in anchors:
        kind, _, rest = anchor.partition(":")
        url = urlsplit(rest if kind == "syslog" else anchor)
        remote = url.scheme in ("udp", "tcp") and bool(url.hostname)
        fits = {"file": rest.startswith("/"), "syslog": rest[:1] in ("", "/") or remote,
                "https": bool(url.hostname), "http": is_loopback(url.hostname or "")}
        if not fits.get(kind) or not _has_port(url):
            raise ValueError("a part of it is none of file:/PATH, syslog:, syslog:/PATH, syslog:udp://HOST:PORT, "
                             "syslog:tcp://HOST:PORT, https://ADDRESS (http for this computer alone)")
    return anchors


def _public_url(text: str) -> str:
    url = urlsplit(text)
    plain = url.scheme in ("http", "https") and url.hostname and _has_port(url) and "@" not in url.netloc
    if not plain or url.path.strip("/") or url.query or url.fragment:
        raise ValueError("it must be an address like https://messages.clinic.example, without a path")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise ValueError("http is for this computer alone (localhost); anything else needs https")
    return f"{url.scheme}://{url.netloc}"


def _has_port(url: SplitResult) -> bool:
    """Whether the port, if one is named, is one."""
    try:
        return url.port != 0
    except ValueError:
        return False


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part) for part in text.replace(",", " ").split())


def _plugins(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _bind(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("it must be HOST:PORT, for example 127.0.0.1:8000")
    return host, int(port)


def _bind_if_any(text: str) -> tuple[str, int] | None:
    return _bind(text) if text else None


def _token(text: str) -> str:
    if text and (len(text) < 16 or not text.isascii() or not text.isprintable() or " " in text):
        raise ValueError("it must have 16 characters or more, letters, digits and signs, without spaces")
    return text


def _smtp_url(text: str) -> str:
    url = urlsplit(text)
    known = url.scheme in ("smtp", "smtp+starttls", "smtps") and url.hostname and _has_port(url)
    if text and (not known or url.path.strip("/") or url.query or url.fragment):
        raise ValueError("it must be smtps://USER:PASSWORD@HOST, smtp+starttls://USER:PASSWORD@HOST:PORT, or smtp://HOST:PORT")
    if url.scheme == "smtp" and not is_loopback(url.hostname or ""):
        raise ValueError("smtp without TLS is for a mail server on this computer alone; others need smtps:// or smtp+starttls://")
    return text


def _mail_from(text: str) -> str:
    _, address = parseaddr(text)
    if text and (not address.isascii() or address.count("@") != 1 or address.startswith("@") or address.endswith("@")
                 or not text.isprintable()):
        raise ValueError("it must be an address like messages@clinic.example, or Clinic <messages@clinic.example>")
    return text


def _seconds(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text) <= most):
            raise ValueError(f"it must be a whole number of seconds from 0 to {most}")
        return int(text)

    return read


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 3650):
        raise ValueError("it must be a whole number of days from 1 to 3650")
    return int(text)


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"it must be one of {', '.join(words)}")
        return text

    return read


def is_loopback(host: str) -> bool:
    """Whether only this computer itself reaches that host."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


SETTINGS = (
    Setting("DATA", _folder, "./instance", "Data folder: the SQLite database and the locks. Back it up; keep keys elsewhere."),
    Setting("DATABASE_URL", _database_url, "", "`postgresql+psycopg://…`, or empty for SQLite in the data folder.",
            secret=True),
    Setting("ROOT_KEY", _roots, "", "Where the root keys come from, separated by commas, the first active, the others only open: "
            "`file:PATH`, `env:NAME`, `exec:COMMAND`; or a key that never leaves its keeper: `awskms:KEY`, `vault:MOUNT/KEY`, "
            "`pkcs11:token=…;object=…?module-path=…&pin-source=…`. Empty: a key file beside the data folder "
            "(`<data>.keys/root.key`).",
            secret=True, many=True),
    Setting("KEYSTORE", _folder, "", "File of epoch keys, wrapped by the root key; never inside the data folder or its backups. "
            "Empty: `keystore.json` beside the root key file."),
    Setting("KEYSTORE_COPY", _folder, "", "A second file, on another disk, to which each change of the keystore is written at "
            "once: it changes at each night after something was erased. Its folder must be there. Empty: no copy is written."),
    Setting("LEDGER", _folder, "", "File in which revocations and erasures are written down, as ids only, so that no restored "
            "backup undoes them; never inside the data folder or its backups. Each hour it says until when it was kept: with one "
            "older than a day a restore ends all sessions and passwords. Empty: `ledger.jsonl` beside the keystore."),
    Setting("BACKUP_KEY", _backup_key, "", "The public half of a backup key (`smbackup1_pub_…`) that `securemsg backup` seals "
            "for; the private half is kept away from this machine.", secret=True),
    Setting("BACKUP_RETENTION_DAYS", _days, "30", "How many days backups are kept. An epoch key is destroyed when it was retired "
            "for so long: only then what was erased is gone from every old backup and copy as well."),
    Setting("ANCHORS", _anchors, "", "Where signed checkpoints of the audit log are kept as well, out of reach of who has the "
            "database and its keys, separated by commas: `file:/PATH` (another machine's disk), `syslog:`, "
            "`syslog:udp://HOST:PORT`, `syslog:tcp://HOST:PORT`, `https://…` (a POST; into private networks too, since you name "
            "it). They hold counts and hashes, nothing about people.", secret=True, many=True),
    Setting("PUBLIC_URL", _public_url, "http://localhost:8000", "The address people see. https, except on this computer itself."),
    Setting("TRUSTED_PROXIES", _networks, "", "Networks of the proxies in front, e.g. `10.0.0.0/8`; forwarded headers of others "
            "are ignored.", many=True),
    Setting("BIND", _bind, "127.0.0.1:8000", "HOST:PORT that `securemsg serve` listens on."),
    Setting("UNDO_SECONDS", _seconds(60), "10", "How long a reply waits before it goes out, so that staff can take it back: "
            "0 (sent at once) to 60."),
    Setting("PLUGINS", _plugins, "", "The plugins to load, by name, in the order in which they are asked; `securemsg plugins` "
            "lists those that are installed. Their own settings are named `SECUREMSG_<PLUGIN>_<NAME>`.", many=True),
    Setting("SMTP_URL", _smtp_url, "", "The mail server that mails go out by: `smtps://USER:PASSWORD@HOST` (465), "
            "`smtp+starttls://USER:PASSWORD@HOST` (587; refused without TLS), or `smtp://localhost:25`. Signs in an address or "
            "password are percent-encoded.", secret=True),
    Setting("MAIL_FROM", _mail_from, "", "Whom mails are from, as `Harbour Lane <messages@clinic.example>`. Needed with "
            "SMTP_URL."),
    Setting("OUTBOUND_PRIVATE", _networks, "", "Networks that plugins may post to although they are private, e.g. `10.1.2.0/24`: "
            "for systems on your own premises. Without it only public addresses are reached, by https.", many=True),
    Setting("METRICS_TOKEN", _token, "", "Opens `/metrics` to who sends it as `Authorization: Bearer …`. Without this and "
            "the next there is no such page.", secret=True),
    Setting("METRICS_BIND", _bind_if_any, "", "HOST:PORT where `/metrics` alone is served, without a token unless there is one."),
    Setting("LOG", _one_of("json", "text"), "json", "How it logs to stderr: `json`, one object a line, or `text` for people. "
            "The demo takes text."),
    Setting("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info", "From where on: `debug` adds a line for each "
            "request (route, status, duration; never an address, a path or words)."),
)
# Names that choose the source of settings, not a value of the service.
_OWN_NAMES = {PREFIX + "CONFIG"}


class Settings(Mapping[str, object]):
    """The values, by lower-case attribute: `settings.data`, `settings.bind`. `of_plugins`: the texts of what may be a setting of
    a named plugin, by full name; who loads the plugins reads them, and refuses what none of them has declared."""

    data: Path
    database_url: str
    root_key: tuple[str, ...]
    keystore: Path
    keystore_copy: Path | None
    anchors: tuple[str, ...]
    ledger: Path
    backup_key: str
    public_url: str
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    bind: tuple[str, int]
    backup_retention_days: int
    undo_seconds: int
    plugins: tuple[str, ...]
    smtp_url: str
    mail_from: str
    outbound_private: tuple[IPv4Network | IPv6Network, ...]
    metrics_token: str
    metrics_bind: tuple[str, int] | None
    log: str
    log_level: str

    def __init__(self, values: Mapping[str, object], environ: Mapping[str, str], of_plugins: Mapping[str, str] | None = None):
        self._values = dict(values)
        self.environ = environ
        self.of_plugins = of_plugins or {}
        self.__dict__.update(values)

    def __getitem__(self, name):
        return self._values[name]

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)

    @property
    def https(self) -> bool:
        """Whether people reach the service by https, which decides cookies and HSTS."""
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        """The names this service answers to: its public one, and this computer itself for probes."""
        return [urlsplit(self.public_url).hostname or "", "localhost", "127.0.0.1", "[::1]"]

    @property
    def port(self) -> int:
        """The port of the public address; cookie names on loopback carry it."""
        return urlsplit(self.public_url).port or (443 if self.https else 80)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment and the file it may name; raise Misconfigured with a sentence."""
    environ = dict(os.environ if environ is None else environ)
    texts = {**_from_file(environ.get(PREFIX + "CONFIG")), **_from_environment(environ)}
    of_plugins = _of_plugins(texts)
    _refuse_unknown(set(texts) - set(of_plugins))
    values = {setting.name.lower(): _value(setting, texts) for setting in SETTINGS}
    _fill_defaults(values)
    _refuse_contradictions(values)
    return Settings(values, environ, of_plugins)


def _from_file(path: str | None) -> dict[str, str]:
    if not path:
        return {}
    try:
        table = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{PREFIX}CONFIG names {path}, which cannot be read: {error}.") from error
    return {(full := PREFIX + name.upper().removeprefix(PREFIX)): _toml_text(full, value) for name, value in table.items()}


def _toml_text(name: str, value: object) -> str:
    """A value as the environment would give it; Misconfigured for what no text can say, without a word of it."""
    setting = next((each for each in SETTINGS if PREFIX + each.name == name), None)
    if isinstance(value, list) and setting and setting.many:
        if all(isinstance(part, str) and "," not in part for part in value):
            return ",".join(value)
        raise Misconfigured(f"{name} is a list in {PREFIX}CONFIG; each part of it must be a text in quotes, without a comma.")
    if isinstance(value, str) or type(value) is int:
        return str(value)
    raise Misconfigured(f"{name} in {PREFIX}CONFIG must be one text in quotes or one whole number, and is neither.")


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    targets = {part.strip()[4:] for part in environ.get(PREFIX + "ROOT_KEY", "").split(",") if part.strip().startswith("env:")}
    texts = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in _OWN_NAMES or name in targets:
            continue
        if name.endswith("_FILE"):
            try:
                name, text = name.removesuffix("_FILE"), Path(text).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", "it is not text")
                raise Misconfigured(f"{name} names {text}, which cannot be read: {reason}.") from error
        texts[name] = text
    return texts


def _of_plugins(texts: Mapping[str, str]) -> dict[str, str]:
    """What begins with the name of a plugin that is named, and is none of the service's own."""
    own, named = {PREFIX + setting.name for setting in SETTINGS}, _plugins(texts.get(PREFIX + "PLUGINS", ""))
    begins = tuple(f"{PREFIX}{name.upper()}_" for name in named)
    return {name: text for name, text in texts.items() if name not in own and name.startswith(begins)} if begins else {}


def _refuse_unknown(names: set[str]) -> None:
    known = {PREFIX + setting.name for setting in SETTINGS}
    if unknown := sorted(names - known):
        raise Misconfigured(f"{unknown[0]} is not a setting of securemsg. Known are: {', '.join(sorted(known))}.")


def _value(setting: Setting, texts: Mapping[str, str]) -> object:
    text = texts.get(PREFIX + setting.name, "") or setting.default
    if not text and setting.read is _folder:
        return None
    try:
        return setting.read(text)
    except ValueError as error:
        found = "cannot be used" if setting.secret else f"is {text!r}"
        raise Misconfigured(f"{PREFIX}{setting.name} {found}, {'since' if setting.secret else 'but'} {error}.") from None


def _fill_defaults(values: dict) -> None:
    keys = values["data"].with_name(values["data"].name + ".keys")
    values["root_key"] = values["root_key"] or (f"file:{keys / 'root.key'}",)
    if values["keystore"] is None:
        file = next((Path(root[5:]).absolute() for root in values["root_key"] if root.startswith("file:")), keys / "root.key")
        values["keystore"] = file.with_name("keystore.json")
    values["ledger"] = values["ledger"] or values["keystore"].with_name("ledger.jsonl")
    values["database_url"] = values["database_url"] or f"sqlite:///{quote(str(values['data'] / 'securemsg.db'))}"


def _refuse_contradictions(values: dict) -> None:
    public, (host, _) = urlsplit(values["public_url"]), values["bind"]
    if public.scheme == "https" and is_loopback(host) and not values["trusted_proxies"]:
        raise Misconfigured(
            f"{PREFIX}PUBLIC_URL is https and {PREFIX}BIND is this computer only, so a proxy stands in front; without "
            f"{PREFIX}TRUSTED_PROXIES all visitors would share its address and its limits. Name the proxy's network.")
    if values["smtp_url"] and not values["mail_from"]:
        raise Misconfigured(f"{PREFIX}SMTP_URL names a mail server, but {PREFIX}MAIL_FROM does not say whom mails are from.")
    if values["metrics_bind"] == values["bind"]:
        raise Misconfigured(f"{PREFIX}METRICS_BIND is {PREFIX}BIND: the metrics need a port of their own, or a token instead.")
    if values["keystore"].is_relative_to(values["data"]):
        raise Misconfigured(f"{PREFIX}KEYSTORE lies inside the data folder {values['data']}; whoever copies the data "
                            "would hold the keys as well. Choose another place.")
    if (copy := values["keystore_copy"]) and (copy.is_relative_to(values["data"]) or copy == values["keystore"]):
        raise Misconfigured(f"{PREFIX}KEYSTORE_COPY is the keystore itself or lies inside the data folder {values['data']}; "
                            "whoever copies the data would hold the keys as well. Choose another place, on another disk.")
    if values["ledger"].is_relative_to(values["data"]):
        raise Misconfigured(f"{PREFIX}LEDGER lies inside the data folder {values['data']}; whoever puts back an older copy of "
                            "the data would put back the ledger with it. Choose another place.")
