import { memo } from "react";
import { useTranslation } from "react-i18next";

import type { Run } from "../../../api/types";
import { useFormats } from "../../../language/useFormats";
import { usePaths } from "../../../projects/session";
import { cellOf, NameCell, type CellContext } from "./Cells";
import type { Column } from "../columns";
import css from "./Grid.module.css";

export const SELECT_WIDTH = 44;

interface GridRowProps {
  run: Run;
  index: number;
  columns: readonly Column[];
  /** Columns that exist, and the width of those before them. */
  first: number;
  last: number;
  skipped: number;
  height: number;
  width: number;
  nameWidth: number;
  selected: boolean;
  /** Column of the active cell, if it is in this row. */
  active: number | null;
  onPick: (index: number, range: boolean) => void;
}

export const GridRow = memo(function GridRow({ run, index, columns, first, last, skipped, height, width, nameWidth, selected, active, onPick }: GridRowProps) {
  const { t } = useTranslation();
  const context: CellContext = { t, formats: useFormats(), paths: usePaths() };
  const cell = (column: number) => ({ "data-cell": `${index}:${column}`, tabIndex: active === column ? 0 : -1, "aria-colindex": column + 1 });
  return (
    <div role="row" aria-rowindex={index + 2} aria-selected={selected} className={`${css["row"]} ${css["run"]}`} style={{ height, width, transform: `translateY(${index * height}px)` }} data-testid="run-row">
      <div {...cell(0)} role="gridcell" className={`${css["cell"]} ${css["select"]}`} style={{ width: SELECT_WIDTH }}>
        <input
          type="checkbox"
          tabIndex={-1}
          checked={selected}
          aria-label={t("runList.select", { name: run.name })}
          onChange={(event) => onPick(index, event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey)}
        />
      </div>
      <div {...cell(1)} role="rowheader" className={`${css["cell"]} ${css["first"]}`} style={{ width: nameWidth }}>
        <NameCell run={run} context={context} />
      </div>
      <div role="presentation" style={{ width: skipped, flex: "none" }} />
      {columns.slice(first, last).map((column, place) => (
        <div key={column.name} {...cell(first + place + 2)} role="gridcell" className={`${css["cell"]} ${column.numeric ? css["number"] : ""}`} style={{ width: column.width }}>
          {cellOf(run, column, context)}
        </div>
      ))}
    </div>
  );
});
