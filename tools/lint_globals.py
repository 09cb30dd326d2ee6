#!/usr/bin/env python3
"""Checks that the libraries' objects hold no mutable globals, statics or thread-locals.

Reads the symbol tables of the static libraries below a build folder. Writable data shows there as
a symbol of type D or d (data), B or b (zeroed data) or in a thread-local section.
"""

import pathlib
import re
import subprocess
import sys

# What the compiler itself places in writable sections.
ALLOWED = re.compile(r"^(DW\.ref\.|_ZTV|_ZTI|_ZTS|_ZTT|__|guard variable for std::|std::__ioinit|\.)")
# Libraries that are not part of the product.
SKIPPED = re.compile(r"(^|/)(tests|tools|CMakeFiles)/")


def main(build):
    bad = 0
    for library in sorted(pathlib.Path(build).rglob("*.a")):
        if SKIPPED.search(str(library.relative_to(build))):
            continue
        table = subprocess.run(
            ["objdump", "-t", "-C", str(library)], capture_output=True, text=True, check=True
        ).stdout
        member = ""
        for line in table.splitlines():
            if ":     file format" in line:
                member = line.split(":")[0]
                continue
            fields = re.match(r"^[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(.*)$", line)
            if not fields:
                continue
            flags, section, size, name = fields.groups()
            writable = re.match(r"^\.(data(?!\.rel\.ro)|bss|tdata|tbss)|^\*COM\*", section)
            if not writable or "d" in flags or int(size, 16) == 0 or ALLOWED.match(name):
                continue
            print(f"{library.name}({member}): mutable global '{name}' in {section}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
