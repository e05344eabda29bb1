"""Editions as tables: the folder of a published state, read with pyarrow and without a server.

An edition is a folder of Arrow IPC files, or a base and what changed since, in folders of their own (`parts` in `manifest.json`) with
`replaced.arrow` beside them, which says what of each part is dead. `read` puts them together.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc


# What is only told of the rows of a file stands in another one, in packed blocks.
PARTICULARS = {"enterprises": "particulars.arrow", "unions": "union_particulars.arrow"}


def manifest(folder: str | Path) -> dict:
    """What an edition is and rests on."""
    return json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))


def read(folder: str | Path, file: str = "enterprises", columns: list[str] | None = None) -> pa.Table:
    """The rows of one file of an edition that stand: `enterprises` (by falling priority), `details`, `members` (by the same rows),
    `unions`; those of enterprises and unions with what is only told of them. Words come as plain text, so that DuckDB, Polars and pandas
    take them alike.
    """
    folder = Path(folder)
    parts = manifest(folder).get("parts") or ["."]
    dead = _dead(folder, "unions" if file == "unions" else "enterprises")
    tables, orders = [], []
    for number, part in enumerate(parts):
        table = _plain(_open(folder / part / f"{file}.arrow"))
        if file in PARTICULARS:
            table = _with_particulars(table, folder / part / PARTICULARS[file])
        if file == "unions" and "covers_ids" in table.column_names:
            table = table.drop_columns(["covers_ids", "host_id"])
        stands = pa.array([row not in dead.get(number, ()) for row in range(table.num_rows)], pa.bool_())
        table = table.filter(stands)
        # A base of an earlier program has its columns in another order.
        tables.append(table.select(tables[0].column_names) if tables else table)
        if file != "unions" and len(parts) > 1:
            orders.append(_open(folder / part / "enterprises.arrow").select(["priority", "id"]).filter(stands))
    table = pa.concat_tables(tables)
    if orders:
        keys = [("priority", "descending"), ("id", "ascending")]
        table = table.take(pc.sort_indices(pa.concat_tables(orders), sort_keys=keys))
    elif file == "unions" and len(parts) > 1:
        order = pa.table({"members": pc.fill_null(table["members"], 0), "none": pc.is_null(table["members"]), "id": table["id"]})
        table = table.take(pc.sort_indices(order, sort_keys=[("none", "ascending"), ("members", "descending"), ("id", "ascending")]))
    return table.select(columns) if columns else table


def _open(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _with_particulars(table: pa.Table, path: Path) -> pa.Table:
    """Editions of earlier programs hold these columns themselves."""
    if not path.exists():
        return table
    more = _plain(_open(path))
    for name in more.column_names:
        column = more[name]
        if name == "credit_code_raw":  # only where it is not the code
            column = pc.if_else(pc.is_null(column), table["credit_code"], pc.if_else(pc.equal(column, ""), None, column))
        table = table.append_column(name, column)
    return table


def _plain(table: pa.Table) -> pa.Table:
    """Dictionaries of several parts have words of their own: as texts they can stand in one column."""
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(at, pa.field(field.name, field.type.value_type), table[field.name].cast(field.type.value_type))
        elif pa.types.is_list(field.type) and pa.types.is_struct(field.type.value_type):
            inner = pa.struct([pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in field.type.value_type])
            table = table.set_column(at, pa.field(field.name, pa.list_(inner)), table[field.name].cast(pa.list_(inner)))
    return table.replace_schema_metadata(None)


def _dead(folder: Path, file: str) -> dict[int, set[int]]:
    path = folder / "replaced.arrow"
    dead: dict[int, set[int]] = {}
    if path.exists():
        table = _plain(_open(path))
        for part, name, row in zip(table["part"].to_pylist(), table["file"].to_pylist(), table["row"].to_pylist()):
            if name == file:
                dead.setdefault(part, set()).add(row)
    return dead
