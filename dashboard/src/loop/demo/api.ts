import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, post } from "../../api/client";
import type { components } from "../../api/schema";

export type LoopDemo = components["schemas"]["DemoOut"];

const REFRESH_MS = 1000;
/** Another tab or person may start a demo; a hidden page does not poll. */
const IDLE_MS = 15_000;

export const isUnderWay = (demo: LoopDemo): boolean => demo.state === "running" || demo.state === "cancelling";

export const loopDemoQuery = queryOptions({
  queryKey: ["loop-demo"],
  queryFn: ({ signal }) => get("/loop-demo", {}, signal),
  refetchInterval: (query) => (query.state.data !== undefined && isUnderWay(query.state.data) ? REFRESH_MS : IDLE_MS),
});

function useAsked(place: "/loop-demo" | "/loop-demo/cancel") {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => post(place), onSuccess: (found) => client.setQueryData(loopDemoQuery.queryKey, found) });
}

export const useStartDemo = () => useAsked("/loop-demo");
export const useCancelDemo = () => useAsked("/loop-demo/cancel");
