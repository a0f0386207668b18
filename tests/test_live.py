"""Who waits hears, or is told to look again."""

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
