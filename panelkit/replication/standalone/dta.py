"""A Stata file of ours read back."""

from __future__ import annotations

import math
import struct
from typing import Any

STATA_TYPES = {65526: ("d", 8), 65527: ("f", 4), 65528: ("i", 4), 65529: ("h", 2), 65530: ("b", 1)}


def from_dta(data: bytes) -> tuple[list[str], list[list[Any]]]:
    """Names and columns of a Stata file of ours (format 118, little endian); missing numbers are NaN."""
    if not data.startswith(b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder><K>"):
        raise ValueError("it is no Stata file of format 118")
    count = struct.unpack_from("<H", data, 70)[0]
    rows = struct.unpack_from("<Q", data, data.index(b"<N>") + 3)[0]
    places = struct.unpack_from("<14Q", data, data.index(b"<map>") + 5)
    kinds = struct.unpack_from(f"<{count}H", data, places[2] + len("<variable_types>"))
    at = places[3] + len("<varnames>")
    names = [data[at + 129 * j : at + 129 * (j + 1)].split(b"\0")[0].decode("utf-8") for j in range(count)]
    width = sum(STATA_TYPES[k][1] if k in STATA_TYPES else k for k in kinds)
    at = places[9] + len("<data>")
    if rows * width > len(data):
        raise ValueError("it is shorter than it says")
    columns: list[list[Any]] = [[] for _ in kinds]
    for _ in range(rows):
        for j, kind in enumerate(kinds):
            if kind in STATA_TYPES:
                letter, size = STATA_TYPES[kind]
                value: Any = float(struct.unpack_from("<" + letter, data, at)[0])
                missing = {"d": 2.0**1023, "f": 2.0**127, "i": 2147483621, "h": 32741, "b": 101}[letter]
                columns[j].append(math.nan if value >= missing else value)
            else:
                size = kind
                columns[j].append(data[at : at + size].split(b"\0")[0].decode("utf-8"))
            at += size
    return names, columns
