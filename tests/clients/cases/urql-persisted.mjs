// Client: @urql/core, @urql/exchange-persisted
// Tried: automatic persisted queries as they come, by GET and by POST, for a caller without a language
import { createClient, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { end, hub, same } from '../lib.mjs';

for (const byGet of [true, false]) {
  const client = createClient({ url: `${hub}/graphql`, preferGetMethod: false, exchanges: [persistedExchange({ preferGetForPersistedQueries: byGet }), fetchExchange] });
  const { data, error } = await client.query(`query OfThisMoment { gap(first: 1) { totalCount t${Date.now()}${byGet ? 'g' : 'p'}: totalCount } }`, {});
  same(`the document is sent where the digest is not known, ${byGet ? 'GET' : 'POST'}`, [error?.message, data?.gap.totalCount > 0], [undefined, true]);
}
end();
