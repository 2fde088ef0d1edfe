import { useTranslation } from "react-i18next";

import { Icon } from "../../../ui/Icon";
import { isBuilt, type Column } from "../columns";
import css from "./Grid.module.css";
import { SELECT_WIDTH } from "./GridRow";
import type { Window } from "./grid";
import type { SortKey } from "../view";

interface GridHeaderProps {
  columns: readonly Column[];
  across: Window;
  skipped: number;
  width: number;
  height: number;
  nameWidth: number;
  sort: readonly SortKey[];
  active: number | null;
  checked: boolean | "some";
  onSort: (name: string, add: boolean) => void;
  onToggle: () => void;
}

export function useColumnTitle(): (column: Pick<Column, "name" | "short" | "statistic" | "kind">) => string {
  const { t } = useTranslation();
  return ({ name, short, statistic, kind }) => {
    if (isBuilt(name)) return t(`runList.columns.${name}`);
    return kind === "metric" && statistic !== null && statistic !== "last" ? t(`runList.statistic.${statistic}`, { name: short }) : short;
  };
}

export function GridHeader({ columns, across, skipped, width, height, nameWidth, sort, active, checked, onSort, onToggle }: GridHeaderProps) {
  const { t } = useTranslation();
  const title = useColumnTitle();
  const order = (name: string) => {
    const at = sort.findIndex((key) => key.name === name);
    const key = sort[at];
    return { sorted: key === undefined ? undefined : key.descending ? ("descending" as const) : ("ascending" as const), place: sort.length > 1 && at >= 0 ? at + 1 : null };
  };
  const headed = (name: string, text: string, sortable: boolean) => {
    const { sorted, place } = order(name);
    if (!sortable) return <span title={name}>{text}</span>;
    return (
      <button type="button" tabIndex={-1} className={css["sort"]} title={name} onClick={(event) => onSort(name, event.shiftKey)} data-testid={`sort-${name}`}>
        <span className={css["sortText"]} dir="auto">{text}</span>
        {sorted === undefined ? null : <Icon name={sorted === "ascending" ? "up" : "down"} size={14} />}
        {place}
      </button>
    );
  };
  const cell = (column: number) => ({ "data-cell": `-1:${column}`, tabIndex: active === column ? 0 : -1, "aria-colindex": column + 1 });
  return (
    <div role="rowgroup" className={css["head"]} style={{ width }}>
      <div role="row" aria-rowindex={1} className={css["row"]} style={{ height, width }}>
        <div {...cell(0)} role="columnheader" className={`${css["cell"]} ${css["select"]}`} style={{ width: SELECT_WIDTH }}>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={t("runList.selectShown")}
            checked={checked === true}
            ref={(input) => {
              if (input) input.indeterminate = checked === "some";
            }}
            onChange={onToggle}
            data-testid="select-shown"
          />
        </div>
        <div {...cell(1)} role="columnheader" aria-sort={order("name").sorted ?? "none"} className={`${css["cell"]} ${css["first"]}`} style={{ width: nameWidth }}>
          {headed("name", t("runs.name"), true)}
        </div>
        <div role="presentation" style={{ width: skipped, flex: "none" }} />
        {columns.slice(across.first, across.last).map((column, index) => (
          <div
            key={column.name}
            {...cell(across.first + index + 2)}
            role="columnheader"
            {...(column.sortable ? { "aria-sort": order(column.name).sorted ?? "none" } : {})}
            className={`${css["cell"]} ${column.numeric ? css["number"] : ""}`}
            style={{ width: column.width }}
          >
            {headed(column.name, title(column), column.sortable)}
          </div>
        ))}
      </div>
    </div>
  );
}
