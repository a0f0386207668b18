"""What people are told, in their language: English stands in the code, its translations in a folder for each language."""

from securemsg.words.catalogue import LANGUAGES, Language
from securemsg.words.moments import clock, day, moment
from securemsg.words.said import Said, in_language, say

__all__ = ["LANGUAGES", "Language", "Said", "clock", "day", "in_language", "moment", "say"]
