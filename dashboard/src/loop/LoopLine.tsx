import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { LoopStep } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { ErrorNotice } from "../ui/Notice";
import { loopQuery } from "./api";
import css from "./Loop.module.css";
import { since, type Distance } from "./since";

/** The state of a model's loop in one line, and the missing automation of each open step. */
export function LoopLine({ model }: { model: string }) {
  const { t } = useTranslation();
  const loop = useQuery(loopQuery(model));
  if (loop.error) return <ErrorNotice error={loop.error} />;
  if (loop.data === undefined) return null;
  const { steps, at } = loop.data;
  const missing = new Map(steps.flatMap(({ missing: one }) => (one ? [[one.command, one] as const] : [])));
  return (
    <section className={css["loop"]} aria-label={t("loop.title")} data-testid="loop">
      <ol className={css["line"]}>
        {steps.map((step, index) => (
          <Fragment key={step.name}>
            {index === 0 ? null : (
              <li className={css["arrow"]} aria-hidden="true">
                →
              </li>
            )}
            <Step step={step} now={at} />
          </Fragment>
        ))}
      </ol>
      {missing.size === 0 ? null : (
        <ul className={css["missing"]}>
          {[...missing.values()].map((one) => (
            <li key={one.command}>
              {t(`loop.missing.${one.what}`)} <code>{one.command}</code>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Step({ step, now }: { step: LoopStep; now: string }) {
  const { t, i18n } = useTranslation();
  const { moment } = useFormats();
  const place = usePlace(step);
  const words = useWords(step, now);
  const triggers = step.triggers.map((one) => t(`loop.trigger.${one.kind}`, { name: one.name ?? "" }));
  const said = [
    step.at ? moment(step.at) : "",
    step.open ? t("loop.open") : t("loop.triggeredBy", { triggers: triggers.join(", ") }),
    step.error ?? "",
    step.gate?.text ? inLanguage(step.gate.text, i18n.language) : "",
  ].filter((part) => part !== "");
  return (
    <li className={css["step"]} data-state={step.state} data-open={step.open} data-testid={`loop-${step.name}`} title={said.join("\n")}>
      {place === null ? <span>{words}</span> : <Link href={place}>{words}</Link>}
      {step.open ? <span className={css["open"]}>{t("loop.openMark")}</span> : null}
    </li>
  );
}

/** The page that shows what the step did. */
function usePlace(step: LoopStep): string | null {
  const paths = usePaths();
  if (step.run_id) return paths.run(step.run_id);
  if (step.dataset) return paths.dataset(step.dataset);
  return null;
}

function useWords(step: LoopStep, now: string): string {
  const { t } = useTranslation();
  const { count } = useFormats();
  const passed = step.at ? since(step.at, now) : null;
  const ago = (one: Distance | null) => (one === null ? "" : one.unit === "now" ? t("loop.ago.now") : t(`loop.ago.${one.unit}`, { count: one.count }));
  const holds = (one: Distance | null) => (one === null ? "" : one.unit === "now" ? t("loop.holds.now") : t(`loop.holds.${one.unit}`, { count: one.count }));
  if (step.name === "gate") {
    if (step.gate === null || step.gate === undefined) return t("loop.step.gate.none");
    const { decision, why } = step.gate;
    const said = t(`loop.gate.${decision}`);
    return t("loop.step.gate.done", { decision: why && why !== "other" ? `${said} (${t(`loop.why.${why}`)})` : said });
  }
  const counted = `${count(step.count)}${step.counted_all ? "" : "+"}`;
  return t(`loop.step.${step.name}.${step.state}`, { ago: ago(passed), holds: holds(passed), counted, version: step.version ?? "" });
}
