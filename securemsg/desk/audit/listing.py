"""What was found in a log, as sentences: one for all rows that follow each other, so that each is named however many they are."""

from dataclasses import dataclass, field

from securemsg.desk.legible import printable

MOST = 1_000  # sentences; how many more there are is said
_SPANS = {  # of one row, and of several
    "altered": ("Row {first} was altered.", "Rows {first} to {last} were altered."),
    "foreign": ("Row {first} was not written by this service: its MAC does not fit.",
                "Rows {first} to {last} were not written by this service: their MACs do not fit."),
    "missing": ("Row {first} is missing.", "Rows {first} to {last} are missing."),
    "moved": ("Row {first} is not the one that was sealed there.",
              "Among rows {first} to {last} not all are those that were sealed there."),
    "beyond": ("Row {first} is beyond the last checkpoint.", "Rows {first} to {last} are beyond the last checkpoint.")}


@dataclass
class Listing:
    """`told` are the sentences so far; rows without a number are named by their id."""

    _told: list[str] = field(default_factory=list)
    _open: tuple[str, int, int] | None = None  # kind, first and last row of those that may go on
    _more: int = 0

    @property
    def told(self) -> tuple[str, ...]:
        self._end()
        return (*self._told, *([f"And {self._more:,} more."] if self._more else []))

    def say(self, sentence: str, id: object = None) -> None:
        self._end()
        self._put(sentence if id is None else f"{sentence} Its id is {_printable(id)}.")

    def span(self, kind: str, first: int, last: int) -> None:
        """These rows, by their numbers; none where `last` is before `first`."""
        if last < first:
            return
        if self._open and self._open[0] == kind and kind != "moved" and self._open[2] == first - 1:
            self._open = kind, self._open[1], last
        else:
            self._end()
            self._open = kind, first, last

    def _end(self) -> None:
        if self._open:
            kind, first, last = self._open
            self._open = None
            self._put(_SPANS[kind][last > first].format(first=first, last=last))

    def _put(self, sentence: str) -> None:
        if len(self._told) < MOST:
            self._told.append(_printable(sentence))
        else:
            self._more += 1


def _printable(value: object) -> str:
    """An altered row may hold what moves a terminal's cursor."""
    return printable(str(value))[:500]
