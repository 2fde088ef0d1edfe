import { Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";

import { Card } from "../ui/Card";
import { isOfMachine, type Curve, type Curves } from "./curves";
import css from "./RunPage.module.css";

const CurvePlot = lazy(() => import("../charts/CurvePlot"));

/** The figures of the machine that have a name in both languages; bytes are drawn as megabytes. */
const KNOWN = ["cpu_percent", "memory_bytes", "gpu_percent", "gpu_memory_bytes"] as const;

/** What the run's processes used: apart from what it learned, over seconds instead of steps. */
export function SystemCard({ curves, name }: { curves: Curves; name: string }) {
  const { t } = useTranslation();
  const present = Object.keys(curves).filter(isOfMachine).sort();
  if (present.length === 0) return null;
  return (
    <Card title={t("machine.title")} note={t("machine.note")} testId="machine">
      <div className={css["machine"]}>
        {present.map((series) => {
          const known = KNOWN.find((each) => series === `system/${each}`);
          const label = known ? t(`machine.${known}`) : series;
          const drawn: Curves = { [series]: series.endsWith("_bytes") ? inMegabytes(curves[series]) : (curves[series] ?? EMPTY) };
          return (
            <figure key={series}>
              <figcaption>{label}</figcaption>
              <Suspense fallback={<div className={css["chartPlaceholder"]} />}>
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
