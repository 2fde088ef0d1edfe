import css from "./Choice.module.css";

interface ChoiceProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly { value: string; label: string }[];
  testId?: string;
}

/** A native select in a line of controls, with its label before it. */
export function Choice({ label, value, onChange, options, testId }: ChoiceProps) {
  return (
    <label className={css["choice"]}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)} data-testid={testId}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
