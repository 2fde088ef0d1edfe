import { useId, type ReactNode } from "react";

import css from "./Field.module.css";

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null | undefined;
  children: (control: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean | undefined }) => ReactNode;
}

/** A label, its control, a hint and an error, tied together for screen readers. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className={`${css["field"]} ${error ? css["wrong"] : ""}`}>
      <label className={css["label"]} htmlFor={id}>
        {label}
      </label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p id={`${id}-error`} className={css["error"]} role="alert">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className={css["hint"]}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

interface TextFieldProps {
  label: ReactNode;
  value: string;
  onChange: (value: string) => void;
  name?: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  placeholder?: string;
  mode?: "text" | "decimal" | "numeric";
  isDate?: boolean;
  isMoment?: boolean;
  /** The typed text is hidden. */
  isSecret?: boolean;
  /** What password managers fill in; by default nothing, and a new password where the text is hidden. */
  autoComplete?: "username" | "current-password" | "new-password";
  required?: boolean;
  testId?: string;
}

export function TextField({ label, value, onChange, name, hint, error, placeholder, mode = "text", isDate = false, isMoment = false, isSecret = false, autoComplete, required, testId }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <input
          {...control}
          className={css["input"]}
          name={name}
          value={value}
          placeholder={placeholder}
          type={isSecret ? "password" : isMoment ? "datetime-local" : isDate ? "date" : "text"}
          inputMode={mode}
          required={required}
          autoComplete={autoComplete ?? (isSecret ? "new-password" : "off")}
          spellCheck={false}
          data-testid={testId}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

export interface Option<T extends string = string> {
  value: T;
  label: string;
  group?: string;
}

interface SelectFieldProps<T extends string> {
  label: ReactNode;
  value: T | "";
  onChange: (value: T) => void;
  options: readonly Option<T>[];
  name?: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  placeholder?: string;
  testId?: string;
}

/** A native select, which works with every browser, keyboard and screen reader. */
export function SelectField<T extends string>({ label, value, onChange, options, name, hint, error, placeholder, testId }: SelectFieldProps<T>) {
  const choose = (written: string) => {
    const chosen = options.find((option) => option.value === written);
    if (chosen !== undefined) onChange(chosen.value);
  };
  const groups = [...new Set(options.map((option) => option.group ?? ""))];
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select
          {...control}
          className={css["input"]}
          name={name}
          value={value}
          data-testid={testId}
          onChange={(event) => choose(event.target.value)}
        >
          {placeholder !== undefined ? (
            <option value="" disabled>
              {placeholder}
            </option>
          ) : null}
          {groups.map((group) => {
            const inside = options.filter((option) => (option.group ?? "") === group);
            const shown = inside.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ));
            return group === "" ? shown : <optgroup key={group} label={group}>{shown}</optgroup>;
          })}
        </select>
      )}
    </Field>
  );
}

export function CheckField({ label, checked, onChange, name, hint, error }: {
  label: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  name?: string;
  hint?: ReactNode;
  error?: string | null | undefined;
}) {
  const id = useId();
  return (
    <div className={css["field"]}>
      <div className={css["check"]}>
        <input id={id} type="checkbox" name={name} checked={checked} aria-invalid={error ? true : undefined} aria-describedby={hint ? `${id}-hint` : undefined} onChange={(event) => onChange(event.target.checked)} />
        <label htmlFor={id} className={css["label"]}>
          {label}
        </label>
      </div>
      {error ? <p className={css["error"]} role="alert">{error}</p> : null}
      {hint ? <p id={`${id}-hint`} className={css["hint"]}>{hint}</p> : null}
    </div>
  );
}
