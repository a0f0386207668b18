"""Everything a plugin can be asked or told. A plugin marks its own with `@hookimpl`; of the arguments it names those it wants.

Three moments. At the start: declare. While somebody waits: values in, values out, no desk. After the commit: act by the desk.
"""

import pluggy

hookspec = pluggy.HookspecMarker("securemsg")
hookimpl = pluggy.HookimplMarker("securemsg")

DECLARE = ("settings", "personal_data", "needs", "kinds", "resources", "blueprints", "commands")
WAITING = ("screen", "availability", "notices", "offers", "safety_words", "tools", "panel")
TOLD = ("message_received", "reply_sent", "conversation_closed", "conversation_erased", "task_due", "delivered", "new_browser",
        "happened")


# At the start: what a plugin declares. A mistake in it stops the start.
@hookspec
def settings():
    """Settings of this plugin, as `Setting`s: of the service as `SECUREMSG_<PLUGIN>_<NAME>`, or of each clinic."""


@hookspec
def personal_data():
    """What this plugin keeps about people or sends out, as `PersonalData`. Every plugin says it, if only with an empty list."""


@hookspec
def needs():
    """What the service must have for this plugin, by name: `mail`, a mail server. Without it the service does not start."""


@hookspec
def kinds():
    """Kinds of message that visitors can send, as `Kind`s."""


@hookspec
def resources():
    """What programs find at `/api/v1/<name>`, as `Resource`s: described in the API's document, and behind all that stands before
    the rest of the API."""


@hookspec
def blueprints(desk):
    """Flask blueprints, reached below `/x/<plugin>/`: JSON or plain text, behind the limits and headers of all pages."""


@hookspec
def commands(desk):
    """Click commands, run as `securemsg <plugin> <command>`."""


# While somebody waits: values only, at most 50 ms. `clinic` is a `Clinic`, `locale` the visitor's language.
@hookspec
def screen(draft, settings, clinic, locale, now):
    """A `Screening` of what a visitor sends, or None: refuse it, put it first, tag it, answer it."""


@hookspec
def availability(settings, clinic, locale, now):
    """An `Availability`, or None: open or closed, and until when."""


@hookspec
def notices(settings, clinic, locale, now):
    """Lines above the conversation, as `Notice`s."""


@hookspec
def offers(settings, clinic, locale, now):
    """What a visitor can start besides writing, as `Offer`s."""


@hookspec
def safety_words(settings, clinic, locale):
    """The clinic's list for the safety notice, as `SafetyWords`, or None: the browser looks before sending, the server again."""


@hookspec
def tools(conversation, kept, settings, staff):
    """What staff can do in this conversation besides replying, as `Tool`s. `staff` are who works there: `id`, `name`, `title`,
    `roles`, `in_pool`."""


@hookspec
def panel(conversation, kept, settings):
    """A `Panel` beside the conversation, or None."""


# After the commit: in the worker, each plugin for itself, at least once. What the desk is asked to do is stored as one with it.
@hookspec
def message_received(message, at, desk):
    """A visitor's message is stored."""


@hookspec
def reply_sent(message, at, desk):
    """A message of staff, a system or another plugin is stored."""


@hookspec
def conversation_closed(conversation, at, desk):
    """It was closed, by staff, by the visitor or by a system."""


@hookspec
def conversation_erased(conversation, at, desk):
    """Its keys are destroyed, and with them messages, kept values and tasks; `conversation` is the id alone. Forget what is held
    elsewhere."""


@hookspec
def task_due(task, at, desk):
    """What this plugin asked for with `desk.schedule` has come due. No other plugin hears of it."""


@hookspec
def delivered(delivery, at, desk):
    """How a mail or a post of this plugin went, each time it was tried."""


@hookspec
def new_browser(person, at, desk):
    """Somebody of the clinic's staff, `person` is their id, signed in from a browser that they had not used before."""


@hookspec
def happened(event, desk):
    """Every event of the clinic, as ids only: for bridges to other systems."""
