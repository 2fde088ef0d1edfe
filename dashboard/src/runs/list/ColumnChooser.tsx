import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Button, IconButton } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { BUILT, columnOf, COLUMNS, fits, moved, plainName, toggled, MOST_COLUMNS, MOST_CURVES } from "./columns";
import css from "./Dialogs.module.css";
import { FieldSearch } from "./FieldSearch";
import { useColumnTitle } from "./grid/GridHeader";

const STATISTICS = ["last", "min", "max"] as const;

/** Chooses and orders the columns of the list. */
export function ColumnChooser({ columns, onChoose, onClose }: { columns: readonly string[]; onChoose: (columns: readonly string[]) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const title = useColumnTitle();
  const [draft, setDraft] = useState(columns);
  const box = (name: string, text: ReactNode, label?: string) => (
    <label key={name} className={css["check"]} title={name}>
      <input type="checkbox" aria-label={label} checked={draft.includes(name)} disabled={!draft.includes(name) && !fits(draft, name)} onChange={() => setDraft(toggled(draft, name))} data-testid={`column-${name}`} />
      {text}
    </label>
  );
  return (
    <Dialog title={t("runList.chooseColumns")} open onClose={onClose}>
      <ol className={css["shown"]} aria-label={t("runList.shownColumns")}>
        {draft.map((name) => {
          const column = columnOf(name);
          if (column === null) return null;
          const text = title(column);
          return (
            <li key={name}>
              <span className={css["name"]} title={name} dir="auto">
                {text} {column.kind === "built" ? null : <span className={css["kind"]}>{t(`runList.kind.${column.kind}`)}</span>}
              </span>
              <IconButton label={t("runList.moveUp", { name: text })} onPress={() => setDraft(moved(draft, name, -1))}>
                <Icon name="up" size={14} />
              </IconButton>
              <IconButton label={t("runList.moveDown", { name: text })} onPress={() => setDraft(moved(draft, name, 1))} testId={`down-${name}`}>
                <Icon name="down" size={14} />
              </IconButton>
              <IconButton label={t("runList.removeColumn", { name: text })} onPress={() => setDraft(toggled(draft, name))}>
                <Icon name="cross" size={14} />
              </IconButton>
            </li>
          );
        })}
      </ol>
      <FieldSearch>
        {({ config, metrics }, typed) => (
          <>
            <Group title={t("runList.kind.built")}>{BUILT.filter((name) => t(`runList.columns.${name}`).toLowerCase().includes(typed)).map((name) => box(name, t(`runList.columns.${name}`)))}</Group>
            <Group title={t("runList.kind.config")}>{config.map((name) => box(`config.${name}`, <span dir="auto">{plainName(name)}</span>))}</Group>
            <Group title={t("runList.kind.metric")}>
              {metrics.map((name) => (
                <div key={name} className={css["metric"]}>
                  <span className={css["name"]} title={name} dir="auto">
                    {plainName(name)}
                  </span>
                  {STATISTICS.map((statistic) => box(statistic === "last" ? `metrics.${name}` : `metrics.${name}.${statistic}`, t(`runList.end.${statistic}`), `${name} ${t(`runList.end.${statistic}`)}`))}
                  {box(`curve.${name}`, t("runList.end.curve"), `${name} ${t("runList.end.curve")}`)}
                </div>
              ))}
            </Group>
          </>
        )}
      </FieldSearch>
      <p className={css["note"]}>{t("runList.columnLimit", { most: MOST_COLUMNS, curves: MOST_CURVES })}</p>
      <DialogActions>
        <Button onPress={() => setDraft(COLUMNS)}>{t("runList.defaultColumns")}</Button>
        <Button onPress={onClose}>{t("runList.cancelDialog")}</Button>
        <Button look="primary" onPress={() => onChoose(draft)} testId="apply-columns">
          {t("runList.apply")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Group({ title, children }: { title: string; children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <fieldset>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}
