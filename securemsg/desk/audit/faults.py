"""What is wrong with a log, as a sentence, and which row it is about: as exactly as what is left of it can tell."""

from itertools import pairwise


class Bad(Exception):
    """The first thing that is not as it was written: a sentence, and the row it is about as far as there is one."""

    def __init__(self, sentence: str, number: int | None = None, id: str | None = None):
        super().__init__(sentence)
        self.sentence, self.number, self.id = sentence, number, id


def name(number: int | None) -> str:
    return "A row that waits for its number" if number is None else f"Row {number}"


def gap(row: tuple, expected: int) -> Bad:
    number, id = row[0], row[5]
    if isinstance(number, int | float) and number > expected:  # an SQLite file may hold anything
        return Bad(f"Row {expected} is missing.", expected)
    return Bad(f"{name(number)} has a number that was never given.", number, id)


def event_gap(number: object, id: str, expected: int) -> Bad:
    """Events are counted by themselves, so none of the rows of the log is named."""
    return Bad(f"The events are not counted from 1 on: instead of number {expected} comes {number}, with the id {id}. One was"
               " removed, or its number was altered.", None, None)


def out_of_place(span: list[str], before: int) -> Bad:
    """The root of a checkpoint does not fit, and each of its rows is genuine. They were sealed in the order of their ids."""
    for place, (id, following) in enumerate(pairwise(span)):
        if id > following:
            place += place > 0 and span[place - 1] > following  # then it is the one that follows
            return Bad(f"Row {before + place + 1} is not the one that was sealed there.", before + place + 1, span[place])
    if len(span) == 1:
        return Bad(f"Row {before + 1} is not the one that was sealed there.", before + 1, span[0])
    return Bad(f"One of the rows {before + 1} to {before + len(span)} is not the one that was sealed there.", before + 1)
