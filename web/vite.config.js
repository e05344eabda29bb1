// Builds the pages into web/dist, from where the binary embeds them. Everything is bundled: nothing is loaded from outside.
import { defineConfig } from 'vite';

const hub = process.env.HUITU_HUB ?? 'http://127.0.0.1:8080';
const routes = ['/graphql', '/geo', '/tiles', '/export', '/receipts', '/visits/', '/letters', '/schema.graphql'];

export default defineConfig({
  base: '/',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', graphiql: 'graphiql.html' },
      // Directives of server components in libraries of the query page say nothing here.
      checks: { pluginTimings: false, moduleLevelDirective: false },
    },
  },
  worker: { format: 'es' },
  server: { proxy: Object.fromEntries(routes.map((route) => [route, hub])) },
});
