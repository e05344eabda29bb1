#!/usr/bin/env bash
# Packages: grpcio==1.85.3 grpcio-status==1.85.3 pandas==3.1.1 pyarrow==26.0.1 pysail==0.7.2 pyspark-client==4.2.0
#
# What a `mapInArrow` function yields is fitted by Sail to the declared schema by column position and by a lenient cast: a value that does
# not fit becomes NULL. A function that yields (name, workers) under the schema "workers, name" so returns the number as the name and NULL
# as the number, and a count written "1,200" or above the int range vanishes. The very same values cast in SQL raise, and `mapInPandas`
# of the same server matches the columns by name.
#
# Seen with pysail 0.7.2 (newest on 2026-11-27) and pyspark-client 4.2.0 (the newest client; this Sail refuses Spark 4.3.0):
#   mapInArrow, columns in another order [(None, '2000')]
#   mapInPandas, columns in another order [(2000, '武昌厂')]
#   mapInArrow, texts as int [None, 1200, 12]
#   mapInArrow, bigint as int [None, 5]
#   cast('1,200' as int) in SQL raises
# Spark 4.3.0 goes by position in `mapInArrow` too, but raises where a column's type is not the declared one. Sail casts every batch with
# Arrow's safe cast, whose "safe" means that failures turn into nulls.
#
# Who meets it: jobs moved from Spark, where such a function failed at once. Helps: in the function, select the columns by the schema's
# names and cast with `safe=True` of pyarrow (there it means to raise), so that the batch yielded is the declared one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check grpcio==1.85.3 grpcio-status==1.85.3 pandas==3.1.1 pyarrow==26.0.1 \
  pysail==0.7.2 pyspark-client==4.2.0
cat > fitted.py <<'PY'
import pandas as pd
import pyarrow as pa
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
one = spark.createDataFrame([(1,)], "k int").coalesce(1)


def batches(**columns):
    def of(given):
        for _ in given:
            yield pa.RecordBatch.from_pydict({name: pa.array(values) for name, values in columns.items()})

    return of


def frames(given):
    for _ in given:
        yield pd.DataFrame({"name": ["武昌厂"], "workers": [2000]})


def rows(frame):
    found = [tuple(row) for row in frame.collect()]
    return found if len(found[0]) > 1 else [row[0] for row in found]


schema = "workers bigint, name string"
print("mapInArrow, columns in another order", rows(one.mapInArrow(batches(name=["武昌厂"], workers=[2000]), schema)))
print("mapInPandas, columns in another order", rows(one.mapInPandas(frames, schema)))
print("mapInArrow, texts as int", rows(one.mapInArrow(batches(workers=["1,200", "1200", " 12"]), "workers int")))
print("mapInArrow, bigint as int", rows(one.mapInArrow(batches(workers=[3_000_000_000, 5]), "workers int")))
try:
    spark.sql("select cast('1,200' as int)").collect()
except Exception:
    print("cast('1,200' as int) in SQL raises")
spark.stop()
server.stop()
PY
cat > expected.txt <<'TEXT'
mapInArrow, columns in another order [(None, '2000')]
mapInPandas, columns in another order [(2000, '武昌厂')]
mapInArrow, texts as int [None, 1200, 12]
mapInArrow, bigint as int [None, 5]
cast('1,200' as int) in SQL raises
TEXT
env/bin/python fitted.py > seen.txt 2> log.txt || { tail -5 log.txt; exit 1; }
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pysail 0.7.2"
