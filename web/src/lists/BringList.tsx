import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { CreateNamedList } from '../graph/generated/CreateNamedList';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { listWords } from './words';

const EMPTY = { title: '', purpose: '', source: '', expires: '', suppliersOf: '', entries: '' };

/** Brings a list; what was refused stays typed. */
export function BringList() {
  const t = useWords(listWords);
  const f = useFormat();
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [given, setGiven] = useState(EMPTY);
  const entries = given.entries.split(/[\n\r]+/).map((line) => line.trim()).filter((line) => line !== '');
  const isReady = given.title.trim() !== '' && given.purpose.trim() !== '' && given.source.trim() !== '' && entries.length > 0;
  const bring = async () => {
    let told = '';
    const isDone = await send(
      async () => {
        const input = { title: given.title.trim(), purpose: given.purpose.trim(), source: given.source.trim(), expires: given.expires === '' ? null : given.expires, suppliersOf: given.suppliersOf.trim() === '' ? null : given.suppliersOf.trim(), entries };
        const { found, list, userErrors } = (await ask(CreateNamedList, { input })).data.createNamedList;
        told = t.added(f.count(found), f.count(list?.notFound.length ?? 0));
        return userErrors;
      },
      () => told,
    );
    if (isDone) setGiven(EMPTY);
  };
  const text = (name: 'title' | 'purpose' | 'source', label: string) => (
    <div className="field grow">
      <label htmlFor={`${id}${name}`}>{label}</label>
      <input id={`${id}${name}`} required maxLength={200} value={given[name]} onChange={(event) => setGiven({ ...given, [name]: event.target.value })} />
    </div>
  );
  return (
    <form
      className="card no-print change-form bring-list"
      onSubmit={(event) => {
        event.preventDefault();
        void bring();
      }}
    >
      <h2>{t.add}</h2>
      <div className="row fields">
        {text('title', t.list)}
        {text('purpose', t.purpose)}
        {text('source', t.source)}
        <div className="field">
          <label htmlFor={`${id}e`}>{t.expires}</label>
          <input id={`${id}e`} type="date" value={given.expires} onChange={(event) => setGiven({ ...given, expires: event.target.value })} />
        </div>
        <div className="field">
          <label htmlFor={`${id}s`}>{t.suppliersOf}</label>
          <input id={`${id}s`} maxLength={200} value={given.suppliersOf} onChange={(event) => setGiven({ ...given, suppliersOf: event.target.value })} />
        </div>
      </div>
      <div className="field">
        <label htmlFor={`${id}w`}>{t.entries}</label>
        <textarea id={`${id}w`} rows={5} value={given.entries} onChange={(event) => setGiven({ ...given, entries: event.target.value })} />
      </div>
      <div className="row">
        <button type="submit" className="button primary" disabled={isRunning || !isReady}>
          {t.addDo}
        </button>
        <Said said={said} />
      </div>
    </form>
  );
}
