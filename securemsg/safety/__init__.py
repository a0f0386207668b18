"""The safety notice: a clinic's own list of words, and whether a text has some of them. The widget looks by the same rules.

Nothing here knows what words mean. A list is text that people write and read; `lists` says its rules.
"""

from securemsg.safety.lists import SafetyList, safety_list
from securemsg.safety.notice import SafetyCard, SafetyWords

__all__ = ["SafetyCard", "SafetyList", "SafetyWords", "safety_list"]
