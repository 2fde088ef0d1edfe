// The keys of the whole dashboard. None of them fires while a text field has the focus, except the palette's.
import { useEffect, useEffectEvent } from "react";
import { useLocation } from "wouter";

import { mayWrite, usePaths, useSession } from "../projects/session";
import type { Paths } from "../routing/paths";

/** `g`, then a letter, goes to a page. */
export const GO_KEYS = { h: "home", r: "runs", s: "studies", m: "models", p: "predictions", d: "datasets", a: "automations", e: "events" } as const satisfies Record<string, keyof Paths>;

const WAIT_MS = 1500;

/** Return whether keys belong to the element: it takes text, or a chart or list that uses letters and arrows. */
export function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input, textarea, select, [role=textbox], [role=combobox], [role=menu]") !== null);
}

export function useKeys({ palette, keys }: { palette: () => void; keys: () => void }): void {
  const paths = usePaths();
  const session = useSession();
  const [, navigate] = useLocation();
  const press = useEffectEvent((event: KeyboardEvent, after: string): string => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      palette();
      return "";
    }
    if (event.ctrlKey || event.metaKey || event.altKey || takesText(event.target) || document.querySelector("[role=dialog], [role=alertdialog], dialog[open]")) return "";
    if (after === "g" && event.key in GO_KEYS) {
      navigate(paths[GO_KEYS[event.key as keyof typeof GO_KEYS]]);
      return "";
    }
    if (event.key === "?") keys();
    if (event.key === "n" && mayWrite(session)) navigate(paths.newRun());
    return event.key;
  });
  useEffect(() => {
    let after = "";
    let at = 0;
    const listen = (event: KeyboardEvent) => {
      const now = performance.now();
      after = press(event, now - at < WAIT_MS ? after : "");
      at = now;
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
