import { useState } from 'react';
import { useMay } from '../app/standing';
import { ask } from '../graph/client';
import { Live } from '../graph/generated/Live';
import type { LiveQuery } from '../graph/generated/types';
import { GraphProblem } from '../graph/problem';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Failed } from '../states/Failed';
import { Loading } from '../states/Loading';
import { RecordFields } from './RecordFields';
import { enterpriseWords } from './words';

type Told = NonNullable<NonNullable<LiveQuery['enterprise']>['live']>;

/** What the registries say at this moment, where they can be asked. */
export function LiveLookUp({ id }: { id: string }) {
  const t = useWords(enterpriseWords);
  const name = useWords(terms);
  const f = useFormat();
  const may = useMay('records') === true;
  const [state, setState] = useState<{ told?: Told; problem?: GraphProblem; isAsking: boolean }>({ isAsking: false });
  if (!may) return null;
  const look = async () => {
    setState({ isAsking: true });
    try {
      const { data } = await ask(Live, { id });
      setState({ told: data.enterprise?.live ?? [], isAsking: false });
    } catch (problem) {
      setState({ problem: problem instanceof GraphProblem ? problem : new GraphProblem({ code: 'INTERNAL', message: '' }), isAsking: false });
    }
  };
  return (
    <section className="card no-print">
      <div className="page-head">
        <div>
          <h2>{t.live}</h2>
          <p className="muted">{t.liveWhy}</p>
        </div>
        <button type="button" className="button" disabled={state.isAsking} onClick={() => void look()}>
          {t.liveDo}
        </button>
      </div>
      {state.isAsking && <Loading rows={3} />}
      {state.problem !== undefined && <Failed problem={state.problem} onRetry={() => void look()} />}
      <ul role="status" className="live">
        {state.told?.map((answer) => (
          <li key={answer.registry.name}>
            <strong>{answer.registry.title}</strong> <span className={answer.state === 'FOUND' ? 'status ok' : answer.state === 'NOT_OFFERED' ? 'muted' : 'status warn'}>{name.live[answer.state]}</span>{' '}
            {answer.askedAt !== null && <span className="muted">{t.answeredAt(f.instant(answer.askedAt))}</span>}
            {answer.fields !== null && answer.fields.length > 0 && <RecordFields fields={answer.fields} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
