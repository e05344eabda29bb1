import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useParameters } from '../app/address';
import { useWords } from '../language/words';
import { Boundary } from '../states/Boundary';
import type { Figure } from './figure';
import type { Classes, Measure } from './measures';
import { noteOf, type Outlines } from './outlines';
import { usePlaceLayer } from './placeMarks';
import { useSize } from './size';
import { SvgMap, type Streets } from './SvgMap';
import { hasWebGl2 } from './webgl';
import { mapWords } from './words';

const GlMap = lazy(() => import('./GlMap'));

/** The districts at once as SVG; behind them the zoomable map loads and takes over, where WebGL 2 is there and wanted. */
export function MapView({
  measure,
  classes,
  city,
  outlines,
  streets,
  selected,
  edition,
  onSelect,
}: {
  measure: Measure;
  classes: Classes;
  city: { figures: readonly Figure[] };
  outlines: Outlines;
  streets: Streets | null;
  selected: string | null;
  edition: number;
  onSelect: (code: string | null) => void;
}) {
  const t = useWords(mapWords);
  const [parameters] = useParameters();
  const [attach, size] = useSize();
  const [isPainted, setPainted] = useState(false);
  const [isReady, setReady] = useState(false);
  const figures = useMemo(() => new Map(city.figures.map((figure) => [figure.code, figure])), [city]);
  const withPoints = parameters.get('layer') === null ? selected !== null : parameters.get('layer') === 'gap';
  const { marks } = usePlaceLayer();
  const wantsGl = parameters.get('map') !== 'svg' && hasWebGl2();

  useEffect(() => {
    if (size.width === 0 || isPainted) return;
    performance.mark('districts-painted');
    // The library is fetched once the districts stand.
    const timer = requestAnimationFrame(() => setTimeout(() => setPainted(true)));
    return () => cancelAnimationFrame(timer);
  }, [size.width, isPainted]);
  useEffect(() => setReady(false), [wantsGl, edition]);

  const note = noteOf(outlines, t.boundary);
  const isZoomable = wantsGl && isPainted;
  return (
    <div className="map-view" ref={attach} data-map={isZoomable && isReady ? 'gl' : 'svg'}>
      {size.width > 0 && !(isZoomable && isReady) && (
        <SvgMap
          outlines={outlines.features}
          figures={figures}
          measure={measure}
          classes={classes}
          width={size.width}
          height={size.height}
          left={innerWidth >= 1200 ? 310 : 0}
          below={innerWidth > 860 ? 96 : 36}
          selected={selected}
          withCounts={withPoints}
          places={marks}
          streets={streets}
          noData={t.noData}
          label={t.mapLabel(t.measures[measure.key])}
          onSelect={onSelect}
        />
      )}
      {isZoomable ? (
        <Boundary fallback={() => null}>
          <Suspense fallback={null}>
            <GlMap
              outlines={outlines.features}
              boundaries={note}
              streets={streets}
              figures={figures}
              measure={measure}
              classes={classes}
              selected={selected}
              withPoints={withPoints}
              places={marks}
              edition={edition}
              onSelect={onSelect}
              onReady={() => setReady(true)}
            />
          </Suspense>
        </Boundary>
      ) : null}
      {!(isZoomable && isReady) && <p className="boundary-note">{note}</p>}
    </div>
  );
}
