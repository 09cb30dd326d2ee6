#!/usr/bin/env python3
"""Checks that includes point only down the layers of the tree.

Each folder names the folders it may include besides itself. A pair that is not allowed here is a
change of the architecture: change this table together with the README of the folder.
"""

import re
import sys

BASE = {"kv/base"}
DS = BASE | {"kv/ds"}
TYPES = DS | {"kv/types"}
STORE = TYPES | {"kv/store"}
COMMAND = STORE | {"protocol", "kv/command"}
COMMANDS = COMMAND | {"kv/commands"}
FEATURES = COMMAND | {"kv/persistence", "kv/pubsub", "kv/scripting", "kv/replication", "kv/cluster"}

ALLOWED = {
    "ae": set(),
    "ae/readiness": {"ae"},
    "ae/uring": {"ae"},
    "protocol": set(),
    "kv/base": set(),
    "kv/ds": BASE,
    "kv/types": DS,
    "kv/store": TYPES,
    "kv/command": STORE | {"protocol"},
    "kv/commands": COMMAND,
    "kv/persistence": COMMAND,
    "kv/pubsub": COMMAND,
    "kv/scripting": COMMAND | {"kv/persistence"},
    "kv/replication": COMMAND,
    "kv/cluster": COMMAND,
    "kv/server": COMMANDS | FEATURES | {"ae"},
    "kv": {"kv/server", "kv/base"},
}
# The factory of a folder may name its own sub-folders.
ALLOWED["ae"] |= {"ae/readiness", "ae/uring"}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def folder(path):
    return path.rsplit("/", 1)[0] if "/" in path else ""


def main(paths):
    bad = 0
    for path in paths:
        room = folder(path)
        if room not in ALLOWED:
            if path.startswith(("tests/", "tools/")):
                continue
            print(f"{path}: no layer is declared for folder '{room}' (tools/lint_layers.py)")
            bad += 1
            continue
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                target = folder(match.group(1))
                if target.split("/")[0] not in ("ae", "protocol", "kv", "tests", "tools"):
                    continue
                if target != room and target not in ALLOWED[room]:
                    print(f"{path}:{number}: {room} may not include {target}")
                    bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
