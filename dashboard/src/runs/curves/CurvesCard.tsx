import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../../api/types";
import { CurvePlot } from "../../charts/lazy";
import { Card } from "../../ui/Card";
import { haveTimes, isOfMachine, type Curve, type Curves } from "./curves";
import { hasEnded } from "../live";
import css from "../../ui/Content.module.css";


const LOSSES: readonly string[] = ["loss", "validation_loss"];

/** Chart of loss and validation loss, or of another selected curve. */
export function CurvesCard({ run, curves }: { run: RunDetail; curves: Curves }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState("");
  const [logarithmic, setLogarithmic] = useState(false);
  const [axis, setAxis] = useState<"step" | "time">("step");
  const present = Object.keys(curves).filter((name) => !isOfMachine(name)).sort();
  const others = present.filter((name) => !LOSSES.includes(name));
  const hasLoss = LOSSES.some((name) => name in curves);
  const shown = chosen !== "" ? chosen : hasLoss || others.length === 0 ? "loss" : (others[0] ?? "loss");
  const drawn = shown === "loss" ? LOSSES.filter((name) => name === "loss" || present.includes(name)) : [shown];
  const titles: Record<string, string> = { loss: t("curves.loss"), validation_loss: t("curves.validationLoss") };
  const names = drawn.map((name) => ({ name, label: titles[name] ?? name }));
  const empty = names.every(({ name }) => (curves[name]?.steps.length ?? 0) === 0);
  const timed = haveTimes(names.map(({ name }) => curves[name]));
  const x = timed ? axis : "step";
  const positive = names.every(({ name }) => isPositive(curves[name]));

  return (
    <Card
      title={t("curves.title")}
      actions={
        <div className={css["choices"]}>
          {others.length > 0 ? (
            <label>
              <span className="visually-hidden">{t("curves.choose")}</span>
              <select value={shown} onChange={(event) => setChosen(event.target.value)}>
                {hasLoss ? <option value="loss">{t("curves.losses")}</option> : null}
                {others.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
          ) : null}
          {timed ? (
            <label>
              <span className="visually-hidden">{t("curves.axis")}</span>
              <select value={axis} onChange={(event) => setAxis(event.target.value === "time" ? "time" : "step")}>
                <option value="step">{t("curves.overSteps")}</option>
                <option value="time">{t("curves.overTime")}</option>
              </select>
            </label>
          ) : null}
          {positive && !empty ? (
            <label>
              <input type="checkbox" checked={logarithmic} onChange={(event) => setLogarithmic(event.target.checked)} />
              {t("curves.log")}
            </label>
          ) : null}
        </div>
      }
    >
      {empty ? (
        <div className={css["chartPlaceholder"]} data-testid="loss-chart" data-points={0}>
          {hasEnded(run.state) ? t("curves.never") : t("curves.notYet")}
        </div>
      ) : (
        <Suspense fallback={<div className={css["chartPlaceholder"]} />}>
          <CurvePlot
            curves={curves}
            names={names}
            logarithmic={logarithmic && positive}
            x={x}
            xLabel={t(x === "time" ? "charts.time" : "charts.step")}
            label={t(x === "time" ? "curves.labelOverTime" : "curves.label", { names: names.map(({ label }) => label).join(", "), run: run.name })}
            testId="loss-chart"
          />
        </Suspense>
      )}
    </Card>
  );
}

function isPositive(curve: Curve | undefined): boolean {
  return curve?.values.every((value) => value === null || value > 0) ?? true;
}
