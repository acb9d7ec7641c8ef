# SPDX-License-Identifier: Apache-2.0
"""Does it stay as fast when there is more of everything: gatehouse beside itself with more proxies deployed, more tokens stored.

Beside the rows: what a start, one more deployment and a look-up that no cache has cost.
"""
import http.client, os, statistics, time

from contestants import cpu_ns
from fill import fill_proxies, fill_tokens

COLD = 2000  # tokens that are looked up for the first time


def grow(g, proxies=1, tokens=0):
    """From nothing to one that runs on so many."""
    g.start()
    g.deploy_more("more0")
    issued = g.issue_tokens(1000 + (COLD if tokens else 0))
    g.stop()
    g.proxies = proxies
    fill_proxies(g.store(), "more0", 1, proxies - 1)
    fill_tokens(g.store(), tokens)
    g.tokens.keep("token", issued[:1000])
    g.cold = issued[1000:]
    g.serve()
    g.at_start = g.memory_at_rest()


def per_cpu(g, n, fn):
    """CPU milliseconds of each of n calls."""
    before = cpu_ns(g.pids())
    for i in range(n):
        fn(i)
    return (cpu_ns(g.pids()) - before) / 1e6 / n


def many(contestants):
    """Notes on the ones with many proxies, the first with the fewest."""
    base, notes = contestants[0], []
    for g in contestants:
        deploy_ms = per_cpu(g, 10, lambda i: g.deploy_more(f"extra{i}"))
        start_ms = statistics.median(again(g) for _ in range(3)) * 1000
        each = (g.at_start["uss"] - base.at_start["uss"]) / max(g.proxies - base.proxies, 1)
        notes.append(f"{g.name}: {start_ms:.0f} ms from exec to ready; importing and deploying one more takes {deploy_ms:.1f} ms of CPU"
                     + (f"; {each:.1f} KiB a proxy" if g is not base else ""))
    return notes


def again(g):
    g.stop()
    return g.serve()


def stored(contestants):
    notes = []
    for g in contestants:
        g.stop()
        forget_file(g.store())
        g.serve()
        cold, warm = look_up(g), look_up(g)
        say = lambda name, times: f"{name} p50 {percentile(times, 0.5):.2f} ms, p99 {percentile(times, 0.99):.2f} ms"
        notes.append(f"{g.name} ({g.store().stat().st_size / 1e9:.1f} GB): {say('first look-up, the file not in memory,', cold)}; {say('then', warm)}")
    return notes


def percentile(times, p):
    return sorted(times)[int(len(times) * p)]


def forget_file(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def look_up(g):
    """One request after the other, each with another token; milliseconds."""
    connection, times = http.client.HTTPConnection("127.0.0.1", g.port), []
    for token in g.cold:
        began = time.perf_counter()
        connection.request("GET", "/token/x", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise SystemExit(f"bench: {g.name}: a stored token is answered {answer.status}")
    return times
