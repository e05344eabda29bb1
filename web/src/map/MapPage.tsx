import { useMemo } from 'react';
import { useParameters } from '../app/address';
import { useLanguage } from '../language/choice';
import { useWords } from '../language/words';
import { isRefusal } from '../states/Answered';
import { Failed } from '../states/Failed';
import { Loading } from '../states/Loading';
import { NoLonger } from '../states/NoLonger';
import { AllMeasures } from './AllMeasures';
import { cameraIn, NO_CAMERA } from './camera';
import { figuresOf } from './figure';
import { Legend } from './Legend';
import { MapView } from './MapView';
import { classesOf, measureKeys, measureOf } from './measures';
import { useOutlines, useStreets } from './outlines';
import { Panel } from './Panel';
import { useFigures } from './question';
import { Slider } from './Slider';
import { StreetGrid } from './StreetGrid';
import { Toolbar } from './Toolbar';
import { mapWords } from './words';
import './map.css';

/** Coverage by district: a map, the same as a table, and what it was at earlier editions. */
export function MapPage() {
  const t = useWords(mapWords);
  const lang = useLanguage();
  const [parameters, set] = useParameters();
  const [at, district, asked] = [parameters.get('at'), parameters.get('d'), parameters.get('t')];
  const measure = measureOf(parameters.get('m'));
  const outlines = useOutlines(lang);
  const question = useFigures(at, null);
  const towns = useFigures(at, district).data?.data;
  const areas = useStreets(lang, district);
  const city = useMemo(() => (question.data === undefined ? null : figuresOf(question.data.data)), [question.data]);
  const parts = useMemo(() => (district === null || towns === undefined ? null : figuresOf(towns)), [district, towns]);
  // A street without enterprises has no figures: its district is shown.
  const town = parts === null || parts.figures.some((figure) => figure.code === asked) ? asked : null;
  const select = (code: string | null) => set({ d: code, t: null, view: null, ...NO_CAMERA });

  const broken = [question, outlines].find((asked) => asked.error !== null);
  const failed = broken?.error != null && <Failed problem={broken.error} onRetry={() => void broken.refetch()} />;
  if (city === null || question.data === undefined || outlines.data === undefined || isRefusal(broken?.error ?? null)) return failed || <Loading rows={10} />;

  const chooseTown = (code: string) => set({ t: code === town ? null : code });
  const streets = parts === null || areas.length === 0 ? null : { outlines: areas, figures: new Map(parts.figures.map((figure) => [figure.code, figure])), selected: town, onSelect: chooseTown };
  const { edition } = question.data.data.coverage;
  const values = city.figures.flatMap((figure) => (figure.code === '' ? [] : [measure.value(figure)])).filter((v) => v !== null);
  const classes = classesOf(measure, values, parameters.get('breaks'));
  const known = {
    m: (text: string) => measureKeys.some((key) => key === text),
    d: (code: string) => city.figures.some((figure) => figure.code === code),
    view: (text: string) => text === 'table' || text === 'streets',
    layer: (text: string) => text === 'none' || text === 'gap',
    breaks: (text: string) => text === 'spread' || text === 'fixed',
    map: (text: string) => text === 'svg',
    look: () => cameraIn(location.href) !== null,
  };
  const isKnown = city.figures.some((figure) => figure.code === district);
  const view = ['table', 'streets'].find((one) => one === parameters.get('view')) ?? null;
  return (
    <>
      {failed}
      <NoLonger known={known} />
      <div className={question.isPlaceholderData ? 'map-page waiting' : 'map-page'} aria-busy={question.isPlaceholderData}>
        <h1 className="hidden">{t.measures[measure.key]}</h1>
        <Panel city={city} parts={parts} measure={measure} classes={classes} district={isKnown ? district : null} town={town} onSelect={select} onTown={chooseTown} />
        <div className="map-area">
          <Toolbar measure={measure} classes={classes} city={city} outlines={outlines.data} streets={isKnown ? streets : null} district={isKnown ? district : null} edition={edition} />
          {view === 'table' ? (
            <AllMeasures city={city} asOf={edition.asOf} onSelect={select} />
          ) : view === 'streets' && parts !== null ? (
            <StreetGrid figures={parts.figures} measure={measure} classes={classes} selected={town} onSelect={chooseTown} hasMap={streets !== null} />
          ) : (
            <MapView measure={measure} classes={classes} city={city} outlines={outlines.data} streets={isKnown ? streets : null} selected={isKnown ? district : null} edition={edition.number} onSelect={select} />
          )}
          {view === null && <Legend measure={measure} classes={classes} figures={streets === null || parts === null ? city.figures : parts.figures} />}
          <Slider />
        </div>
      </div>
    </>
  );
}
