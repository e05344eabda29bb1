import { useLanguage } from '../language/choice';
import { levelText, useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { enterpriseWords } from './words';
import './evidence.css';

export interface Feature {
  readonly feature: string;
  readonly level: string;
  readonly left: string | null;
  readonly right: string | null;
  readonly weight: number;
}

/** What was compared and how much it moved the decision: bars to the right speak for, to the left against. */
export function Evidence({ evidence }: { evidence: readonly Feature[] }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const lang = useLanguage();
  const code = useCode();
  const most = Math.max(8, ...evidence.map((feature) => Math.abs(feature.weight)));
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t.evidence}>
      <table className="grid evidence">
        <thead>
          <tr>
            <th scope="col">{t.field}</th>
            <th scope="col">{t.left}</th>
            <th scope="col">{t.right}</th>
            <th scope="col">{t.level}</th>
            <th scope="col" className="number" colSpan={2}>
              {t.weight}
            </th>
          </tr>
        </thead>
        <tbody>
          {evidence.map((feature) => (
            <tr key={feature.feature}>
              <th scope="row">{code('features', feature.feature)}</th>
              <td>{feature.left ?? '—'}</td>
              <td>{feature.right ?? '—'}</td>
              <td>{levelText(feature.feature, feature.level, lang)}</td>
              <td className="weight">
                <svg viewBox="-50 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    x={Math.min(0, (feature.weight / most) * 50)}
                    y="1"
                    width={Math.abs((feature.weight / most) * 50)}
                    height="8"
                    fill={feature.weight < 0 ? '#b8692c' : '#2477a0'}
                  />
                  <rect x="-0.5" width="1" height="10" fill="#5a6372" />
                </svg>
              </td>
              <td className="number">{`${feature.weight > 0 ? '+' : ''}${f.decimal(feature.weight)}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
