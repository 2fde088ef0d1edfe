import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";

import type { Study } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { SelectField, TextField } from "../ui/forms/Field";
import { Icon } from "../ui/Icon";
import { More } from "../ui/More";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { studyPages } from "./api";
import { bestBaseline, better, directionOf } from "./history";
import css from "./Studies.module.css";
import { StudyState } from "./StudyState";

const STUDY_STATES: readonly Study["state"][] = ["running", "paused", "finished", "stopped", "failed"];

/** Studies with their progress and their best score next to the best baseline; the filter is in the address. */
export default function StudiesPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  const state = STUDY_STATES.find((known) => known === search.get("state")) ?? "";
  const name = search.get("name") ?? "";
  const studies = useInfiniteQuery(studyPages(state, name.trim()));
  const isFiltered = state !== "" || name.trim() !== "";
  const change = (part: { state?: string; name?: string }) =>
    setSearch(Object.fromEntries(Object.entries({ state, name, ...part }).filter(([, value]) => value !== "")), { replace: true });
  useTitle(t("studies.title"));
  return (
    <div data-testid="studies-list">
      <PageHead title={t("studies.title")} note={t("studies.note")}>
        {mayWrite(session) ? (
          <ButtonLink to={paths.newStudy} look="primary" testId="new-study">
            <Icon name="plus" />
            {t("studies.new")}
          </ButtonLink>
        ) : null}
      </PageHead>
      <Card>
        {isFiltered || (studies.data?.length ?? 0) > 0 ? (
          <div className={css["filters"]}>
            <TextField label={t("studies.find")} placeholder={t("studies.anyName")} value={name} onChange={(next) => change({ name: next.slice(0, 100) })} testId="find-studies" />
            <SelectField label={t("studies.state")} value={state} onChange={(next) => change({ state: next })} options={[{ value: "", label: t("studies.anyState") }, ...STUDY_STATES.map((value) => ({ value, label: t(`studies.states.${value}`) }))]} testId="study-state-filter" />
          </div>
        ) : null}
        {studies.error ? <ErrorNotice error={studies.error} /> : null}
        {studies.isLoading ? <Loading /> : null}
        {studies.data?.length === 0 && isFiltered ? (
          <Empty title={t("studies.noneMatch")}>
            <ButtonLink to={paths.studies}>{t("studies.allStudies")}</ButtonLink>
          </Empty>
        ) : null}
        {studies.data?.length === 0 && !isFiltered ? (
          <Empty title={t("studies.none")}>
            <p>{t("studies.noneNext")}</p>
            {mayWrite(session) ? <ButtonLink to={paths.newStudy}>{t("studies.first")}</ButtonLink> : null}
          </Empty>
        ) : null}
        {studies.data && studies.data.length > 0 ? <StudyTable studies={studies.data} /> : null}
        <More list={studies} />
      </Card>
    </div>
  );
}

function StudyTable({ studies }: { studies: readonly Study[] }) {
  const { t } = useTranslation();
  return (
    <Table caption={t("studies.title")}>
      <thead>
        <tr>
          <th scope="col">{t("studies.name")}</th>
          <th scope="col">{t("studies.state")}</th>
          <th scope="col">{t("studies.pipeline")}</th>
          <th scope="col">{t("studies.dataset")}</th>
          <th scope="col">{t("studies.trials")}</th>
          <th scope="col">{t("studies.best")}</th>
          <th scope="col">{t("studies.baseline")}</th>
          <th scope="col">{t("studies.created")}</th>
        </tr>
      </thead>
      <tbody>
        {studies.map((study) => (
          <StudyRow key={study.id} study={study} />
        ))}
      </tbody>
    </Table>
  );
}

function StudyRow({ study }: { study: Study }) {
  const { t } = useTranslation();
  const { count, moment, number } = useFormats();
  const paths = usePaths();
  const ended = Object.entries(study.trials).reduce((sum, [state, many]) => (state === "running" ? sum : sum + many), 0);
  const baseline = bestBaseline(study);
  const score = study.best?.scores?.[0];
  const beats = baseline !== null && score !== undefined && better(score, baseline.score, directionOf(study));
  const share = study.budget.trials ? Math.min(1, ended / study.budget.trials) : 0;
  return (
    <tr>
      <th scope="row">
        <Link href={paths.study(study.id)} className={css["long"]} dir="auto" title={study.name}>{study.name}</Link>
      </th>
      <td>
        <StudyState state={study.state} />
      </td>
      <td>{study.plugin}</td>
      <td>
        <Link href={paths.dataset(study.dataset_name)}>{study.dataset_name}</Link>
      </td>
      <td className={tableCss["nowrap"]}>
        {t("studies.endedOf", { ended: count(ended), all: count(study.budget.trials) })}
        {study.state === "running" ? (
          <span className={css["progress"]} aria-hidden="true">
            <span className={css["done"]} style={{ inlineSize: `${share * 100}%` }} />
          </span>
        ) : null}
      </td>
      <td className={tableCss["nowrap"]}>
        {study.objectives[0]?.metric} {number(score)}
        {baseline !== null && score !== undefined ? <p className={css["soft"]}>{t(beats ? "studies.beatsBaseline" : "studies.losesBaseline")}</p> : null}
      </td>
      <td>
        {baseline === null ? (
          <span className={css["soft"]}>{t("common.notYetKnown")}</span>
        ) : (
          <>
            {number(baseline.score)}
            <p className={css["soft"]}>{baseline.name}</p>
          </>
        )}
      </td>
      <td className={tableCss["nowrap"]}>{moment(study.created_at)}</td>
    </tr>
  );
}
