#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a file's bytes as a C array: embed.py INPUT OUTPUT NAME."""
import sys

source, target, name = sys.argv[1:]
with open(source, "rb") as file:
    data = file.read()
lines = [", ".join(map(str, data[i : i + 24])) for i in range(0, len(data), 24)]
with open(target, "w", encoding="ascii") as file:
    file.write("#include <stddef.h>\n#include <stdint.h>\n\n")
    file.write(f"extern const uint8_t {name}[];\nextern const size_t {name}_len;\n\n")
    file.write(f"const uint8_t {name}[] = {{\n    " + ",\n    ".join(lines) + ",\n};\n")
    file.write(f"const size_t {name}_len = sizeof {name};\n")
