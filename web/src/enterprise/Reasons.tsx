import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { Why } from './card';
import { enterpriseWords } from './words';

/** Numbered reasons, each with the facts it rests on: value, registry, record, day. */
export function Reasons({ reasons }: { reasons: readonly Why[] }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const code = useCode();
  return (
    <ol className="reasons">
      {reasons.map((reason, at) => (
        <li key={`${reason.code}-${at}`}>
          {reason.message}
          {reason.inputs
            .filter((input) => input.registry !== null || input.value === null)
            .map((input, n) => (
              <span key={`${input.name}-${n}`} className={input.value === null ? 'chip missing' : 'chip'} title={input.record?.key}>
                {code('inputs', input.name)} {input.value === null ? t.noValue : isFound(input.name) ? code('findings', input.value) : input.value === 'true' || input.value === 'false' ? t.isSo[input.value] : code('values', input.value)}
                {input.registry !== null && !isFound(input.name) && ` · ${input.registry.title}`}
                {input.observedAt !== null && ` · ${f.day(input.observedAt)}`}
              </span>
            ))}
        </li>
      ))}
    </ol>
  );
}

/** What a visit found stands under its code; no registry states it. */
function isFound(input: string): boolean {
  return input === 'finding' || input === 'reason';
}
