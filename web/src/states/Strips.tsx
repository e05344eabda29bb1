import { useAddress, useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useMay, useStanding } from '../app/standing';
import { Held } from '../graph/generated/Held';
import { Missing } from '../graph/generated/Missing';
import { usePulse } from '../graph/pulse';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { stateWords } from './words';

/** Lines below the navigation: what a reader must know before trusting the figures. Nothing where all is well. */
export function Strips({ newest }: { newest: number | null }) {
  const t = useWords(stateWords);
  const format = useFormat();
  const isAnswering = usePulse();
  const standing = useStanding().data;
  const [parameters, set] = useParameters();
  const path = useAddress().pathname;
  const mayOperate = useMay('operate') === true;
  const held = useQuestion(Held, {}, { enabled: mayOperate }).data?.data.heldEdition;
  const late = standing?.data.registries.filter((r) => r.state === 'LATE' || r.state === 'FAILING') ?? [];
  const missing = useQuestion(Missing, {}).data?.data.editions.nodes[0]?.missingSources ?? [];
  const at = parameters.get('at');
  return (
    <div className="strips">
      {!isAnswering && (
        <p className="strip danger" role="alert">
          {t.offline}
        </p>
      )}
      {at !== null && (
        <p className="strip info">
          {t.earlier(at)}{' '}
          <button type="button" className="plain" onClick={() => set({ at: null })}>
            {t.toNewest}
          </button>
        </p>
      )}
      {late.length > 0 && path !== '/sources' && (
        <p className="strip warn">
          ▲ {t.stale(format.list(late.map((r) => `${r.title} ${format.day(r.lastGood)}`)))}
        </p>
      )}
      {missing.length > 0 && (
        <p className="strip warn">
          ▲ {t.missing}
          {format.list(missing.map((m) => m.text))}
        </p>
      )}
      {held?.state === 'HELD' && path !== '/sources' && (
        <p className="strip warn">
          ⏸ {held.jumps.length === 0 ? t.heldRoll : t.held(held.jumps.length)} <Link to="/sources">{t.heldLink}</Link>
        </p>
      )}
      <p className="announcement" role="status">
        {newest === null ? '' : t.published(newest)}
      </p>
    </div>
  );
}
