import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Evaluation } from "../api/evaluation";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { Table, tableCss } from "../ui/Table";

/** The share of actual values inside each interval of a contender; empty if no contender has intervals. */
export function IntervalsCard({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const able = evaluation.contenders.filter((each) => each.intervals.length > 0);
  const candidate = able.find((each) => each.role === "candidate") ?? able[0];
  const [name, setName] = useState(candidate?.name);
  const chosen = able.find((each) => each.name === name) ?? candidate;
  if (!chosen) return null;
  const steps = evaluation.shown_horizons.length > 1 ? evaluation.shown_horizons : [];
  return (
    <Card
      title={t("intervals.title")}
      note={t("intervals.note")}
      actions={
        <label className={css["choices"]}>
          <span className={css["soft"]}>{t("baselines.contender")}</span>
          <select value={chosen.name} onChange={(event) => setName(event.target.value)}>
            {able.map((each) => (
              <option key={each.name}>{each.name}</option>
            ))}
          </select>
        </label>
      }
    >
      <Table caption={t("intervals.caption", { name: chosen.name })} testId="intervals-table">
        <thead>
          <tr>
            <th scope="col" className={tableCss["number"]}>{t("intervals.promised")}</th>
            <th scope="col" className={tableCss["number"]}>{t("intervals.held")}</th>
            <th scope="col" className={tableCss["number"]}>{t("intervals.likely")}</th>
            {steps.map((step) => (
              <th key={step} scope="col" className={tableCss["number"]}>+{step}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {chosen.intervals.map((row) => (
            <tr key={row.share}>
              <th scope="row" className={tableCss["number"]}>{percent(row.share, 0)}</th>
              <td className={tableCss["number"]}>{percent(row.coverage, 1)}</td>
              <td className={tableCss["number"]}>{percent(row.low, 0)} – {percent(row.high, 0)}</td>
              {steps.map((step) => (
                <td key={step} className={tableCss["number"]}>{percent(row.horizons.find((at) => at.horizon === step)?.coverage ?? null, 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      <p className={css["footnote"]}>{t("intervals.footnote")}</p>
    </Card>
  );
}
