# Client: pyogrio, pyproj, shapely
# Tried: `huitu boundaries import` of shapefiles as GDAL writes them: GBK and UTF-8 tables, with a .cpg and without, degrees and Gauss-Krüger by their .prj, GCJ-02; drawn where they lay; Beijing 1954 and a wrong code are refused
import json
import os

import numpy
import pyogrio
import pyproj
import shapely
from lib import check, copied, end, folder, get, huitu, same, started

data = copied()
path = os.path.join(folder(), "districts.geojson")
with open(path, "wb") as file:
    file.write(get("/geo/districts.geojson?lang=zh")[2])
features = [f for f in json.load(open(path))["features"] if f["geometry"] and f["geometry"]["type"] != "Point"]
shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in features]
codes = [f["properties"]["code"] for f in features]
names = [f["properties"]["name"] for f in features]


def written(crs, shapes, columns, encoding, cpg=True):
    """A shapefile as GDAL writes it; its path."""
    place = os.path.join(folder(), "边界.shp")
    pyogrio.raw.write(place, geometry=numpy.array([shapely.to_wkb(s) for s in shapes]), field_data=[numpy.array(c, dtype=object) for c in columns.values()], fields=list(columns), geometry_type="MultiPolygon" if any(s.geom_type == "MultiPolygon" for s in shapes) else "Polygon", crs=crs, driver="ESRI Shapefile", encoding=encoding)
    if not cpg:
        os.remove(place.replace(".shp", ".cpg"))
    return place


def moved(shapes, to):
    way = pyproj.Transformer.from_crs("EPSG:4490", to, always_xy=True)
    return [shapely.transform(s, lambda points: numpy.column_stack(way.transform(points[:, 0], points[:, 1]))) for s in shapes]


def imported(place, *more):
    return huitu("boundaries", "import", place, "--data", data, "--attribution", "某某测绘院", *more)


def drawn():
    hub = started(data, "--demo")
    read = json.loads(get("/geo/districts.geojson?detail=full", at=hub)[2])
    return {f["properties"]["code"]: shapely.from_geojson(json.dumps(f["geometry"])) for f in read["features"] if f["geometry"]}, read["attribution"]


def agree(claim, metres):
    now, attribution = drawn()
    worst = max(shapely.hausdorff_distance(shape, now[code]) for code, shape in zip(codes, shapes)) * 111_320
    check(f"{claim}: every outline lies where it lay, within {metres} m", worst < metres and "某某测绘院" in attribution, round(worst, 3))


for crs, what in (("EPSG:4326", "WGS-84"), ("EPSG:4490", "CGCS2000"), ("EPSG:4527", "Gauss-Krüger, 3 degrees, zone 39"), ("EPSG:4508", "Gauss-Krüger, 6 degrees"), ("EPSG:32650", "UTM"), ("EPSG:3857", "Web Mercator")):
    place = written(crs, shapes if crs in ("EPSG:4326", "EPSG:4490") else moved(shapes, crs), {"名称": names}, "GBK")
    done = imported(place)
    check(f"{what} by names in GBK", done.returncode == 0 and "16 districts" in done.stdout, (done.stdout + done.stderr).strip()[:300])
    agree(what, 2)

for encoding, cpg in (("UTF-8", True), ("UTF-8", False), ("GBK", True), ("GBK", False)):
    place = written("EPSG:4490", shapes, {"XZQMC": names}, encoding, cpg)
    done = imported(place, "--check")
    check(f"{encoding}, {'with' if cpg else 'without'} .cpg", done.returncode == 0, (done.stdout + done.stderr).strip()[:200])
done = imported(written("EPSG:4490", shapes, {"XZQDM": [int(code) for code in codes]}, "GBK"), "--check")
check("codes as numbers", done.returncode == 0 and "16 districts" in done.stdout, (done.stdout + done.stderr).strip()[:200])
done = imported(written("EPSG:4490", shapes, {"名称": names}, "GBK"), "--key", "名称", "--datum", "gcj02")
check("GCJ-02", done.returncode == 0, (done.stdout + done.stderr).strip()[:200])
now, _ = drawn()
check("is moved back by half a kilometre or so", 300 < shapely.hausdorff_distance(shapes[0], now[codes[0]]) * 111_320 < 1000)

place = written("EPSG:2422", moved(shapes, "EPSG:2422"), {"名称": names}, "GBK")
done = imported(place)
check("Beijing 1954 is refused with the way out", done.returncode == 1 and "CGCS2000" in done.stderr, done.stderr.strip())
done = imported(written("EPSG:4490", shapes[:2], {"XZQDM": ["119999", codes[1]]}, "GBK"))
check("a wrong code is named", done.returncode == 1 and "119999" in done.stderr, done.stderr.strip()[:200])
place = written("EPSG:4490", shapes, {"名称": names}, "GBK")
with open(place.replace(".shp", ".cpg"), "w") as file:
    file.write("KLINGON")
done = imported(place)
check("an unknown encoding is named", done.returncode == 1 and "KLINGON" in done.stderr, done.stderr.strip())
os.remove(place.replace(".shp", ".dbf"))
done = imported(place)
check("a missing table is named", done.returncode == 1 and ".dbf" in done.stderr, done.stderr.strip())
half = written("EPSG:4490", shapes, {"名称": names}, "GBK")
with open(half, "r+b") as file:
    file.truncate(4000)
done = imported(half)
check("a file that was cut off is refused", done.returncode == 1 and "damaged" in done.stderr, done.stderr.strip())
end()
