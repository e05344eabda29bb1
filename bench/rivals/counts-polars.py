#!/usr/bin/env python3
"""Polars on one thread, over an edition's Arrow file in memory, against the graph of `huitu bench serve`."""

import os
import sys

import counting

VERSION = "2.1.0"
NEEDS = ["duckdb==2.0.1", f"polars=={VERSION}", "pyarrow==26.0.1"]


def inside(folder):
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    rows = pl.from_arrow(counting.table(folder)).lazy()
    counts = [pl.len().alias("enterprises"), pl.col("in_gap").sum().alias("gap")]

    def page(where, *columns):
        found = rows.filter(where)
        total = found.select(pl.len())
        first = found.select("priority", *columns).bottom_k(50, by=["priority", "id"], reverse=[True, False])
        first = first.sort("priority", "id", descending=[True, False])
        total, first = pl.collect_all([total, first])
        return total.item() if first.height == 50 else None

    def coverage(of):
        return of.group_by("town", "section").agg(counts).collect()["gap"].sum()

    counting.state(
        dict(
            zip(
                counting.QUESTIONS,
                [
                    lambda: page(pl.col("in_gap"), "id", "name", "credit_code", "employees", "status", "address"),
                    lambda: coverage(rows),
                    lambda: coverage(rows.filter(pl.col("employees") >= 50)),
                    lambda: page(pl.col("employees").is_between(37, 95), "id", "name"),
                ],
            )
        )
    )


if __name__ == "__main__":
    if "--inside" in sys.argv:
        inside(sys.argv[2])
    else:
        counting.compare("Polars", VERSION, __file__, NEEDS)
