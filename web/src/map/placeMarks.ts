// The federation's places as a layer of the map: who may see them, whether they are shown, where they are.
import { useMemo } from 'react';
import { useParameters } from '../app/address';
import { useMay } from '../app/standing';
import { useAll } from '../federation/all';
import { PlaceMarks } from '../graph/generated/PlaceMarks';
import type { UnionPlaceKind } from '../graph/generated/types';

export interface PlaceMark {
  readonly code: string;
  readonly name: string;
  readonly kind: UnionPlaceKind;
  readonly at: readonly [number, number];
}

export interface PlaceLayer {
  /** Whether the caller may see places at all. */
  readonly isOffered: boolean;
  readonly isOn: boolean;
  /** Whether what was asked for is there. */
  readonly isKnown: boolean;
  readonly problem: string | null;
  readonly marks: readonly PlaceMark[];
  /** How many places there are in all, where only some were read; null where all were. */
  readonly of: number | null;
  /** Places that nobody gave a point. */
  readonly without: number;
}

export function usePlaceLayer(): PlaceLayer {
  const [parameters] = useParameters();
  const isOffered = useMay('review') === true;
  const isOn = isOffered && parameters.has('places');
  const question = useAll(PlaceMarks, {}, (result) => result.unionPlaces, { enabled: isOn });
  const places = question.data?.data?.nodes;
  const marks = useMemo(
    () => (places ?? []).flatMap((place) => (place.longitude === null || place.latitude === null ? [] : [{ code: place.code, name: place.name, kind: place.kind, at: [place.longitude, place.latitude] as const }])),
    [places],
  );
  const shown = isOn ? marks : NONE;
  return { isOffered, isOn, isKnown: places !== undefined, problem: question.error?.message ?? null, marks: shown, of: question.data?.data?.isWhole === false ? question.data.data.totalCount : null, without: (places?.length ?? 0) - marks.length };
}

const NONE: readonly PlaceMark[] = [];
