# Client: pmtiles, pyarrow
# Tried: the archives of `huitu export map` by the reader of Python: header, metadata, every tile listed, bounds around every point
import gzip
import os

from lib import ask, check, copied, end, folder, huitu, same
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType

place = folder()
done = huitu("export", "map", "--data", copied(), "-o", place, "--area", "110108,110105")
same("two districts are written", done.returncode, 0)
for name, deepest in (("gap", 14), ("coverage", 12)):
    with open(os.path.join(place, f"{name}.pmtiles"), "rb") as file:
        source = MmapSource(file)
        reader = Reader(source)
        header, metadata = reader.header(), reader.metadata()
        same(f"{name}: version, kind, packing", (header["version"], header["tile_type"], header["tile_compression"]), (3, TileType.MVT, Compression.GZIP))
        tiles = list(all_tiles(source))
        same(f"{name}: its zooms", (header["min_zoom"], header["max_zoom"], max(z for (z, _, _), _ in tiles)), (0, deepest, deepest))
        same(f"{name}: as many tiles as its header says", len(tiles), header["addressed_tiles_count"])
        check(f"{name}: each opens and holds something", all(len(gzip.decompress(data)) > 0 for _, data in tiles), len(tiles))
        check(f"{name}: what was asked stands in it", "110108" in metadata["huitu.query"] and metadata["huitu.edition"] == 2, metadata["huitu.query"])
        west, east = header["min_lon_e7"] / 1e7, header["max_lon_e7"] / 1e7
        check(f"{name}: it lies around Beijing", 115 < west < 116.4 < east < 118, (west, east))
end()
