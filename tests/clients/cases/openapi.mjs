// Client: @seriousme/openapi-schema-validator, ajv
// Tried: docs/openapi.yaml is valid OpenAPI 3.1; it names every route of the program and every parameter that a route takes; answers of the hub are of the types it says
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { check, end, hub, root, same } from '../lib.mjs';

const text = readFileSync(join(root, 'docs/openapi.yaml'), 'utf8');
const validity = await new Validator().validate(text);
same('valid', validity.valid ? [] : validity.errors, []);
const api = parse(text);
const of = (node) => (node?.$ref ? node.$ref.slice(2).split('/').reduce((at, name) => at[name], api) : node);

// Every route of the program that is no page of the workbench and no GraphQL; the extension is part of the file's name there.
const source = readFileSync(join(root, 'src/serve/app.rs'), 'utf8');
const pages = /^\/(graphql|graphiql|assets)/;
const routes = [...source.matchAll(/\.route\(\s*"([^"]+)"/g)].map(([, path]) => path).filter((path) => !pages.test(path));
const spelt = (path) => path.replaceAll(/\{\w+\}(\.\w+|\.\{\w+\})?/g, '{}');
same('every route, and no other', [...new Set(Object.keys(api.paths).map(spelt))].sort(), [...new Set(routes.map(spelt))].sort());

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'api', ...api });
for (const [path, operations] of Object.entries(api.paths)) {
  const { get } = operations;
  if (!get) continue;
  const parameters = (get.parameters ?? []).map(of);
  const inPath = parameters.filter((p) => p.in === 'path');
  if (inPath.some((p) => p.example === undefined)) continue;
  const address = inPath.reduce((at, p) => at.replace(`{${p.name}}`, p.example), path);
  const response = await fetch(hub + address, { headers: { 'accept-language': 'en' } });
  const told = get.responses[response.status];
  const media = (response.headers.get('content-type') ?? '').split(';')[0];
  check(`${address}: ${response.status} ${media}`, told !== undefined && (media in (told.content ?? {}) || '*/*' in (told.content ?? {})));
  for (const name of Object.keys(told?.headers ?? {})) check(`${address}: ${name}`, response.headers.has(name), response.headers.get(name));
  const body = await response.text();
  if (/json$/.test(media) && media !== 'application/x-ndjson') {
    const schema = `api#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/get/responses/${response.status}/content/${media.replaceAll('/', '~1')}/schema`;
    const is = ajv.getSchema(encodeURI(schema));
    check(`${address}: of its type`, is(JSON.parse(body)), is.errors ?? '');
  }
  // A route names what it takes where it refuses what it does not.
  const refused = await fetch(`${hub}${address}?nonsense=1`, { headers: { 'accept-language': 'en' } });
  if (refused.status === 400) {
    const { error } = await refused.json();
    const described = parameters.filter((p) => p.in === 'query').map((p) => p.name).sort();
    const taken = error.hint.split(', ').sort();
    // Of several things under one route each takes some of what the route takes.
    same(`${address}: its parameters`, path.includes('{what}') ? described.filter((name) => taken.includes(name)) : described, taken);
    const is = ajv.getSchema('api#/components/schemas/Refusal');
    check(`${address}: a refusal of its type`, is({ error }), is.errors ?? '');
  }
}
end();
