// Scroll positions by entry of the tab's history, so that Back shows a page where it was left.
import { useEffect, useLayoutEffect, useRef } from "react";

const positions = new Map<string, number>();
/** A page that is still loading is followed for this time. */
const FOLLOW_MS = 5000;

/** Return the key of the current entry, which stays the same when its address is replaced; null in older browsers. */
function entryKey(): string | null {
  const { navigation } = window as { navigation?: { currentEntry?: { key: string } | null } };
  return navigation?.currentEntry?.key ?? null;
}

/** Show a new page at its top, and a page that Back or Forward returns to where it was left. */
export function useScrollPosition(location: string): void {
  useEffect(() => {
    const save = () => {
      const key = entryKey();
      if (key !== null) positions.set(key, window.scrollY);
    };
    window.addEventListener("scroll", save, { passive: true });
    return () => window.removeEventListener("scroll", save);
  }, []);
  const shown = useRef(location);
  useLayoutEffect(() => {
    if (shown.current === location) return undefined; // the first page: the browser restores it after a reload
    shown.current = location;
    return scrollTo(positions.get(entryKey() ?? "") ?? 0);
  }, [location]);
}

/** Scroll to a position as soon as the page is long enough, unless the reader scrolls first. Returns what stops it. */
function scrollTo(top: number): () => void {
  window.scrollTo(0, top);
  if (top === 0) return () => undefined;
  const observer = new ResizeObserver(() => {
    window.scrollTo(0, top);
    if (Math.abs(window.scrollY - top) < 2) stop();
  });
  const stop = () => {
    observer.disconnect();
    clearTimeout(timer);
    for (const event of ["wheel", "touchstart", "keydown", "pointerdown"]) window.removeEventListener(event, stop);
  };
  const timer = setTimeout(stop, FOLLOW_MS);
  for (const event of ["wheel", "touchstart", "keydown", "pointerdown"]) window.addEventListener(event, stop, { passive: true });
  observer.observe(document.body);
  return stop;
}

/** Keep the position of an element that scrolls by itself. Returns the end of it. */
export function keepScroll(element: HTMLElement | null, name: string): (() => void) | undefined {
  const key = entryKey();
  if (element === null || key === null) return undefined;
  const id = `${key} ${name}`;
  element.scrollTop = positions.get(id) ?? 0;
  const save = () => void positions.set(id, element.scrollTop);
  element.addEventListener("scroll", save, { passive: true });
  return () => element.removeEventListener("scroll", save);
}
