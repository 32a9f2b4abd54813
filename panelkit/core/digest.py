"""SHA-256 of things, the same on every machine: text, JSON values and frames."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def of_bytes(data: bytes) -> str:
    """Hexadecimal SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def of_value(value: Any) -> str:
    """Digest of a JSON value: sorted keys, no spaces, full-precision doubles."""
    return of_bytes(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())


def of_frame(frame: pd.DataFrame) -> str:
    """Digest of a frame's column names, order of rows, texts and doubles (bit by bit; every NaN alike)."""
    import numpy as np
    import pandas as pd

    digest = hashlib.sha256()
    for name in frame.columns:
        column = frame[name]
        digest.update(f"{name}\0".encode())
        if column.dtype.kind in "iufb":
            values = column.to_numpy(dtype="<f8") + 0.0
            digest.update(np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes())
        else:
            codes, levels = pd.factorize(column)  # a missing text is the code -1, the last of these
            texts = np.array([*map(str, levels), ""], dtype=object)
            digest.update("\0".join(texts[codes].tolist()).encode())
        digest.update(b"\1")
    return digest.hexdigest()


def child_seed(seed: int, *names: str) -> int:
    """A seed for a named part of a study, independent of the order in which parts run."""
    return int(of_bytes("/".join([str(seed), *names]).encode())[:15], 16)
