// Sends a change and keeps what came of it: said beside the form, good or not. What was typed is the caller's to keep.
import { useState, type ReactNode } from 'react';
import { stateWords } from '../states/words';
import { language } from '../language/choice';
import { GraphProblem, UNAUTHENTICATED, UNREACHABLE } from './problem';
import { useAskAgain } from './question';

export interface Told {
  readonly text: string;
  readonly isGood: boolean;
}

export interface Sending {
  readonly said: Told | null;
  readonly isRunning: boolean;
  /** Whether it went through: `act` gives what was refused; `good` is said where nothing was. */
  send(act: () => Promise<readonly { message: string }[]>, good: string | (() => string)): Promise<boolean>;
  say(told: Told | null): void;
}

/** What went wrong in words for whoever sent something: what was typed is still there. */
export function textOf(problem: unknown): string {
  if (problem instanceof GraphProblem && problem.code === UNREACHABLE) return stateWords[language()].unreachable;
  if (problem instanceof GraphProblem && problem.code === UNAUTHENTICATED) return stateWords[language()].signInAndSend;
  return problem instanceof Error ? problem.message : String(problem);
}

export function useSend(): Sending {
  const [said, say] = useState<Told | null>(null);
  const [isRunning, setRunning] = useState(false);
  const askAgain = useAskAgain();
  return {
    said,
    isRunning,
    say,
    async send(act, good) {
      setRunning(true);
      try {
        const wrong = await act();
        say(wrong.length === 0 ? { text: typeof good === 'string' ? good : good(), isGood: true } : { text: wrong.map((w) => w.message).join(' '), isGood: false });
        // A refusal too may mean that somebody else was faster: then the page shows what is there now.
        void askAgain();
        return wrong.length === 0;
      } catch (problem) {
        say({ text: textOf(problem), isGood: false });
        return false;
      } finally {
        setRunning(false);
      }
    },
  };
}

export function Said({ said, children }: { said: Told | null; children?: ReactNode }) {
  return (
    <p role="status" className={said?.isGood === false ? 'said' : 'said good'}>
      {said?.text ?? ''}
      {said !== null && children}
    </p>
  );
}
