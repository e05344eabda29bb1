import { useEffect, useRef, useState } from 'react';
import { useMay } from '../app/standing';
import { ask } from '../graph/client';
import { fileOf } from '../graph/file';
import { CreateExport } from '../graph/generated/CreateExport';
import { ExportProgress } from '../graph/generated/ExportProgress';
import type { ExportFormat, ExportProgressSubscription } from '../graph/generated/types';
import { GraphProblem } from '../graph/problem';
import { textOf } from '../graph/send';
import { follow } from '../graph/stream';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { offer } from '../map/save';
import { stateWords } from '../states/words';
import type { Column } from './columns';
import { filterOf, type Chosen } from './filter';
import { orderBy, type Order } from './order';
import { gapWords } from './words';

type Step = ExportProgressSubscription['exportProgress'];

/** Writes exactly the filtered rows, all of them, with the columns shown; the server makes the file. */
export function Export({ chosen, order, at, columns, total }: { chosen: Chosen; order: Order; at: string | null; columns: readonly Column[]; total: number | null }) {
  const t = useWords(gapWords);
  const s = useWords(stateWords);
  const f = useFormat();
  const may = useMay('export');
  const [said, setSaid] = useState<{ text: string; isGood: boolean } | null>(null);
  const [isRunning, setRunning] = useState(false);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  const run = async (format: ExportFormat, gb18030: boolean) => {
    stop.current?.abort();
    const { signal } = (stop.current = new AbortController());
    setRunning(true);
    setSaid({ text: t.exporting('0', f.count(total)), isGood: true });
    try {
      const done = await made({ chosen, order, at, columns, format, gb18030 }, signal, (step) =>
        setSaid({ text: t.exporting(f.count(step.rows ?? 0), f.count(total)), isGood: true }),
      );
      const file = await fileOf(done.url ?? '', undefined, signal);
      const name = `huitu-${chosen.part}-${done.rows ?? 0}${gb18030 ? '-gb18030' : ''}.${format.toLowerCase()}`;
      offer(file, name);
      setSaid({ text: t.exported(f.count(done.rows)), isGood: true });
    } catch (problem) {
      if (signal.aborted) return;
      const why = problem instanceof GraphProblem ? `${textOf(problem)} (${problem.code}${problem.requestId === null ? '' : ` ${problem.requestId}`})` : '';
      setSaid({ text: `${t.exportFailed} ${why}`, isGood: false });
    } finally {
      if (!signal.aborted) setRunning(false);
    }
  };
  return (
    <details className="menu">
      <summary>{t.export}</summary>
      <div className="export">
        {may === false ? (
          <p>{s.forbiddenWhy(s.scopes['export'] ?? 'export')}</p>
        ) : (
          <>
            <p className="muted small">{t.exportWhat}</p>
            <button type="button" disabled={isRunning || may === undefined} onClick={() => void run('CSV', false)}>
              {t.exportCsv}
            </button>
            <button type="button" disabled={isRunning || may === undefined} onClick={() => void run('CSV', true)}>
              {t.exportGb}
            </button>
            <button type="button" disabled={isRunning || may === undefined} onClick={() => void run('XLSX', false)}>
              {t.exportXlsx}
            </button>
          </>
        )}
        <p role="status" className={said?.isGood === false ? 'said' : 'said good'}>
          {said?.text ?? ''}
        </p>
      </div>
    </details>
  );
}

/** Asks for the file and waits until it is written. */
async function made(
  asked: { chosen: Chosen; order: Order; at: string | null; columns: readonly Column[]; format: ExportFormat; gb18030: boolean },
  signal: AbortSignal,
  onStep: (step: Step) => void,
): Promise<Step> {
  const { data } = await ask(
    CreateExport,
    {
      input: {
        list: 'ENTERPRISES',
        filter: filterOf(asked.chosen),
        orderBy: orderBy(asked.order),
        fields: asked.columns.flatMap((column) => [...column.exported]),
        format: asked.format,
        asOf: asked.at,
        gb18030: asked.gb18030,
      },
    },
    signal,
  );
  const { export: job, userErrors } = data.createExport;
  if (job === null) throw new GraphProblem({ code: userErrors[0]?.code ?? 'BAD_INPUT', message: userErrors[0]?.message ?? '' });
  let last: Step = { ...job, sha256: null };
  await follow(
    ExportProgress,
    { id: job.id },
    ({ exportProgress }) => {
      last = exportProgress;
      onStep(exportProgress);
    },
    signal,
  );
  if (last.state !== 'DONE') throw new GraphProblem({ code: last.state, message: '' });
  return last;
}
