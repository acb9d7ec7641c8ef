# SPDX-License-Identifier: Apache-2.0
"""Runs a program whose standard input is a terminal, and types when it is asked.

usage: terminal.py REPORT LINES COMMAND...   LINES is a JSON list, a text per prompt; "\\x03" is Ctrl-C
Prompts are looked for on the program's stderr: a text that ends with ": ", without a line's end.
REPORT gets JSON: what the terminal showed, whether it echoes at the end, the signal that ended it.
"""
import fcntl
import json
import os
import pty
import select
import subprocess
import sys
import termios
import time

report, lines, command = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
master, slave = pty.openpty()


def terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


program = subprocess.Popen(command, stdin=slave, stderr=subprocess.PIPE, preexec_fn=terminal)
said, shown, late = b"", b"", time.time() + 60
errors = program.stderr.fileno()
while time.time() < late:
    ready, _, _ = select.select([errors, master], [], [], 0.2)
    if master in ready:
        shown += os.read(master, 4096)
    if errors in ready:
        some = os.read(errors, 4096)
        if not some:
            break
        said += some
        sys.stderr.buffer.write(some)
        sys.stderr.flush()
        if said.endswith(b": ") and lines:
            line = lines.pop(0)
            os.write(master, line.encode() + (b"" if line in ("\x03", "\x04") else b"\n"))
program.kill() if time.time() >= late else None
code = program.wait()
while select.select([master], [], [], 0.1)[0]:
    shown += os.read(master, 4096)
echo = bool(termios.tcgetattr(slave)[3] & termios.ECHO)
with open(report, "w", encoding="utf-8") as out:
    json.dump({"shown": shown.decode(), "echo": echo, "left": len(lines), "signal": -code if code < 0 else 0}, out)
sys.exit(code if code >= 0 else 128 - code)
