import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import { CheckField, SelectField, TextField } from "../../ui/Field";
import css from "./SchemaForm.module.css";
import type { TypedValues } from "./form";
import { useFieldText } from "./fieldText";
import type { ConfigField, Fault, Typed } from "./schema";

interface SchemaFormProps {
  fields: readonly ConfigField[];
  values: TypedValues;
  onChange: (name: string, value: Typed) => void;
  /** Faults found here, shown once the person tried to start. */
  faults: Readonly<Record<string, Fault>>;
  /** Errors of the platform by field. */
  problems: Readonly<Record<string, string>>;
}

/** A form made from a plugin's JSON schema. */
export function SchemaForm({ fields, values, onChange, faults, problems }: SchemaFormProps) {
  const { t } = useTranslation();
  const { input } = useFormats();
  const faultText = (fault: Fault | undefined) =>
    fault && t(`faults.${fault.code}`, { limit: typeof fault.limit === "number" ? input(fault.limit) : (fault.limit ?? "") });
  return (
    <div className={css["grid"]}>
      {fields.map((field) => (
        <SchemaInput
          key={field.name}
          field={field}
          value={values[field.name] ?? ""}
          onChange={(value) => onChange(field.name, value)}
          error={faultText(faults[field.name]) ?? problems[field.name]}
        />
      ))}
    </div>
  );
}

function SchemaInput({ field, value, onChange, error }: { field: ConfigField; value: Typed; onChange: (value: Typed) => void; error: string | undefined }) {
  const { t } = useTranslation();
  const { label, hint } = useFieldText(field);
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
