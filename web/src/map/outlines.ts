// Outlines of districts and streets as the server has them, and a projection that fits them into a box.
import type { MultiPolygon, Point, Polygon, Position } from 'geojson';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { headers } from '../graph/client';
import { GraphProblem, UNAUTHENTICATED, UNREACHABLE } from '../graph/problem';
import { noteCaller } from '../graph/session';

type Geometry = Polygon | MultiPolygon | Point;

export interface Outline {
  readonly id: string;
  readonly geometry: Geometry | null;
  readonly properties: { readonly name: string; readonly labelPoint: readonly [number, number] | null; readonly parent?: string | null };
}

export interface Outlines {
  /** Whose they are, with the number of their approval (审图号) where a deployer brought them. */
  readonly attribution: string;
  /** Whether some of those that ship are among them. A hub that does not say so names them in the attribution. */
  readonly isDemonstration?: boolean;
  readonly features: readonly Outline[];
}

export function useOutlines(lang: string) {
  return useLayer('districts', lang, true);
}

/** The streets of a district as areas; none where nobody brought their outlines. */
export function useStreets(lang: string, district: string | null): readonly Outline[] {
  const { data } = useLayer('streets', lang, district !== null);
  return useMemo(() => {
    const areas = data?.features.filter(({ geometry, properties }) => properties.parent === district && geometry !== null && geometry.type !== 'Point') ?? [];
    // A street's own label point may be its district's: a name stands in the middle of what is drawn.
    return areas.map((area) => ({ ...area, properties: { ...area.properties, labelPoint: middleOf(area.geometry) } }));
  }, [data, district]);
}

/** What stands beside whatever is drawn of outlines: that they are demonstration data where they are, and whose they are. */
export function noteOf({ attribution, isDemonstration }: Outlines, caveat: string): string {
  return (isDemonstration ?? attribution.includes('not a legal boundary')) ? `${caveat} · ${attribution}` : attribution;
}

function useLayer(layer: 'districts' | 'streets', lang: string, enabled: boolean) {
  return useQuery<Outlines, GraphProblem>({
    queryKey: [layer, lang],
    enabled,
    queryFn: async ({ signal }) => {
      let response: Response;
      try {
        response = await fetch(`/geo/${layer}.geojson`, { headers: headers(), signal });
      } catch {
        throw new GraphProblem({ code: UNREACHABLE, message: '', retryable: true });
      }
      const body = (await response.json()) as Outlines & { error?: { code: string; message: string; requestId: string; hint: string | null } };
      if (body.error?.code === UNAUTHENTICATED) noteCaller(false);
      if (!response.ok) throw new GraphProblem(body.error ?? { code: 'INTERNAL', message: `HTTP ${response.status}` });
      return body;
    },
    placeholderData: (last) => last,
  });
}

/** The centre of mass of the largest ring. */
function middleOf(geometry: Geometry | null): readonly [number, number] | null {
  let [most, at]: [number, readonly [number, number] | null] = [0, null];
  for (const ring of ringsOf(geometry)) {
    let [area, x, y] = [0, 0, 0];
    ring.forEach(([x1 = 0, y1 = 0], n) => {
      const [x2 = 0, y2 = 0] = ring[(n + 1) % ring.length] ?? [];
      const cross = x1 * y2 - x2 * y1;
      area += cross / 2;
      x += (x1 + x2) * cross;
      y += (y1 + y2) * cross;
    });
    if (Math.abs(area) > most) [most, at] = [Math.abs(area), [x / (6 * area), y / (6 * area)]];
  }
  return at;
}

export interface Projection {
  readonly width: number;
  readonly height: number;
  point(position: Position): [number, number];
}

export function ringsOf(geometry: Geometry | null): Position[][] {
  if (geometry === null || geometry.type === 'Point') return [];
  return geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
}

export function boundsOf(features: readonly Outline[]): readonly [number, number, number, number] {
  const points = features.flatMap((feature) => ringsOf(feature.geometry).flat());
  const [xs, ys] = [points.map((p) => p[0] ?? 0), points.map((p) => p[1] ?? 0)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Degrees of longitude are narrower by the cosine of the latitude: enough for one city. */
export function projectionOf(features: readonly Outline[], width: number): Projection {
  const [west, south, east, north] = boundsOf(features);
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = width / ((east - west) * narrow);
  return {
    width,
    height: (north - south) * scale,
    point: ([longitude = 0, latitude = 0]) => [(longitude - west) * narrow * scale, (north - latitude) * scale],
  };
}

export function pathOf(geometry: Geometry | null, projection: Projection): string {
  return ringsOf(geometry)
    .map((ring) => `M${ring.map((at) => projection.point(at).map((v) => v.toFixed(1)).join(',')).join('L')}Z`)
    .join('');
}
