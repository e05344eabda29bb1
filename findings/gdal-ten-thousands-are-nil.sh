#!/usr/bin/env bash
# Packages: pyarrow==26.0.1 pyogrio==0.13.0
#
# Arrow has a type for capitals stated in ten thousands of yuan: a decimal of scale -4. Handed to GDAL as an Arrow table, 1,200,000 in such a
# column is read as 0 from a shapefile and from GML, the missing one stays missing, and the writing goes without a warning; MapInfo's format
# refuses the column, and GeoPackage, GeoJSON and FlatGeobuf have the amount. Decimals of scale 0 are right everywhere. A code of 18 digits
# in an unsigned 64-bit column becomes a float in all five, where the same code in a signed one stays whole, so that neighbours fall together.
#
# Seen with pyogrio 0.13.0 and its GDAL 3.12.4, pyarrow 26.0.1 (newest on 2026-11-28), capitals 1200000, missing and -130000:
#   scale -4: GPKG 1200000 None -130000, ESRI Shapefile 0 None 0, GML 0 None 0, GeoJSON 1200000 None -130000, FlatGeobuf 1200000 None -130000
#   scale 0: GPKG 1200000 None -130000, ESRI Shapefile 1200000 None -130000, GML 1200000 None -130000, GeoJSON 1200000 None -130000, FlatGeobuf 1200000 None -130000
#   scale -4 in MapInfo File: raises DataLayerError
#   different codes of 914201030000000011 and ...012, uint64: GPKG 1, ESRI Shapefile 1, GML 1, GeoJSON 1, FlatGeobuf 1
#   different codes of 914201030000000011 and ...012, int64: GPKG 2, ESRI Shapefile 2, GML 2, GeoJSON 2, FlatGeobuf 2
# The formats that write numbers as text make a printing pattern of the type's width and places; with places below zero it is none, and the
# files hold the pattern itself, `%20.0-4f` in the shapefile, of which its reader warns. GDAL has no unsigned 64-bit field.
#
# Who meets it: whoever writes Arrow or Parquet with such a scale, or codes that a smallest-type pass made unsigned, to maps. Helps: cast to
# decimal(18, 0) or float, and codes to text, before.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pyarrow==26.0.1 pyogrio==0.13.0
cat > capitals.py <<'PY'
import struct
import tempfile
from decimal import Decimal

import pyarrow as pa
import pyogrio.errors
import pyogrio.raw

FORMATS = {"GPKG": "gpkg", "ESRI Shapefile": "shp", "GML": "gml", "GeoJSON": "geojson", "FlatGeobuf": "fgb"}
CAPITALS = [Decimal(1_200_000), None, Decimal(-130_000)]
CODES = [914201030000000011, 914201030000000012]


def read_back(driver, ending, column):
    point = struct.pack("<BIdd", 1, 1, 114.3, 30.6)
    table = pa.table({"value": column, "place": pa.array([point] * len(column))})
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/firms.{ending}"
        pyogrio.raw.write_arrow(table, path, driver=driver, geometry_name="place", geometry_type="Point", crs="EPSG:4326")
        return pyogrio.raw.read_arrow(path)[1].column("value").to_pylist()


def shown(values):
    return " ".join("None" if value is None else f"{value:.0f}" for value in values)


for scale in (-4, 0):
    column = pa.array(CAPITALS, pa.decimal128(18, scale))
    assert column.to_pylist() == CAPITALS
    print(f"scale {scale}:", ", ".join(f"{driver} {shown(read_back(driver, ending, column))}" for driver, ending in FORMATS.items()))
try:
    read_back("MapInfo File", "tab", pa.array(CAPITALS, pa.decimal128(18, -4)))
except pyogrio.errors.DataLayerError as error:
    print("scale -4 in MapInfo File: raises", type(error).__name__)
for type_ in (pa.uint64(), pa.int64()):
    counts = [f"{driver} {len(set(read_back(driver, ending, pa.array(CODES, type_))))}" for driver, ending in FORMATS.items()]
    print(f"different codes of 914201030000000011 and ...012, {type_}:", ", ".join(counts))
PY
cat > expected.txt <<'TEXT'
scale -4: GPKG 1200000 None -130000, ESRI Shapefile 0 None 0, GML 0 None 0, GeoJSON 1200000 None -130000, FlatGeobuf 1200000 None -130000
scale 0: GPKG 1200000 None -130000, ESRI Shapefile 1200000 None -130000, GML 1200000 None -130000, GeoJSON 1200000 None -130000, FlatGeobuf 1200000 None -130000
scale -4 in MapInfo File: raises DataLayerError
different codes of 914201030000000011 and ...012, uint64: GPKG 1, ESRI Shapefile 1, GML 1, GeoJSON 1, FlatGeobuf 1
different codes of 914201030000000011 and ...012, int64: GPKG 2, ESRI Shapefile 2, GML 2, GeoJSON 2, FlatGeobuf 2
TEXT
env/bin/python capitals.py > seen.txt 2> /dev/null
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pyogrio 0.13.0"
