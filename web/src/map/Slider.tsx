import { useId, useState } from 'react';
import { useParameters } from '../app/address';
import { Editions } from '../graph/generated/Editions';
import type { EditionsQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { mapWords } from './words';

type Edition = EditionsQuery['editions']['nodes'][number];

/** How an edition is asked for: by its day where it is the day's last, else by its number. Null for the newest. */
export function asOfOf(editions: readonly Edition[], at: number): string | null {
  const edition = editions[at];
  if (edition === undefined || at === editions.length - 1) return null;
  return editions[at + 1]?.asOf === edition.asOf ? `edition:${edition.number}` : edition.asOf;
}

/** Where on the slider a day, an instant or an edition stands: the last edition published by then. */
export function placeOf(editions: readonly Edition[], at: string | null): number {
  if (at === null) return editions.length - 1;
  const number = /^edition:(\d+)$/.exec(at)?.[1];
  if (number !== undefined) return editions.findIndex((e) => e.number === Number(number));
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(at);
  return editions.findLastIndex((e) => (isDay ? e.asOf <= at : e.publishedAt <= at));
}

/** Earlier states of the map, edition by edition; the place stands in the address as `at`. */
export function Slider() {
  const t = useWords(mapWords);
  const id = useId();
  const [parameters, set] = useParameters();
  const [dragged, setDragged] = useState<number | null>(null);
  const editions = [...(useQuestion(Editions, {}).data?.data.editions.nodes ?? [])].reverse();
  const place = dragged ?? placeOf(editions, parameters.get('at'));
  const edition = editions[place] ?? editions.at(-1);
  if (edition === undefined) return null;
  const text = t.edition(edition.number, edition.asOf);
  const settle = (at: number) => {
    setDragged(null);
    set({ at: asOfOf(editions, at) }, 'replace');
  };
  return (
    <div className="slider">
      {editions.length > 1 ? <label htmlFor={id}>{t.period}</label> : <span>{t.period}</span>}
      {editions.length > 1 && (
        <input
          id={id}
          type="range"
          min={0}
          max={editions.length - 1}
          step={1}
          value={Math.max(0, place)}
          aria-valuetext={text}
          onChange={(event) => setDragged(Number(event.target.value))}
          onPointerUp={(event) => settle(Number(event.currentTarget.value))}
          onKeyUp={(event) => settle(Number(event.currentTarget.value))}
          onBlur={(event) => dragged !== null && settle(Number(event.currentTarget.value))}
        />
      )}
      <output htmlFor={id}>
        <strong>{text}</strong> {editions.length === 1 ? <span className="muted">{t.onlyOne}</span> : place === editions.length - 1 && <span className="muted">{t.newest}</span>}
      </output>
    </div>
  );
}
