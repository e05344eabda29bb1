import { useId, useState } from 'react';
import { Link } from '../app/Link';
import { ask } from '../graph/client';
import { OpenCases } from '../graph/generated/OpenCases';
import type { CaseOrigin, EnterpriseFilter, GapPart } from '../graph/generated/types';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { inAddress, inputOf, NOBODY, type Owner } from './owner';
import { OwnerFields } from './OwnerFields';
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
  const [owner, setOwner] = useState<Owner>(NOBODY);
  const [nextOn, setNextOn] = useState('');
  const [note, setNote] = useState('');
  const [isAll, setAll] = useState(whom.selected === undefined);
  const open = async () => {
    const common = { origin: whom.origin ?? null, owner: inputOf(owner), nextOn: nextOn === '' ? null : nextOn, note: note.trim() === '' ? null : note.trim() };
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
        <OwnerFields owner={owner} none={t.nobody} onChange={setOwner} />
        <div className="field">
          <label htmlFor={`${id}d`}>{t.nextOn}</label>
          <input id={`${id}d`} type="date" value={nextOn} onChange={(event) => setNextOn(event.target.value)} />
        </div>
        <div className="field grow">
          <label htmlFor={`${id}n`}>{t.note}</label>
          <input id={`${id}n`} maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
        </div>
        <button type="submit" className="button primary" disabled={isRunning}>
          {t.openDo}
        </button>
      </div>
      <Said said={said}>
        {said?.isGood === true && (
          <>
            {' '}
            <Link to={owner.unit === '' ? '/cases' : `/cases?${inAddress(owner)}`}>{t.seeCases}</Link>
          </>
        )}
      </Said>
    </form>
  );
}
