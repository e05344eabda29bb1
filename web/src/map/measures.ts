// What the map can show: how each measure is read from an area's figures, and the classes it is painted in.
import type { Figure } from './figure';

export type MeasureKey = 'coverage' | 'independent' | 'membership' | 'unionised' | 'target' | 'fund' | 'unknown';

export interface Part {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
}

export interface Measure {
  readonly key: MeasureKey;
  /** A rate from low to high, or a difference that diverges from 0. */
  readonly kind: 'sequential' | 'diverging';
  /** Fixed, so that maps of different days compare. */
  readonly breaks: readonly number[];
  /** What was divided by what; null for differences. */
  part(figure: Figure): Part | null;
  /** Null where nothing is known. */
  value(figure: Figure): number | null;
}

const SEQUENTIAL = ['#f5f0ce', '#9bd8af', '#45aead', '#2477a0', '#234077'] as const;
const DIVERGING = ['#783818', '#b8692c', '#e1b581', '#f3f0e7', '#92c6e5', '#4486bb', '#204d85'] as const;
const RATES = [0.5, 0.6, 0.7, 0.8] as const;

function rate(key: MeasureKey, part: (figure: Figure) => Part | null, breaks: readonly number[] = RATES): Measure {
  return { key, kind: 'sequential', breaks, part, value: (figure) => part(figure)?.value ?? null };
}

export const measures: Readonly<Record<MeasureKey, Measure>> = {
  coverage: rate('coverage', ({ row }) => row.coverageRate),
  independent: rate('independent', ({ row }) => row.independentRate),
  membership: rate('membership', ({ row }) => row.membershipRateAll),
  unionised: rate('unionised', ({ row }) => row.membershipRateUnionised),
  target: {
    key: 'target',
    kind: 'diverging',
    breaks: [-0.25, -0.15, -0.05, 0.02, 0.1, 0.2],
    part: ({ row }) => row.independentRate,
    value: ({ row }) => {
      const [is, aim] = [row.independentRate?.value, row.target?.value];
      return is === null || is === undefined || aim === undefined ? null : is - aim;
    },
  },
  fund: rate('fund', ({ row }) => {
    // Sums of money are decimal texts: they pass what an Int can hold.
    const share = row.duesCollectedRate;
    return share && { numerator: Number(share.numerator), denominator: Number(share.denominator), value: share.value };
  }),
  unknown: rate('unknown', ({ unknown }) => unknown, [0.05, 0.1, 0.2, 0.4]),
};

export const measureKeys = Object.keys(measures) as MeasureKey[];

export function measureOf(text: string | null): Measure {
  return measures[measureKeys.find((key) => key === text) ?? 'coverage'];
}

/** Whether a target stands beside the measure: there is one of the independent rate alone. */
export function comparesWithTarget({ key }: Measure): boolean {
  return key === 'independent' || key === 'target';
}

export interface Classes {
  readonly breaks: readonly number[];
  readonly colours: readonly string[];
  /** The fixed breaks would put every area into one class. */
  readonly isSpread: boolean;
}

/** The classes to paint in: the fixed ones, or ones spread over the values where asked or where the fixed ones tell nothing apart. */
export function classesOf(measure: Measure, values: readonly number[], asked: string | null): Classes {
  const colours = measure.kind === 'sequential' ? SEQUENTIAL : DIVERGING;
  const distinct = new Set(values.map((value) => classOf(measure.breaks, value)));
  const isSpread = measure.kind === 'sequential' && (asked === 'spread' || (asked !== 'fixed' && values.length > 1 && distinct.size < 2));
  return { breaks: isSpread ? spread(values, colours.length) : measure.breaks, colours, isSpread };
}

export function classOf(breaks: readonly number[], value: number): number {
  return breaks.filter((limit) => value >= limit).length;
}

/** Equal steps of whole percent (or tenths where the values lie close) over the values. */
function spread(values: readonly number[], classes: number): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const grain = (high - low) / classes >= 0.01 ? 0.01 : 0.001;
  const step = Math.max(grain, Math.ceil((high - low) / classes / grain) * grain);
  const first = Math.floor(low / grain) * grain;
  return Array.from({ length: classes - 1 }, (_, i) => Number((first + step * (i + 1)).toFixed(4)));
}

/** A class's colour for a bar on white, where the palest would vanish. */
export function onWhite(colour: string): string {
  return colour === '#f5f0ce' ? '#cbbf6f' : colour === '#f3f0e7' ? '#b9b299' : colour;
}
