// Steps of syncs under way, registry by registry. Told at most once a second, so that a fast sync does not flood the page.
import { useEffect, useState } from 'react';
import { SyncProgress } from '../graph/generated/SyncProgress';
import type { SyncProgressSubscription } from '../graph/generated/types';
import { GraphProblem } from '../graph/problem';
import { useAskAgain } from '../graph/question';
import { follow } from '../graph/stream';

export type Step = SyncProgressSubscription['syncProgress'];
/** The latest step of each registry; of stages that concern all under the empty name. */
export type Steps = ReadonlyMap<string, Step>;

const PAUSE_MILLIS = 1_000;

export function useProgress(isOn: boolean): Steps {
  const [steps, setSteps] = useState<Steps>(new Map());
  const askAgain = useAskAgain();
  useEffect(() => {
    if (!isOn) return undefined;
    const stop = new AbortController();
    const latest = new Map<string, Step>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listen = async () => {
      while (!stop.signal.aborted) {
        await follow(
          SyncProgress,
          {},
          ({ syncProgress }) => {
            latest.set(syncProgress.registry?.name ?? '', syncProgress);
            timer ??= setTimeout(() => {
              timer = undefined;
              setSteps(new Map(latest));
              if ([...latest.values()].some((step) => step.stage === 'done')) void askAgain();
            }, PAUSE_MILLIS);
          },
          stop.signal,
        ).catch((problem: unknown) => {
          if (problem instanceof GraphProblem) stop.abort();
        });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS * 3));
      }
    };
    void listen();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [isOn]);
  return steps;
}
