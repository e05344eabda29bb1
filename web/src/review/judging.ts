// Judgements as the graph records them: given, and taken back.
import { useState } from 'react';
import { ask } from '../graph/client';
import { Judge } from '../graph/generated/Judge';
import { WithdrawJudgement } from '../graph/generated/WithdrawJudgement';
import type { JudgementVerdict } from '../graph/generated/types';
import { useAskAgain } from '../graph/question';
import { textOf } from '../graph/send';
import { useWords } from '../language/words';
import { notShownYet } from '../states/recorded';
import { stateWords } from '../states/words';

export interface Judging {
  /** The id of the judgement; null where it was refused, and `said` says why. */
  judge(pair: string, verdict: JudgementVerdict, reason?: string): Promise<string | null>;
  undo(judgement: string): Promise<boolean>;
  readonly said: string;
  /** What was recorded shows later: why. */
  readonly later: string;
}

export function useJudge(): Judging {
  const [said, setSaid] = useState('');
  const [later, setLater] = useState('');
  const s = useWords(stateWords);
  const askAgain = useAskAgain();
  return {
    said,
    later,
    async judge(pair, verdict, reason) {
      try {
        const { data } = await ask(Judge, { input: { pair, verdict, reason: reason === undefined || reason === '' ? null : reason, idempotencyKey: crypto.randomUUID() } });
        const { judgement, userErrors } = data.judge;
        setSaid(userErrors.map((error) => error.message).join(' '));
        setLater(judgement === null ? '' : notShownYet(data.judge, s));
        return judgement?.id ?? null;
      } catch (problem) {
        setSaid(textOf(problem));
        return null;
      }
    },
    async undo(judgement) {
      try {
        const { data } = await ask(WithdrawJudgement, { input: { id: judgement } });
        setLater(data.withdrawJudgement.userErrors.length > 0 ? '' : notShownYet(data.withdrawJudgement, s));
        setSaid(data.withdrawJudgement.userErrors.map((error) => error.message).join(' '));
        void askAgain();
        return data.withdrawJudgement.userErrors.length === 0;
      } catch (problem) {
        setSaid(textOf(problem));
        return false;
      }
    },
  };
}
