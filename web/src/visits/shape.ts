// A shape drawn on the map: corners in degrees, in the address, and a projection that a pointer can be read back through.
import { boundsOf, type Outline } from '../map/outlines';

export interface Corner {
  readonly longitude: number;
  readonly latitude: number;
}

/** Fewer corners hold nothing. */
export const FEWEST = 3;

export function cornersOf(text: string | null): Corner[] {
  if (text === null) return [];
  return text.split(';').flatMap((pair) => {
    const [longitude, latitude] = pair.split(',').map(Number);
    const isPlace = longitude !== undefined && latitude !== undefined && Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
    return isPlace ? [{ longitude, latitude }] : [];
  });
}

export function inAddress(corners: readonly Corner[]): string | null {
  return corners.length === 0 ? null : corners.map((at) => `${at.longitude.toFixed(4)},${at.latitude.toFixed(4)}`).join(';');
}

export interface Sheet {
  readonly width: number;
  readonly height: number;
  to(at: Corner): [number, number];
  from(x: number, y: number): Corner;
}

/** Fits the outlines into a width; degrees of longitude are narrower by the cosine of the latitude. */
export function sheetOf(outlines: readonly Outline[], width: number, most: number): Sheet {
  const [west, south, east, north] = boundsOf(outlines);
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = Math.min(width / ((east - west) * narrow), most / (north - south));
  return {
    width: (east - west) * narrow * scale,
    height: (north - south) * scale,
    to: ({ longitude, latitude }) => [(longitude - west) * narrow * scale, (north - latitude) * scale],
    from: (x, y) => ({ longitude: west + x / (narrow * scale), latitude: north - y / scale }),
  };
}

/** Whether a place lies inside: as many edges to its right as an odd number. */
export function isInside(corners: readonly Corner[], at: Corner): boolean {
  let inside = false;
  for (const [place, a] of corners.entries()) {
    const b = corners[(place + 1) % corners.length] ?? a;
    if (a.latitude > at.latitude !== b.latitude > at.latitude && at.longitude < ((b.longitude - a.longitude) * (at.latitude - a.latitude)) / (b.latitude - a.latitude) + a.longitude) inside = !inside;
  }
  return inside;
}
