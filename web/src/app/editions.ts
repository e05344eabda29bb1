// Hears of every edition as it is published. Listens first and then looks, so that none is missed between the two.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { EditionPublished } from '../graph/generated/EditionPublished';
import { GraphProblem, UNREACHABLE } from '../graph/problem';
import { notePulse } from '../graph/pulse';
import { onSession, token } from '../graph/session';
import { follow } from '../graph/stream';

const FIRST_WAIT_MILLIS = 500;
const LONGEST_WAIT_MILLIS = 15_000;

/** The number of the edition that came last while the page was open; null until one comes. */
export function useEditions(): number | null {
  const client = useQueryClient();
  const [newest, setNewest] = useState<number | null>(null);
  useEffect(() => {
    let stop = new AbortController();
    let wait = FIRST_WAIT_MILLIS;
    let isFirst = true;
    const listen = async (signal: AbortSignal) => {
      while (!signal.aborted) {
        try {
          await follow(
            EditionPublished,
            {},
            ({ editionPublished }) => {
              setNewest(editionPublished.number);
              void client.invalidateQueries();
            },
            signal,
            () => {
              wait = FIRST_WAIT_MILLIS;
              notePulse(true);
              if (!isFirst) void client.invalidateQueries();
              isFirst = false;
            },
          );
          notePulse(false);
        } catch (problem) {
          if (signal.aborted) return;
          // A refusal is an answer: the page says what is wrong, and the connection is well.
          const isRefused = problem instanceof GraphProblem && problem.code !== UNREACHABLE;
          notePulse(isRefused);
          if (isRefused) wait = LONGEST_WAIT_MILLIS;
        }
        isFirst = false;
        await pause(wait, signal);
        wait = Math.min(wait * 2, LONGEST_WAIT_MILLIS);
      }
    };
    const start = () => {
      stop.abort();
      stop = new AbortController();
      void listen(stop.signal);
    };
    start();
    const left = onSession(() => {
      start();
      // Who leaves takes along what was told; who comes finds the page as it was, asked again.
      if (token() === null) void client.resetQueries();
      else void client.invalidateQueries();
    });
    const isBack = () => {
      wait = FIRST_WAIT_MILLIS;
      start();
    };
    addEventListener('online', isBack);
    return () => {
      stop.abort();
      left();
      removeEventListener('online', isBack);
    };
  }, [client]);
  return newest;
}

function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
