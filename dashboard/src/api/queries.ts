// One cache for all server state. If the session is refused, the sign-in page is shown.
import { MutationCache, QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";

import { sayUnlessShown } from "../ui/failures";
import { Problem } from "./problem";

/** Key of the models with their live state, which changes with the models and with judged predictions. */
export const LIVE_MODELS = ["models", { live: true }] as const;

export function createQueryClient(onSignedOut: () => void): QueryClient {
  const watch = (error: unknown) => {
    if (error instanceof Problem && error.status === 401) onSignedOut();
    // The role may have changed: the pages then stop to offer what it no longer allows.
    if (error instanceof Problem && error.status === 403) void client.invalidateQueries({ queryKey: ["project"] });
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({
      onError: (error) => {
        watch(error);
        sayUnlessShown(error);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        networkMode: "always",
        retry: (count, error) => count < 2 && (!(error instanceof Problem) || error.status === 0 || error.status === 503),
      },
      // A paused mutation would wait without a word until the network is back.
      mutations: { networkMode: "always" },
    },
  });
  return client;
}

/**
 * For `onSettled`: reads these queries again. A mutation that succeeded stays pending until they are read, so that the
 * page never shows the old state; one that failed shows its error at once, since a dead platform answers no query either.
 */
export function readAgain(client: QueryClient, ...keys: QueryKey[]) {
  return (_data: unknown, error: unknown): Promise<unknown> | undefined => {
    const read = Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
    return error === null ? read : undefined;
  };
}
