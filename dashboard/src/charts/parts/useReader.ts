import { useState, type KeyboardEvent, type PointerEvent } from "react";

/** A point of a chart in pixels; `key` names what it belongs to. */
export interface Spot {
  key: number;
  x: number;
  y: number;
}

interface Reader {
  /** The spot that is read; null if there is none. */
  spot: Spot | null;
  handlers: {
    onKeyDown: (event: KeyboardEvent) => void;
    onBlur: () => void;
    onPointerMove: (event: PointerEvent) => void;
    onPointerLeave: () => void;
  };
}

/** Finds the spot nearest to the pointer; the left and right arrow keys move through `stops`, in their order. */
export function useReader(spots: readonly Spot[], stops: readonly Spot[] = spots, most = 18): Reader {
  const [key, setKey] = useState<number | null>(null);
  const [near, setNear] = useState<Spot | null>(null);
  const spot = key === null ? null : (near ?? stops.find((one) => one.key === key) ?? null);
  const clear = () => {
    setKey(null);
    setNear(null);
  };
  return {
    spot,
    handlers: {
      onKeyDown: (event) => {
        const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        if (by === 0 || stops.length === 0) return;
        event.preventDefault();
        const now = stops.findIndex((one) => one.key === key);
        setNear(null);
        setKey(stops[Math.min(stops.length - 1, Math.max(0, now + by))]?.key ?? null);
      },
      onBlur: clear,
      onPointerMove: (event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const [x, y] = [event.clientX - box.left, event.clientY - box.top];
        let [best, distance]: [Spot | null, number] = [null, most];
        for (const one of spots) {
          const off = Math.hypot(one.x - x, one.y - y);
          if (off < distance) [best, distance] = [one, off];
        }
        setNear(best);
        setKey(best?.key ?? null);
      },
      onPointerLeave: clear,
    },
  };
}
