import { useId } from 'react';
import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { caseAddress } from '../cases/CaseTable';
import { SaveAs } from '../cases/SaveAs';
import { Leads } from '../graph/generated/Leads';
import type { LeadKind, LeadStatus } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { NoLonger } from '../states/NoLonger';
import { listWords } from './words';

const kinds: readonly LeadKind[] = ['PREPARATORY_FUND', 'DISPUTE', 'HOTLINE', 'MEDIA'];
const statuses: readonly LeadStatus[] = ['NEW', 'IN_WORK', 'CLOSED'];

/** Leads one by one: what somebody said or did at an enterprise without a union, newest first, and the case that it became. */
export function LeadList({ area }: { area: string }) {
  const t = useWords(listWords);
  const f = useFormat();
  const id = useId();
  const [parameters, set] = useParameters();
  const kind = kinds.find((one) => one === parameters.get('kind')) ?? null;
  const status = statuses.find((one) => one === parameters.get('status')) ?? null;
  const [from, to] = [parameters.get('from'), parameters.get('to')];
  const filter = {
    kind: kind === null ? null : [kind],
    status: status === null ? null : [status],
    on: from === null && to === null ? null : { gte: from, lte: to },
    area: area === '' ? null : [area],
  };
  const question = useQuestion(Leads, { filter, after: parameters.get('after') });
  const put = (changes: Record<string, string | null>) => set({ ...changes, after: null }, 'replace');
  return (
    <section className="card lead-list">
      <h2>{t.eachLead}</h2>
      <NoLonger known={{ kind: (text) => kinds.some((one) => one === text), status: (text) => statuses.some((one) => one === text) }} />
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}k`}>{t.lead}</label>
          <select id={`${id}k`} value={kind ?? ''} onChange={(event) => put({ kind: event.target.value })}>
            <option value="">{t.anyKind}</option>
            {kinds.map((one) => (
              <option key={one} value={one}>
                {t.kinds[one]}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}s`}>{t.leadStatus}</label>
          <select id={`${id}s`} value={status ?? ''} onChange={(event) => put({ status: event.target.value })}>
            <option value="">{t.anyStatus}</option>
            {statuses.map((one) => (
              <option key={one} value={one}>
                {t.statuses[one]}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}f`}>{t.fromDay}</label>
          <input id={`${id}f`} type="date" value={from ?? ''} onChange={(event) => put({ from: event.target.value })} />
        </div>
        <div className="field">
          <label htmlFor={`${id}t`}>{t.toDay}</label>
          <input id={`${id}t`} type="date" value={to ?? ''} onChange={(event) => put({ to: event.target.value })} />
        </div>
        <SaveAs lists={['leads']} query={{ filter: JSON.stringify(filter) }} />
      </div>
      <Answered question={question} rows={6}>
        {({ leads }) =>
          leads === null ? (
            <Forbidden scope="review" />
          ) : leads.nodes.length === 0 ? (
            <Empty>{t.noLeads}</Empty>
          ) : (
            <>
              <Table label={t.eachLead} heads={[t.day, t.lead, t.enterprise, t.about, t.leadStatus]}>
                {leads.nodes.map((lead) => (
                  <tr key={lead.id}>
                    <td className="nowrap">{lead.on ?? NOTHING}</td>
                    <td>{t.kinds[lead.kind]}</td>
                    <th scope="row">
                      <Link to={`/e/${lead.enterprise.id}`}>{lead.enterprise.name}</Link>
                      <span className="part">{lead.enterprise.area?.name}</span>
                    </th>
                    <td>{[lead.title, lead.people === null ? null : t.people(f.count(lead.people))].filter((text) => text !== null).join(' · ') || NOTHING}</td>
                    <td>
                      {lead.case === null ? (
                        t.statuses[lead.leadStatus]
                      ) : (
                        <Link to={caseAddress(lead.case.id)}>
                          {t.statuses[lead.leadStatus]} · {lead.case.stageLabel}
                        </Link>
                      )}
                    </td>
                  </tr>
                ))}
              </Table>
              <div className="row">
                <span className="muted">{t.totalLeads(f.count(leads.totalCount))}</span>
                {parameters.get('after') !== null && (
                  <button type="button" className="button" onClick={() => set({ after: null })}>
                    {t.toFirst}
                  </button>
                )}
                {leads.pageInfo.hasNextPage && (
                  <button type="button" className="button" onClick={() => set({ after: leads.pageInfo.endCursor })}>
                    {t.more}
                  </button>
                )}
              </div>
            </>
          )
        }
      </Answered>
    </section>
  );
}
