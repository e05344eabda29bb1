// Client: @apollo/client, @apollo/generate-persisted-query-manifest, @urql/core, @urql/exchange-persisted
// Tried: the manifest of Apollo's builder and urql's persisted exchange against a hub that answers trusted documents only; the kit's own documents
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { createClient, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { Hub, HubError, Gap, Viewer } from '../../../kit/typescript/dist/index.js';
import { check, end, folder, huitu, root, same, serve } from '../lib.mjs';

// Apollo's builder over a page's documents.
const dir = folder();
mkdirSync(join(dir, 'src'));
symlinkSync(join(root, 'tests/clients/node_modules'), join(dir, 'node_modules'));
writeFileSync(join(dir, 'package.json'), '{}');
writeFileSync(join(dir, 'src/list.graphql'), 'query List($first: Int = 3) {\n  gap(first: $first) {\n    totalCount\n    nodes { id name ...State }\n  }\n}\nfragment State on Enterprise { gap { status } }\n');
writeFileSync(join(dir, 'persisted-query-manifest.config.json'), JSON.stringify({ documents: ['src/**/*.graphql'], output: join(dir, 'persisted-query-manifest.json') }));
const built = spawnSync(join(root, 'tests/clients/node_modules/.bin/generate-persisted-query-manifest'), ['--config', 'persisted-query-manifest.config.json'], { cwd: dir, encoding: 'utf8' });
const manifest = join(dir, 'persisted-query-manifest.json');
check('Apollo builds its manifest', built.status === 0, built.status === 0 ? built.stdout.trim() : built.stdout + built.stderr);
same('huitu trust takes it', huitu('trust', manifest).status, 0);
const { url } = await serve('--trusted', manifest);
const sent = [];
const watched = (address, options) => {
  sent.push(JSON.parse(options.body));
  return fetch(address, options);
};
const apollo = new ApolloClient({
  link: ApolloLink.from([
    new PersistedQueryLink({ ...generatePersistedQueryIdsFromManifest({ loadManifest: async () => JSON.parse(readFileSync(manifest, 'utf8')) }) }),
    new HttpLink({ uri: `${url}/graphql`, fetch: watched }),
  ]),
  cache: new InMemoryCache(),
});
const LIST = gql(readFileSync(join(dir, 'src/list.graphql'), 'utf8'));
const { data } = await apollo.query({ query: LIST });
check('Apollo asks by the id alone', data.gap.nodes.length === 3 && sent.length === 1 && !('query' in sent[0]), sent);

// urql's exchange sends SHA-256 of the document as it prints it.
const URQL = 'query Urql {\n  gap(first: 2) {\n    totalCount\n  }\n}';
const folderOfFiles = folder();
writeFileSync(join(folderOfFiles, 'persisted.json'), JSON.stringify({ [createHash('sha256').update(URQL).digest('hex')]: URQL }));
const own = await serve('--trusted', folderOfFiles);
const client = (at, more = {}) => createClient({ url: `${at}/graphql`, preferGetMethod: false, exchanges: [persistedExchange({ preferGetForPersistedQueries: false, enforcePersistedQueries: true, ...more }), fetchExchange] });
const byHash = await client(own.url).query(URQL, {});
check('urql asks by the hash alone', byHash.data?.gap.totalCount > 0, byHash.error?.message ?? byHash.data);
const unknown = await client(own.url).query('query Other { viewer { name } }', {});
check('what is not trusted is refused', Boolean(unknown.error) && !unknown.data, unknown.error?.message);

// The kit's documents, as its build names them.
const kits = await serve('--trusted', join(root, 'kit/typescript/dist/persisted.json'));
const hub = new Hub({ url: kits.url, lang: 'en' });
check('the kit asks a hub that trusts it', (await hub.ask(Gap, { first: 1 })).gap.totalCount > 0 && (await hub.ask(Viewer, {})).viewer.role === 'admin');
const refused = await hub.ask({ ...Viewer, text: '{ viewer { name } }', name: undefined }, {}).catch((error) => error);
check('and nothing else', refused instanceof HubError, refused.message);
end();
