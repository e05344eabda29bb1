import { terms } from '../language/terms';
import { useWords } from '../language/words';
import type { EnterpriseField } from '../graph/generated/types';
import { enterpriseWords } from './words';

export interface Field {
  readonly column: string;
  readonly raw: string | null;
  readonly field: EnterpriseField | null;
  readonly value: string | null;
}

/** A registry's row: each column as written, and as read where that differs. */
export function RecordFields({ fields }: { fields: readonly Field[] }) {
  const t = useWords(enterpriseWords);
  const name = useWords(terms);
  return (
    <table className="grid record-fields">
      <thead>
        <tr>
          <th scope="col">{t.column}</th>
          <th scope="col">{t.raw}</th>
          <th scope="col">{t.read}</th>
        </tr>
      </thead>
      <tbody>
        {fields
          .filter((field) => (field.raw ?? '') !== '')
          .map((field) => (
            <tr key={field.column}>
              <th scope="row">{field.column}</th>
              <td>{field.raw}</td>
              <td className="muted">
                {field.value !== field.raw && field.value !== null ? field.value : ''} {field.field !== null && <span className="chip">{name.field[field.field]}</span>}
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
