import { useState } from 'react';
import { textOf } from '../graph/send';

export interface Said {
  text: string;
  isGood: boolean;
}

interface Told {
  userErrors: readonly { message: string }[];
}

/** What became of the last change, and a way to send one: what the person can mend is said, and so is what went wrong. */
export function useSaid(): { said: Said | null; isRunning: boolean; send: <T extends Told>(change: () => Promise<T>, good: (told: T) => string) => Promise<boolean> } {
  const [said, setSaid] = useState<Said | null>(null);
  const [isRunning, setRunning] = useState(false);
  const send = async <T extends Told>(change: () => Promise<T>, good: (told: T) => string): Promise<boolean> => {
    setRunning(true);
    try {
      const told = await change();
      const wrong = told.userErrors.map((error) => error.message).join(' ');
      setSaid(wrong === '' ? { text: good(told), isGood: true } : { text: wrong, isGood: false });
      return wrong === '';
    } catch (problem) {
      setSaid({ text: textOf(problem), isGood: false });
      return false;
    } finally {
      setRunning(false);
    }
  };
  return { said, isRunning, send };
}
