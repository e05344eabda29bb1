"""What the linking rivals share: the records as a careful user prepares them, in DuckDB, and how both sides are run in turn."""

import json
import os
import sys
import re

import lib

SIZES = [int(n) for n in (os.environ.get("HUITU_RIVALS_LINK") or "10000,100000").split(",")]

FORMS = "北京市?|有限责任公司|股份有限公司|有限公司|公司|分公司"
# Which columns of an extract say what. A nine-character code is cut out of the eighteen.
CODE = "CASE WHEN length({code}) = 18 THEN substr({code}, 9, 9) {more} END"
COLUMNS = {
    "commerce": ("记录号", "企业名称", "统一社会信用代码", None, "住所", None, "substr(行政区划代码, 1, 6)"),
    "tax": ("登记序号", "纳税人名称", "纳税人识别号", None, "注册地址", "联系电话", "substr(主管税务机关, 10, 2)"),
    "social_insurance": ("单位编号", "单位名称", "统一社会信用代码", "组织机构代码", "单位地址", "联系电话", "substr(所属区县, 1, 2)"),
    "statistics": ("单位流水号", "单位详细名称", "统一社会信用代码", "组织机构代码", "详细地址", "联系电话", "substr(行政区划代码, 1, 6)"),
    "unions": ("序号", "单位名称", "统一社会信用代码", "组织机构代码", "单位地址", "联系电话", "substr(所属区县, 1, 2)"),
}


def read(database, case):
    """Reads five extracts into `records` (source_dataset, record_id, name, core, code, address, phone, district); how many. The core of a
    name is what is left without place and legal form."""
    database.execute("CREATE TABLE records (source_dataset VARCHAR, record_id VARCHAR, name VARCHAR, core VARCHAR, code VARCHAR, address VARCHAR, phone VARCHAR, district VARCHAR)")
    # Districts by the code of their place and by the first two characters of their name meet in the commerce registry's own rows.
    for registry, (key, name, code, organisation, address, phone, district) in COLUMNS.items():
        more = f"WHEN length({organisation}) = 9 THEN {organisation}" if organisation else ""
        clean = lambda text: f"regexp_replace(nfc_normalize(translate(upper({text}), '（）－　', '()- ')), '[\\s()·,.\\-]', '', 'g')"
        database.execute(
            f"INSERT INTO records SELECT '{registry}', \"{key}\", nullif({clean(name)}, ''), "
            f"nullif(regexp_replace({clean(name)}, '{FORMS}', '', 'g'), ''), {CODE.format(code=code, more=more)}, "
            f"nullif(regexp_replace({clean(address)}, '^北京市?', ''), ''), "
            f"nullif(regexp_replace({phone or 'NULL'}, '[^0-9]', '', 'g'), ''), {district} "
            f"FROM read_csv('{case}/{registry}.csv', all_varchar = true, header = true)"
        )
    names = (
        "SELECT substr(行政区划代码, 1, 6) AS code, mode(substr(登记机关, 1, 2)) AS name "
        f"FROM read_csv('{case}/commerce.csv', all_varchar = true, header = true) WHERE length(行政区划代码) >= 6 GROUP BY 1"
    )
    database.execute(f"UPDATE records SET district = n.name FROM ({names}) AS n WHERE district = n.code")
    return database.execute("SELECT count(*) FROM records").fetchall()[0][0]


def write(database, out):
    """Writes `entities` as a crosswalk."""
    database.execute(f"COPY (SELECT registry, record_id, entity_id FROM entities) TO '{out}' (HEADER, DELIMITER ',')")


def state(spent, count):
    print(json.dumps({"cpu_s": spent.cpu, "wall_s": spent.wall, "records": count}))


def huitu(case, out):
    """`huitu bench link`: CPU seconds of normalising and linking, and the memory at their end."""
    said, *_ = lib.run([lib.program(), "bench", "link", "--case", case, "--output", out])
    told = {line[:28].strip(): line[28:].replace(",", "").split() for line in said.splitlines()}
    linked = told["normalised and linked"]
    return {"cpu_s": float(linked[2].strip("(")), "wall_s": float(linked[0]), "peak_mb": float(told["largest resident set"][0])}


def compare(name, version, script, needs, enterprises):
    """Both sides in turn on one case, HUITU_RIVALS_TIMES times (once where left out): the best of each."""
    case, interpreter = lib.city(enterprises), lib.python(re.sub(r"\W+", "-", name.lower()).strip("-"), needs)
    theirs, ours = [], []
    for _ in range(int(os.environ.get("HUITU_RIVALS_TIMES") or 1)):
        out = lib.KEPT / "data" / "crosswalk.csv"
        one = lib.rival(script, interpreter, str(case), str(out))
        theirs.append({**one, **lib.linkage_quality(case, out)})
        ours.append({**huitu(case, out), **lib.linkage_quality(case, out)})
    best = lambda sides: min(sides, key=lambda side: side["cpu_s"])
    rival = best(theirs)
    records = rival.pop("records")
    lib.line(name, version, f"linking five extracts of {enterprises:,} enterprises", records, rival, best(ours))


def main(name, version, script, needs, inside):
    """Of a rival's script: compares at every size; within its own environment runs the rival, `inside(case, out)`."""
    if "--inside" in sys.argv:
        inside(*sys.argv[2:])
    else:
        for enterprises in SIZES:
            compare(name, version, script, needs, enterprises)
