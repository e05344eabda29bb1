// Draws the sprite of style.json: one image, the hatch of what nobody can tell, in one and in two pixels a point. `node sprite.mjs` writes
// sprite.json, sprite.png and their @2x twins beside it.
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const here = new URL('.', import.meta.url).pathname;
const [ground, stroke] = JSON.parse(readFileSync(`${here}style.json`, 'utf8')).metadata.huitu.legend.noData.colours;
const rgb = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
/** Points of a side; the stroke runs diagonally and meets itself in the next one. */
const SIDE = 8;

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

for (const ratio of [1, 2]) {
  const side = SIDE * ratio;
  const lines = Array.from({ length: side }, (_, y) => [0, ...Array.from({ length: side }, (_, x) => rgb((x + y) % side < side / 4 ? stroke : ground)).flat()]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const png = Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.from(lines.flat()))), chunk('IEND', Buffer.alloc(0))]);
  const name = `${here}sprite${ratio === 1 ? '' : '@2x'}`;
  writeFileSync(`${name}.png`, png);
  writeFileSync(`${name}.json`, `${JSON.stringify({ hatch: { x: 0, y: 0, width: side, height: side, pixelRatio: ratio } })}\n`);
}
