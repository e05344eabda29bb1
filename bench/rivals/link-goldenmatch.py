#!/usr/bin/env python3
"""GoldenMatch 3.22: equal codes, and a probabilistic key of name, address and phone that it trains itself, against `huitu bench link`."""

from pathlib import Path

import lib
import linking

VERSION = "3.22.0"
NEEDS = [f"goldenmatch=={VERSION}", "duckdb==2.0.1"]


def inside(case, out):
    import duckdb
    import goldenmatch as gm
    import pyarrow as pa

    database = duckdb.connect()
    count = linking.read(database, Path(case))
    table = database.sql("SELECT * FROM records ORDER BY source_dataset, record_id").to_arrow_table()
    with lib.Spent() as spent:
        field = lambda name, scorer, **more: gm.MatchkeyField(field=name, scorer=scorer, **more)
        keys = [
            gm.MatchkeyConfig(name="code", type="exact", fields=[gm.MatchkeyField(field="code")]),
            gm.MatchkeyConfig(
                name="evidence",
                type="probabilistic",
                fields=[
                    field("name", "jaro_winkler", levels=4, level_thresholds=[0.95, 0.88, 0.8], tf_adjustment=True),
                    field("address", "levenshtein", levels=3),
                    field("phone", "exact", levels=2, tf_adjustment=True),
                ],
            ),
        ]
        passes = [
            gm.BlockingKeyConfig(fields=["name"]),
            gm.BlockingKeyConfig(fields=["name", "district"], field_transforms={"name": ["substring:0:5"]}),
            gm.BlockingKeyConfig(fields=["phone"]),
            gm.BlockingKeyConfig(fields=["address"]),
        ]
        blocking = gm.BlockingConfig(strategy="multi_pass", keys=passes[:1], passes=passes)
        result = gm.dedupe_df(table, config=gm.GoldenMatchConfig(matchkeys=keys, blocking=blocking), source_name="records")
        place = list(range(count))
        for cluster, told in result.clusters.items():
            for member in told["members"]:
                place[member] = f"c{cluster}"
    entities = table.select(["source_dataset", "record_id"]).rename_columns(["registry", "record_id"])
    entities = entities.append_column("entity_id", pa.array([str(p) for p in place]))
    database.register("entities", entities)
    linking.write(database, out)
    linking.state(spent, count)


if __name__ == "__main__":
    linking.main("GoldenMatch", VERSION, __file__, NEEDS, inside)
