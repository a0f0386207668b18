"""Every setting as a row: name, type, default, help. Read once, at the start."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import quote, urlsplit

from securemsg import setting_values as read
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


SETTINGS = (
    Setting("DATA", read.folder, "./instance", "Data folder: the SQLite database and the locks. Back it up; keep keys "
            "elsewhere."),
    Setting("DATABASE_URL", read.database_url, "", "`postgresql+psycopg://…`, or empty for SQLite in the data folder.",
            secret=True),
    Setting("ROOT_KEY", read.roots, "", "Where the root keys come from, separated by commas, the first active, the others only "
            "open: `file:PATH`, `env:NAME`, `exec:COMMAND`; or a key that never leaves its keeper: `awskms:KEY`, "
            "`vault:MOUNT/KEY`, `pkcs11:token=…;object=…?module-path=…&pin-source=…`. Empty: a key file beside the data folder "
            "(`<data>.keys/root.key`).", secret=True, many=True),
    Setting("KEYSTORE", read.folder, "", "File of epoch keys, wrapped by the root key; never inside the data folder or its "
            "backups. Empty: `keystore.json` beside the root key file."),
    Setting("KEYSTORE_COPY", read.folder, "", "A second file, on another disk, to which each change of the keystore is written "
            "at once: it changes at each night after something was erased. Its folder must be there. Empty: no copy is written."),
    Setting("LEDGER", read.folder, "", "File in which revocations and erasures are written down, as ids only, so that no "
            "restored backup undoes them; never inside the data folder or its backups. Each hour it says until when it was kept: "
            "with one older than a day a restore ends all sessions and passwords. Empty: `ledger.jsonl` beside the keystore."),
    Setting("BACKUP_KEY", read.backup_key, "", "The public half of a backup key (`smbackup1_pub_…`) that `securemsg backup` "
            "seals for; the private half is kept away from this machine.", secret=True),
    Setting("BACKUP_RETENTION_DAYS", read.days, "30", "How many days backups are kept. An epoch key is destroyed when it was "
            "retired for so long: only then what was erased is gone from every old backup and copy as well."),
    Setting("ANCHORS", read.anchors, "", "Where signed checkpoints of the audit log are kept as well, out of reach of who has "
            "the database and its keys, separated by commas: `file:/PATH` (another machine's disk), `syslog:`, "
            "`syslog:udp://HOST:PORT`, `syslog:tcp://HOST:PORT`, `https://…` (a POST; into private networks too, since you name "
            "it). They hold counts and hashes, nothing about people.", secret=True, many=True),
    Setting("PUBLIC_URL", read.public_url, "http://localhost:8000", "The address people see. https, except on this computer "
            "itself."),
    Setting("TRUSTED_PROXIES", read.networks, "", "Networks of the proxies in front, e.g. `10.0.0.0/8`; forwarded headers of "
            "others are ignored.", many=True),
    Setting("BIND", read.bind, "127.0.0.1:8000", "HOST:PORT that `securemsg serve` listens on."),
    Setting("UNDO_SECONDS", read.seconds(60), "10", "How long a reply waits before it goes out, so that staff can take it back: "
            "0 (sent at once) to 60."),
    Setting("PLUGINS", read.plugins, "", "The plugins to load, by name, in the order in which they are asked; `securemsg "
            "plugins` lists those that are installed. Their own settings are named `SECUREMSG_<PLUGIN>_<NAME>`.", many=True),
    Setting("SMTP_URL", read.smtp_url, "", "The mail server that mails go out by: `smtps://USER:PASSWORD@HOST` (465), "
            "`smtp+starttls://USER:PASSWORD@HOST` (587; refused without TLS), or `smtp://localhost:25`. Signs in an address or "
            "password are percent-encoded.", secret=True),
    Setting("MAIL_FROM", read.mail_from, "", "Whom mails are from, as `Harbour Lane <messages@clinic.example>`. Needed with "
            "SMTP_URL."),
    Setting("OUTBOUND_PRIVATE", read.networks, "", "Networks that plugins may post to although they are private, e.g. "
            "`10.1.2.0/24`: for systems on your own premises. Without it only public addresses are reached, by https.",
            many=True),
    Setting("METRICS_TOKEN", read.token, "", "Opens `/metrics` to who sends it as `Authorization: Bearer …`. Without this and "
            "the next there is no such page.", secret=True),
    Setting("METRICS_BIND", read.bind_if_any, "", "HOST:PORT where `/metrics` alone is served, without a token unless there is "
            "one."),
    Setting("LOG", read.one_of("json", "text"), "json", "How it logs to stderr: `json`, one object a line, or `text` for people. "
            "The demo takes text."),
    Setting("LOG_LEVEL", read.one_of("debug", "info", "warning", "error"), "info", "From where on: `debug` adds a line for each "
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
        raise Misconfigured(f"{PREFIX}CONFIG names {path}, which cannot be read: {getattr(error, 'strerror', error)}.") from error
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
    own, named = {PREFIX + setting.name for setting in SETTINGS}, read.plugins(texts.get(PREFIX + "PLUGINS", ""))
    begins = tuple(f"{PREFIX}{name.upper()}_" for name in named)
    return {name: text for name, text in texts.items() if name not in own and name.startswith(begins)} if begins else {}


def _refuse_unknown(names: set[str]) -> None:
    known = {PREFIX + setting.name for setting in SETTINGS}
    if unknown := sorted(names - known):
        raise Misconfigured(f"{unknown[0]} is not a setting of securemsg. Known are: {', '.join(sorted(known))}.")


def _value(setting: Setting, texts: Mapping[str, str]) -> object:
    text = texts.get(PREFIX + setting.name, "") or setting.default
    if not text and setting.read is read.folder:
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
    if public.scheme == "https" and read.is_loopback(host) and not values["trusted_proxies"]:
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
