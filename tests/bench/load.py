"""The people who press: a process of its own, so that its work is not counted as the server's.

It reads one job a line (JSON) and answers each with one line.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from time import perf_counter
from typing import Any, Self

from tests.bench.clients import Client
from tests.bench.streams import Room


class Load:
    """The process, as the bench speaks to it: `load.flood(port=…)` and so on, one job at a time."""

    def __enter__(self) -> Self:
        words = [sys.executable, "-m", "tests.bench.load"]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *error: object) -> None:
        with self.process:  # waits; the end of its input is the end of its work
            pass

    def do(self, job: str, **arguments: Any) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"job": job, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the load generator ended by itself"
        return json.loads(line)


async def flood(port: int, requests: list[dict], seconds: float, expected: int) -> dict:
    """All `requests` at once, each by a client of its own, again and again for so many seconds."""
    times: list[float] = []
    wrong: Counter[int] = Counter()
    begun = perf_counter()

    def done(status: int, took: float) -> bool:
        if status == expected:
            times.append(took)
        else:
            wrong[status] += 1
        return perf_counter() < begun + seconds

    loop = asyncio.get_running_loop()

    async def one(request: dict) -> None:
        _, client = await loop.create_connection(lambda: Client(request, done), "127.0.0.1", port)
        await client.ended

    await asyncio.gather(*map(one, requests))
    return {"seconds": perf_counter() - begun, "times": sorted(times), "wrong": dict(wrong)}


async def main() -> None:
    room = Room()
    jobs: dict[str, Any] = {"flood": flood, "open": room.open, "say": room.say, "leave": room.leave}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        job = json.loads(line)
        print(json.dumps(await jobs[job.pop("job")](**job)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
