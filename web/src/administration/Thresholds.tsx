import { useState } from 'react';
import { Table } from '../app/Table';
import { useWords } from '../language/words';
import type { InForce } from './policyDraft';
import { administrationWords } from './words';

/** The rules of designated size, those that held once where somebody wants them. */
export function Thresholds({ policy }: { policy: InForce }) {
  const t = useWords(administrationWords);
  const [all, setAll] = useState(false);
  const shown = policy.thresholds.filter((rule) => all || rule.inForce);
  return (
    <section className="card">
      <div className="page-head">
        <h2>{t.thresholds}</h2>
        <label className="check">
          <input type="checkbox" checked={all} onChange={() => setAll(!all)} />
          {t.formerToo}
        </label>
      </div>
      <Table label={t.thresholds} heads={[t.rule, t.asks, t.validFrom, t.validUntil]}>
        {shown.map((rule) => (
          <tr key={`${rule.code} ${rule.validFrom}`}>
            <th scope="row">
              {rule.title}
              <span className="part">
                <code>{rule.code}</code>
              </span>
            </th>
            <td>
              <code>{rule.asks.join(rule.all ? t.and : t.or)}</code>
            </td>
            <td className="nowrap">{rule.validFrom}</td>
            <td className="nowrap">{rule.validTo ?? '—'}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
