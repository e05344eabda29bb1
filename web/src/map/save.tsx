// Draws a picture outside the page and hands it to the browser as a file.
import type { ReactElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';

function drawn(picture: ReactElement): { text: string; width: number; height: number } {
  const place = document.createElement('div');
  const root = createRoot(place);
  flushSync(() => root.render(picture));
  const svg = place.querySelector('svg');
  if (svg === null) throw new Error('a picture is one svg');
  const text = new XMLSerializer().serializeToString(svg);
  const size = { width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height };
  root.unmount();
  return { text, ...size };
}

export function offer(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveSvg(picture: ReactElement, name: string): void {
  offer(new Blob([drawn(picture).text], { type: 'image/svg+xml' }), `${name}.svg`);
}

/** Twice as large as drawn, for print. */
export async function savePng(picture: ReactElement, name: string): Promise<void> {
  const { text, width, height } = drawn(picture);
  const image = new Image(width * 2, height * 2);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * 2, height * 2];
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob !== null) offer(blob, `${name}.png`);
}
