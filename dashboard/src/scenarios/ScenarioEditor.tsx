import { useTranslation } from "react-i18next";

import { Button } from "../ui/Button";
import { SelectField, TextField } from "../ui/forms/Field";
import { MOST_SCENARIOS, problemOf, WAYS, type DraftChange, type DraftScenario } from "./draft";
import css from "./Scenarios.module.css";

interface EditorProps {
  columns: readonly string[];
  drafts: readonly DraftScenario[];
  onChange: (drafts: DraftScenario[]) => void;
}

/** Named scenarios, each with its changes to columns known ahead. */
export function ScenarioEditor({ columns, drafts, onChange }: EditorProps) {
  const { t } = useTranslation();
  const replace = (at: number, draft: DraftScenario | null) =>
    onChange(drafts.flatMap((each, index) => (index !== at ? [each] : draft === null ? [] : [draft])));
  return (
    <div className={css["editor"]}>
      {drafts.map((draft, at) => (
        <fieldset key={at} className={css["scenario"]} data-testid="scenario">
          <legend className={css["legend"]}>{t("whatIf.scenario", { number: at + 1 })}</legend>
          <div className={css["name"]}>
            <TextField label={t("whatIf.name")} value={draft.name} onChange={(name) => replace(at, { ...draft, name })} testId="scenario-name" />
            {drafts.length > 1 ? (
              <Button small onPress={() => replace(at, null)}>
                {t("whatIf.remove")}
              </Button>
            ) : null}
          </div>
          {draft.changes.map((change, place) => (
            <ChangeRow
              key={place}
              columns={columns}
              change={change}
              alone={draft.changes.length === 1}
              onChange={(next) => replace(at, { ...draft, changes: draft.changes.flatMap((each, index) => (index !== place ? [each] : next === null ? [] : [next])) })}
            />
          ))}
          <div>
            <Button small onPress={() => replace(at, { ...draft, changes: [...draft.changes, { column: columns[0] ?? "", way: "multiply", text: "1" }] })}>
              {t("whatIf.addChange")}
            </Button>
          </div>
        </fieldset>
      ))}
      <div>
        <Button
          disabled={drafts.length >= MOST_SCENARIOS}
          onPress={() => onChange([...drafts, { name: t("whatIf.scenario", { number: drafts.length + 1 }), changes: [{ column: columns[0] ?? "", way: "multiply", text: "1.1" }] }])}
          testId="add-scenario"
        >
          {t("whatIf.addScenario")}
        </Button>
      </div>
    </div>
  );
}

interface ChangeProps {
  columns: readonly string[];
  change: DraftChange;
  alone: boolean;
  onChange: (change: DraftChange | null) => void;
}

function ChangeRow({ columns, change, alone, onChange }: ChangeProps) {
  const { t } = useTranslation();
  const problem = problemOf(change);
  return (
    <div className={css["change"]}>
      <SelectField
        label={t("whatIf.column")}
        value={change.column}
        onChange={(column) => onChange({ ...change, column })}
        options={columns.map((value) => ({ value, label: value }))}
      />
      <SelectField
        label={t("whatIf.way")}
        value={change.way}
        onChange={(way) => onChange({ ...change, way: way })}
        options={WAYS.map((value) => ({ value, label: t(`whatIf.ways.${value}`) }))}
      />
      <TextField
        label={t(change.way === "values" ? "whatIf.values" : "whatIf.by")}
        value={change.text}
        mode={change.way === "values" ? "text" : "decimal"}
        error={problem === null ? null : t(`whatIf.${problem}`)}
        onChange={(text) => onChange({ ...change, text })}
        testId="change-by"
      />
      {alone ? null : (
        <Button small onPress={() => onChange(null)}>
          {t("whatIf.remove")}
        </Button>
      )}
    </div>
  );
}
