"""How live streams end: with the session, with the person's access, with their reader; test_stop.py: with the service."""

from tests.http.house import HARBOUR
from tests.http.running import listening, numbers
from tests.service import until


def test_ending_the_session_ends_its_streams_within_a_second_and_no_others(steady, leo):
    window = steady.visitor()
    window.browser.submit(f"/contact/{HARBOUR}/window", leo.asks("POST", "/ticket", {}).json)
    with listening(leo) as stream, listening(window) as other:
        leo.asks("DELETE")
        stream.ends(1)
        assert stream.events()[-1] == {"event": "end", "data": "{}"}
        window.says("still here")
        assert numbers(other.hears(1)) == [2]


def test_who_signs_out_hears_no_more(service):
    ana, tomas = service.staff("Ana"), service.staff("Tomas")
    with listening(ana) as stream, listening(tomas) as other:
        ana.browser.submit(ana.path("sign-out"), {"key": "a-key-of-the-form-0001"})
        stream.ends(1)
        assert stream.events()[-1]["event"] == "end" and not other.ended


def test_who_is_disabled_by_a_command_is_out_within_a_second(service):
    """Another process ends the person's access; this one's stream and pages hear of it."""
    ana, tomas = service.staff("Ana"), service.staff("Tomas")
    with listening(ana) as stream, listening(tomas) as other:
        service.service.command("staff", "disable", HARBOUR, ana.known.email)
        stream.ends(1)
        assert stream.events()[-1]["event"] == "end" and not other.ended
    assert ana.opens().status == 303 and tomas.opens().status == 200


def test_a_reader_who_leaves_leaves_nothing_behind(steady, leo):
    import psutil

    def connections() -> int:
        parent = psutil.Process(steady.service.process.pid)
        group = [parent, *parent.children(recursive=True)]
        return sum(1 for one in group for c in one.net_connections("tcp") if c.status != psutil.CONN_LISTEN)

    before = connections()  # of others, who are told at their next beat
    for _ in range(5):
        with listening(leo):
            pass
    leo.says("wakes what still listens")
    until(lambda: connections() <= before, 5, "the end of connections nobody reads")
