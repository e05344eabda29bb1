#!/usr/bin/env bash
# Packages: pandas==3.1.1 py4j==0.10.9.9 pyarrow==26.0.1 pyspark==4.3.0
#
# A function for PySpark's `mapInArrow` that yields a dictionary-encoded column gives Spark the indices instead of the values, wherever
# the declared type is as wide as an index: workers become 0, 1, 0, a sum is taken of them, dates become the first days of 1970, and
# even a dictionary of words is accepted as int. There is no error and no warning. Where the widths differ Spark refuses with a message
# that speaks of neither dictionaries nor the column (`Cannot call the method "getLong" ...`).
#
# Seen with pyspark 4.3.0 and pyarrow 26.0.1 (newest on 2026-11-27), Java 17 (which has to be on the machine):
#   plain int [2000, 350, 2000] sum 4350
#   dictionary of int32, declared int [0, 1, 0] sum 1
#   dictionary of date32, declared date ['1970-01-01', '1970-01-02', '1970-01-01']
#   dictionary of words, declared int [0, 1, 0]
#   arrow_udf with the same dictionary [2000]
#   applyInArrow with the same dictionary RESULT_COLUMN_TYPES_MISMATCH
# The JVM reads a batch by the kind of its vectors, and an encoded column arrives there as a vector of its indices; its dictionary is
# not looked up. The younger `arrow_udf` decodes and `applyInArrow` compares the types beforehand; `mapInArrow` does neither.
#
# Who meets it: whoever reads Parquet or DuckDB in such a function, where encoded columns come about by themselves
# (`read_dictionary`, pandas categories, `dictionary_encode` to save memory). Helps: decode or cast every batch to the declared schema.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pandas==3.1.1 py4j==0.10.9.9 pyarrow==26.0.1
env/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary pyspark pyspark==4.3.0 # unpacked, not built into a wheel: minutes less
tar xzf pyspark-4.3.0.tar.gz
export SPARK_HOME="$dir/pyspark-4.3.0/deps" PYTHONPATH="$dir/pyspark-4.3.0"
cat > indices.py <<'PY'
import datetime
import os
import sys

import pyarrow as pa

os.environ["PYSPARK_PYTHON"] = sys.executable
from pyspark.sql import SparkSession
from pyspark.sql.functions import arrow_udf

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
one = spark.createDataFrame([(1,)], "k int").coalesce(1)
workers = pa.array([2000, 350, 2000], pa.int32())
days = pa.array([datetime.date(2024, 5, 1), datetime.date(2025, 5, 1), datetime.date(2024, 5, 1)])


def yielding(column):
    def batches(given):
        for _ in given:
            yield pa.RecordBatch.from_arrays([column], ["v"])

    return batches


def mapped(column, declared):
    return one.mapInArrow(yielding(column), f"v {declared}")


def values(frame):
    return [row[0] if isinstance(row[0], int) else str(row[0]) for row in frame.collect()]


for name, column in [("plain int", workers), ("dictionary of int32, declared int", workers.dictionary_encode())]:
    frame = mapped(column, "int")
    print(name, values(frame), "sum", frame.groupBy().sum("v").first()[0])
print("dictionary of date32, declared date", values(mapped(days.dictionary_encode(), "date")))
print("dictionary of words, declared int", values(mapped(pa.array(["武昌", "汉口", "武昌"]).dictionary_encode(), "int")))


@arrow_udf("int")
def encoded(column: pa.Array) -> pa.Array:
    return pa.array([2000] * len(column), pa.int32()).dictionary_encode()


print("arrow_udf with the same dictionary", values(one.select(encoded("k"))))
try:
    values(one.groupBy("k").applyInArrow(lambda table: pa.table({"v": workers.dictionary_encode()}), "v int"))
except Exception as error:
    print("applyInArrow with the same dictionary", "RESULT_COLUMN_TYPES_MISMATCH" if "RESULT_COLUMN_TYPES_MISMATCH" in str(error) else error)
spark.stop()
PY
cat > expected.txt <<'TEXT'
plain int [2000, 350, 2000] sum 4350
dictionary of int32, declared int [0, 1, 0] sum 1
dictionary of date32, declared date ['1970-01-01', '1970-01-02', '1970-01-01']
dictionary of words, declared int [0, 1, 0]
arrow_udf with the same dictionary [2000]
applyInArrow with the same dictionary RESULT_COLUMN_TYPES_MISMATCH
TEXT
env/bin/python indices.py > seen.txt 2> log.txt || { tail -5 log.txt; exit 1; }
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pyspark 4.3.0"
