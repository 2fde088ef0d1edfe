import { Suspense } from "react";
import { useTranslation } from "react-i18next";

import { CurvePlot } from "../../charts/lazy";
import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { isOfMachine, type Curve, type Curves } from "./curves";
import css from "./Curves.module.css";
import text from "../../ui/Content.module.css";


/** The resource curves that have a name in both languages; bytes are drawn as megabytes. */
const KNOWN = ["cpu_percent", "memory_bytes", "gpu_percent", "gpu_memory_bytes"] as const;

/** Resource usage of the run's processes, over seconds instead of steps. */
export function SystemCard({ curves, name }: { curves: Curves; name: string }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const present = Object.keys(curves).filter(isOfMachine).sort();
  if (present.length === 0) return null;
  const labelOf = (series: string) => {
    const known = KNOWN.find((each) => series === `system/${each}`);
    return known ? t(`machine.${known}`) : series;
  };
  const shownOf = (series: string): Curve => (series.endsWith("_bytes") ? inMegabytes(curves[series]) : (curves[series] ?? EMPTY));
  // A single point is not drawn as a curve.
  const single = present.filter((series) => shownOf(series).values.length < 2);
  const drawable = present.filter((series) => !single.includes(series));
  return (
    <Card title={t("machine.title")} note={t("machine.note")} testId="machine">
      {single.length > 0 ? <Facts facts={single.map((series) => ({ name: labelOf(series), value: number(shownOf(series).values[0]) }))} /> : null}
      <div className={css["machine"]}>
        {drawable.map((series) => {
          const label = labelOf(series);
          const drawn: Curves = { [series]: shownOf(series) };
          return (
            <figure key={series}>
              <figcaption>{label}</figcaption>
              <Suspense fallback={<div className={text["chartPlaceholder"]} />}>
                <CurvePlot
                  curves={drawn}
                  names={[{ name: series, label }]}
                  logarithmic={false}
                  label={t("curves.label", { names: label, run: name })}
                  xLabel={t("machine.seconds")}
                  height={180}
                  testId={`chart-${series}`}
                />
              </Suspense>
            </figure>
          );
        })}
      </div>
    </Card>
  );
}

const EMPTY: Curve = { steps: [], values: [] };

function inMegabytes(curve: Curve | undefined): Curve {
  return { steps: curve?.steps ?? [], values: (curve?.values ?? []).map((value) => (value === null ? null : value / 1e6)) };
}
