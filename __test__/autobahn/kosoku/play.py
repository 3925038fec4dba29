"""Plays cases of kosoku and prints its verdicts, one JSON object on a line.

    play.py client URL CONCURRENCY SECONDS CASE...   against the server at URL/CASE, each no longer than SECONDS
    play.py server CASE...                           for the client that connects to the port it prints first
    play.py cases                                    prints the ids of all cases
"""

import asyncio
import json
import os
import sys

from kosoku import FailureError, run_fuzzingclient, run_fuzzingserver

# The mended cases are what follows imports: the order counts.
import repairs
from kosoku.cases import CASES


async def be_the_client(url, concurrency, seconds, cases):
    free = asyncio.Semaphore(concurrency)

    # A connection for each case at a path of its own, so that whoever looks on knows which it is.
    async def play(case):
        async with free:
            run = run_fuzzingclient(f"{url}/{case}", [case])
            try:
                [result] = await results_of(asyncio.wait_for(run, seconds))
            except asyncio.TimeoutError:
                report({"id": case, "verdict": f"no end within {seconds} seconds"})
                return
            report(verdict_on(result))

    await asyncio.gather(*map(play, cases))


async def be_the_server(cases):
    async with run_fuzzingserver(cases, host="127.0.0.1", port=0) as server:
        # kosoku has an order of its own, and a client asks for a case by its place in it.
        asked = set(cases)
        report({"port": server.port, "cases": [case for case in CASES if case in asked]})
        for result in await results_of(server.get_result()):
            report(verdict_on(result))


async def results_of(run):
    try:
        return await run
    except FailureError as failure:
        return failure.results


def verdict_on(result):
    return {
        "id": result.case_id,
        "verdict": result.behavior.value,
        "closeVerdict": result.behavior_close.value,
        "why": f"{result.result} {result.result_close}",
        "expectation": result.expectation,
    }


def report(value):
    print(json.dumps(value), flush=True)


async def main(role, *arguments):
    if role == "cases":
        report(list(CASES))
    elif role == "client":
        url, concurrency, seconds, *cases = arguments
        await be_the_client(url, int(concurrency), float(seconds), cases)
    else:
        await be_the_server(list(arguments))


repairs.mend()
asyncio.run(main(*sys.argv[1:]))
# kosoku's threads now and then abort the process while Python is taken down.
os._exit(0)
