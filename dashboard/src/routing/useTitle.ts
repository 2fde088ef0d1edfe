import { useEffect } from "react";

/** Set the page's title for the browser tab, the history and screen readers. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "AzuraForge" : `${title} · AzuraForge`;
  }, [title]);
}
