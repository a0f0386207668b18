"""Conversations while they are looked through: what was found in each, and what could not be opened. Processor work only."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from operator import attrgetter

import orjson

from securemsg.crypto.envelope import Place, Unsealer, unseal
from securemsg.crypto.keyring import ConversationKeys
from securemsg.desk import reading, thread
from securemsg.desk.desk import Desk
from securemsg.desk.search.words import Query
from securemsg.errors import Unverified
from securemsg.store import Row

_MOST_HITS = 3  # of one conversation: enough to tell whether this is it


@dataclass(frozen=True, slots=True)
class Hit:
    """One text that holds a term. `row` is its row; a name's is the conversation's."""

    kind: str
    row: Row = field(repr=False)
    mask: int
    content: dict | str = field(repr=False)
    text: str = field(repr=False)


@dataclass(slots=True)
class Sheet:
    """One conversation. `mask` tells the terms found in any of its texts, `hits` the best texts, `strange` what did not open."""

    row: Row = field(repr=False)
    keys: ConversationKeys | None = field(repr=False)
    mask: int = 0
    hits: list[Hit] = field(default_factory=list, repr=False)
    strange: list[tuple[str, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)  # messages whose content was erased, or taken away
    counted: dict[str, int] = field(default_factory=lambda: {"message": 0, "note": 0})
    expected: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.expected = {"message": self.row.last_seq, "note": self.row.note_seq}

    def resume(self, kind: str, upto: int, mask: int) -> None:
        """An earlier search came so far: what is numbered above `upto` held the terms of `mask`. Messages come before notes."""
        self.mask |= mask
        if kind == "note":
            self.expected["message"] = 0
        self.expected[kind] = min(self.expected[kind], upto)

    def suspend(self, kind: str, upto: int) -> None:
        """This search comes so far: what is numbered up to `upto` is for the next."""
        if kind == "message":
            self.expected["note"] = 0
        self.expected[kind] -= upto

    def take(self, query: Query, kind: str, row: Row, content: dict | str, text: str) -> None:
        """Look at one text. Of hits those stay that hold most, then the newest."""
        mask = query.mask(text) | (query.mask_of_number(text) if kind == "contact" else 0)
        if mask:
            self.mask |= mask
            self.hits.append(Hit(kind, row, mask, content, text))
            self.hits.sort(key=_worth, reverse=True)
            del self.hits[_MOST_HITS:]

    def close(self) -> None:
        """All rows that were asked for were here. Fewer than expected: some are gone, and nobody knows what they said."""
        if self.keys is None or not thread.is_whole(self.keys, self.row):
            self.strange.append(("conversation", self.row.id))
        for kind, expected in self.expected.items():
            if self.keys and self.counted[kind] < expected:
                self.strange.append((f"{kind}s", f"{expected - self.counted[kind]} gone"))


Sheets = dict[str, Sheet]  # by the conversation's id


def opened(desk: Desk, rows: Iterable[Row], query: Query, contacts: Iterable[Row]) -> Sheets:
    """A sheet for each conversation, its keys unwrapped, its visitor's name and contact looked at."""
    sheets = {row.id: Sheet(row, _keys(desk, row)) for row in rows}
    for sheet in sheets.values():
        if sheet.row.name:
            place = Place("conversations", "name", sheet.row.clinic_id, sheet.row.id, sheet.row.id)
            _look(sheet, query, "name", sheet.row, place, sheet.row.name)
    for row in contacts:
        if row.conversation_id in sheets:
            place = Place("contacts", "sealed", row.clinic_id, row.id, row.conversation_id)
            _look(sheets[row.conversation_id], query, "contact", row, place, row.sealed)
    return sheets


def look_at_messages(query: Query, sheets: Sheets, rows: Iterable[Row]) -> None:
    """One piece of their messages. What came after the conversation's row was read waits for the next search."""
    for sheet, keys, some in _by_conversation(sheets, rows):
        unseal = Unsealer(keys.body, thread.place(sheet.row.clinic_id, sheet.row.id, "", "")).unseal
        for row in some:
            if row.seq > sheet.row.last_seq:
                continue
            sheet.counted["message"] += 1
            if row.sealed is None:
                sheet.empty.append(row.id)
                continue
            try:
                content = orjson.loads(unseal(row.id, row.author_kind, row.sealed))
            except Unverified:
                sheet.strange.append(("message", row.id))
                continue
            if text := content["data"].get("text"):
                sheet.take(query, "message", row, content, text)


def look_at_notes(query: Query, sheets: Sheets, rows: Iterable[Row]) -> None:
    """One piece of their notes."""
    for sheet, keys, some in _by_conversation(sheets, rows):
        for row in some:
            if row.seq > sheet.row.note_seq:
                continue
            sheet.counted["note"] += 1
            try:
                if sha256(row.sealed or b"").digest() != row.ct_sha256:
                    raise Unverified
                place = reading.note_place(sheet.row.clinic_id, sheet.row.id, row.id)
                content = orjson.loads(unseal(keys.note, place, row.sealed))
            except Unverified:
                sheet.strange.append(("note", row.id))
                continue
            sheet.take(query, "note", row, content, content["text"])


def _by_conversation(sheets: Sheets, rows: Iterable[Row]) -> Iterator[tuple[Sheet, ConversationKeys, Iterator[Row]]]:
    """Neighbours of one conversation that can be opened, with its sheet and keys."""
    for id, some in groupby(rows, attrgetter("conversation_id")):
        sheet = sheets.get(id)
        if sheet and sheet.keys:
            yield sheet, sheet.keys, some


def _keys(desk: Desk, row: Row) -> ConversationKeys | None:
    with suppress(Unverified):
        return thread.keys_of(desk, row, kept=False)
    return None


def _look(sheet: Sheet, query: Query, kind: str, row: Row, place: Place, sealed: bytes) -> None:
    if sheet.keys:
        try:
            text = unseal(sheet.keys.body, place, sealed).decode()
        except Unverified:
            sheet.strange.append((kind, sheet.row.id))
        else:
            sheet.take(query, kind, row, text, text)


def _worth(hit: Hit) -> tuple:
    return hit.mask.bit_count(), hit.kind in ("name", "contact"), getattr(hit.row, "seq", 0)
