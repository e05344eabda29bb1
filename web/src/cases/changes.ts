// Hears of every step of cases while a page about them is open, and asks again: an answer of somebody else shows by itself.
import { useEffect } from 'react';
import { CaseChanged } from '../graph/generated/CaseChanged';
import { GraphProblem } from '../graph/problem';
import { useAskAgain } from '../graph/question';
import { follow } from '../graph/stream';

/** Steps that come together are one question, and lists are not asked for more often than this. */
const PAUSE_MILLIS = 700;
const AGAIN_MILLIS = 4_000;

export function useCaseChanges(isOn: boolean): void {
  const askAgain = useAskAgain();
  useEffect(() => {
    if (!isOn) return undefined;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listen = async () => {
      while (!stop.signal.aborted) {
        await follow(
          CaseChanged,
          {},
          () => {
            timer ??= setTimeout(() => {
              timer = undefined;
              void askAgain();
            }, PAUSE_MILLIS);
          },
          stop.signal,
        ).catch((problem: unknown) => {
          if (problem instanceof GraphProblem) stop.abort();
        });
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLIS));
      }
    };
    void listen();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [isOn]);
}
