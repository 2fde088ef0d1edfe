import { useRef } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { CheckField, SelectField, TextField } from "../../ui/forms/Field";
import { Folded } from "../../ui/forms/Folded";
import css from "./SchemaForm.module.css";
import { arranged, isChanged, type TypedValues } from "./form";
import { useFieldText } from "./fieldText";
import type { ConfigField, Fault, Typed } from "./schema";

interface SchemaFormProps {
  fields: readonly ConfigField[];
  values: TypedValues;
  /** What the form started with: the defaults, or the values of the copied run. Other values are marked. */
  initial: TypedValues;
  onChange: (name: string, value: Typed) => void;
  /** Faults found here, shown once the person tried to start. */
  faults: Readonly<Record<string, Fault>>;
  /** Errors of the platform by field. */
  problems: Readonly<Record<string, string>>;
  /** Whether the form started with the values of another run. */
  isCopy?: boolean;
}

/** A form made from a plugin's JSON schema: essential fields, and the others folded into their groups. */
export function SchemaForm({ fields, values, initial, onChange, faults, problems, isCopy = false }: SchemaFormProps) {
  const { t } = useTranslation();
  const { input } = useFormats();
  const faultText = (fault: Fault | undefined) =>
    fault && t(`faults.${fault.code}`, { limit: typeof fault.limit === "number" ? input(fault.limit) : (fault.limit ?? "") });
  const errorOf = (name: string) => faultText(faults[name]) ?? problems[name];
  const changed = (field: ConfigField) => isChanged(field, values[field.name], initial[field.name]);
  const shown = (field: ConfigField) => (
    <SchemaInput
      key={field.name}
      field={field}
      value={values[field.name] ?? ""}
      start={changed(field) ? (initial[field.name] ?? "") : null}
      isCopy={isCopy}
      onChange={(value) => onChange(field.name, value)}
      error={errorOf(field.name)}
    />
  );
  const { open, groups } = arranged(fields);
  return (
    <div className={css["form"]}>
      <div className={css["grid"]}>{open.map(shown)}</div>
      {groups.map((group) => {
        const count = group.fields.filter(changed).length;
        return (
          <Folded
            key={group.title}
            title={group.title === "" ? t("form.otherSettings") : group.title}
            note={count > 0 ? t("form.changed", { count }) : undefined}
            isUnfolded={group.fields.some((field) => errorOf(field.name) !== undefined)}
            startsUnfolded={count > 0}
            testId="field-group"
          >
            <div className={css["grid"]}>{group.fields.map(shown)}</div>
          </Folded>
        );
      })}
    </div>
  );
}

interface SchemaInputProps {
  field: ConfigField;
  value: Typed;
  /** The value at the start of the form if another one is typed, else null. */
  start: Typed | null;
  isCopy: boolean;
  onChange: (value: Typed) => void;
  error: string | undefined;
}

function SchemaInput({ field, value, start, isCopy, onChange, error }: SchemaInputProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const { label, hint } = useFieldText(field);
  const reset = (first: Typed) => {
    onChange(first);
    box.current?.querySelector<HTMLElement>("input, select")?.focus();
  };
  return (
    <div ref={box} className={start === null ? undefined : css["changed"]} data-changed={start === null ? undefined : true}>
      <SchemaControl field={field} value={value} onChange={onChange} error={error} label={label} hint={hint} />
      {start === null ? null : (
        <p className={css["mark"]}>
          <span>{t(isCopy ? "form.differs" : "form.isChanged", { value: shownValue(start, t("form.empty")) })}</span>
          <Button small onPress={() => reset(start)} label={t("form.resetField", { field: label })}>
            {t("form.reset")}
          </Button>
        </p>
      )}
    </div>
  );
}

function shownValue(value: Typed, empty: string): string {
  return value === "" ? empty : String(value);
}

function SchemaControl({ field, value, onChange, error, label, hint }: { field: ConfigField; value: Typed; onChange: (value: Typed) => void; error: string | undefined; label: string; hint: string }) {
  const { t } = useTranslation();
  const shared = { label, hint, error, name: field.name };
  if (typeof value === "boolean") return <CheckField {...shared} checked={value} onChange={onChange} />;
  if (field.kind === "choice" || field.kind === "boolean") {
    const choices = field.kind === "boolean" ? ["true", "false"] : field.choices.map(String);
    const options = choices.map((choice) => ({ value: choice, label: choice }));
    const all = field.nullable ? [{ value: "", label: t("form.none") }, ...options] : options;
    return <SelectField {...shared} value={value} onChange={onChange} options={all} />;
  }
  const mode = field.kind === "integer" ? "numeric" : field.kind === "number" ? "decimal" : "text";
  return <TextField {...shared} value={value} onChange={onChange} mode={mode} isDate={field.isDate} placeholder={field.nullable ? t("form.optional") : ""} />;
}
