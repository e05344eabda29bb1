// What a map of coverage shows: the same measures, breaks and colours as ../../../maplibre/style.json.

/** A rate from 0 to 1, under the name that `coverage` and `/geo/districts.geojson` give it. */
export type Measure = 'coverageRate' | 'independentRate' | 'membershipRateAll' | 'membershipRateUnionised';

export const measureNames: Readonly<Record<Measure, { readonly zh: string; readonly en: string }>> = {
  coverageRate: { zh: '工会组织覆盖率', en: 'union coverage' },
  independentRate: { zh: '规模以上企业独立建会率', en: 'own union, above designated size' },
  membershipRateAll: { zh: '职工入会率（全部职工）', en: 'membership, all employees' },
  membershipRateUnionised: { zh: '职工入会率（已建会单位）', en: 'membership, unionised units' },
};

/** Fixed, so that maps of different days compare. */
export const breaks: readonly number[] = [0.5, 0.6, 0.7, 0.8];
export const colours: readonly string[] = ['#f5f0ce', '#9bd8af', '#45aead', '#2477a0', '#234077'];
/** Nobody can tell, or the group is too small to be told. */
export const noData = '#d8d8d4';

export function colourOf(value: number | null | undefined): string {
  return value === null || value === undefined ? noData : colours[breaks.filter((limit) => value >= limit).length]!;
}

/** What `/geo/districts.geojson` and `/geo/streets.geojson` answer. */
export interface CoverageGeoJson {
  readonly type: 'FeatureCollection';
  readonly edition: { readonly number: number; readonly asOf: string };
  readonly attribution: string;
  readonly features: readonly {
    readonly type: 'Feature';
    readonly id: string;
    readonly geometry: { readonly type: string; readonly coordinates: unknown } | null;
    readonly properties: { readonly [name: string]: unknown; readonly code: string; readonly name: string; readonly suppressed: boolean };
  }[];
}

export function rateOf(properties: CoverageGeoJson['features'][number]['properties'], measure: Measure): number | null {
  return (properties[measure] as number | null | undefined) ?? null;
}

/** Areas that can be drawn: those with an outline. */
export function outlined(areas: CoverageGeoJson): CoverageGeoJson['features'] {
  return areas.features.filter((feature) => feature.geometry?.type.endsWith('Polygon'));
}
