import { useId, useState } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { stages } from '../cases/filter';
import { useCaseLabels } from '../cases/labels';
import { inputOf, NOBODY, type Owner } from '../cases/owner';
import { OwnerFields } from '../cases/OwnerFields';
import { UnitChoice } from '../cases/UnitChoice';
import { ask } from '../graph/client';
import { CasePlaces } from '../graph/generated/CasePlaces';
import { DrawVisitLists } from '../graph/generated/DrawVisitLists';
import type { CaseFilter, CaseStage, DrawVisitListsMutation } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { cornersOf, FEWEST } from './shape';
import { ShapeMap } from './ShapeMap';
import { listAddress } from './VisitsPage';
import { visitWords } from './words';

/** Draws lists: which cases, inside which shape, for whom. Which cases and the shape stand in the address. */
export function DrawForm() {
  const t = useWords(visitWords);
  const f = useFormat();
  const labels = useCaseLabels();
  const id = useId();
  const [parameters, set] = useParameters();
  const { said, isRunning, send } = useSend();
  const area = parameters.get('area') ?? '';
  const stage = stages.find((name) => name === parameters.get('stage')) ?? null;
  const shape = parameters.get('shape');
  const isOpen = parameters.has('draw') || shape !== null;
  const [title, setTitle] = useState('');
  const [doors, setDoors] = useState('60');
  const [lists, setLists] = useState('1');
  const [due, setDue] = useState('');
  const [walkers, setWalkers] = useState<readonly Owner[]>([NOBODY]);
  const [drawn, setDrawn] = useState<DrawVisitListsMutation['drawVisitLists']['lists']>([]);
  const filter: CaseFilter = { state: ['OPEN'], area: area === '' ? undefined : [area], stage: stage === null ? undefined : [stage] };
  const places = useQuestion(CasePlaces, { filter }, { enabled: isOpen }).data?.data.cases;
  // The graph counts a place only where it is the registry's own.
  const known = (places?.nodes ?? []).flatMap((node) => (node.enterprise?.location?.basis === 'REGISTRY' ? [node.enterprise.location] : []));
  const named = walkers.flatMap((walker) => inputOf(walker) ?? []);
  const corners = cornersOf(shape);
  const draw = async () => {
    let made: typeof drawn = [];
    const isDone = await send(
      async () => {
        const input = {
          title: title.trim() === '' ? `${t.title} ${f.day(new Date().toISOString())}` : title.trim(),
          filter,
          shape: corners.length < FEWEST ? null : corners,
          doors: Number(doors) || null,
          owners: named.length === 0 ? null : named,
          lists: named.length === 0 ? Number(lists) || null : null,
          due: due === '' ? null : due,
        };
        const { data } = await ask(DrawVisitLists, { input });
        made = data.drawVisitLists.lists;
        return data.drawVisitLists.userErrors;
      },
      () => t.drawn(f.count(made.length), f.count(made.reduce((sum, list) => sum + list.doors, 0))),
    );
    if (isDone) setDrawn(made);
  };
  return (
    <details
      className="card draw no-print"
      open={isOpen}
      onToggle={(event) => {
        if (event.currentTarget.open !== isOpen) set({ draw: event.currentTarget.open ? '1' : null, ...(event.currentTarget.open ? {} : { shape: null }) }, 'replace');
      }}
    >
      <summary>
        <h2>{t.draw}</h2>
      </summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void draw();
        }}
      >
        <div className="draw-sides">
          <div className="draw-fields">
            <div className="field">
              <label htmlFor={`${id}t`}>{t.name}</label>
              <input id={`${id}t`} maxLength={120} value={title} onChange={(event) => setTitle(event.target.value)} />
            </div>
            <fieldset>
              <legend>{t.which}</legend>
              <div className="row fields">
                <div className="field">
                  <label htmlFor={`${id}a`}>{t.area}</label>
                  <UnitChoice id={`${id}a`} value={area} none={t.any} withFederation={false} onChange={(code) => set({ area: code, draw: '1' }, 'replace')} />
                </div>
                <div className="field">
                  <label htmlFor={`${id}s`}>{t.stage}</label>
                  <select id={`${id}s`} value={stage ?? ''} onChange={(event) => set({ stage: event.target.value as CaseStage | '', draw: '1' }, 'replace')}>
                    <option value="">{t.allStages}</option>
                    {stages.map((name) => (
                      <option key={name} value={name}>
                        {labels.of('stages', name)}
                      </option>
                    ))}
                  </select>
                </div>
                <div className="field">
                  <label htmlFor={`${id}d`}>{t.doors}</label>
                  <input id={`${id}d`} type="number" className="few" min={1} max={5000} value={doors} onChange={(event) => setDoors(event.target.value)} />
                </div>
                <div className="field">
                  <label htmlFor={`${id}u`}>{t.due}</label>
                  <input id={`${id}u`} type="date" value={due} onChange={(event) => setDue(event.target.value)} />
                </div>
              </div>
            </fieldset>
            <fieldset>
              <legend>{t.forWhom}</legend>
              {walkers.map((walker, place) => (
                <div key={place} className="row fields" role="group" aria-label={t.walker(place + 1)}>
                  <OwnerFields owner={walker} none={t.any} onChange={(next) => setWalkers(walkers.map((other, at) => (at === place ? next : other)))} />
                  {walkers.length > 1 && (
                    <button type="button" className="plain" aria-label={t.removeWalker(place + 1)} onClick={() => setWalkers(walkers.filter((_, at) => at !== place))}>
                      ✕
                    </button>
                  )}
                </div>
              ))}
              <div className="row fields">
                <button type="button" className="button" onClick={() => setWalkers([...walkers, NOBODY])}>
                  {t.addWalker}
                </button>
                {named.length === 0 && (
                  <div className="field">
                    <label htmlFor={`${id}l`}>{t.lists}</label>
                    <input id={`${id}l`} type="number" className="few" min={1} max={100} value={lists} onChange={(event) => setLists(event.target.value)} />
                  </div>
                )}
              </div>
            </fieldset>
            <button type="submit" className="button primary" disabled={isRunning}>
              {t.drawDo}
            </button>
            <Said said={said} />
            <ul className="drawn-lists">
              {drawn.map((list) => (
                <li key={list.id}>
                  <Link to={listAddress(list.id)}>{list.title}</Link> {t.balance(f.count(list.doors), f.decimal(list.walkKm))}
                </li>
              ))}
            </ul>
          </div>
          {isOpen && (
            <fieldset>
              <legend>{t.shape}</legend>
              <ShapeMap area={area} places={known} shape={shape} onShape={(next) => set({ shape: next, draw: '1' }, 'replace')} />
            </fieldset>
          )}
        </div>
      </form>
    </details>
  );
}
