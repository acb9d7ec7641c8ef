#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/slips refuses what it should, and nothing else: a row a file."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/slips"
loader = importlib.machinery.SourceFileLoader("slips", str(TOOL))
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("slips", loader))
loader.exec_module(tool)
HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/* What.\n * Invariant.\n * Source: house. */\n"


def function(lines):
    return "int f(void)\n{\n" + "\tf();\n" * lines + "}\n"


# file, its text after the head (None: the text is whole), the line and rule it breaks ("" is: none)
ROWS = [
    ("src/flow/a.c", "strcpy(a, b);\n", "5: unbounded"),
    ("src/flow/a.c", "\n\tx = sprintf (a, b);\n", "6: unbounded"),
    ("tests/unit/flow/a_test.c", "strcat(a, b);\n", "5: unbounded"),
    ("src/flow/a.c", "strtok(a, b);\n", "5: unbounded"),
    ("src/flow/a.c", "gets(a);\n", "5: unbounded"),
    ("src/flow/a.c", "alloca(3);\n", "5: unbounded"),
    ("src/flow/a.c", "n = atoi(a);\n", "5: number"),
    ("src/flow/a.c", "/* strcpy(a, b) */ x = \"atoi(3)\";\n", ""),
    ("src/flow/a.c", "snprintf(a, 3, b); my_gets(a); arena->gets(a);\n", ""),
    ("src/flow/a.c", "x = \"a \\\" b\"; strcpy(a, b);\n", "5: unbounded"),
    ("src/flow/a.c", "x = '\"'; strcpy(a, b); y = '\"';\n", "5: unbounded"),
    ("src/token/a.c", "#include <sqlite3.h>\n", "5: sql-header"),
    ("src/token/a.c", "#include \"libpq-fe.h\"\n", "5: sql-header"),
    ("src/store/a.c", "#include <sqlite3.h>\n", ""),
    ("src/token/a.c", "q = \"SELECT a FROM b\";\n", "5: sql"),
    ("src/token/a.c", "q = \"UPDATE app SET a = 1\";\n", "5: sql"),
    ("src/token/a.c", "q = \"Update the app\"; /* \"SELECT a\" */\n", ""),
    ("src/store/a.c", "q = \"SELECT a FROM b\";\n", ""),
    ("src/sso/a.c", "#include <ldap.h>\n", "5: ldap-header"),
    ("src/identity/a.c", "#include <ldap.h>\n", ""),
    ("src/policy/a.c", "p = malloc(3);\n", "5: heap"),
    ("src/policy/a.c", "free(p);\n", "5: heap"),
    ("src/http/a.c", "p = strdup(q);\n", "5: heap"),
    ("src/http/message.c", "p = realloc(p, 3);\n", ""),
    ("src/base/a.c", "p = malloc(3);\n", ""),
    ("src/rt/a.c", "free(p);\n", ""),
    ("src/policy/a.c", "EVP_PKEY_free(p); x->free(p); json_free(p);\n", ""),
    ("tests/unit/flow/a_test.c", "p = malloc(3);\n", ""),
    ("src/flow/a.h", "typedef struct {\n\tint a;\n} a;\n", "5: typedef-struct"),
    ("src/flow/a.h", "typedef struct a a;\n", "5: typedef-struct"),
    ("src/flow/a.h", "typedef struct json_t json_t;\n", ""),
    ("src/flow/a.h", "typedef err (*fn)(struct arena *);\n", ""),
    ("src/base/str.h", "typedef struct str {\n\tint a;\n} str;\n", ""),
    ("src/flow/a.c", "static _Thread_local int a;\n", "5: thread-local"),
    ("src/base/a.c", "static __thread int a;\n", "5: thread-local"),
    ("src/rt/a.c", "static _Thread_local int a;\n", ""),
    ("src/flow/a.c", "usleep(3);\n", "5: blocking"),
    ("src/store/a.c", "pthread_cond_wait(a, b);\n", "5: blocking"),
    ("src/rt/a.c", "poll(a, b, c);\n", ""),
    ("src/flow/a.c", "store_poll(a); a->select(b);\n", ""),
    ("src/flow/a.c", "f(\"%.*s\", STR(rand_uuid(a)));\n", "5: twice"),
    ("src/flow/a.c", "f(STR(a), STR(str_sub(s, i++, n)));\n", "5: twice"),
    ("src/flow/a.c", "f(STR(g(b, (c), str_cut(&rest, 1))));\n", "5: twice"),
    ("src/flow/a.c", "f(STR(v[n = 1]));\n", "5: twice"),
    ("src/flow/a.c", "f(STR(h->text),\n\tSTR(a == b ? a : str_cut(&c, 1)));\n", "6: twice"),
    ("src/flow/a.c", "f(STR(str_sub(a, 0, b->n)), i++, n = str_cut(&rest, 1));\n", ""),
    ("src/flow/a.c", "if (f(STR(a <= b ? g(a) : b))) n = c--;\n", ""),
    ("src/flow/a.c", "/* TODO: more */\n", "5: later"),
    ("src/store/schema/a.sql", "DROP TABLE a;\n", "5: migration"),
    ("src/store/schema/a.sql", "ALTER TABLE a RENAME b TO c;\n", "5: migration"),
    ("src/store/schema/a.sql", "ALTER TABLE a ADD COLUMN b TEXT;\n", ""),
    ("src/store/schema/a.sql", "DROP TABLE a;\n-- oldest: 9\n", ""),
    ("src/flow/a.c", "// FIXME\n", "5: later"),
    ("src/flow/a.c", "t = \"/tmp/XXXXXX\";\n", ""),
    ("src/flow/helpers.c", "\n", "1: name"),
    ("src/flow/utils.c", "\n", "1: name"),
    ("src/flow/a.c", function(80), ""),
    ("src/flow/a.c", function(81), "6: long-function"),
    ("src/flow/a.c", "\n" * 595 + "int a;\n", ""),
    ("src/flow/a.c", "\n" * 596 + "int a;\n", "1: long-file"),
]
WHOLE = [
    ("src/flow/a.c", "int a;\n", "1: spdx"),
    ("src/rt/a.S", "ret\n", "1: spdx"),
    ("tests/wire/a.test.mjs", "import a from 'b';\n", "1: spdx"),
    ("tests/wire/a.test.mjs", "// SPDX-License-Identifier: Apache-2.0\nimport a from 'b';\n", ""),
    ("src/rt/a.S", "/* SPDX-License-Identifier: Apache-2.0 */\nret\n", ""),
    ("src/flow/a.c", "/* SPDX-License-Identifier: Apache-2.0 */\nint a;\n", "2: head"),
    ("src/flow/a.h", "/* SPDX-License-Identifier: Apache-2.0 */\n/* Short. Source: house. */\n", "2: head"),
    ("src/flow/a.h", "/* SPDX-License-Identifier: Apache-2.0 */\n/* No\n * source\n * here. */\n", "2: head"),
    ("src/flow/a.h", HEAD, ""),
]

failed = 0
rows = [(name, HEAD + text, said) for name, text, said in ROWS] + WHOLE
for name, text, said in rows:
    with tempfile.TemporaryDirectory() as root:
        path = pathlib.Path(root, name)
        path.parent.mkdir(parents=True)
        path.write_text(text)
        trouble, _ = tool.slips(pathlib.Path(root))
        right = any(t.startswith(f"{name}:{said}:") for t in trouble) if said else not trouble
        if not right:
            failed += 1
            print(f"{name} {text[len(HEAD):60 + len(HEAD)]!r}: wanted {said!r}, said {trouble}")

# The program says what it found and exits with 1, or with 0.
for text, status, said in [("int a;\n", 1, "src/a/a.c:1: spdx"), (HEAD, 0, "no slips")]:
    with tempfile.TemporaryDirectory() as root:
        path = pathlib.Path(root, "src/a/a.c")
        path.parent.mkdir(parents=True)
        path.write_text(text)
        run = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True)
        if run.returncode != status or said not in run.stdout:
            failed += 1
            print(f"exit {run.returncode}, {run.stdout!r} {run.stderr!r}: wanted {status}, {said!r}")
print(f"{len(rows)} rows, {failed} failed")
sys.exit(1 if failed else 0)
