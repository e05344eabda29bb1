import { useId } from 'react';
import { useParameters } from '../app/address';
import type { FiguresQuery } from '../graph/generated/types';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { Figure } from './figure';
import { usePlaceLayer } from './placeMarks';
import { measureKeys, type Classes, type Measure } from './measures';
import { noteOf, type Outlines } from './outlines';
import { Picture } from './Picture';
import { savePng, saveSvg } from './save';
import type { Streets } from './SvgMap';
import { hasWebGl2 } from './webgl';
import { mapWords } from './words';

/** What the map shows and how; and the map as a file. */
export function Toolbar({
  measure,
  classes,
  city,
  outlines,
  streets,
  district,
  edition,
}: {
  measure: Measure;
  classes: Classes;
  city: { figures: readonly Figure[] };
  outlines: Outlines;
  streets: Streets | null;
  district: string | null;
  edition: FiguresQuery['coverage']['edition'];
}) {
  const t = useWords(mapWords);
  const f = useFormat();
  const id = useId();
  const [parameters, set] = useParameters();
  const view = parameters.get('view');
  const layer = parameters.get('layer');
  const withPoints = layer === null ? district !== null : layer === 'gap';
  const places = usePlaceLayer();
  const isSimple = parameters.get('map') === 'svg' || !hasWebGl2();
  const picture = (
    <Picture
      outlines={outlines.features}
      figures={new Map(city.figures.map((figure) => [figure.code, figure]))}
      measure={measure}
      classes={classes}
      selected={district}
      withCounts={withPoints}
      places={places.marks}
      edition={edition}
      sources={f.list(edition.sources.map((s) => `${s.registry.title} ${s.asOf.slice(0, 10)}`))}
      streets={streets}
      boundaries={noteOf(outlines, t.boundary)}
    />
  );
  const name = `huitu-${measure.key}-${district ?? 'city'}-${edition.asOf}`;
  return (
    <div className="toolbar">
      <label htmlFor={id} className="hidden">
        {t.measure}
      </label>
      <select id={id} value={measure.key} onChange={(event) => set({ m: event.target.value === 'coverage' ? null : event.target.value, breaks: null })}>
        {measureKeys.map((key) => (
          <option key={key} value={key}>
            {t.measures[key]}
          </option>
        ))}
      </select>
      <div className="segments" role="group" aria-label={t.views}>
        <button type="button" aria-pressed={view === null} onClick={() => set({ view: null })}>
          {t.asMap}
        </button>
        {district !== null && (
          <button type="button" aria-pressed={view === 'streets'} onClick={() => set({ view: 'streets' })}>
            {t.asStreets}
          </button>
        )}
        <button type="button" aria-pressed={view === 'table'} onClick={() => set({ view: 'table' })}>
          {t.asTable}
        </button>
      </div>
      {view === null && (
        <>
          <label className="check">
            <input type="checkbox" checked={withPoints} onChange={(event) => set({ layer: event.target.checked ? 'gap' : 'none' }, 'replace')} />
            {t.points}
          </label>
          {places.isOffered && (
            <label className="check">
              <input type="checkbox" checked={places.isOn} onChange={(event) => set({ places: event.target.checked ? '1' : null }, 'replace')} />
              {t.places}
            </label>
          )}
          <details className="menu">
            <summary>{t.more}</summary>
            <div>
              <button type="button" onClick={() => void savePng(picture, name)}>
                {t.savePng}
              </button>
              <button type="button" onClick={() => saveSvg(picture, name)}>
                {t.saveSvg}
              </button>
              {hasWebGl2() && (
                <button type="button" title={t.simpleTitle} onClick={() => set({ map: isSimple ? null : 'svg' }, 'replace')}>
                  {isSimple ? t.full : t.simple}
                </button>
              )}
            </div>
          </details>
        </>
      )}
    </div>
  );
}
