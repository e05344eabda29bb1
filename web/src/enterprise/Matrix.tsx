import { useMay } from '../app/standing';
import { AskDepartment } from '../corrections/AskDepartment';
import { useCode } from '../language/codes';
import { NOTHING, useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Forbidden } from '../states/Failed';
import type { Card } from './card';
import { enterpriseWords } from './words';

type Provenance = NonNullable<Card['provenance']>[number];
type Said = NonNullable<Provenance['source']>;

/** Field by registry: every statement, the one that was chosen, and why. Nothing is swallowed. */
export function Matrix({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const name = useWords(terms);
  const mayAsk = useMay('review') === true;
  const { provenance } = card;
  if (provenance === null) return <Forbidden scope="records" />;
  const registries = new Map<string, string>();
  const statements = (row: Provenance): Said[] => [...(row.source === null ? [] : [row.source]), ...row.others];
  provenance.forEach((row) => statements(row).forEach((said) => registries.set(said.registry.name, said.registry.title)));
  const names = [...registries.keys()].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b) || a.localeCompare(b));
  return (
    <section className="card">
      <div className="page-head">
        <h2>{t.matrix}</h2>
        <p className="muted small">{t.matrixKey}</p>
      </div>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t.matrix}>
        <table className="grid matrix">
          <thead>
            <tr>
              <th scope="col">{t.field}</th>
              {names.map((registry) => (
                <th key={registry} scope="col">
                  {registries.get(registry)}
                </th>
              ))}
              <th scope="col">{t.chosenBy}</th>
            </tr>
          </thead>
          <tbody>
            {provenance.map((row) => (
              <tr key={row.field} className={row.agreement === 'DIFFERENT' ? 'conflict' : undefined}>
                <th scope="row">
                  {row.agreement === 'DIFFERENT' && <span aria-hidden="true">◆ </span>}
                  {name.field[row.field]}
                  {row.agreement === 'DIFFERENT' && <span className="hidden">{name.agreement.DIFFERENT}</span>}
                </th>
                {names.map((registry) => (
                  <td key={registry} className={row.source?.registry.name === registry ? 'chosen' : undefined}>
                    {statements(row)
                      .filter((said) => said.registry.name === registry)
                      .map((said, at) => (
                        <Statement key={at} said={said} row={row} />
                      ))}
                    {mayAsk && row.agreement === 'DIFFERENT' && statements(row).some((said) => said.registry.name === registry && said.value !== row.value) && (
                      <AskDepartment enterprise={card.id} registry={{ name: registry, title: registries.get(registry) ?? registry }} field={{ name: row.field, title: name.field[row.field] }} />
                    )}
                    {statements(row).every((said) => said.registry.name !== registry) && <span className="muted">{NOTHING}</span>}
                  </td>
                ))}
                <td className="muted">{name.rule[row.rule]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const ORDER = ['commerce', 'tax', 'social_insurance', 'statistics', 'unions', 'payments'];

function Statement({ said, row }: { said: Said; row: Provenance }) {
  const f = useFormat();
  const code = useCode();
  const isChosen = said === row.source;
  const isOther = !isChosen && said.value !== row.value && row.agreement === 'DIFFERENT';
  const isAlike = !isChosen && !isOther && said.raw !== row.source?.raw;
  const text = (written: string | null) => (written === null ? NOTHING : code('values', written));
  const read = said.value !== null && said.raw !== null && said.value !== said.raw && isOther ? ` → ${text(said.value)}` : '';
  return (
    <span className={isOther ? 'statement other' : 'statement'} title={f.day(said.observedAt ?? said.landedAt)}>
      {isAlike && '≈ '}
      {isChosen ? <strong>{said.raw ?? text(said.value)}</strong> : (said.raw ?? text(said.value))}
      {read}
    </span>
  );
}
