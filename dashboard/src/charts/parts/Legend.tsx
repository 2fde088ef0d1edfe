import { cssColorOf, dashOf, markOf, markPath } from "../colors";
import css from "./Parts.module.css";

export interface LegendItem {
  name: string;
  /** Place in the list of colours, dashes and marks. */
  index: number;
  hidden?: boolean;
}

/** Names of the series with their colour and their dash or mark; a press hides and shows a series. */
export function Legend({ items, label, kind = "line", onToggle }: { items: readonly LegendItem[]; label: string; kind?: "line" | "mark"; onToggle?: (item: LegendItem) => void }) {
  return (
    <ul className={css["legend"]} aria-label={label}>
      {items.map((item) => {
        const content = (
          <>
            <svg width={24} height={12} aria-hidden="true">
              {kind === "line" ? (
                <line x1={1} x2={23} y1={6} y2={6} stroke={cssColorOf(item.index)} strokeWidth={2.5} strokeDasharray={dashOf(item.index).join(" ")} />
              ) : (
                <path d={markPath(markOf(item.index), 4.5)} transform="translate(12,6)" fill={cssColorOf(item.index)} />
              )}
            </svg>
            <span className={css["legendName"]} dir="auto">
              {item.name}
            </span>
          </>
        );
        return (
          <li key={`${item.index}.${item.name}`} title={item.name}>
            {onToggle ? (
              <button type="button" className={css["legendItem"]} aria-pressed={!(item.hidden ?? false)} onClick={() => onToggle(item)}>
                {content}
              </button>
            ) : (
              <span className={css["legendItem"]}>{content}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
