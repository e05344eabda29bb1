"""Frames of what the hub answers, by pyarrow: codes and ids stay text, days are days, counts integers, money decimals.

`table.to_pandas()` and `polars.from_arrow(table)` take them on.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyarrow import Table
else:
    Table = Any

COUNTS = (
    "enterprises", "aboveDesignatedSize", "sizeUnknown", "sizeUnknownLacking", "independent", "covered", "lacking", "lackingIndependent",
    "inGap", "undecided", "outOfScope", "employees", "employeesOfUnionised", "unions", "members", "membersExceedStaff",
)  # fmt: skip
RATES = ("independentRate", "coverageRate", "membershipRateUnionised", "membershipRateAll", "establishmentRate", "foreignRate")

COVERAGE = f"""query($by: [Dimension!]!, $filter: EnterpriseFilter, $within: AreaKey, $asOf: Date) {{
  coverage(by: $by, filter: $filter, within: $within, asOf: $asOf) {{
    edition {{ number asOf }}
    rows {{ suppressed keys {{ dimension code name }} {" ".join(COUNTS)} {" ".join(f"{rate} {{ numerator denominator value }}" for rate in RATES)} }}
  }}
}}"""

EDITIONS = """query($after: String) {
  editions(first: 200, after: $after) {
    nodes { id number asOf publishedAt enterprises digest }
    pageInfo { hasNextPage endCursor }
  }
}"""


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise ImportError("frames need pyarrow: pip install huitu[frames]") from error
    return pyarrow


def table_of(stream: bytes) -> Table:
    """The table of an Arrow IPC stream. Its schema's metadata names the edition and the question."""
    pyarrow = _arrow()
    with pyarrow.ipc.open_stream(io.BytesIO(stream)) as reader:
        return reader.read_all()


def coverage(by: Sequence[str], answer: Mapping[str, Any]) -> Table:
    """One row per group. Of a group too small to be told (`suppressed`) everything but its keys is null."""
    pyarrow = _arrow()
    rows = answer["rows"]
    columns: dict[str, Any] = {}
    for at, dimension in enumerate(by):
        name = dimension.lower()
        columns[f"{name}_code"] = pyarrow.array([row["keys"][at]["code"] for row in rows], pyarrow.string())
        columns[f"{name}_name"] = pyarrow.array([row["keys"][at]["name"] for row in rows], pyarrow.string())
    columns["suppressed"] = pyarrow.array([row["suppressed"] for row in rows], pyarrow.bool_())
    for count in COUNTS:
        columns[count] = pyarrow.array([row[count] for row in rows], pyarrow.int64())
    for rate in RATES:
        for part, kind in (("numerator", pyarrow.int64()), ("denominator", pyarrow.int64()), ("value", pyarrow.float64())):
            values = [row[rate] and row[rate][part] for row in rows]
            columns[rate if part == "value" else f"{rate}_{part}"] = pyarrow.array(values, kind)
    edition = answer["edition"]
    return pyarrow.table(columns, metadata={"huitu.edition": str(edition["number"]), "huitu.asOf": edition["asOf"]})


def editions(rows: Sequence[Mapping[str, Any]]) -> Table:
    """One row per edition."""
    pyarrow = _arrow()
    instants = [datetime.datetime.fromisoformat(row["publishedAt"].replace("Z", "+00:00")) for row in rows]
    return pyarrow.table(
        {
            "id": pyarrow.array([row["id"] for row in rows], pyarrow.string()),
            "number": pyarrow.array([row["number"] for row in rows], pyarrow.int32()),
            "asOf": pyarrow.array([datetime.date.fromisoformat(row["asOf"]) for row in rows], pyarrow.date32()),
            "publishedAt": pyarrow.array(instants, pyarrow.timestamp("us", "UTC")),
            "enterprises": pyarrow.array([row["enterprises"] for row in rows], pyarrow.int64()),
            "digest": pyarrow.array([row["digest"] for row in rows], pyarrow.string()),
        }
    )
