# SPDX-License-Identifier: Apache-2.0
"""The OAuth2 service in the bench: RS256 issuance beside the bare signature and glewlwyd, logins beside the bare hash, and what the
APIs feel of logins.  Of each round the ratio is taken, and of the ratios the median: what slows the machine for a
while slows both.  All on core 0, the load on core 1."""
import base64, json, statistics, subprocess, time, urllib.parse, urllib.request
from contestants import Glewlwyd

CLIENT, SECRET = "bench", "bench-secret"
EDGECLI = "edgecli:edgeclisecret"


def post(gatehouse, path, body, authorization, content_type="application/x-www-form-urlencoded"):
    r = urllib.request.Request(f"http://127.0.0.1:{gatehouse.ports['sso']}{path}", body.encode(), {"Authorization": authorization, "Content-Type": content_type})
    return json.load(urllib.request.urlopen(r))


def basic(pair):
    return "Basic " + base64.b64encode(pair.encode()).decode()


def make_client(gatehouse):
    secret = (gatehouse.folder / "data" / "sso-admin-secret").read_text().strip()
    token = post(gatehouse, "/oauth/token", "grant_type=client_credentials", basic(f"ssoadmin:{secret}"))["access_token"]
    client = {"client_id": CLIENT, "client_secret": SECRET, "authorized_grant_types": ["client_credentials"], "scope": ["uaa.none"], "authorities": ["bench.read", "bench.write"]}
    post(gatehouse, "/oauth/clients", json.dumps(client), f"Bearer {token}", "application/json")


def form_script(folder, body, client):
    script = folder / "form.lua"
    script.write_text(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\nwrk.headers["Authorization"] = "{basic(client)}"\nwrk.body = "{body}"\n')
    return str(script)


def form_load(server, url, form, seconds, connections):
    """form: (body, client).  (requests, CPU seconds of the server, seconds)"""
    before, start = server.cpu_ns(), time.monotonic()
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", form_script(server.folder, *form), url],
                         capture_output=True, text=True, check=True).stdout
    took, cpu = time.monotonic() - start, (server.cpu_ns() - before) / 1e9
    if "Non-2xx" in out:
        raise SystemExit(f"bench: {server.name} answered something else than 200")
    return int(next(line for line in out.splitlines() if "requests in" in line).split()[0]), cpu, took


def token_url(gatehouse):
    return f"http://127.0.0.1:{gatehouse.ports['sso']}/oauth/token"


def signatures():
    """By openssl, per CPU second."""
    out = subprocess.run(["taskset", "-c", "0", "openssl", "speed", "-seconds", "1", "rsa2048"], capture_output=True, text=True, check=True).stdout
    return float(out.splitlines()[-1].split()[5])


HASHES = """
import ctypes, time
lib, out, n = ctypes.CDLL("libargon2.so.1"), ctypes.create_string_buffer(32), 0
began = time.process_time()
while time.process_time() - began < 1:
    assert lib.argon2id_hash_raw(2, 19 * 1024, 1, b"bench-password", 14, b"0123456789abcdef", 16, out, 32) == 0
    n += 1
print(n / (time.process_time() - began))
"""


def hashes():
    """By libargon2, with the parameters of src/identity/password.c, per CPU second."""
    return float(subprocess.run(["taskset", "-c", "0", "python3", "-c", HASHES], capture_output=True, text=True, check=True).stdout)


def login_body(gatehouse):
    return urllib.parse.urlencode({"grant_type": "password", "username": gatehouse.user, "password": gatehouse.password})


def beside(what, unit, got, asked):
    """got: rounds of (per CPU-second, of the bare thing, per second)"""
    ratios = [g[0] / g[1] for g in got]
    ratio, mid = statistics.median(ratios), [statistics.median(g[i] for g in got) for i in range(3)]
    return (f"{what}: {mid[0]:,.0f} per CPU-second ({mid[2]:,.0f} per second), the bare {unit} {mid[1]:,.0f}: {ratio:.2f} "
            f"({min(ratios):.2f}..{max(ratios):.2f}); asked: {asked}{'' if ratio >= asked else ' -- short'}")


def rs256(gatehouse, args):
    make_client(gatehouse)
    seconds, got, theirs, peer = max(1, args.seconds // 2), [], [], Glewlwyd(gatehouse.folder)
    ours = lambda: form_load(gatehouse, token_url(gatehouse), ("grant_type=client_credentials", f"{CLIENT}:{SECRET}"), seconds, 32)
    other = lambda: form_load(peer, f"http://127.0.0.1:{peer.port}/api/oidc/token", ("grant_type=client_credentials&scope=bench", f"{CLIENT}:{SECRET}"), seconds, 32)
    try:
        if peer.schema.exists():
            peer.start()
            peer.client(CLIENT, SECRET, gatehouse.tokens.private_text, gatehouse.tokens.public_text)
            other()
        ours()
        for _ in range(args.rounds * 3):
            bare = signatures()
            n, cpu, took = ours()
            got.append((n / cpu, bare, n / took))
            if peer.process:
                n, cpu, took = other()
                theirs.append((n / cpu, n / took))
    finally:
        peer.stop()
    notes = [beside("RS256 by client_credentials", "signature", got, 0.85)]
    if theirs:
        ratio, cpu_ratio = (statistics.median(g[i] / t[j] for g, t in zip(got, theirs)) for i, j in ((2, 1), (0, 0)))
        notes.append(f"The same by glewlwyd: {statistics.median(t[0] for t in theirs):,.0f} per CPU-second ({statistics.median(t[1] for t in theirs):,.0f} per second); "
                     f"gatehouse {ratio:.1f} times the requests per second, {cpu_ratio:.1f} times those per CPU-second; asked: 8 times per second{'' if ratio >= 8 else ' -- short'}")
    return notes


def logins(gatehouse, args):
    load = lambda: form_load(gatehouse, token_url(gatehouse), (login_body(gatehouse), EDGECLI), max(2, args.seconds // 2), 4)
    got = []
    load()
    for _ in range(args.rounds * 2):
        bare = hashes()
        n, cpu, took = load()
        got.append((n / cpu, bare, n / took))
    return [beside("Logins by password", "Argon2id", got, 0.9)]


def p99(gatehouse, args, rate, p99_at):
    """p99_at(rate, gatehouse, row, args), without and with logins that fill their pool."""
    quiet, beside_logins = [], []
    for _ in range(args.rounds * 3):
        quiet.append(p99_at(rate, gatehouse, "proxy", args))
        crowd = subprocess.Popen(["taskset", "-c", "1", "wrk", "-t1", "-c5", f"-d{args.seconds + 3}s", "--timeout", "30s", "-s", form_script(gatehouse.folder, login_body(gatehouse), EDGECLI),
                                  token_url(gatehouse)], stdout=subprocess.DEVNULL)
        time.sleep(1)
        beside_logins.append(p99_at(rate, gatehouse, "proxy", args))
        crowd.wait()
    ratio = statistics.median(b / q for b, q in zip(beside_logins, quiet))
    void = "; void: alone, too, it waits for a core that others use" if statistics.median(quiet) > 1 else "" if ratio <= 2 else " -- short"
    return [f"p99 of the plain proxy at {rate:,} requests/s: {statistics.median(quiet):.2f} ms, beside logins {statistics.median(beside_logins):.2f} ms: {ratio:.2f}; asked: at most 2{void}"]
