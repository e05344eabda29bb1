import { useState } from 'react';
import { ask } from '../graph/client';
import { CaseCard } from '../graph/generated/CaseCard';
import { Units } from '../graph/generated/Units';
import { useQuestion } from '../graph/question';
import { textOf } from '../graph/send';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { isCase, type WholeCase } from './CasePage';
import { useCaseLabels } from './labels';
import { caseWords } from './words';

type Step = WholeCase['history']['nodes'][number];

/** Every step, newest first: who, when, from what to what, by which record. */
export function History({ card }: { card: WholeCase }) {
  const t = useWords(caseWords);
  const f = useFormat();
  const labels = useCaseLabels();
  const code = useCode();
  const units = useQuestion(Units, {}).data?.data;
  const [older, setOlder] = useState<{ of: string; steps: readonly Step[]; cursor: string | null } | null>(null);
  const [problem, setProblem] = useState('');
  const behind = older?.of === card.version ? older : null;
  const steps = [...card.history.nodes, ...(behind?.steps ?? [])];
  const cursor = behind === null ? (card.history.pageInfo.hasNextPage ? card.history.pageInfo.endCursor : null) : behind.cursor;
  const more = async () => {
    try {
      const { data } = await ask(CaseCard, { id: card.id, after: cursor });
      if (data.node === null || !isCase(data.node)) return;
      const { nodes, pageInfo } = data.node.history;
      setOlder({ of: card.version, steps: [...(behind?.steps ?? []), ...nodes], cursor: pageInfo.hasNextPage ? pageInfo.endCursor : null });
    } catch (cause) {
      setProblem(textOf(cause));
    }
  };
  const word = (what: Step['what'], value: string): string => {
    if (what === 'STAGE') return labels.of('stages', value);
    if (what === 'OWNER' && units !== undefined) {
      // The unit is written by its code, before role and name.
      const [unit = '', ...rest] = value.split(' ');
      const known = [...units.cities, ...units.districts, ...units.towns, ...units.federation].find((other) => other.code === unit);
      return [known?.name ?? unit, ...rest].join(' ');
    }
    if (what === 'METHOD') return labels.of('methods', value);
    if (what === 'OPENED') return labels.of('origins', value);
    if (what === 'CLOSED' || what === 'CLOSED_BY_DATA') return code('findings', value);
    if (what === 'VISITED') {
      const [door = '', answer] = value.split('/');
      return [code('doors', door), answer === undefined ? null : code('answers', answer)].filter(Boolean).join(' · ');
    }
    return value;
  };
  const assessments = steps.filter((step) => step.what === 'ASSESSMENT' && step.to !== null);
  return (
    <section className="card">
      <h2>{t.history}</h2>
      {assessments.length > 1 && (
        <p>
          {t.assessmentHistory}{' '}
          {[...assessments].reverse().map((step) => (
            <span key={step.id} className="chip" title={f.instant(step.at)}>
              {t.assessments[Number(step.to)] ?? step.to} · {f.day(step.at)}
            </span>
          ))}
        </p>
      )}
      <ol className="history">
        {steps.map((step) => (
          <li key={step.id}>
            <span className="when muted">{f.instant(step.at)}</span>
            <span>
              <strong>{labels.of('steps', step.what)}</strong>{' '}
              {step.to !== null && (step.from === null ? word(step.what, step.to) : t.fromTo(word(step.what, step.from), word(step.what, step.to)))}
              {step.note !== null && <q>{step.note}</q>}
              <span className="part">
                {step.by ?? t.byRegistries}
                {step.evidence.map((proof) => ` · ${t.evidences[proof.what] ?? proof.what} ${proof.registry.title} ${proof.key}`)}
              </span>
            </span>
          </li>
        ))}
      </ol>
      {cursor !== null && (
        <button type="button" className="button" onClick={() => void more()}>
          {t.more}
        </button>
      )}
      <p role="status" className="said">
        {problem}
      </p>
    </section>
  );
}
