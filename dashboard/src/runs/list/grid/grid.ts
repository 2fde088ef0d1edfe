// Rules of the grid: which rows and columns exist for a scroll position, and where a key moves the active cell.

/** Row −1 is the header; column 0 selects, column 1 is the name. */
export interface Cell {
  row: number;
  column: number;
}

export interface Window {
  first: number;
  last: number;
}

/** Rows are drawn in groups of this size, so that most scroll events draw nothing. */
const STEP = 8;
const MARGIN = 8;

export function rowWindow(top: number, height: number, row: number, count: number): Window {
  const first = Math.floor(Math.max(0, top / row - MARGIN) / STEP) * STEP;
  const last = Math.ceil(((top + height) / row + MARGIN) / STEP) * STEP;
  return { first, last: Math.min(count, last) };
}

/** Columns that overlap the visible width, with one more at each side. `lefts` has the beginning of each and the end of the last. */
export function columnWindow(left: number, width: number, lefts: readonly number[]): Window {
  const count = lefts.length - 1;
  let first = 0;
  while (first < count && (lefts[first + 1] ?? 0) <= left) first++;
  let last = first;
  while (last < count && (lefts[last] ?? 0) < left + width) last++;
  return { first: Math.max(0, first - 1), last: Math.min(count, last + 1) };
}

export interface Size {
  rows: number;
  columns: number;
  /** Rows that fit on the screen. */
  page: number;
}

/** The cell after a key; null if the key does not move. */
export function movedBy(key: string, { row, column }: Cell, { rows, columns, page }: Size, whole: boolean): Cell | null {
  const at = (to: number, across: number): Cell => ({ row: Math.max(-1, Math.min(rows - 1, to)), column: Math.max(0, Math.min(columns - 1, across)) });
  switch (key) {
    case "ArrowDown":
      return at(row + 1, column);
    case "ArrowUp":
      return at(row - 1, column);
    case "ArrowRight":
      return at(row, column + 1);
    case "ArrowLeft":
      return at(row, column - 1);
    case "PageDown":
      return at(row + page, column);
    case "PageUp":
      return at(Math.max(0, row - page), column);
    case "Home":
      return at(whole ? 0 : row, 0);
    case "End":
      return at(whole ? rows - 1 : row, columns - 1);
    default:
      return null;
  }
}
