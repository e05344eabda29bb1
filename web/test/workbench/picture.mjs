// A screenshot written small: 256 colours, those of areas exactly and the shades at the edges of letters nearly. The browser
// decodes, zlib packs.
import { crc32, deflateSync } from 'node:zlib';

/** An indexed PNG from one that Chromium wrote. */
export async function small(page, png) {
  const { width, height, palette, text } = await page.evaluate(async (source) => {
    const bytes = Uint8Array.from(atob(source), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const colour = (at) => (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    const counts = new Map();
    for (let at = 0; at < data.length; at += 4) counts.set(colour(at), (counts.get(colour(at)) ?? 0) + 1);
    // The forty most frequent colours as they are, and a cube of six steps a channel for the rest.
    const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 40).map(([shade]) => shade);
    const places = new Map(palette.map((shade, at) => [shade, at]));
    const cube = palette.length;
    for (let n = 0; n < 216; n++) palette.push(((Math.floor(n / 36) * 51) << 16) | (((Math.floor(n / 6) % 6) * 51) << 8) | ((n % 6) * 51));
    const step = (value) => Math.round(value / 51);
    let text = '';
    for (let at = 0; at < data.length; at += 4) {
      const place = places.get(colour(at)) ?? cube + step(data[at]) * 36 + step(data[at + 1]) * 6 + step(data[at + 2]);
      text += String.fromCharCode(place);
    }
    return { width: bitmap.width, height: bitmap.height, palette, text: btoa(text) };
  }, png.toString('base64'));
  const pixels = Buffer.from(text, 'base64');
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) pixels.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((shade) => [shade >> 16, (shade >> 8) & 255, shade & 255]));
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('PLTE', colours), chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
