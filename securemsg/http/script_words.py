"""What the reply page's script says in words of its own: the page brings them, since the script itself knows English alone."""

from flask import request

from securemsg.http import languages
from securemsg.words import say
from securemsg.words.catalogue import translation

SAID = (  # by the file of widget/src/staff/ that says it; a test compares
    # canned, picker
    say("Fill in {places} before you send, or take it out."), say("Put in: {label}."),
    say("No ready reply holds these words. Escape goes back."),
    # saving
    say("Not saved yet: the service did not answer. This text is kept in this tab, and saving is tried again."),
    say("Draft saved."), say("You wrote on in another window. This text is kept in this tab alone."),
    # live, staff
    say("Reply sent."), say("{count} new messages."), say("new"), say("There is something new to do."),
    say("Live updates are not available. Reload the page to see what is new."),
    # notices, panes
    say("Live"), say("Reconnecting…"), say("Offline"), say("Connected again."),
    say("Reconnecting… This page may not show the newest messages."),
    say("You are offline. What you type is kept, but it is not sent."), say("You are offline: this could not be opened."),
    # passkeys
    say("No passkey was used. You can try again."), say("This device has a passkey of yours already."),
    # presence
    say("{name} is replying…"), say("{names} are replying…"),
    # send
    say("Done."), say("That was refused."),
    say("It is not known whether this was sent: the service did not answer. Your text is kept. "
        "If you send it again as it is, it arrives once."),
    say("Taken back; nothing was sent. The text is kept in the conversation that you left."),
    say("Not sent: you are offline. Your text is kept; send it again when you are back."),
    say("Not sent: go back to the conversation that you left. Your text is kept there."),
    # session-warning
    say("Are you still there?"), say("Signing out soon"), say("One minute left."), say("Twenty seconds left."),
    say("Nobody has worked here for a while, so you will be signed out. What you have typed is kept."),
    say("You signed in twelve hours ago, so you will be signed out. What you have typed is kept."),
    say("Stay signed in"), say("Go on for now"), say("Sign out now"), say("The service did not answer. Please try again."),
    # small
    say("Copied."), say("Selected. Press Ctrl and C to copy."),
    # undo, waiting
    say("{count} s"), say("now"), say("{count} min"), say("{count} h"), say("{count} days"))


def words() -> dict | None:
    """English to the page's language, by plural category where a number decides; None for a script that has it already."""
    if "Securemsg-Live" in request.headers or "Securemsg-Pane" in request.headers:
        return None
    found = {text.key: translation(text.key, languages.here().code) for text in SAID}
    return {english: there for english, there in found.items() if there}
