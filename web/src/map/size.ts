import { useCallback, useRef, useState } from 'react';

/** The size of an element, kept up to date; 0 by 0 until it is known. */
export function useSize(): [(element: HTMLElement | null) => void, { width: number; height: number }] {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const observer = useRef<ResizeObserver | null>(null);
  const attach = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (element === null) return;
    const read = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    observer.current = new ResizeObserver(read);
    observer.current.observe(element);
    read();
  }, []);
  return [attach, size];
}
