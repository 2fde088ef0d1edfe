// Whether the sidebar shows icons only; the choice is stored in this browser.
import { useState, useSyncExternalStore } from "react";

const KEY = "azuraforge.sidebar";
const NARROW = "(max-width: 60rem)";

export function useCollapsed(): [boolean, () => void] {
  const [collapsed, setCollapsed] = useState(() => localStorage.getItem(KEY) === "collapsed");
  const toggle = () => {
    localStorage.setItem(KEY, collapsed ? "wide" : "collapsed");
    setCollapsed(!collapsed);
  };
  return [collapsed, toggle];
}

function subscribe(listener: () => void): () => void {
  const query = window.matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

/** Whether the window is so narrow that the navigation is a drawer. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(NARROW).matches);
}
