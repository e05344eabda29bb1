// Builds the pages into web/dist, from where the binary embeds them. Everything is bundled: nothing is loaded from outside.
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    rollupOptions: { input: { graphiql: 'graphiql.html' } },
  },
  server: { proxy: { '/graphql': 'http://127.0.0.1:8080' } },
});
