import { useEffect, useId, useRef, useState } from 'react';
import { useParameters } from '../app/address';
import { useWords } from '../language/words';
import { gapWords } from './words';

const PAUSE_MILLIS = 120;
/** No name is longer; the address of the page stays short enough to be opened again. */
const MAX_LETTERS = 200;

/** Searches as one types; not while an input method is still composing characters. */
export function Search({ text }: { text: string }) {
  const t = useWords(gapWords);
  const id = useId();
  const [, set] = useParameters();
  const [typed, setTyped] = useState(text);
  const input = useRef<HTMLInputElement>(null);
  const isComposing = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    if (document.activeElement !== input.current) setTyped(text);
  }, [text]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => {
      removeEventListener('keydown', focus);
      clearTimeout(timer.current);
    };
  }, []);
  const later = (value: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => set({ q: value.trim() }, 'replace'), PAUSE_MILLIS);
  };
  return (
    <>
      <label htmlFor={id} className="hidden">
        {t.search}
      </label>
      <input
        id={id}
        ref={input}
        type="search"
        className="search"
        maxLength={MAX_LETTERS}
        placeholder={t.search}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          if (!isComposing.current) later(event.target.value);
        }}
        onCompositionStart={() => (isComposing.current = true)}
        onCompositionEnd={(event) => {
          isComposing.current = false;
          later(event.currentTarget.value);
        }}
      />
    </>
  );
}
