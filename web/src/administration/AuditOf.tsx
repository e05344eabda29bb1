import { useId, useState } from 'react';
import { useParameters } from '../app/address';
import { useMay } from '../app/standing';
import { AuditRows } from '../graph/generated/AuditRows';
import type { EnterpriseField } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { AuditTable } from './AuditTable';
import { Older } from './Older';
import { administrationWords } from './words';

const names = ['who', 'purpose', 'enterprise', 'operation', 'from', 'to', 'field'] as const;
type Name = (typeof names)[number];

/** Who looked at what: sought by person, day, field, enterprise and question. What is sought stands in the address. */
export function AuditOf() {
  const t = useWords(administrationWords);
  const f = useFormat();
  const may = useMay('audit');
  const [parameters] = useParameters();
  const given = (name: Name) => parameters.get(name);
  const field = given('field');
  const days = given('from') !== null || given('to') !== null ? { gte: given('from'), lte: given('to') } : null;
  const filter = {
    caller: given('who'),
    purpose: given('purpose'),
    enterprise: given('enterprise'),
    operation: given('operation'),
    on: days,
    field: field === null ? null : [field as EnterpriseField],
  };
  const question = useQuestion(AuditRows, { filter, after: parameters.get('after') }, { enabled: may === true });
  if (may === false) return <Forbidden scope="audit" />;
  return (
    <section className="card">
      <h2>{t.audit}</h2>
      <p className="muted">{t.auditWhy}</p>
      <Sought key={parameters.toString()} />
      <Answered question={question} rows={8}>
        {({ auditSearch }) =>
          auditSearch === null ? (
            <Forbidden scope="audit" />
          ) : (
            <>
              <AuditTable rows={auditSearch.nodes} />
              <Older total={auditSearch.totalCount === null ? t.tooManyToCount : t.totalRows(f.count(auditSearch.totalCount))} info={auditSearch.pageInfo} />
            </>
          )
        }
      </Answered>
    </section>
  );
}

function Sought() {
  const t = useWords(administrationWords);
  const name = useWords(terms);
  const id = useId();
  const [parameters, set] = useParameters();
  const [typed, setTyped] = useState(() => Object.fromEntries(names.map((one) => [one, parameters.get(one) ?? ''])) as Record<Name, string>);
  const type = (of: Name) => (event: { target: { value: string } }) => setTyped({ ...typed, [of]: event.target.value });
  const texts: readonly Name[] = ['who', 'purpose', 'enterprise', 'operation'];
  const days: readonly Name[] = ['from', 'to'];
  return (
    <form
      className="row fields audit-sought"
      onSubmit={(event) => {
        event.preventDefault();
        set({ ...Object.fromEntries(names.map((one) => [one, typed[one].trim() || null])), after: null });
      }}
    >
      {texts.map((one) => (
        <div key={one} className="field">
          <label htmlFor={id + one}>{t.sought[one]}</label>
          <input id={id + one} value={typed[one]} onChange={type(one)} />
        </div>
      ))}
      {days.map((one) => (
        <div key={one} className="field">
          <label htmlFor={id + one}>{t.sought[one]}</label>
          <input id={id + one} type="date" value={typed[one]} onChange={type(one)} />
        </div>
      ))}
      <div className="field">
        <label htmlFor={`${id}field`}>{t.sought.field}</label>
        <select id={`${id}field`} value={typed.field} onChange={type('field')}>
          <option value="">{t.anyField}</option>
          {Object.entries(name.field).map(([code, text]) => (
            <option key={code} value={code}>
              {text}
            </option>
          ))}
        </select>
      </div>
      <button type="submit" className="button primary">
        {t.seek}
      </button>
    </form>
  );
}
