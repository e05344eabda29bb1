# Client: pyogrio, shapely
# Tried: districts lie beside each other: no land between them that belongs to none, none that belongs to two
import itertools
import os

import pyogrio
import shapely
from lib import end, folder, get, same

path = os.path.join(folder(), "districts.geojson")
with open(path, "wb") as file:
    file.write(get("/geo/districts.geojson?lang=zh")[2])
meta, _, shapes, fields = pyogrio.raw.read(path)
names = dict(zip(meta["fields"], fields))["name"]
outlines = [(name, shapely.from_wkb(shape)) for name, shape in zip(names, shapes) if shape is not None]
# Square kilometres at forty degrees north; a square metre is none.
km2 = 111.32**2 * 0.766
whole = shapely.union_all([shape for _, shape in outlines])
holes = [round(shapely.Polygon(ring).area * km2, 4) for part in getattr(whole, "geoms", [whole]) for ring in part.interiors]
same("land of no district, km²", [hole for hole in holes if hole > 1e-6], [])
shared = [(a, b, round(shapely.intersection(one, other).area * km2, 4)) for (a, one), (b, other) in itertools.combinations(outlines, 2)]
same("land of two districts, km²", [found for found in shared if found[2] > 1e-6], [])
end()
