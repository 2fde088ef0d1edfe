import { useLayoutEffect, useRef, useState } from "react";

/** A function that stays the same between renders and calls the newest one, for memoized children and timers. */
export function useStable<Args extends unknown[], Result>(call: (...args: Args) => Result): (...args: Args) => Result {
  const newest = useRef(call);
  useLayoutEffect(() => {
    newest.current = call;
  });
  const [stable] = useState(() => (...args: Args) => newest.current(...args));
  return stable;
}
