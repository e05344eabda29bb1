// Client: @apollo/composition, @theguild/federation-composition, @wundergraph/composition
// Tried: our subgraph composes beside ten others: entities by id, code and credit code, Relay connections, node, a viewer, shared enums and scalars
import { composeServices as apollo } from '@apollo/composition';
import { composeServices as guild } from '@theguild/federation-composition';
import { federateSubgraphs } from '@wundergraph/composition';
import { parse } from 'graphql';
import { ask, check, end, hub } from '../lib.mjs';
import { others } from '../subgraphs.mjs';

const { _service } = await ask('{ _service { sdl } }');
const ours = { name: 'huitu', url: `${hub}/graphql`, typeDefs: parse(_service.sdl) };
const composers = {
  apollo: (other) => apollo([ours, other]).errors?.map((e) => e.message),
  guild: (other) => guild([ours, other]).errors?.map((e) => e.message),
  cosmo: (other) => {
    const told = federateSubgraphs({ subgraphs: [ours, other].map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs })), version: '1' });
    return told.success ? undefined : told.errors.map((e) => e.message);
  },
};
for (const [composer, compose] of Object.entries(composers)) {
  for (const [name, sdl] of Object.entries(others)) {
    const errors = compose({ name: 'other', url: 'http://127.0.0.1:1/graphql', typeDefs: parse(sdl) });
    check(`${composer}, ${name}`, !errors, errors?.slice(0, 3).join(' ').slice(0, 400) ?? '');
  }
}
end();
