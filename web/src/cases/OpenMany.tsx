import { useId, useState } from 'react';
import { Link } from '../app/Link';
import { ask } from '../graph/client';
import { OpenCases } from '../graph/generated/OpenCases';
import type { CaseOrigin, EnterpriseFilter, GapPart } from '../graph/generated/types';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { NOTHING_SAID, OpeningFields, openingOf } from './OpeningFields';
import { inAddress } from './owner';
import { caseWords } from './words';

const MOST = 200;

/** What cases are opened for: the part of the list that a filter leaves, a named list, or enterprises that are ticked. */
export interface Whom {
  readonly filter?: EnterpriseFilter;
  readonly include?: readonly GapPart[];
  readonly namedList?: string;
  readonly origin?: CaseOrigin;
  readonly selected?: ReadonlySet<string>;
}

/** Opens cases in bulk, with who is responsible and a first date. */
export function OpenMany({ whom, onDone }: { whom: Whom; onDone?: () => void }) {
  const t = useWords(caseWords);
  const f = useFormat();
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [opening, setOpening] = useState(NOTHING_SAID);
  const [isAll, setAll] = useState(whom.selected === undefined);
  const open = async () => {
    const common = { origin: whom.origin ?? null, ...openingOf(opening) };
    let told = '';
    const isGood = await send(
      async () => {
        const picked = !isAll && whom.selected !== undefined ? [...whom.selected] : null;
        const { data } = await ask(OpenCases, {
          input:
            picked !== null
              ? { ...common, enterprises: picked, atMost: Math.max(1, picked.length) }
              : { ...common, filter: whom.filter ?? null, include: whom.include === undefined ? null : [...whom.include], namedList: whom.namedList ?? null, atMost: MOST },
        });
        const { opened, existing, left, needless, userErrors } = data.openCases;
        told = t.openedMany(f.count(opened), f.count(existing)) + (needless > 0 ? t.needless(f.count(needless)) : '') + (left > 0 ? t.leftOver(f.count(left)) : '');
        return userErrors;
      },
      () => told,
    );
    if (isGood) onDone?.();
  };
  return (
    <form
      className="open-many"
      onSubmit={(event) => {
        event.preventDefault();
        void open();
      }}
    >
      <div className="row fields">
        {whom.selected !== undefined && (
          <div className="field">
            <label htmlFor={`${id}w`}>{t.openFor}</label>
            <select id={`${id}w`} value={isAll ? 'all' : 'selected'} onChange={(event) => setAll(event.target.value === 'all')}>
              <option value="selected">{t.openSelected(f.count(whom.selected.size))}</option>
              <option value="all">{t.openAll(f.count(MOST))}</option>
            </select>
          </div>
        )}
        <OpeningFields opening={opening} onChange={setOpening} />
        <button type="submit" className="button primary" disabled={isRunning}>
          {t.openDo}
        </button>
      </div>
      <Said said={said}>
        {said?.isGood === true && (
          <>
            {' '}
            <Link to={opening.owner.unit === '' ? '/cases' : `/cases?${inAddress(opening.owner)}`}>{t.seeCases}</Link>
          </>
        )}
      </Said>
    </form>
  );
}
