#!/usr/bin/env bash
# Packages: lancedb==0.40.0 tantivy==0.27.0
#
# A Chinese firm's name of 14 characters is not found by Tantivy, one of 13 is. As a name has no blanks it is one word to the usual tokenizer,
# and words of more than 40 bytes, which 14 characters are, are dropped without a trace. The same goes for the question, and there it turns
# the answer round: name AND city gives all firms of the city, and the city without that name leaves the firm in. Brackets within the name
# make shorter words of it, and so decide whether it is found. LanceDB's full-text index, made with its defaults, does not find the name either.
#
# Seen with tantivy 0.27.0 for Python and lancedb 0.40.0 (newest on 2026-11-28):
#   13 characters 武汉市江汉区解放大道机械厂: tantivy 1 lancedb 1
#   14 characters 武汉市江汉区解放大道机械分厂: tantivy 0 lancedb 0
#   14 characters and brackets 武汉市江汉区(解放大道)机械分厂: tantivy 1 lancedb 1
#   name of 13 AND city: 1 of 3
#   name of 14 AND city: 3 of 3
#   city without the name of 13: 2 of 3
#   city without the name of 14: 3 of 3
#   name of 14, other tokenizer (raw): 1
# The limit is counted in bytes of UTF-8, three a character, and is meant for rubbish among words: in an alphabet hardly a word is that long. A
# firm's full name in Chinese, with place, trade and 有限责任公司, easily is.
#
# Who meets it: whoever indexes registered names with these defaults and tries with short ones. Helps: the tokenizer `raw` for exact names, an
# n-gram one or a segmenter for parts; in LanceDB `max_token_length`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check lancedb==0.40.0 tantivy==0.27.0
cat > names.py <<'PY'
import lancedb
import tantivy
from lancedb.index import FTS

THIRTEEN = "武汉市江汉区解放大道机械厂"
FOURTEEN = "武汉市江汉区解放大道机械分厂"
BRACKETS = "武汉市江汉区(解放大道)机械分厂"


def indexed(names, tokenizer="default"):
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("name", stored=True, tokenizer_name=tokenizer)
    builder.add_text_field("city", stored=True)
    index = tantivy.Index(builder.build())
    writer = index.writer(heap_size=15_000_000, num_threads=1)
    for name in names:
        writer.add_document(tantivy.Document(name=[name], city=["武汉"]))
    writer.commit()
    index.reload()
    return index


def found(index, question):
    return index.searcher().search(index.parse_query(question, ["name"]), 10).count


def found_by_lancedb(folder, name, **options):
    table = lancedb.connect(folder).create_table("firms", [{"name": name}, {"name": "汉口店"}], mode="overwrite")
    table.create_index("name", config=FTS(**options), replace=True)
    return len(table.search(name, query_type="fts").limit(10).to_list())


for label, name in (("13 characters", THIRTEEN), ("14 characters", FOURTEEN), ("14 characters and brackets", BRACKETS)):
    assert len(name.translate(str.maketrans("", "", "()"))) == (13 if name == THIRTEEN else 14)
    print(f"{label} {name}: tantivy {found(indexed([name, '汉口店']), chr(34) + name + chr(34))} lancedb {found_by_lancedb('lance', name)}")
city = indexed([THIRTEEN, FOURTEEN, "汉口店"])
for characters, name in (13, THIRTEEN), (14, FOURTEEN):
    print(f"name of {characters} AND city: {found(city, f'name:{name} AND city:武汉')} of 3")
for characters, name in (13, THIRTEEN), (14, FOURTEEN):
    print(f"city without the name of {characters}: {found(city, f'city:武汉 -name:{name}')} of 3")
print(f"name of 14, other tokenizer (raw): {found(indexed([FOURTEEN, '汉口店'], 'raw'), chr(34) + FOURTEEN + chr(34))}")
# What helps in LanceDB.
assert found_by_lancedb("lance", FOURTEEN, max_token_length=300) == 1
PY
cat > expected.txt <<'TEXT'
13 characters 武汉市江汉区解放大道机械厂: tantivy 1 lancedb 1
14 characters 武汉市江汉区解放大道机械分厂: tantivy 0 lancedb 0
14 characters and brackets 武汉市江汉区(解放大道)机械分厂: tantivy 1 lancedb 1
name of 13 AND city: 1 of 3
name of 14 AND city: 3 of 3
city without the name of 13: 2 of 3
city without the name of 14: 3 of 3
name of 14, other tokenizer (raw): 1
TEXT
env/bin/python names.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: tantivy 0.27.0, lancedb 0.40.0"
