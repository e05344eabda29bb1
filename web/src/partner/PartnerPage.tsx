import { useId } from 'react';
import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { useMay, useStanding } from '../app/standing';
import { CorrectionsOf } from '../corrections/CorrectionsOf';
import { Partner } from '../graph/generated/Partner';
import type { PartnerQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Batches } from '../sources/Batches';
import { ConflictsOf } from '../sources/ConflictsOf';
import { QualityOf } from '../sources/QualityOf';
import { QualityOverTime } from '../sources/QualityOverTime';
import { QuarantineOf } from '../sources/QuarantineOf';
import { RegistryStateOf } from '../sources/State';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { partnerWords } from './words';
import '../sources/sources.css';

const DAY_MILLIS = 86_400_000;
const SHOWN_DAYS = 90;

/** A department's own registry and nothing else: what became of what it sent, and who used it. */
export default function PartnerPage() {
  const t = useWords(partnerWords);
  const id = useId();
  const [parameters, set] = useParameters();
  const registries = useStanding().data?.data.registries ?? [];
  // A department knows of its own registry and no other: nothing is to be chosen.
  const name = parameters.get('registry') ?? (registries.length === 1 ? (registries[0]?.name ?? null) : null);
  const since = new Date(Date.now() - SHOWN_DAYS * DAY_MILLIS).toISOString().slice(0, 10);
  const question = useQuestion(Partner, { registry: name ?? '', since }, { enabled: name !== null, keep: false });
  return (
    <div className="page partner">
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{t.intro}</p>
        </div>
        <div className="row">
          <label htmlFor={id}>{t.registry}</label>
          <select id={id} value={name ?? ''} onChange={(event) => set({ registry: event.target.value })}>
            <option value="">{t.choose}</option>
            {registries.map((registry) => (
              <option key={registry.name} value={registry.name}>
                {registry.title}
              </option>
            ))}
          </select>
        </div>
      </header>
      {name === null ? (
        <Empty>{t.chooseFirst}</Empty>
      ) : (
        <Answered question={question} rows={10}>
          {({ registry }) => (registry === null ? <Empty>{t.noRegistry}</Empty> : <Own registry={registry} />)}
        </Answered>
      )}
    </div>
  );
}

function Own({ registry }: { registry: NonNullable<PartnerQuery['registry']> }) {
  const t = useWords(partnerWords);
  const f = useFormat();
  const mayOperate = useMay('operate') === true;
  return (
    <div className="details">
      <section className="card">
        <h2>{registry.title}</h2>
        <dl className="facts">
          <div>
            <dt>{t.state}</dt>
            <dd>
              <RegistryStateOf state={registry.state} />
            </dd>
          </div>
          <div>
            <dt>{t.lastGood}</dt>
            <dd>{f.instant(registry.lastGood)}</dd>
          </div>
          <div>
            <dt>{t.records}</dt>
            <dd>{f.count(registry.records)}</dd>
          </div>
          <div>
            <dt>{t.owner}</dt>
            <dd>{registry.owner}</dd>
          </div>
          <div>
            <dt>{t.legalBasis}</dt>
            <dd>{registry.legalBasis}</dd>
          </div>
          {registry.pushTokens !== null && registry.pushTokens.length > 0 && (
            <div>
              <dt>{t.pushTokens}</dt>
              <dd>
                {registry.pushTokens.map((token) => (
                  <span key={token.id} className="part">
                    {token.name}
                    {t.pushToken(token.lastUsedAt === null ? t.never : f.instant(token.lastUsedAt), f.day(token.expiresAt))}
                  </span>
                ))}
              </dd>
            </div>
          )}
        </dl>
      </section>
      <div className="card">
        <CorrectionsOf registry={registry.name} isDepartments />
      </div>
      <section className="card">
        <h2>{t.receipts}</h2>
        {registry.batches === null ? <Forbidden scope="operate" /> : <Batches batches={registry.batches.nodes} mayDecide={mayOperate} />}
      </section>
      <div className="card">
        <QuarantineOf registry={registry.name} mayReplay={mayOperate} />
      </div>
      <section className="card">
        <h2>{t.usage}</h2>
        <p className="muted small">{t.usageWhy}</p>
        {registry.usage === null ? <Forbidden scope="operate" /> : <Usage rows={registry.usage} />}
      </section>
      {registry.quality !== null && (
        <div className="card">
          <QualityOf quality={registry.quality} />
          <QualityOverTime registry={registry.name} />
        </div>
      )}
      <div className="card">
        <ConflictsOf registry={registry.name} />
      </div>
    </div>
  );
}

function Usage({ rows }: { rows: NonNullable<NonNullable<PartnerQuery['registry']>['usage']> }) {
  const t = useWords(partnerWords);
  const f = useFormat();
  const name = useWords(terms);
  if (rows.length === 0) return <p className="muted">{t.noUsage}</p>;
  const most = Object.keys(name.field).length;
  return (
    <Table label={t.usage} heads={[t.day, t.who, t.purpose, t.fields, { number: t.enterprises }, { number: t.answers }]}>
      {rows.map((row, at) => (
        <tr key={at}>
          <th scope="row" className="nowrap">
            {f.day(row.day)}
          </th>
          <td>{row.who}</td>
          <td>{row.purpose ?? <span className="muted">{t.noPurpose}</span>}</td>
          <td>{row.fields.length === most ? t.allFields : f.list(row.fields.map((field) => name.field[field])) || '—'}</td>
          <td className="number">{f.count(row.enterprises)}</td>
          <td className="number">{f.count(row.answers)}</td>
        </tr>
      ))}
    </Table>
  );
}
