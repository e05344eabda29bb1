"""Links records on a Spark cluster, and judges who is linked: joins, counts and parts here, decisions in `huitu kernel`.

The entities are those of one machine, for any number of parts. Every step is kept as Parquet in the work folder, so that what a lost worker
had done is done again from there and from nothing else; an engine whose `cache` keeps nothing does as well.

    python job.py --records records.parquet --work /shared/work --out entities.parquet --parts 64 \\
        --facts facts.parquet --on 2026-12-01 --segments /shared/segments --edition /shared/editions
"""

import argparse
import subprocess
import tempfile
import threading

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

READ = "reference bigint, organisation bigint, registration bigint, record binary"
STATISTICS = "kind string, key bigint, value bigint, count bigint, record binary"
PROFILES = "profile bigint, identified boolean, keys array<bigint>, limits array<int>, profile_data binary"
PAIRS = "left bigint, right bigint, right_registry int, right_identified boolean, weight float, ties boolean"
ENTITIES = (
    "registry string, key string, part int, entity string, founder bigint, profile bigint, weight float, partner bigint"
)

SEGMENTS = "segment string, enterprises bigint, unions bigint, records bigint, digest string"
# Of a province that nobody tells.
NOWHERE = "00"

ADDED = pa.schema({"kind": pa.utf8(), "key": pa.int64(), "value": pa.int64(), "count": pa.int64(), "record": pa.binary()})


def piped(command, batches):
    """Runs a filter: `batches` go in, batches come out. Both at the same time, as filters do not wait."""
    first = next(batches, None)
    if first is None:
        return
    said = tempfile.TemporaryFile()
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said)
    broken = []

    def write():
        try:
            with program.stdin, pa.ipc.new_stream(program.stdin, first.schema) as stream:
                stream.write_batch(first)
                for batch in batches:
                    stream.write_batch(batch)
        except BaseException as why:  # told by the reading side, which knows what the program said
            broken.append(why)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    torn = None
    try:
        with pa.ipc.open_stream(program.stdout) as stream:
            yield from stream
    except pa.ArrowException as why:
        torn = why
    except GeneratorExit:  # nobody needs more rows
        program.kill()
        raise
    finally:
        program.stdout.close()
        writer.join()
        ended = program.wait()
    if ended != 0:
        said.seek(0)
        raise RuntimeError(f"{' '.join(command[:3])}: {said.read().decode(errors='replace').strip()}")
    if torn or broken:
        raise torn or broken[0]


def through(frame: DataFrame, schema: str, *command: str) -> DataFrame:
    """A filter over every part of a frame."""

    def run(batches):
        yield from piped(command, batches)

    return frame.mapInArrow(run, schema)


class Job:
    """One linking, with the folder in which its steps are kept."""

    def __init__(self, spark: SparkSession, asked: argparse.Namespace):
        self.spark, self.work, self.parts = spark, asked.work.rstrip("/"), asked.parts
        self.huitu = [asked.huitu, "kernel"]
        self.told = ["--registries", asked.registries] if asked.registries else []
        self.told += ["--issuers", asked.issuers] if asked.issuers else []

    def kept(self, frame: DataFrame, name: str) -> DataFrame:
        path = f"{self.work}/{name}"
        frame.write.mode("overwrite").parquet(path)
        return self.spark.read.schema(frame.schema).parquet(path)

    def statistics(self, frame: DataFrame, name: str) -> list[str]:
        """What the whole frame says, added up by the engine and shortened by the filter: a file for every worker."""
        told = through(frame, STATISTICS, *self.huitu, "statistics")
        added = told.groupBy("kind", "key", "value").agg(f.sum("count").alias("count"), f.first("record").alias("record"))
        added = added.select("kind", "key", "value", f.col("count").cast("bigint"), "record")
        path = f"{self.work}/{name}.arrows"
        table = added.toArrow()
        batches = table.to_batches(max_chunksize=1 << 16) or [pa.RecordBatch.from_pylist([], table.schema)]
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, ADDED) as stream:
            for batch in piped([*self.huitu, "statistics", "--whole"], iter(batches)):
                stream.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=ADDED))
        return ["--statistics", path]

    def read(self, records: DataFrame) -> DataFrame:
        """Records as read, each with the code that its registration number leads to."""
        read = through(records.repartition(self.parts), READ, *self.huitu, "normalise", *self.told)
        read = self.kept(read, "read")
        beside = read.where("organisation IS NOT NULL AND registration IS NOT NULL").groupBy("registration")
        leads = beside.agg(f.min("organisation").alias("least"), f.max("organisation").alias("most"))
        leads = leads.selectExpr("registration", "CASE WHEN least = most THEN least ELSE 0L END AS lead")
        return self.kept(read.join(leads, "registration", "left").select("reference", "organisation", "registration", "record", "lead"), "led")

    def profiles(self, led: DataFrame) -> DataFrame:
        by_code = f.coalesce(
            "organisation",
            f.when(f.col("lead") != 0, f.col("lead")),
            f.when(f.col("lead").isNull(), f.col("registration")),
            "reference",
        )
        facts = self.statistics(led.select("record", "lead"), "facts")
        together = led.withColumn("together", by_code).repartition(self.parts, "together").select("record", "lead")
        return self.kept(through(together, PROFILES, *self.huitu, "group", *self.told, *facts), "profiles")

    def pairs(self, profiles: DataFrame) -> DataFrame:
        """Who shares a key that few share, weighed; the heaviest of everybody without a code."""
        keys = profiles.select("profile", "identified", f.explode(f.arrays_zip("keys", "limits")).alias("k"))
        keys = self.kept(keys.selectExpr("profile", "identified", "k.keys AS key", "k.limits AS most"), "keys")
        few = keys.groupBy("key").agg(f.count("*").alias("n"), f.max("most").alias("most")).where("n > 1 AND n <= most").select("key")
        keys = keys.join(few, "key")
        left = keys.where("NOT identified").selectExpr("key", "profile AS left")
        met = left.join(keys.selectExpr("key", "profile AS right"), "key").where("left <> right").select("left", "right").distinct()
        data = lambda side: profiles.selectExpr(f"profile AS {side}", f"profile_data AS {side}_data")
        met = met.join(data("left"), "left").join(data("right"), "right").repartition(self.parts, "left")
        counts = self.statistics(profiles.select("profile_data"), "counts")
        met = met.select("left_data", "right_data")
        return self.kept(through(met, PAIRS, *self.huitu, "score", *self.told, *counts), "pairs")

    def components(self, edges: DataFrame) -> DataFrame:
        """(vertex, component) of every vertex of `edges` (left, right).

        Randomised contraction (Bögeholz, Brand and Todor, In-database connected component analysis, ICDE 2020): each round every vertex
        goes to the first of its neighbourhood in an order that is drawn anew, and edges are drawn between those who are left; a round leaves
        three vertices of four at most, on the average, so that rounds grow with the logarithm of the vertices. A hash with the round for a seed
        stands for the draw: the outcome does not depend on it, and a part that is done again is done the same.
        """
        both = edges.select("left", "right").union(edges.selectExpr("right", "left")).distinct()
        edges = self.kept(both.toDF("v", "w"), "edges-0")
        found = self.kept(edges.selectExpr("v AS vertex", "v AS at").distinct(), "components-0")
        done = 0
        while edges.limit(1).count():
            done += 1
            rank = lambda name: f.struct(f.xxhash64(f.col(name).cast("string"), f.lit(str(done))).alias("h"), f.col(name).alias("to"))
            first = edges.groupBy("v").agg(f.min(rank("w")).alias("near"))
            first = first.select("v", f.least("near", rank("v")).alias("first")).selectExpr("v", "first.to AS to")
            first = self.kept(first, f"first-{done}")
            ends = edges.join(first, "v").selectExpr("to AS a", "w").join(first.withColumnRenamed("v", "w"), "w")
            edges = self.kept(ends.selectExpr("a AS v", "to AS w").where("v <> w").distinct(), f"edges-{done}")
            moved = found.join(first.withColumnRenamed("v", "at"), "at", "left")
            found = self.kept(moved.selectExpr("vertex", "coalesce(to, at) AS at"), f"components-{done}")
        print(f"components: {done} rounds")
        return found.toDF("vertex", "component")

    def entities(self, profiles: DataFrame, pairs: DataFrame) -> DataFrame:
        found = self.components(pairs.where("ties"))
        of = lambda frame, vertex: frame.join(found.withColumnRenamed("vertex", vertex), vertex, "left").withColumn(
            "component", f.coalesce("component", vertex)
        )
        own = of(profiles.select("profile", "profile_data"), "profile").select("component", "profile_data")
        tied = of(pairs, "left").select("component", "left", "right", "right_registry", "right_identified", "weight")
        rows = own.unionByName(tied, allowMissingColumns=True).repartition(self.parts, "component").drop("component")
        return through(rows, ENTITIES, *self.huitu, "cluster", *self.told)

    def segments(self, facts: DataFrame, entities: DataFrame, folder: str, told: list[str]) -> DataFrame:
        """Everybody judged in the province in which most of its records are: a folder each, written by whoever has the part.

        Beside its own a province is sent, not to be written, what verdicts and counts look at elsewhere: of a union that reaches over
        provinces its firm and all whom it lists, as its members are shared out among them.
        """
        whose = entities.select("registry", "key", "part", "entity", "weight")
        facts = self.kept(facts.join(whose, ["registry", "key", "part"], "left"), "facts-of")
        counted = facts.where("entity IS NOT NULL AND province IS NOT NULL").groupBy("entity", "province").agg(f.count("*").alias("n"))
        home = counted.groupBy("entity").agg(f.min(f.struct((-f.col("n")).alias("less"), "province")).alias("first"))
        home = home.selectExpr("entity", "first.province AS home")
        # A union without a firm stands where its own row says, and what it lists with whom that is.
        facts = facts.join(home, "entity", "left").withColumn("segment", f.coalesce("home", "province", f.lit(NOWHERE)))
        facts = self.kept(facts.drop("home", "province"), "facts-at")
        rows = facts.where("part = 0 AND kind = 'union'").selectExpr("registry", "key", "entity", "segment")
        units = facts.where("part > 0 AND kind = 'covered_unit'").selectExpr("registry", "key", "entity", "segment")
        places = rows.union(units.where("entity IS NOT NULL")).distinct()
        wide = places.groupBy("registry", "key").agg(f.countDistinct("segment").alias("n")).where("n > 1").select("registry", "key")
        places = self.kept(places.join(wide, ["registry", "key"]), "places")
        there = places.selectExpr("registry", "key", "segment AS neighbourhood").distinct()
        across = places.join(there, ["registry", "key"]).where("segment <> neighbourhood")
        firms = across.where("entity IS NOT NULL").select("entity", "neighbourhood").distinct()
        alone = across.where("entity IS NULL").select("registry", "key", "neighbourhood").distinct()
        columns = ["neighbourhood", "entity", "asked", "id", "registry", "key", "part", "kind", "landed_at", "observed_at", "values", "weight"]
        own = facts.withColumn("neighbourhood", f.col("segment")).withColumn("asked", f.lit(True)).select(columns)
        looked_at = facts.join(firms, "entity").withColumn("asked", f.lit(False)).select(columns)
        unhosted = facts.where("part = 0").join(alone, ["registry", "key"]).withColumn("asked", f.lit(False)).select(columns)
        sent = own.union(looked_at).union(unhosted).repartition(self.parts, "neighbourhood")
        written = through(sent, SEGMENTS, *self.huitu, "segment", *told, "--out", folder)
        return self.kept(written, "segments")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", required=True, help="Parquet: what `huitu kernel normalise` reads")
    parser.add_argument("--work", required=True, help="a folder that every worker reads and writes; steps are kept there")
    parser.add_argument("--out", required=True, help="Parquet: the entity of every record")
    parser.add_argument("--parts", type=int, default=8, help="parts a step")
    parser.add_argument("--registries", help="best first, as `huitu kernel --registries`")
    parser.add_argument("--issuers", help="as `huitu kernel --issuers`")
    parser.add_argument("--huitu", default="huitu", help="the program, on every worker")
    judging = parser.add_argument_group("judging, by province")
    judging.add_argument("--facts", help="Parquet: what `huitu kernel facts` writes")
    judging.add_argument("--on", help="the day as of which is judged")
    judging.add_argument("--segments", help="a folder that every worker writes to: one segment for each province")
    judging.add_argument("--edition", help="the folder of editions in which the segments become one")
    judging.add_argument("--number", type=int, default=1, help="number of that edition")
    judging.add_argument("--needs-unmet", help="as `huitu kernel segment --unmet`; a file on every worker")
    asked = parser.parse_args()
    if asked.facts and not (asked.on and asked.segments):
        parser.error("--facts needs --on and --segments")
    spark = SparkSession.builder.appName("huitu").config("spark.sql.shuffle.partitions", asked.parts).getOrCreate()
    job = Job(spark, asked)
    profiles = job.profiles(job.read(spark.read.parquet(asked.records)))
    job.entities(profiles, job.pairs(profiles)).write.mode("overwrite").parquet(asked.out)
    entities = spark.read.parquet(asked.out)
    twice = entities.where("entity IS NOT NULL").groupBy("entity").agg(f.countDistinct("founder").alias("n")).where("n > 1")
    twice = [row.entity for row in twice.select("entity").collect()]
    if twice:
        raise SystemExit(f"entities whose ids are equal by chance, to be named anew: {', '.join(twice)}")
    print(f"{entities.count()} records, {entities.select('entity').distinct().count()} entities")
    if asked.facts:
        told = ["--on", asked.on, "--first", "--number", str(asked.number)]
        told += ["--unmet", asked.needs_unmet] if asked.needs_unmet else []
        facts = spark.read.parquet(asked.facts)
        told += ["--only", ",".join(sorted(row.registry for row in facts.select("registry").distinct().collect()))]
        written = job.segments(facts, entities, asked.segments, told).orderBy("segment").collect()
        print(f"segments: {', '.join(f'{row.segment} ({row.enterprises} enterprises)' for row in written)}")
        if asked.edition:
            folders = [f"{asked.segments.rstrip('/')}/{row.segment}" for row in written]
            subprocess.run([asked.huitu, "kernel", "join", "--number", str(asked.number), "--out", asked.edition, *folders], check=True)
    spark.stop()


if __name__ == "__main__":
    main()
