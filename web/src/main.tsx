import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startAt } from './app/arrival';
import { Frame } from './app/Frame';
import { GraphProblem, UNREACHABLE } from './graph/problem';
import './app/style.css';
import './app/frame.css';
import './app/parts.css';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Every edition is told by the stream; until then an answer holds.
      staleTime: Infinity,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, problem) => failures < 2 && problem instanceof GraphProblem && problem.isRetryable && problem.code !== UNREACHABLE,
    },
  },
});

startAt();
const root = document.getElementById('workbench');
if (root === null) throw new Error('index.html holds #workbench');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Frame />
    </QueryClientProvider>
  </StrictMode>,
);
