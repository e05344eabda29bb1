import { useId, useState } from 'react';
import { Link } from '../app/Link';
import { Table } from '../app/Table';
import { caseAddress } from '../cases/CaseTable';
import { ask } from '../graph/client';
import { SettleVisits } from '../graph/generated/SettleVisits';
import { TakeBackVisits } from '../graph/generated/TakeBackVisits';
import type { VisitState } from '../graph/generated/types';
import { Said, useSend } from '../graph/send';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { WholeList } from './ListPage';
import { visitWords } from './words';

const SIGNS: Readonly<Record<VisitState, readonly [string, string]>> = { COUNTS: ['ok', '●'], ASKED: ['warn', '▲'], DISMISSED: ['muted', '○'], TAKEN_BACK: ['muted', '○'] };

/** What was brought back: what a person is asked about, everything with its state, and taking it back. */
export function Results({ list }: { list: WholeList }) {
  const t = useWords(visitWords);
  const f = useFormat();
  const { said, isRunning, send } = useSend();
  const asked = list.visits.filter((visit) => visit.state === 'ASKED');
  const settle = (visits: readonly string[], count: boolean) => {
    let done = 0;
    void send(
      async () => {
        const { data } = await ask(SettleVisits, { input: { list: list.id, visits: [...visits], count } });
        done = data.settleVisits.visits;
        return data.settleVisits.userErrors;
      },
      () => t.settled(f.count(done)),
    );
  };
  return (
    <>
      {asked.length > 0 && (
        <section className="card asked-visits">
          <h2>{t.askedTitle}</h2>
          <p className="muted">{t.askedWhy}</p>
          <ul>
            {asked.map((visit) => {
              const name = visit.case?.enterprise?.name ?? t.gone;
              return (
                <li key={visit.id} className="row">
                  <span>
                    <strong>{name}</strong> {visit.result}
                    <span className="part">{[visit.doubt, visit.visitor, f.instant(visit.visitedAt), visit.note].filter((text) => text != null && text !== NOTHING).join(' · ')}</span>
                  </span>
                  <span className="row ends">
                    <button type="button" className="button" disabled={isRunning} aria-label={`${t.count} ${name}`} onClick={() => settle([visit.id], true)}>
                      {t.count}
                    </button>
                    <button type="button" className="button" disabled={isRunning} aria-label={`${t.dismiss} ${name}`} onClick={() => settle([visit.id], false)}>
                      {t.dismiss}
                    </button>
                  </span>
                </li>
              );
            })}
          </ul>
          {asked.length > 1 && (
            <button type="button" className="button" disabled={isRunning} onClick={() => settle(asked.map((visit) => visit.id), true)}>
              {t.countAll}
            </button>
          )}
        </section>
      )}
      <Said said={said} />
      <section className="card flat">
        <h2>{t.results}</h2>
        {list.visits.length === 0 ? (
          <p className="muted">{t.noResults}</p>
        ) : (
          <Table label={t.results} heads={[t.enterprise, t.result, t.visitor, t.when, t.state]}>
            {list.visits.map((visit) => (
              <tr key={visit.id}>
                <th scope="row">{visit.case === null ? t.gone : <Link to={caseAddress(visit.case.id)}>{visit.case.enterprise?.name ?? t.gone}</Link>}</th>
                <td>
                  {visit.result}
                  <span className="part">{[visit.on, visit.note].filter(Boolean).join(' · ')}</span>
                </td>
                <td>{visit.visitor}</td>
                <td className="nowrap">{f.instant(visit.visitedAt)}</td>
                <td>
                  <span className={`status ${SIGNS[visit.state][0]}`}>
                    <span aria-hidden="true">{SIGNS[visit.state][1]}</span> {t.states[visit.state]}
                  </span>
                </td>
              </tr>
            ))}
          </Table>
        )}
        {list.visits.some((visit) => visit.state === 'COUNTS' || visit.state === 'ASKED') && <TakeBack list={list} />}
      </section>
    </>
  );
}

function TakeBack({ list }: { list: WholeList }) {
  const t = useWords(visitWords);
  const f = useFormat();
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [visitor, setVisitor] = useState('');
  const [reason, setReason] = useState('');
  const visitors = [...new Set(list.visits.map((visit) => visit.visitor))];
  const take = () => {
    let done = { visits: 0, kept: 0 };
    void send(
      async () => {
        const { data } = await ask(TakeBackVisits, { input: { list: list.id, visitor: visitor === '' ? null : visitor, reason: reason.trim() === '' ? null : reason.trim() } });
        done = data.takeBackVisits;
        return data.takeBackVisits.userErrors;
      },
      () => t.tookBack(f.count(done.visits), f.count(done.kept)),
    );
  };
  return (
    <form
      className="take-back no-print"
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <p className="muted">{t.takeBackWhy}</p>
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}w`}>{t.whose}</label>
          <select id={`${id}w`} value={visitor} onChange={(event) => setVisitor(event.target.value)}>
            <option value="">{t.everybody}</option>
            {visitors.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div className="field grow">
          <label htmlFor={`${id}r`}>{t.reason}</label>
          <input id={`${id}r`} maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
        </div>
        <button type="submit" className="button danger" disabled={isRunning}>
          {t.takeBackDo}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}
