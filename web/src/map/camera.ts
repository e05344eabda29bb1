// Where a person moved the map to, in the address: a reload and a colleague's link show the same part. Without it the map shows all that
// is chosen.
import { changed, go } from '../app/address';

export interface Camera {
  readonly center: readonly [number, number];
  readonly zoom: number;
}

const NAME = 'look';

/** Of `look=116.397,39.917,10.5`: longitude, latitude, zoom. Null where there is none, or none that can be. */
export function cameraIn(address: string): Camera | null {
  const numbers = (new URL(address).searchParams.get(NAME) ?? '').split(',').map(Number);
  const [x, y, zoom] = numbers;
  if (numbers.length !== 3 || x === undefined || y === undefined || zoom === undefined || numbers.some((n) => !Number.isFinite(n))) return null;
  return Math.abs(x) <= 180 && Math.abs(y) <= 85 && zoom >= 0 && zoom <= 24 ? { center: [x, y], zoom } : null;
}

/** To a hundred metres and a twentieth of a step: an address that people read. */
export function keepCamera({ center, zoom }: Camera): void {
  const text = [center[0].toFixed(3), center[1].toFixed(3), (Math.round(zoom * 20) / 20).toFixed(2)].map(Number).join(',');
  go(changed(new URL(location.href), { [NAME]: text }), 'replace');
}

export const NO_CAMERA = { [NAME]: null };
