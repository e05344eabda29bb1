import { useState } from 'react';
import { useMay } from '../app/standing';
import { Records } from '../graph/generated/Records';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { RecordFields } from './RecordFields';
import { enterpriseWords } from './words';

/** The registries' own rows; asked for only where somebody opens them. */
export function RawRecords({ id }: { id: string }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const may = useMay('records') === true;
  const [isOpen, setOpen] = useState(false);
  const question = useQuestion(Records, { id }, { enabled: isOpen && may, keep: false });
  if (!may) return null;
  return (
    <section className="card no-print">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t.recordsShow}</summary>
        {isOpen && (
          <Answered question={question}>
            {({ enterprise }) => (
              <div className="raw-records">
                {enterprise?.records?.nodes.map((record) => (
                  <section key={record.id}>
                    <h3>
                      {record.registry.title} <code>{record.key}</code> <span className="muted small">{`${t.landed} ${f.day(record.landedAt)}`}</span>
                    </h3>
                    {record.fields !== null && <RecordFields fields={record.fields} />}
                  </section>
                ))}
              </div>
            )}
          </Answered>
        )}
      </details>
    </section>
  );
}
