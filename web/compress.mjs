// Beside every text of the bundle its brotli form: the server sends it as it lies there.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const dist = new URL('dist/', import.meta.url).pathname;
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|mjs|css|svg|html)$/.test(name)) continue;
  const file = `${dist}${name}`;
  const text = readFileSync(file);
  if (text.length < 1_000) continue;
  const packed = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  });
  writeFileSync(`${file}.br`, packed);
}
