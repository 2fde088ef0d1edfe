import { useTranslation } from "react-i18next";

import { Table } from "../ui/Table";
import { readField, type SearchField, type TypedField, type Way } from "./space";
import css from "./Studies.module.css";

interface SpaceTableProps {
  fields: readonly SearchField[];
  typed: Record<string, TypedField>;
  onChange: (name: string, part: Partial<TypedField>) => void;
  tried: boolean;
}

/** Table with a row for each field: fixed, a range, or choices. */
export function SpaceTable({ fields, typed, onChange, tried }: SpaceTableProps) {
  const { t } = useTranslation();
  return (
    <Table caption={t("studies.space")} testId="space-table">
      <thead>
        <tr>
          <th scope="col">{t("studies.field")}</th>
          <th scope="col">{t("studies.search")}</th>
          <th scope="col">{t("studies.low")}</th>
          <th scope="col">{t("studies.high")}</th>
          <th scope="col">{t("studies.step")}</th>
          <th scope="col">{t("studies.log")}</th>
          <th scope="col">{t("studies.choices")}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => {
          const one = typed[field.name];
          return one === undefined ? null : <FieldRow key={field.name} field={field} typed={one} onChange={(part) => onChange(field.name, part)} tried={tried} />;
        })}
      </tbody>
    </Table>
  );
}

function FieldRow({ field, typed, onChange, tried }: { field: SearchField; typed: TypedField; onChange: (part: Partial<TypedField>) => void; tried: boolean }) {
  const { t } = useTranslation();
  const { name } = field;
  const hint = field.description;
  const ways: readonly Way[] = field.kind === "choice" ? ["no", "choices"] : ["no", "range", "choices"];
  const read = typed.way === "no" ? null : readField(field, typed);
  const fault = tried && read !== null && "fault" in read ? read.fault : null;
  const isRange = typed.way === "range";
  return (
    <tr>
      <th scope="row">
        {name}
        {hint === "" ? null : <p className={css["soft"]}>{hint}</p>}
        {fault === null ? null : (
          <p className={css["fault"]} role="alert">
            {t(`studies.faults.${fault}`)}
          </p>
        )}
      </th>
      <td>
        <select className={css["input"]} aria-label={t("studies.searchField", { name })} value={typed.way} data-testid={`way-${name}`} onChange={(event) => onChange({ way: event.target.value as Way })}>
          {ways.map((way) => (
            <option key={way} value={way}>
              {t(`studies.ways.${way}`)}
            </option>
          ))}
        </select>
      </td>
      <td>
        {field.kind === "choice" ? null : (
          <input className={css["input"]} aria-label={t("studies.lowOf", { name })} inputMode="decimal" value={typed.low} disabled={!isRange} data-testid={`low-${name}`} onChange={(event) => onChange({ low: event.target.value })} />
        )}
      </td>
      <td>
        {field.kind === "choice" ? null : (
          <input className={css["input"]} aria-label={t("studies.highOf", { name })} inputMode="decimal" value={typed.high} disabled={!isRange} data-testid={`high-${name}`} onChange={(event) => onChange({ high: event.target.value })} />
        )}
      </td>
      <td>
        {field.kind === "choice" ? null : (
          <input className={css["input"]} aria-label={t("studies.stepOf", { name })} inputMode="decimal" value={typed.log ? "" : typed.step} disabled={!isRange || typed.log} data-testid={`step-${name}`} onChange={(event) => onChange({ step: event.target.value })} />
        )}
      </td>
      <td>
        {field.kind === "choice" ? null : <input type="checkbox" aria-label={t("studies.logOf", { name })} checked={typed.log} disabled={!isRange} onChange={(event) => onChange({ log: event.target.checked })} />}
      </td>
      <td>
        <input className={css["input"]} aria-label={t("studies.choicesOf", { name })} value={typed.choices} disabled={typed.way !== "choices"} data-testid={`choices-${name}`} onChange={(event) => onChange({ choices: event.target.value })} />
      </td>
    </tr>
  );
}
