import { useEffect } from "react";

import type { Lazily } from "./lazily";

const AFTER_MS = 400;

/** Load components, for example the other tabs of a page, once the page is shown, so that they open without a wait. */
export function useLoaded(shown: boolean, components: readonly Pick<Lazily<never>, "preload">[]): void {
  useEffect(() => {
    if (!shown) return undefined;
    // One that cannot be loaded says so when it opens.
    const timer = setTimeout(() => components.forEach((one) => void one.preload().catch(() => undefined)), AFTER_MS);
    return () => clearTimeout(timer);
  }, [shown, components]);
}
