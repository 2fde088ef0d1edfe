import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Model } from "../api/types";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { Badge } from "../ui/Badge";
import { Card } from "../ui/Card";
import { runsOf } from "./api";
import css from "./Home.module.css";

/** What waits for a person: promotions to approve, drift, and failed runs. */
export function NeedsCard({ models }: { models: readonly Model[] }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const failed = useQuery(runsOf("failed", 5));
  const quarantined = useQuery(runsOf("quarantined", 5));
  const waiting = models.flatMap(({ name, live }) => (live?.waiting ?? []).map((version) => ({ model: name, version })));
  const drift = models.filter(({ champion, live }) => champion !== null && live?.drift === "alarm");
  const runs = [...(failed.data?.items ?? []), ...(quarantined.data?.items ?? [])];
  const none = failed.data !== undefined && runs.length + waiting.length + drift.length === 0;
  return (
    <Card title={t("home.needs")} testId="needs" tone={none ? "plain" : "ember"}>
      {none ? <p className={css["soft"]}>{t("home.noneNeeded")}</p> : null}
      <ul className={css["lines"]}>
        {waiting.map((one) => (
          <li key={`${one.model} ${String(one.version)}`} className={css["line"]}>
            <Link href={paths.model(one.model)} className={css["name"]} dir="auto">
              {t("home.waiting", { model: one.model, version: one.version })}
            </Link>
            <Badge tone="azure">{t("home.approval")}</Badge>
          </li>
        ))}
        {drift.map((one) => (
          <li key={one.name} className={css["line"]}>
            <Link href={paths.model(one.name)} className={css["name"]} dir="auto">
              {one.name} v{one.champion}
            </Link>
            <Badge tone="ember">{t("home.drift")}</Badge>
          </li>
        ))}
        {runs.map((run) => (
          <li key={run.id} className={css["line"]}>
            <Link href={paths.run(run.id)} className={css["name"]} dir="auto" title={run.error?.message ?? run.name}>
              {run.name || run.id}
            </Link>
            <span className={css["end"]}>
              <Badge tone="bad">{t(`states.${run.state}`)}</Badge>
              <span className={css["soft"]}>{moment(run.finished_at)}</span>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
