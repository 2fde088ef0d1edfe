// One cache for all server state. A refused session ends at the sign-in page.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { Problem } from "./problem";

export function createQueryClient(onSignedOut: () => void): QueryClient {
  const watch = (error: unknown) => {
    if (error instanceof Problem && error.status === 401) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({ onError: watch }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) => count < 2 && (!(error instanceof Problem) || error.status === 0 || error.status === 503),
      },
    },
  });
}
