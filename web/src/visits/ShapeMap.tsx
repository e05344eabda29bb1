import { useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import { useLanguage } from '../language/choice';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { noteOf, ringsOf, useOutlines, type Outline } from '../map/outlines';
import { mapWords } from '../map/words';
import { cornersOf, FEWEST, inAddress, isInside, sheetOf, type Corner, type Sheet } from './shape';
import { visitWords } from './words';

const WIDTH = 560;
const HEIGHT = 420;
const STEP = 10;

/** A map to draw on: by pointer a corner a click; by keyboard the cross moves with the arrows, Enter sets a corner, Backspace takes it back. */
export function ShapeMap({ area, places, shape, onShape }: { area: string; places: readonly Corner[]; shape: string | null; onShape: (shape: string | null) => void }) {
  const t = useWords(visitWords);
  const m = useWords(mapWords);
  const f = useFormat();
  const outlines = useOutlines(useLanguage()).data;
  const corners = useMemo(() => cornersOf(shape), [shape]);
  const shown = useMemo(() => {
    const all = (outlines?.features ?? []).filter((outline) => outline.geometry !== null && outline.geometry.type !== 'Point');
    const one = all.filter((outline) => area !== '' && area.startsWith(outline.id));
    return { all, framed: one.length > 0 ? one : all };
  }, [outlines, area]);
  const sheet = useMemo(() => (shown.framed.length === 0 ? null : sheetOf(shown.framed, WIDTH, HEIGHT)), [shown]);
  if (sheet === null) return <p className="muted">{t.noOutlines}</p>;
  const inside = corners.length < FEWEST ? 0 : places.filter((at) => isInside(corners, at)).length;
  const put = (next: readonly Corner[]) => onShape(inAddress(next));
  return (
    <div className="shape">
      <Canvas sheet={sheet} outlines={shown.all} places={places} corners={corners} onCorners={put} />
      <div className="row">
        <p role="status">{corners.length === 0 ? t.noShape : corners.length < FEWEST ? t.moreCorners(FEWEST - corners.length) : t.inside(f.count(inside), f.count(places.length))}</p>
        <button type="button" className="button" disabled={corners.length === 0} onClick={() => put(corners.slice(0, -1))}>
          {t.lastCorner}
        </button>
        <button type="button" className="button" disabled={corners.length === 0} onClick={() => put([])}>
          {t.noCorners}
        </button>
      </div>
      <p className="muted small">{t.shapeHow}</p>
      {outlines !== undefined && <p className="muted small">{noteOf(outlines, m.boundary)}</p>}
    </div>
  );
}

function Canvas({ sheet, outlines, places, corners, onCorners }: { sheet: Sheet; outlines: readonly Outline[]; places: readonly Corner[]; corners: readonly Corner[]; onCorners: (corners: readonly Corner[]) => void }) {
  const t = useWords(visitWords);
  const box = useRef<SVGSVGElement>(null);
  const [cross, setCross] = useState<readonly [number, number] | null>(null);
  const onPress = (event: MouseEvent<SVGSVGElement>) => {
    const seen = box.current?.getBoundingClientRect();
    if (seen === undefined) return;
    onCorners([...corners, sheet.from(((event.clientX - seen.left) / seen.width) * sheet.width, ((event.clientY - seen.top) / seen.height) * sheet.height)]);
  };
  const onKey = (event: KeyboardEvent) => {
    const [x, y] = cross ?? [sheet.width / 2, sheet.height / 2];
    const step = event.shiftKey ? STEP * 4 : STEP;
    const moves: Record<string, readonly [number, number]> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const move = moves[event.key];
    if (move !== undefined) setCross([Math.max(0, Math.min(sheet.width, x + move[0])), Math.max(0, Math.min(sheet.height, y + move[1]))]);
    else if (event.key === 'Enter' || event.key === ' ') onCorners([...corners, sheet.from(x, y)]);
    else if (event.key === 'Backspace' || event.key === 'Delete') onCorners(corners.slice(0, -1));
    else return;
    event.preventDefault();
  };
  const line = corners.map((at) => sheet.to(at).map((v) => v.toFixed(1)).join(',')).join(' ');
  return (
    <svg
      ref={box}
      viewBox={`0 0 ${sheet.width.toFixed(1)} ${sheet.height.toFixed(1)}`}
      className="shape-map"
      role="application"
      tabIndex={0}
      aria-label={t.shapeLabel(corners.length)}
      onClick={onPress}
      onKeyDown={onKey}
      onFocus={() => setCross(cross ?? [sheet.width / 2, sheet.height / 2])}
      onBlur={() => setCross(null)}
    >
      {outlines.map((outline) => (
        <path key={outline.id} fill="#ffffff" stroke="#8b96a5" strokeWidth="0.8" fillRule="evenodd" d={pathOf(outline, sheet)}>
          <title>{outline.properties.name}</title>
        </path>
      ))}
      {places.map((at, place) => {
        const [x, y] = sheet.to(at);
        return <circle key={place} cx={x} cy={y} r="3" fill={corners.length >= FEWEST && isInside(corners, at) ? '#b3124a' : '#2477a0'} stroke="#ffffff" strokeWidth="0.8" />;
      })}
      {corners.length >= FEWEST ? <polygon points={line} className="drawn" /> : <polyline points={line} className="drawn" />}
      {corners.map((at, place) => {
        const [x, y] = sheet.to(at);
        return <circle key={place} cx={x} cy={y} r="4.5" fill="#0b5ea8" stroke="#ffffff" strokeWidth="1.2" />;
      })}
      {cross !== null && <path d={`M${cross[0] - 9},${cross[1]}h18M${cross[0]},${cross[1] - 9}v18`} stroke="#1c2330" strokeWidth="1.4" />}
    </svg>
  );
}

function pathOf(outline: Outline, sheet: Sheet): string {
  return ringsOf(outline.geometry)
    .map((ring) => `M${ring.map(([longitude = 0, latitude = 0]) => sheet.to({ longitude, latitude }).map((v) => v.toFixed(1)).join(',')).join('L')}Z`)
    .join('');
}
