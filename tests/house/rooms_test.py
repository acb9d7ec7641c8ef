#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/rooms refuses what it should, and nothing else: a row a tree."""
import pathlib
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/rooms"
ROOMS = "base:\nrt: base\nflow: rt base  # knows no policy\nmain: (all)\n"

# what the tree is, its files besides src/ROOMS, what the tool says ("" is: nothing)
ROWS = [
    ("itself and below", {"src/flow/a.c": '#include "flow/a.h"\n#include "rt/x.h"\n#include <stdio.h>\n'}, ""),
    ("main includes all", {"src/main/main.c": '#include "flow/a.h"\n#include "base/x.h"\n'}, ""),
    ("up", {"src/rt/a.c": '\n#include "flow/a.h"\n'}, "src/rt/a.c:2: rt may not include flow"),
    ("up from a header", {"src/base/a.h": '#  include "rt/a.h"\n'}, "src/base/a.h:1: base may not include rt"),
    ("no room said", {"src/rt/a.c": '#include "loop.h"\n'}, 'src/rt/a.c:1: "loop.h": say the room'),
    ("unknown room", {"src/rt/a.c": '#include "attic/a.h"\n'}, "no room attic in src/ROOMS"),
    ("climbing out", {"src/rt/a.c": '#include "../flow/a.h"\n'}, "no room .. in src/ROOMS"),
    ("folder not listed", {"src/attic/a.c": "\n"}, "src/attic/a.c:1: no room attic"),
    ("a circle", {"src/ROOMS": "base: rt\nrt: base\n"}, "src/ROOMS:1: base lists rt"),
    ("itself listed", {"src/ROOMS": "base: base\n"}, "src/ROOMS:1: base lists base"),
    ("listed twice", {"src/ROOMS": "base:\nbase:\n"}, "src/ROOMS:2: 'base:' is not"),
]

failed = 0
for title, files, said in ROWS:
    with tempfile.TemporaryDirectory() as root:
        for name, text in {"src/ROOMS": ROOMS, **files}.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        run = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True)
        right = run.returncode == (1 if said else 0) and (said in run.stdout if said else not run.stdout)
        if not right:
            failed += 1
            print(f"{title}: wanted {said!r}, exit {run.returncode}, said {run.stdout!r} {run.stderr!r}")
print(f"{len(ROWS) - failed} of {len(ROWS)} rows")
sys.exit(1 if failed else 0)
