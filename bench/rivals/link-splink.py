#!/usr/bin/env python3
"""Splink 5: a model of four comparisons, trained by expectation maximisation on these very records, against `huitu bench link`."""

from pathlib import Path

import lib
import linking

VERSION = "5.0.0"
NEEDS = [f"splink=={VERSION}", "duckdb==2.0.1"]
# The best of 0.5, 0.9 and 0.99 at 10,000 enterprises.
THRESHOLD = 0.5


def inside(case, out):
    import duckdb
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    database = duckdb.connect()
    count = linking.read(database, Path(case))
    for name in lib.REGISTRIES:
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM records WHERE source_dataset = '{name}'")
    with lib.Spent() as spent:
        settings = SettingsCreator(
            link_type="link_only",
            unique_id_column_name="record_id",
            comparisons=[
                cl.CustomComparison(
                    comparison_levels=[
                        cll.NullLevel("core"),
                        cll.ExactMatchLevel("name", term_frequency_adjustments=True),
                        cll.ExactMatchLevel("core", term_frequency_adjustments=True),
                        cll.JaroWinklerLevel("core", 0.92),
                        cll.JaroWinklerLevel("core", 0.85),
                        cll.ElseLevel(),
                    ],
                    output_column_name="name",
                ),
                cl.ExactMatch("code"),
                cl.LevenshteinAtThresholds("address", [2, 5]),
                cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
            ],
            blocking_rules_to_generate_predictions=[
                block_on("code"),
                block_on("name"),
                block_on("core"),
                block_on("substr(core, 1, 3)", "district"),
                block_on("phone"),
                block_on("address"),
            ],
            retain_matching_columns=False,
        )
        api = DuckDBAPI(database)
        linker = Linker([api.register(name, dataset_display_name=name) for name in lib.REGISTRIES], settings, log_level=None)
        training = linker.training
        training.estimate_probability_two_random_records_match([block_on("code"), block_on("name")], recall=0.9)
        training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        training.estimate_parameters_using_expectation_maximisation(block_on("code"), record_sample_proportion=1.0)
        training.estimate_parameters_using_expectation_maximisation(block_on("core"), record_sample_proportion=1.0)
        pairs = linker.inference.predict(threshold_match_probability=THRESHOLD)
        clusters = linker.clustering.cluster_using_single_best_links(pairs, ["commerce"], threshold_match_probability=THRESHOLD)
        clusters = clusters.as_duckdbpyrelation()
        database.execute("CREATE TABLE entities AS SELECT source_dataset AS registry, record_id, cluster_id AS entity_id FROM clusters")
    linking.write(database, out)
    linking.state(spent, count)


if __name__ == "__main__":
    linking.main("Splink", VERSION, __file__, NEEDS, inside)
