import { Link } from '../app/Link';
import type { AuditLineFragment } from '../graph/generated/types';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { administrationWords } from './words';

/** Who was shown what, newest first. `of` leaves the enterprises out: the page is one's own. */
export function AuditTable({ rows, of }: { rows: readonly AuditLineFragment[]; of?: 'enterprise' }) {
  const t = useWords(administrationWords);
  const f = useFormat();
  const name = useWords(terms);
  if (rows.length === 0) return <p className="muted">{t.noRows}</p>;
  const all = Object.keys(name.field).length;
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t.audit}>
      <table className="grid audit">
        <thead>
          <tr>
            <th scope="col">{t.when}</th>
            <th scope="col">{t.who}</th>
            <th scope="col">{t.purpose}</th>
            <th scope="col">{t.way}</th>
            <th scope="col">{t.fields}</th>
            {of === undefined && <th scope="col">{t.shownEnterprises}</th>}
            <th scope="col">{t.operation}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row" className="nowrap">
                {f.instant(row.at)}
              </th>
              <td>
                {row.who} <span className="muted small">{row.role === null ? '' : t.roles[row.role]}</span>
              </td>
              <td>{row.purpose ?? <span className="muted">{t.noPurpose}</span>}</td>
              <td>
                {row.way === null ? '—' : t.ways[row.way]}
                {of === 'enterprise' && row.isCertain === false && <span className="muted small"> {t.amongMany(f.count(row.enterprises))}</span>}
              </td>
              <td>
                {f.list([...(row.fields.length === all ? [t.allFields] : row.fields.map((field) => name.field[field])), ...row.matters.map((matter) => t.matters[matter])]) || '—'}
                {row.classes.length > 0 && <span className="muted small"> {t.opened(f.list(row.classes.map((of) => t.classes[of])))}</span>}
              </td>
              {of === undefined && (
                <td>
                  {row.enterpriseIds === null ? (
                    <span title={row.chosenBy ?? undefined}>{t.many(f.count(row.enterprises))}</span>
                  ) : row.enterpriseIds.length === 0 ? (
                    '—'
                  ) : (
                    <>
                      {row.enterpriseIds.map((id) => (
                        <Link key={id} to={`/e/${id}`} className="audit-id">
                          <code>{id}</code>
                        </Link>
                      ))}
                      {row.enterprises > row.enterpriseIds.length && <span className="muted"> {t.andMore(f.count(row.enterprises - row.enterpriseIds.length))}</span>}
                    </>
                  )}
                </td>
              )}
              <td>
                <code>{row.operation}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
