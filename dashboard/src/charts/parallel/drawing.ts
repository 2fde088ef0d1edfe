// Lines of parallel coordinates on a canvas. One path per colour: a thousand lines are a handful of strokes.
import type { Axis } from "./columns";

export interface Look {
  width: number;
  height: number;
  /** Horizontal place of each axis. */
  places: readonly number[];
  top: number;
  bottom: number;
}

/** A canvas in device pixels, cleared. */
export function cleared(canvas: HTMLCanvasElement, { width, height }: Look): CanvasRenderingContext2D | null {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== tall) [canvas.width, canvas.height] = [wide, tall];
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Draws the given rows in one colour; a row without a value on an axis is interrupted there. */
export function strokeRows(context: CanvasRenderingContext2D, axes: readonly Axis[], rows: readonly number[], look: Look, style: { color: string; width: number; alpha: number; dash?: readonly number[] }): void {
  const span = look.bottom - look.top;
  context.strokeStyle = style.color;
  context.lineWidth = style.width;
  context.globalAlpha = style.alpha;
  context.setLineDash([...(style.dash ?? [])]);
  context.beginPath();
  for (const row of rows) {
    let open = false;
    for (let index = 0; index < axes.length; index += 1) {
      const at = axes[index]?.at[row] ?? NaN;
      if (Number.isNaN(at)) {
        open = false;
        continue;
      }
      const [x, y] = [look.places[index] ?? 0, look.bottom - at * span];
      if (open) context.lineTo(x, y);
      else context.moveTo(x, y);
      open = true;
    }
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** The row whose line is nearest to a point, within a few pixels; null if there is none. */
export function nearestRow(axes: readonly Axis[], rows: readonly number[], look: Look, x: number, y: number, most = 8): number | null {
  const right = look.places.findIndex((place) => place >= x);
  const [a, b] = right <= 0 ? [0, 1] : [right - 1, right];
  const [from, to] = [look.places[a] ?? 0, look.places[b] ?? 1];
  const share = Math.min(1, Math.max(0, (x - from) / (to - from || 1)));
  const span = look.bottom - look.top;
  let [best, distance]: [number | null, number] = [null, most];
  for (const row of rows) {
    const [one, other] = [axes[a]?.at[row] ?? NaN, axes[b]?.at[row] ?? NaN];
    const off = Math.abs(look.bottom - (one + (other - one) * share) * span - y);
    if (off < distance) [best, distance] = [row, off];
  }
  return best;
}
