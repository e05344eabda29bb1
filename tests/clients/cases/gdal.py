# Client: pyogrio, shapely
# Tried: GDAL, which QGIS reads with: GeoJSON of districts and streets and vector tiles with types, coordinate system and every row; outlines are valid
import json
import os

import pyogrio
import shapely
from lib import ask, check, end, folder, get, same

place = folder()
for name, path in (("districts.geojson", "/geo/districts.geojson?lang=zh"), ("streets.geojson", "/geo/streets.geojson?lang=zh"), ("coverage.mvt", "/tiles/coverage/8/210/96.mvt"), ("gap.mvt", "/tiles/gap/8/210/96.mvt")):
    with open(os.path.join(place, name), "wb") as file:
        file.write(get(path)[2])
os.chdir(place)
total = ask("{ gap(first: 0) { totalCount } }")["gap"]["totalCount"]
for name, kind in (("districts.geojson", None), ("streets.geojson", "Point")):
    about = pyogrio.read_info(name)
    types = dict(zip(about["fields"], about["dtypes"]))
    check(f"{name}: read", about["crs"] == "EPSG:4326" and (kind is None or about["geometry_type"] == kind), about["geometry_type"])
    same(f"{name}: types", [types[field] for field in ("code", "name", "inGap", "coverageRate", "suppressed")], ["object", "object", "int32", "float64", "bool"])
    meta, _, shapes, fields = pyogrio.raw.read(name)
    of = dict(zip(meta["fields"], fields))
    same(f"{name}: every enterprise of the gap list", int(sum(of["inGap"])), total)
    check(f"{name}: outlines and points are valid", all(shapely.is_valid(shapely.from_wkb([s for s in shapes if s is not None]))))
same("tile: layers", sorted(layer for layer, _ in pyogrio.list_layers("coverage.mvt")), ["areas", "labels"])
areas = pyogrio.read_info("coverage.mvt", layer="areas")
check("tile: areas with their figures", areas["features"] > 10 and "coverageRate" in list(areas["fields"]), areas["features"])
meta, _, _, fields = pyogrio.raw.read("gap.mvt", layer="clusters")
counts = dict(zip(meta["fields"], fields))["count"]
check("tile: clusters count", 0 < sum(counts) <= total, int(sum(counts)))
tilejson = json.loads(get("/tiles/coverage.json")[2])
west, south, east, north = tilejson["bounds"]
box = shapely.box(west, south, east, north)
outlines = shapely.from_wkb([s for s in pyogrio.raw.read("districts.geojson")[2] if s is not None])
check("all outlines lie within the bounds", all(shapely.covers(shapely.buffer(box, 1e-4), outlines)))
end()
