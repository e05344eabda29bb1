import { useId, useState } from 'react';
import { inputOf, NOBODY, type Owner } from '../cases/owner';
import { OwnerFields } from '../cases/OwnerFields';
import { UnitChoice } from '../cases/UnitChoice';
import { caseWords } from '../cases/words';
import { ask } from '../graph/client';
import { AddDuty } from '../graph/generated/AddDuty';
import { Said, useSend } from '../graph/send';
import { useWords } from '../language/words';
import { dutyWords } from './words';

const EMPTY = { area: '', industry: '', building: '', enterprise: '', starts: '', ends: '', isFirst: false };
const some = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/** Makes somebody responsible. What was refused stays typed. */
export function AddDutyForm() {
  const t = useWords(dutyWords);
  const c = useWords(caseWords);
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [owner, setOwner] = useState<Owner>(NOBODY);
  const [given, setGiven] = useState(EMPTY);
  const add = async () => {
    const who = inputOf(owner);
    if (who === null) return;
    const input = {
      owner: who,
      isFirst: given.isFirst,
      area: some(given.area),
      industry: some(given.industry),
      building: some(given.building),
      enterprise: some(given.enterprise),
      starts: some(given.starts),
      ends: some(given.ends),
    };
    if (await send(async () => (await ask(AddDuty, { input })).data.addDuty.userErrors, t.added)) setGiven(EMPTY);
  };
  const text = (name: 'industry' | 'building' | 'enterprise') => (
    <div className="field">
      <label htmlFor={`${id}${name}`}>{t[name]}</label>
      <input id={`${id}${name}`} maxLength={100} value={given[name]} onChange={(event) => setGiven({ ...given, [name]: event.target.value })} />
    </div>
  );
  return (
    <form
      className="card no-print change-form add-duty"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <h2>{t.add}</h2>
      <div className="row fields">
        <OwnerFields owner={owner} none={c.chooseUnit} onChange={setOwner} />
        <label className="check">
          <input type="checkbox" checked={given.isFirst} onChange={() => setGiven({ ...given, isFirst: !given.isFirst })} />
          {t.isFirst}
        </label>
      </div>
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}a`}>{t.area}</label>
          <UnitChoice id={`${id}a`} value={given.area} none={t.anyArea} withFederation={false} onChange={(area) => setGiven({ ...given, area })} />
        </div>
        {text('industry')}
        {text('building')}
        {text('enterprise')}
      </div>
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}s`}>{t.starts}</label>
          <input id={`${id}s`} type="date" value={given.starts} onChange={(event) => setGiven({ ...given, starts: event.target.value })} />
        </div>
        <div className="field">
          <label htmlFor={`${id}e`}>{t.ends}</label>
          <input id={`${id}e`} type="date" value={given.ends} onChange={(event) => setGiven({ ...given, ends: event.target.value })} />
        </div>
        <button type="submit" className="button primary" disabled={isRunning || owner.unit === ''}>
          {t.addDo}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}
