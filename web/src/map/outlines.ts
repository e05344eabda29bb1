// District outlines as the server has them, and a projection that fits them into a box.
import type { MultiPolygon, Point, Polygon, Position } from 'geojson';
import { useQuery } from '@tanstack/react-query';
import { headers } from '../graph/client';
import { GraphProblem, UNAUTHENTICATED, UNREACHABLE } from '../graph/problem';
import { noteCaller } from '../graph/session';

type Geometry = Polygon | MultiPolygon | Point;

export interface Outline {
  readonly id: string;
  readonly geometry: Geometry | null;
  readonly properties: { readonly name: string; readonly labelPoint: [number, number] | null };
}

export interface Outlines {
  readonly attribution: string;
  readonly features: readonly Outline[];
}

export function useOutlines(lang: string) {
  return useQuery<Outlines, GraphProblem>({
    queryKey: ['outlines', lang],
    queryFn: async ({ signal }) => {
      let response: Response;
      try {
        response = await fetch('/geo/districts.geojson', { headers: headers(), signal });
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
