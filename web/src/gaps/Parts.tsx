import { useParameters } from '../app/address';
import { PartCounts } from '../graph/generated/PartCounts';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { filterOf, type Chosen, type Part } from './filter';
import { gapWords } from './words';

/** Lacking, undecided, or both, each with its number under the present filter: what cannot be told is one click away. */
export function Parts({ chosen, at }: { chosen: Chosen; at: string | null }) {
  const t = useWords(gapWords);
  const f = useFormat();
  const [, set] = useParameters();
  const counts = useQuestion(PartCounts, {
    lacking: filterOf(chosen, 'lacking'),
    undecided: filterOf(chosen, 'undecided'),
    both: filterOf(chosen, 'both'),
    asOf: at,
  }).data?.data;
  const parts: Part[] = ['lacking', 'undecided', 'both'];
  return (
    <div className="segments" role="group" aria-label={t.partsLabel}>
      {parts.map((part) => (
        <button key={part} type="button" aria-pressed={chosen.part === part} title={part === 'undecided' ? t.undecidedHint : undefined} onClick={() => set({ part: part === 'lacking' ? null : part })}>
          {t.parts[part]} {counts !== undefined && f.count(counts[part].totalCount)}
        </button>
      ))}
    </div>
  );
}
