"""The safety notice: a clinic's own list of words, and whether a text has some of them. The widget looks by the same rules.

Nothing here knows what words mean. A list is text that people write and read; `read` says its rules.
"""

from securemsg.safety.lists import WordList, read
from securemsg.safety.notice import Card, SafetyWords

__all__ = ["Card", "SafetyWords", "WordList", "read"]
