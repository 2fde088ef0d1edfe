import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { SearchRange, StudyDetail } from "../../api/types";
import { inLanguage } from "../../language/setup";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Empty } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { directionOf } from "../history";
import css from "./Page.module.css";

/** How the study searches, its space, its fixed config and the scores of the baselines. */
export function ConfigTab({ study }: { study: StudyDetail }) {
  return (
    <>
      <FactsCard study={study} />
      <SpaceCard study={study} />
      <FixedCard study={study} />
      <BaselinesCard study={study} />
    </>
  );
}

function FactsCard({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  const { count, duration, moment } = useFormats();
  const paths = usePaths();
  const limits = [
    t("studies.limitTrials", { count: study.budget.trials ?? 0, shown: count(study.budget.trials) }),
    study.budget.seconds ? duration(study.budget.seconds) : "",
    study.budget.cpu_seconds ? t("studies.limitCpu", { time: duration(study.budget.cpu_seconds) }) : "",
  ];
  return (
    <Card title={t("studies.how")}>
      <Facts
        facts={[
          { name: t("studies.pipeline"), value: study.plugin },
          { name: t("studies.dataset"), value: <Link href={paths.dataset(study.dataset_name)}>{`${study.dataset_name} v${study.dataset_version}`}</Link> },
          { name: t("newRun.model"), value: study.model },
          { name: t("studies.sampler"), value: t(`studies.samplers.${study.sampler}`) },
          { name: t("studies.pruner"), value: t(`studies.pruners.${study.pruner.name}`) },
          { name: t("studies.objectives"), value: study.objectives.map(({ metric }, index) => `${metric} (${t(`studies.directions.${directionOf(study, index)}`)})`).join(", ") },
          { name: t("studies.budget"), value: limits.filter(Boolean).join(" · ") },
          { name: t("studies.parallel"), value: count(study.parallel) },
          { name: t("studies.retrainWinner"), value: t(study.retrain ? "common.yes" : "common.no") },
          { name: t("studies.time"), value: duration(study.seconds) },
          { name: t("studies.cpuTime"), value: duration(study.cpu_seconds) },
          { name: t("details.seed"), value: String(study.seed) },
          { name: t("studies.created"), value: moment(study.created_at) },
        ]}
      />
    </Card>
  );
}

function SpaceCard({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  const { input } = useFormats();
  const shown = (value: unknown) => (typeof value === "number" ? input(value) : typeof value === "string" ? value : JSON.stringify(value));
  const rangeOf = ({ low, high, step, log, choices }: SearchRange) =>
    choices
      ? choices.map(shown).join("; ")
      : [`${shown(low)} – ${shown(high)}`, log === true ? t("curves.log") : "", typeof step === "number" ? t("studies.steps", { step: input(step) }) : ""].filter(Boolean).join(", ");
  return (
    <Card title={t("studies.space")}>
      <Facts facts={Object.entries(study.space).map(([name, field]) => ({ name, value: <bdi>{rangeOf(field)}</bdi>, code: true }))} long />
    </Card>
  );
}

function FixedCard({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  const { input } = useFormats();
  const fixed = Object.entries(study.config).filter(([name]) => !(name in study.space));
  return (
    <Card title={t("studies.fixed")}>
      {fixed.length === 0 ? <Empty title={t("studies.nothingFixed")} /> : <Facts facts={fixed.map(([name, value]) => ({ name, value: typeof value === "number" ? input(value) : typeof value === "string" ? value : JSON.stringify(value), code: true }))} />}
    </Card>
  );
}

function BaselinesCard({ study }: { study: StudyDetail }) {
  const { t, i18n } = useTranslation();
  const { number } = useFormats();
  return (
    <Card title={t("studies.baselines")} note={t("studies.baselinesNote")}>
      {study.baselines.length === 0 ? (
        <Empty title={t("studies.baselineUnknown")} />
      ) : (
        <Table caption={t("studies.baselines")} testId="baseline-table">
          <thead>
            <tr>
              <th scope="col">{t("studies.name")}</th>
              {study.objectives.map(({ metric }) => (
                <th key={metric} scope="col" className={tableCss["number"]}>{metric}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {study.baselines.map(({ name, scores, failed }) => (
              <tr key={name}>
                <th scope="row">
                  {name}
                  {failed ? <p className={css["reason"]}>{inLanguage(failed, i18n.language)}</p> : null}
                </th>
                {study.objectives.map(({ metric }, index) => (
                  <td key={metric} className={tableCss["number"]}>{number(scores?.[index])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
