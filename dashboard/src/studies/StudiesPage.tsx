import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Study } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Icon } from "../ui/Icon";
import { More } from "../ui/More";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { studyPages } from "./api";
import { bestBaseline } from "./history";
import css from "./Studies.module.css";
import { StudyState } from "./StudyState";

export default function StudiesPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const session = useSession();
  const studies = useInfiniteQuery(studyPages);
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
        {studies.error ? <ErrorNotice error={studies.error} /> : null}
        {studies.isLoading ? <Loading /> : null}
        {studies.data?.length === 0 ? (
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
  return (
    <tr>
      <th scope="row">
        <Link href={paths.study(study.id)}>{study.name}</Link>
      </th>
      <td>
        <StudyState state={study.state} />
      </td>
      <td>{study.plugin}</td>
      <td>
        <Link href={paths.dataset(study.dataset_name)}>{study.dataset_name}</Link>
      </td>
      <td className={tableCss["nowrap"]}>{t("studies.endedOf", { ended: count(ended), all: count(study.budget.trials) })}</td>
      <td className={tableCss["nowrap"]}>
        {study.objectives[0]?.metric} {number(study.best?.scores?.[0])}
      </td>
      <td>{baseline === null ? <span className={css["soft"]}>{t("common.notYetKnown")}</span> : `${number(baseline.score)} (${baseline.name})`}</td>
      <td className={tableCss["nowrap"]}>{moment(study.created_at)}</td>
    </tr>
  );
}
