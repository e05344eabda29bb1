#!/usr/bin/env bash
# Packages: grpcio==1.85.3 grpcio-status==1.85.3 pandas==3.1.1 pyarrow==26.0.1 pysail==0.7.2 pyspark-client==4.2.0
#
# Sail, the Spark server in Rust, says of itself that `spark.sql.ansi.enabled` is true, and raises where a cast does not fit or a divisor
# is zero. Additions and sums wrap all the same: two large bigints sum up to the smallest bigint, and a sum of decimal(38,0) comes out
# with 39 digits, more than its type has. A quotient of two decimals and their average have six places, cut and not rounded, and
# `bround(2.5)`, whose purpose is to round to the even neighbour, gives 3.
#
# Seen with pysail 0.7.2 (newest on 2026-11-27) and pyspark-client 4.2.0 (the newest client; this Sail refuses Spark 4.3.0):
#   spark.sql.ansi.enabled true
#   cast(200 as tinyint) raises
#   9223372036854775807L + 1L = -9223372036854775808
#   sum(bigint) = -9223372036854775808
#   sum(decimal(38,0)) = 100000000000000000000000000000000000000
#   2.00 / 3.00 = 0.666666 decimal(18,6)
#   avg of 1.00, 1.01, 1.01 = 1.006666
#   bround(2.5) = 3.0
# Spark 4.3.0 raises ARITHMETIC_OVERFLOW for the three sums and answers 0.666666666666667 of decimal(27,15), 1.006667 and 2. Sail leaves
# the arithmetic to the kernels of DataFusion and Arrow, which know neither that setting nor Spark's rule for the scale of a quotient.
#
# Who meets it: whoever moves a job that relied on ANSI errors to be stopped by them. Helps: sum bigint as decimal(38,0), which has room
# for it, and give the operands of a division the scale wanted plus one digit before rounding oneself.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check grpcio==1.85.3 grpcio-status==1.85.3 pandas==3.1.1 pyarrow==26.0.1 \
  pysail==0.7.2 pyspark-client==4.2.0
cat > sums.py <<'PY'
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()


def first(query):
    return spark.sql(query).collect()[0][0]


print("spark.sql.ansi.enabled", spark.conf.get("spark.sql.ansi.enabled"))
try:
    first("select cast(200 as tinyint)")
except Exception:
    print("cast(200 as tinyint) raises")
print("9223372036854775807L + 1L =", first("select 9223372036854775807L + 1L"))
print("sum(bigint) =", first("select sum(v) from values (9223372036854775807L), (1L) t(v)"))
nines = "9" * 38
print("sum(decimal(38,0)) =", first(f"select sum(cast(v as decimal(38,0))) from values ({nines}BD), (1BD) t(v)"))
quotient = "cast(2 as decimal(12,2)) / cast(3 as decimal(12,2))"
print("2.00 / 3.00 =", first(f"select {quotient}"), first(f"select typeof({quotient})"))
print("avg of 1.00, 1.01, 1.01 =", first("select avg(cast(v as decimal(5,2))) from values (1.00), (1.01), (1.01) t(v)"))
print("bround(2.5) =", first("select bround(2.5)"))
spark.stop()
server.stop()
PY
cat > expected.txt <<'TEXT'
spark.sql.ansi.enabled true
cast(200 as tinyint) raises
9223372036854775807L + 1L = -9223372036854775808
sum(bigint) = -9223372036854775808
sum(decimal(38,0)) = 100000000000000000000000000000000000000
2.00 / 3.00 = 0.666666 decimal(18,6)
avg of 1.00, 1.01, 1.01 = 1.006666
bround(2.5) = 3.0
TEXT
env/bin/python sums.py > seen.txt 2> log.txt || { tail -5 log.txt; exit 1; }
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pysail 0.7.2"
