import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Run } from "../../../api/types";
import { keepScroll } from "../../../shell/scroll";
import { useDensity } from "../../../theme/density";
import type { Column } from "../columns";
import { columnWindow, movedBy, rowWindow, type Cell } from "./grid";
import css from "./Grid.module.css";
import { GridHeader } from "./GridHeader";
import { GridRow, SELECT_WIDTH } from "./GridRow";
import { toggle, toggleShown, NOTHING, type Selection } from "../selection";
import { useStable } from "../useStable";
import type { SortKey } from "../view";

const ROW = { comfortable: 40, compact: 32 } as const;
/** So many rows before the end, the next page is read; the first page alone must not be near its end. */
const AHEAD = 30;
const NARROW = 600;
/** Before the browser has measured the box, as in tests. */
const UNMEASURED = { width: 1200, height: 600 };

interface RunGridProps {
  runs: readonly Run[];
  total: number | null;
  columns: readonly Column[];
  sort: readonly SortKey[];
  selection: Selection;
  hasMore: boolean;
  onSort: (name: string, add: boolean) => void;
  onSelect: (selection: Selection) => void;
  onSelectAll: () => void;
  onMore: () => void;
}

/** The table of runs. Only visible rows and columns exist; one stop of the Tab key, arrow keys move between cells. */
export function RunGrid({ runs, total, columns, sort, selection, hasMore, onSort, onSelect, onSelectAll, onMore }: RunGridProps) {
  const { t } = useTranslation();
  const row = ROW[useDensity()];
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(UNMEASURED);
  const [scrolled, setScrolled] = useState({ top: 0, left: 0 });
  const [active, setActive] = useState<Cell>({ row: 0, column: 1 });
  const [anchor, setAnchor] = useState<number | null>(null);
  const wantsFocus = useRef(false);

  const narrow = size.width < NARROW;
  const asked = columns.reduce((sum, { width }) => sum + width, 0);
  const nameWidth = narrow ? 176 : Math.max(192, Math.min(640, size.width - SELECT_WIDTH - asked));
  const lead = SELECT_WIDTH + nameWidth;
  const lefts = useMemo(() => columns.reduce<number[]>((all, { width }) => [...all, (all.at(-1) ?? 0) + width], [0]), [columns]);
  const width = lead + (lefts.at(-1) ?? 0);
  const rows = rowWindow(scrolled.top, size.height, row, runs.length);
  const visible = columnWindow(scrolled.left, size.width - lead, lefts);
  const at: Cell = { row: Math.min(active.row, runs.length - 1), column: Math.min(active.column, columns.length + 1) };
  const across = within(visible, at.column - 2, columns.length);

  const follow = useStable((element: HTMLDivElement) => {
    const next = { top: Math.floor(element.scrollTop / row) * row, left: Math.floor(element.scrollLeft / 32) * 32 };
    setScrolled((before) => (before.top === next.top && before.left === next.left ? before : next));
  });
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => {
      if (element.clientWidth > 0) setSize({ width: element.clientWidth, height: element.clientHeight });
      follow(element);
    };
    const scroll = () => follow(element);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", scroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", scroll);
    };
  }, [follow]);

  useLayoutEffect(() => keepScroll(box.current, "runs"), []);

  const near = hasMore && rows.last > runs.length - AHEAD;
  const more = useEffectEvent(onMore);
  useEffect(() => {
    if (near) more();
  }, [near, runs.length]);

  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    box.current?.querySelector<HTMLElement>(`[data-cell="${at.row}:${at.column}"]`)?.focus({ preventScroll: true });
  });

  const go = (to: Cell) => {
    const element = box.current;
    if (!element) return;
    if (to.row >= 0) {
      const top = to.row * row;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + 2 * row > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * row - element.clientHeight;
    }
    if (to.column >= 2) {
      const [start, end] = [lefts[to.column - 2] ?? 0, lefts[to.column - 1] ?? 0];
      const room = element.clientWidth - (narrow ? 0 : lead);
      const from = narrow ? start + lead : start;
      if (from < element.scrollLeft) element.scrollLeft = from;
      else if (from + end - start > element.scrollLeft + room) element.scrollLeft = from + end - start - room;
    } else if (narrow) element.scrollLeft = 0;
    follow(element);
    wantsFocus.current = true;
    setActive(to);
  };

  const pick = (index: number, range: boolean) => {
    onSelect(toggle(selection, runs, index, range ? (anchor ?? at.row) : null));
    if (!range) setAnchor(index);
  };
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.altKey) return;
    const whole = event.ctrlKey || event.metaKey;
    if (whole && event.key.toLowerCase() === "a") {
      event.preventDefault();
      onSelectAll();
      return;
    }
    const page = Math.max(1, Math.floor(size.height / row) - 2);
    const to = movedBy(event.key, at, { rows: runs.length, columns: columns.length + 2, page }, whole);
    if (to !== null) {
      event.preventDefault();
      if (event.shiftKey && to.row !== at.row && to.row >= 0) {
        const from = anchor ?? Math.max(0, at.row);
        setAnchor(from);
        onSelect(toggle(selection, runs, to.row, from));
      }
      go(to);
    } else if (event.key === " " && !(event.target instanceof HTMLInputElement)) {
      event.preventDefault();
      if (at.row === -1) onSelect(toggleShown(selection, runs));
      else pick(at.row, event.shiftKey);
    } else if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.dataset["cell"] !== undefined) {
      const inside = event.target.querySelector<HTMLElement>("a, button, input");
      if (inside) {
        event.preventDefault();
        inside.click();
      }
    } else if (event.key === "Escape" && selection.size > 0) {
      onSelect(NOTHING);
    }
  };

  const drawn = Array.from({ length: Math.max(0, rows.last - rows.first) }, (_, index) => rows.first + index);
  // The active row stays where the keyboard left it.
  if (at.row >= 0 && !drawn.includes(at.row)) drawn.push(at.row);
  const pickRow = useStable(pick);
  const selected = runs.length > 0 && runs.every(({ id }) => selection.has(id));
  return (
    // Keys of all cells come here; the focus is in one of them.
    // eslint-disable-next-line jsx-a11y/interactive-supports-focus
    <div
      ref={box}
      className={`${css["box"]} ${narrow ? css["narrow"] : ""}`}
      role="grid"
      aria-label={t("runs.title")}
      aria-rowcount={(total ?? runs.length) + 1}
      aria-colcount={columns.length + 2}
      aria-multiselectable="true"
      data-testid="runs-grid"
      style={{ height: (runs.length + 1) * row + 18 + (hasMore ? row : 0) }}
      onKeyDown={press}
      onFocus={(event) => {
        const found = event.target.closest<HTMLElement>("[data-cell]")?.dataset["cell"]?.split(":").map(Number);
        if (found?.[0] !== undefined && found[1] !== undefined && (found[0] !== at.row || found[1] !== at.column)) setActive({ row: found[0], column: found[1] });
      }}
    >
      <GridHeader
        columns={columns}
        across={across}
        skipped={lefts[across.first] ?? 0}
        width={width}
        height={row}
        nameWidth={nameWidth}
        sort={sort}
        active={at.row === -1 ? at.column : null}
        checked={selected ? true : runs.some(({ id }) => selection.has(id)) ? "some" : false}
        onSort={onSort}
        onToggle={() => onSelect(toggleShown(selection, runs))}
      />
      <div role="rowgroup" className={css["body"]} style={{ height: runs.length * row, width }}>
        {drawn.map((index) => {
          const run = runs[index];
          return run === undefined ? null : (
            <GridRow
              key={run.id}
              run={run}
              index={index}
              columns={columns}
              first={across.first}
              last={across.last}
              skipped={lefts[across.first] ?? 0}
              height={row}
              width={width}
              nameWidth={nameWidth}
              selected={selection.has(run.id)}
              active={at.row === index ? at.column : null}
              onPick={pickRow}
            />
          );
        })}
      </div>
      {hasMore ? <div role="presentation" className={css["more"]} style={{ height: row }}>{t("common.loading")}</div> : null}
    </div>
  );
}

/** The window extended to the active column, so that the focus is not lost. */
function within({ first, last }: { first: number; last: number }, column: number, count: number) {
  if (column < 0 || column >= count) return { first, last };
  return { first: Math.min(first, column), last: Math.max(last, column + 1) };
}
