import { useEffect, useId, useRef, useState } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useStanding } from '../app/standing';
import type { JudgementVerdict, PairFragment } from '../graph/generated/types';
import { useAskAgain } from '../graph/question';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { isRefusal } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Failed, Forbidden } from '../states/Failed';
import { Loading } from '../states/Loading';
import { useJudge } from './judging';
import { useQueue } from './queue';
import { SideBySide } from './SideBySide';
import { reviewWords } from './words';
import './review.css';

const VERDICTS: readonly { key: string; verdict: JudgementVerdict; name: 'same' | 'different' | 'notSure' }[] = [
  { key: '1', verdict: 'SAME', name: 'same' },
  { key: '2', verdict: 'DIFFERENT', name: 'different' },
  { key: '3', verdict: 'NOT_SURE', name: 'notSure' },
];

/** With so few pairs left the next ones are fetched. */
const AHEAD = 5;

/** One pair after the other: same, different or not sure by one key, and back by another. */
export default function ReviewPage() {
  const t = useWords(reviewWords);
  const f = useFormat();
  const code = useCode();
  const id = useId();
  const [parameters, set] = useParameters();
  const [of, registry, asked] = [parameters.get('of'), parameters.get('registry'), parameters.get('pair')];
  const queue = useQueue(of, registry);
  const registries = useStanding().data?.data.registries ?? [];
  const { judge, undo, said, later } = useJudge();
  const askAgain = useAskAgain();
  const [decided, setDecided] = useState<readonly { pair: string; judgement: string }[]>([]);
  const [told, setTold] = useState('');
  const [reason, setReason] = useState('');
  const [isRunning, setRunning] = useState(false);
  const pairs = (queue.pairs ?? []).filter((pair) => !decided.some((done) => done.pair === pair.id));
  const at = Math.max(0, pairs.findIndex((pair) => pair.id === asked));
  // Whoever looks at a pair decides that one and no other: where somebody else was faster it stays until they move on.
  const looking = useRef<{ pair: PairFragment; of: string } | null>(null);
  const list = `${of ?? ''} ${registry ?? ''}`;
  const seen = looking.current !== null && looking.current.of === list && !queue.isWaiting ? looking.current.pair : null;
  const isGone = seen !== null && (asked === null || asked === seen.id) && [...pairs, ...decided.map((done) => ({ id: done.pair }))].every((pair) => pair.id !== seen.id);
  const current = isGone ? seen : pairs[at];
  useEffect(() => {
    if (!queue.isWaiting) looking.current = current === undefined ? null : { pair: current, of: list };
  });
  const leave = () => {
    looking.current = null;
    setTold('');
    setReason('');
    set({ pair: pairs[at]?.id ?? null }, 'replace');
  };
  const open = (to: number) => set({ pair: pairs[Math.max(0, Math.min(pairs.length - 1, to))]?.id ?? null }, 'replace');

  // Whoever works through the queue finds the next pairs there; it is done where the graph has no more.
  const isRunningOut = queue.mayMore && !queue.isMore && queue.problem === null && pairs.length <= AHEAD;
  useEffect(() => {
    if (isRunningOut) queue.more();
  }, [isRunningOut]);

  const decide = async (verdict: JudgementVerdict, name: string) => {
    if (current === undefined || current.kind !== 'PAIR' || isRunning) return;
    setRunning(true);
    const judgement = await judge(current.id, verdict, reason);
    setRunning(false);
    if (judgement === null) return void askAgain();
    const next = isGone ? pairs[at] : (pairs[at + 1] ?? pairs[at - 1]);
    setDecided([...decided, { pair: current.id, judgement }]);
    setTold(t.judged(name));
    setReason('');
    set({ pair: next?.id ?? null }, 'replace');
  };
  const back = async () => {
    const last = decided.at(-1);
    if (last === undefined || isRunning) return;
    setRunning(true);
    if (await undo(last.judgement)) {
      setDecided(decided.slice(0, -1));
      setTold(t.undone);
      set({ pair: last.pair }, 'replace');
    }
    setRunning(false);
  };
  const act = useRef({ decide, back, open, at });
  act.current = { decide, back, open, at };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { target } = event;
      if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const chosen = VERDICTS.find((v) => v.key === event.key);
      if (chosen !== undefined) void act.current.decide(chosen.verdict, t[chosen.name]);
      else if (event.key === 'u' || event.key === 'U') void act.current.back();
      else if (event.key === 'ArrowDown') act.current.open(act.current.at + 1);
      else if (event.key === 'ArrowUp') act.current.open(act.current.at - 1);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [t]);

  return (
    <div className="page review">
      <header className="page-head">
        <div>
          <h1>{queue.name === null ? t.title : t.of(queue.name)}</h1>
          <p className="muted">{of === null ? t.intro : <Link to="/review">{t.all}</Link>}</p>
        </div>
        {of === null && (
          <div className="row">
            <strong>{queue.pairs === null ? '' : t.total(f.count(queue.total))}</strong>
            <label htmlFor={id} className="hidden">
              {t.registry}
            </label>
            <select id={id} value={registry ?? ''} onChange={(event) => set({ registry: event.target.value, pair: null })}>
              <option value="">{t.allRegistries}</option>
              {registries.map((r) => (
                <option key={r.name} value={r.name}>
                  {r.title}
                </option>
              ))}
            </select>
          </div>
        )}
      </header>
      {queue.problem !== null && <Failed problem={queue.problem} onRetry={queue.retry} />}
      {queue.problem !== null && (queue.pairs === null || queue.isForbidden || isRefusal(queue.problem)) ? null : queue.isForbidden ? (
        <Forbidden scope="review" />
      ) : queue.pairs === null ? (
        <Loading rows={8} />
      ) : current === undefined && queue.mayMore ? (
        <Loading rows={8} />
      ) : current === undefined ? (
        <>
          <Empty>{queue.isNobody ? t.nobody : t.done}</Empty>
          <Undo decided={decided.length} onUndo={() => void back()} told={[told, later].filter((text) => text !== '').join(' ')} said={said} />
        </>
      ) : (
        <div className="review-split">
          <nav aria-label={t.queue} className="card queue">
            <ol>
              {pairs.map((pair, n) => (
                <li key={pair.id}>
                  <button type="button" aria-current={n === at && !isGone ? 'true' : undefined} onClick={() => open(n)}>
                    <span className="queue-name">{pair.enterprises[0]?.name ?? pair.left?.key}</span>
                    <span className="muted small">{code('effects', pair.effect)}</span>
                  </button>
                </li>
              ))}
            </ol>
            {queue.mayMore && (
              <button type="button" className="plain" disabled={queue.isMore} onClick={queue.more}>
                {t.more}
              </button>
            )}
          </nav>
          <section className="card decision">
            <h2>
              <span className="chip">{t.kind[current.kind]}</span> {code('effects', current.effect)}
            </h2>
            {isGone && (
              <p className="row said gone" role="alert">
                <span>{t.gone}</span>
                <button type="button" className="button" onClick={leave}>
                  {t.next}
                </button>
              </p>
            )}
            {current.reasons.map((why) => (
              <p key={why.code}>{why.message}</p>
            ))}
            {current.kind === 'PAIR' ? (
              <div className="row decide">
                {VERDICTS.map((v) => (
                  <button key={v.key} type="button" className={v.key === '1' ? 'button primary' : 'button'} disabled={isRunning} onClick={() => void decide(v.verdict, t[v.name])}>
                    <kbd>{v.key}</kbd> {t[v.name]}
                  </button>
                ))}
                <label htmlFor={`${id}r`} className="hidden">
                  {t.reason}
                </label>
                <input id={`${id}r`} className="grow" value={reason} maxLength={300} placeholder={t.reason} onChange={(event) => setReason(event.target.value)} />
              </div>
            ) : (
              <p className="row">
                <span className="muted">{t.contradiction}</span>
                {current.enterprises[0] !== undefined && (
                  <Link to={`/e/${current.enterprises[0].id}`} className="button">
                    {t.open}
                  </Link>
                )}
              </p>
            )}
            <p className="muted small keys">{t.keys}</p>
            <Undo decided={decided.length} onUndo={() => void back()} told={[told, later].filter((text) => text !== '').join(' ')} said={said} />
            <SideBySide pair={current} />
          </section>
        </div>
      )}
    </div>
  );
}

function Undo({ decided, onUndo, told, said }: { decided: number; onUndo: () => void; told: string; said: string }) {
  const t = useWords(reviewWords);
  return (
    <p className="row undo" role="status">
      {said !== '' ? <span className="said">{said}</span> : <span className="said good">{told}</span>}
      {decided > 0 && (
        <button type="button" className="plain" onClick={onUndo}>
          {t.undo}
        </button>
      )}
    </p>
  );
}
