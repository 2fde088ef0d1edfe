import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

/** A request that the person can stop; stopping is no failure. It stops as well when its page is left. */
export function useStoppable<Request, Answer>(send: (request: Request, signal: AbortSignal) => Promise<Answer>, onAnswer: () => unknown = () => undefined) {
  const control = useRef<AbortController | null>(null);
  const [cancelled, setCancelled] = useState(false);
  const mutation = useMutation({
    mutationFn: async (request: Request): Promise<Answer | null> => {
      const own = new AbortController();
      control.current?.abort();
      control.current = own;
      setCancelled(false);
      try {
        return await send(request, own.signal);
      } catch (error) {
        if (!own.signal.aborted) throw error;
        return null;
      }
    },
    onSuccess: (answer) => {
      if (answer !== null) return onAnswer();
      return undefined;
    },
  });
  useEffect(() => () => control.current?.abort(), []);
  const cancel = () => {
    control.current?.abort();
    setCancelled(true);
  };
  return { mutate: mutation.mutate, cancel, cancelled, answer: mutation.data ?? null, error: mutation.error, isPending: mutation.isPending };
}
