#!/usr/bin/env python3
"""DuckDB on one thread, its own table made of an edition's Arrow file, against the graph of `huitu bench serve`."""

import sys

import counting

VERSION = "2.0.1"
NEEDS = [f"duckdb=={VERSION}", "polars==2.1.0", "pyarrow==26.0.1"]


def inside(folder):
    import duckdb

    enterprises = counting.table(folder)
    database = duckdb.connect(config={"threads": 1})
    # Quicker than asking the mapped file each time, and what its users do.
    database.register("mapped", enterprises)
    database.execute("CREATE TABLE rows AS SELECT * FROM mapped")
    ask = lambda sql: database.execute(sql).fetchall()
    counted = "SELECT town, section, count(*), count(*) FILTER (WHERE in_gap) FROM rows {} GROUP BY ALL"

    def page(where, order, columns):
        rows = ask(f"SELECT {columns} FROM rows WHERE {where} ORDER BY {order} LIMIT 50")
        total = ask(f"SELECT count(*) FROM rows WHERE {where}")[0][0]
        return total if len(rows) == 50 else None

    counting.state(
        dict(
            zip(
                counting.QUESTIONS,
                [
                    lambda: page("in_gap", "priority DESC, id", "id, name, credit_code, employees, status, address"),
                    lambda: sum(row[3] for row in ask(counted.format(""))),
                    lambda: sum(row[3] for row in ask(counted.format("WHERE employees >= 50"))),
                    lambda: page("employees BETWEEN 37 AND 95", "priority DESC, id", "id, name"),
                ],
            )
        )
    )


if __name__ == "__main__":
    if "--inside" in sys.argv:
        inside(sys.argv[2])
    else:
        counting.compare("DuckDB", VERSION, __file__, NEEDS)
