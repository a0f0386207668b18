"""Who waits hears, or is told to look again."""

from contextlib import ExitStack

import pytest

from securemsg.live import Live, Signal


def test_a_reader_who_fell_behind_is_told_to_come_back():
    live = Live()
    with live.subscribe(("clinic", "elm")) as reader:
        for seq in range(1500):
            live.publish(("clinic", "elm"), Signal("message", "c", seq))
        live.publish(("clinic", "elm"), Signal("end"))
        heard = [reader.next(0.01) for _ in range(1001)]
        assert [signal.seq for signal in heard[:-1]] == list(range(1000)) and heard[-1] == Signal("stop")
        assert reader.next(0.01) is None


@pytest.mark.parametrize("kind", ["session", "token"])
def test_of_one_session_or_token_the_oldest_stream_ends_when_there_are_too_many(kind):
    live = Live()
    with ExitStack() as open_streams:
        streams = [open_streams.enter_context(live.subscribe(("clinic", "a"), (kind, "one"))) for _ in range(8)]
        other = open_streams.enter_context(live.subscribe(("clinic", "a"), (kind, "other")))
        assert all(stream.next(0) is None for stream in streams)
        streams += [open_streams.enter_context(live.subscribe(("clinic", "a"), (kind, "one"))) for _ in range(2)]
        assert [stream.next(0) for stream in streams] == [Signal("stop")] * 2 + [None] * 8 and other.next(0) is None
        live.publish((kind, "one"), Signal("end"))
        assert [stream.next(0) for stream in streams[2:]] == [Signal("end")] * 8
    assert live.waiting == 0 and not live.listened("clinic")
