#!/usr/bin/env bash
# Packages: pyoxigraph==0.5.13 rdflib==7.6.0
#
# `?share = 0.1` and `?share IN (0.1)` are the same question in SPARQL. For RDFLib the first compares numbers and the second spellings: a share
# written 0.10 is found by `=` and not by `IN`, and `NOT IN` lets it through. A number of workers of another width (`xsd:int`) or one written
# 1000.0 for 1000 is missed likewise, and `IN` with an expression finds what the result happens to be spelt like. Leading zeros do no harm,
# as integers are respelt when read, and decimals are not. Years (`xsd:gYear`) are equal to themselves and neither before nor after any other
# year. Nothing raises. Oxigraph compares by value throughout.
#
# Seen with rdflib 7.6.0 and pyoxigraph 0.5.13 (newest on 2026-11-28), three firms with shares 0.10, 0.2, 0.30, workers 120 as integer, as
# "0120" and as xsd:int, capital 1e3, 1000.0 and 1000, founded in 1949, 2024 and 1998:
#   ?share = 0.1: rdflib 1, oxigraph 1
#   ?share IN (0.1): rdflib 0, oxigraph 1
#   ?share NOT IN (0.1): rdflib 3, oxigraph 2
#   ?share IN (0.05 * 2): rdflib 1, oxigraph 1
#   ?workers = 120: rdflib 3, oxigraph 3
#   ?workers IN (120): rdflib 2, oxigraph 3
#   ?capital = 1000: rdflib 3, oxigraph 3
#   ?capital IN (1000): rdflib 1, oxigraph 3
#   ?founded = "1949"^^xsd:gYear: rdflib 1, oxigraph 1
#   ?founded < "2000"^^xsd:gYear: rdflib 0, oxigraph 2
#   ?founded > "2000"^^xsd:gYear: rdflib 0, oxigraph 1
# The standard defines IN as a row of `=` joined by "or". RDFLib looks for the very term in the list.
#
# Who meets it: registers published as linked data, where the publisher writes amounts with two places and the one who asks does not. Helps:
# write `=` joined by `||`; for years `xsd:integer(str(?founded))`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pyoxigraph==0.5.13 rdflib==7.6.0
cat > firms.ttl <<'TTL'
@prefix : <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a :share 0.10 ; :workers 120 ; :capital 1e3 ; :founded "1949"^^xsd:gYear .
:b :share 0.2 ; :workers "0120"^^xsd:integer ; :capital 1000.0 ; :founded "2024"^^xsd:gYear .
:c :share 0.30 ; :workers "120"^^xsd:int ; :capital 1000 ; :founded "1998"^^xsd:gYear .
TTL
cat > ask.py <<'PY'
import re

import pyoxigraph
import rdflib

PREFIXES = "PREFIX : <http://example.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
with open("firms.ttl") as file:
    text = file.read()
graph = rdflib.Graph().parse(data=text, format="turtle")
store = pyoxigraph.Store()
store.load(text.encode(), format=pyoxigraph.RdfFormat.TURTLE)


def counted(condition):
    names = set(re.findall(r"\?(\w+)", condition))
    pattern = " ".join(f"?firm :{name} ?{name} ." for name in names)
    query = f"{PREFIXES} SELECT (COUNT(*) AS ?firms) {{ {pattern} FILTER({condition}) }}"
    return [int(row[0]) for row in graph.query(query)][0], [int(row["firms"].value) for row in store.query(query)][0]


for condition in (
    "?share = 0.1", "?share IN (0.1)", "?share NOT IN (0.1)", "?share IN (0.05 * 2)", "?workers = 120", "?workers IN (120)", "?capital = 1000",
    "?capital IN (1000)", '?founded = "1949"^^xsd:gYear', '?founded < "2000"^^xsd:gYear', '?founded > "2000"^^xsd:gYear',
):
    by_rdflib, by_oxigraph = counted(condition)
    print(f"{condition}: rdflib {by_rdflib}, oxigraph {by_oxigraph}")
# What helps.
assert counted("?share = 0.1 || ?share = 0.5") == (1, 1)
assert counted("xsd:integer(str(?founded)) < 2000") == (2, 2)
PY
cat > expected.txt <<'TEXT'
?share = 0.1: rdflib 1, oxigraph 1
?share IN (0.1): rdflib 0, oxigraph 1
?share NOT IN (0.1): rdflib 3, oxigraph 2
?share IN (0.05 * 2): rdflib 1, oxigraph 1
?workers = 120: rdflib 3, oxigraph 3
?workers IN (120): rdflib 2, oxigraph 3
?capital = 1000: rdflib 3, oxigraph 3
?capital IN (1000): rdflib 1, oxigraph 3
?founded = "1949"^^xsd:gYear: rdflib 1, oxigraph 1
?founded < "2000"^^xsd:gYear: rdflib 0, oxigraph 2
?founded > "2000"^^xsd:gYear: rdflib 0, oxigraph 1
TEXT
env/bin/python ask.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: rdflib 7.6.0"
