// The query page: GraphiQL against this server, with the examples of the manual as its first tabs.
import { createElement as h } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import 'graphiql/style.css';
import './page.css';

const files = import.meta.glob('../../../examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const examples = Object.keys(files).sort().map((name) => ({ query: files[name] }));

const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  headers: { 'Accept-Language': navigator.language || 'zh' },
});

createRoot(document.getElementById('graphiql')).render(
  h(GraphiQL, {
    fetcher,
    defaultTabs: examples.length ? examples : [{ query: '{ gap(first: 10) { totalCount nodes { name } } }' }],
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);
