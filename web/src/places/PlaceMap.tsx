import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { go, useParameters } from '../app/address';
import { placeKinds } from '../federation/address';
import { federationWords } from '../federation/words';
import type { PlaceLineFragment, UnionPlaceKind } from '../graph/generated/types';
import { useLanguage } from '../language/choice';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { placed as roomFor, textWidth } from '../map/labels';
import { noteOf, pathOf, projectionOf, useOutlines, useStreets } from '../map/outlines';
import { useSize } from '../map/size';
import { hasWebGl2 } from '../map/webgl';
import { mapWords } from '../map/words';
import { Boundary } from '../states/Boundary';
import { Mark, MARKS } from './Mark';
import { placeWords } from './words';

const PlaceGlMap = lazy(() => import('./PlaceGlMap'));
const NAME_SIZE = 11.5;
const NO_NAMES: ReadonlySet<string> = new Set();

/** Places on the districts, told apart by shape and colour; kinds can be left out in the legend. The table below is the same for readers. */
export function PlaceMap({
  places,
  of,
  district,
  hidden,
  query,
  onDistrict,
  onHide,
}: {
  places: readonly PlaceLineFragment[];
  /** How many there are in all, where the list holds only some of them; null where it is whole. */
  of: number | null;
  district: string;
  hidden: ReadonlySet<UnionPlaceKind>;
  /** What the tiles are narrowed by; null where the list is narrowed by what they do not know. */
  query: string | null;
  onDistrict: (code: string) => void;
  onHide: (kind: UnionPlaceKind) => void;
}) {
  const t = useWords(placeWords);
  const f = useFormat();
  const lang = useLanguage();
  const m = useWords(mapWords);
  const outlines = useOutlines(lang).data;
  const streets = useStreets(lang, district === '' ? null : district);
  const boundaries = outlines === undefined ? '' : noteOf(outlines, m.boundary);
  const [attach, size] = useSize();
  const shown = useMemo(() => (outlines?.features ?? []).filter((o) => o.geometry !== null && o.geometry.type !== 'Point'), [outlines]);
  const placed = places.flatMap((place) => (place.longitude === null || place.latitude === null ? [] : [{ ...place, at: [place.longitude, place.latitude] as const }]));
  const visible = placed.filter((place) => !hidden.has(place.kind));
  const focus = shown.filter((o) => o.id === district);
  const framed = focus.length > 0 ? focus : shown;
  const { width } = size;
  const height = width === 0 ? 0 : Math.round(Math.min(Math.max(width * 0.75, 300), 480));
  const projection = useMemo(() => {
    if (framed.length === 0 || width === 0) return null;
    const unit = projectionOf(framed, 1);
    const margin = 20;
    return projectionOf(framed, Math.max(1, Math.min(width - 2 * margin, (height - 2 * margin) / unit.height)));
  }, [framed.map((o) => o.id).join(), width, height]);
  const named = useMemo(() => {
    if (projection === null) return NO_NAMES;
    const boxes = shown.flatMap((outline) => {
      const at = outline.properties.labelPoint;
      if (at === null || (district !== '' && outline.id !== district)) return [];
      const [x, y] = projection.point([...at]);
      return [{ code: outline.id, x, y, width: textWidth(outline.properties.name, NAME_SIZE) + 4, height: NAME_SIZE * 1.4 }];
    });
    return roomFor(boxes);
  }, [shown, projection, district]);
  // The districts and marks at once as SVG; behind them the map of tiles loads and takes over, where WebGL 2 is there and wanted.
  const [parameters] = useParameters();
  const wantsGl = query !== null && shown.length > 0 && parameters.get('map') !== 'svg' && hasWebGl2();
  const [isReady, setReady] = useState(false);
  useEffect(() => setReady(false), [wantsGl, query]);
  const isGl = wantsGl && isReady;
  return (
    <section className="card place-map-card">
      <div className="page-head">
        <h2>{t.map}</h2>
        {focus.length > 0 && (
          <button type="button" className="button" onClick={() => onDistrict('')}>
            {t.wholeCity}
          </button>
        )}
      </div>
      <Legend places={places} hidden={hidden} onHide={onHide} />
      <div className="place-map" ref={attach} data-map={isGl ? 'gl' : 'svg'} style={wantsGl ? { height } : undefined}>
        {wantsGl && height > 0 && (
          <Boundary fallback={() => null}>
            <Suspense fallback={null}>
              <PlaceGlMap outlines={shown} boundaries={boundaries} streets={streets} district={district} hidden={hidden} query={query} label={t.mapLabel(f.count(visible.length))} onDistrict={onDistrict} onReady={() => setReady(true)} />
            </Suspense>
          </Boundary>
        )}
        {projection !== null && !isGl && (
          <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={t.mapLabel(f.count(visible.length))}>
            <g transform={`translate(${((width - projection.width) / 2).toFixed(1)} ${((height - projection.height) / 2).toFixed(1)})`}>
              {shown.map((outline) => (
                <path
                  key={outline.id}
                  data-code={outline.id}
                  d={pathOf(outline.geometry, projection)}
                  fill={district === '' || outline.id === district ? '#ffffff' : '#f1f3f5'}
                  stroke="#8b96a5"
                  strokeWidth="0.8"
                  fillRule="evenodd"
                  cursor="pointer"
                  onClick={() => onDistrict(outline.id === district ? '' : outline.id)}
                >
                  <title>{outline.properties.name}</title>
                </path>
              ))}
              {streets.map((outline) => (
                <path key={outline.id} data-street={outline.id} d={pathOf(outline.geometry, projection)} fill="none" stroke="#b9c2cc" strokeWidth="0.6" pointerEvents="none" />
              ))}
              {[...visible]
                .sort((a, b) => placeKinds.indexOf(b.kind) - placeKinds.indexOf(a.kind) || a.code.localeCompare(b.code))
                .map((place) => {
                  const [x, y] = projection.point([...place.at]);
                  return (
                    <path
                      key={place.code}
                      data-place={place.code}
                      transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}
                      d={MARKS[place.kind].path(focus.length > 0 ? 8 : 6)}
                      fill={MARKS[place.kind].colour}
                      stroke="#ffffff"
                      strokeWidth="1.2"
                      cursor="pointer"
                      onClick={() => go(`/places/${encodeURIComponent(place.code)}`)}
                    >
                      <title>{place.name}</title>
                    </path>
                  );
                })}
              {shown.map((outline) => {
                const at = outline.properties.labelPoint;
                if (at === null || !named.has(outline.id)) return null;
                const [x, y] = projection.point([...at]);
                return (
                  <text key={outline.id} x={x} y={y - (focus.length > 0 ? 0 : 14)} fontSize={NAME_SIZE} textAnchor="middle" fill="#5a6372" stroke="#ffffff" strokeWidth="3" paintOrder="stroke" pointerEvents="none">
                    {outline.properties.name}
                  </text>
                );
              })}
            </g>
          </svg>
        )}
      </div>
      <p className="muted small">
        {/* The map of tiles says it itself. */}
        {[isGl ? '' : boundaries, isGl || of === null ? '' : t.mapPart(f.count(places.length), f.count(of)), placed.length < places.length ? t.noPoint(f.count(places.length - placed.length)) : ''].filter((text) => text !== '').join(' · ')}
      </p>
    </section>
  );
}

/** What the marks mean, with how many there are; a press leaves a kind out. */
function Legend({ places, hidden, onHide }: { places: readonly PlaceLineFragment[]; hidden: ReadonlySet<UnionPlaceKind>; onHide: (kind: UnionPlaceKind) => void }) {
  const t = useWords(placeWords);
  const g = useWords(federationWords);
  const f = useFormat();
  return (
    <ul className="row place-legend" aria-label={t.legend}>
      {placeKinds.map((kind) => {
        const count = places.filter((place) => place.kind === kind).length;
        return (
          count > 0 && (
            <li key={kind}>
              <label className="check">
                <input type="checkbox" checked={!hidden.has(kind)} onChange={() => onHide(kind)} aria-label={t.shown(g.kinds.place[kind])} />
                <Mark kind={kind} /> {g.kinds.place[kind]} <span className="muted">n={f.count(count)}</span>
              </label>
            </li>
          )
        );
      })}
    </ul>
  );
}
