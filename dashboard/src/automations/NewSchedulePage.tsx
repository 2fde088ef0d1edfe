import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { runQuery } from "../runs/api";
import { ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { SelectField } from "../ui/forms/Field";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { repeatableQuery } from "./api";
import { NewScheduleForm } from "./ScheduleForm";
import css from "./Schedules.module.css";

/** Page that selects a successful run and the times at which to repeat it. */
export default function NewSchedulePage() {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const [search] = useSearchParams();
  const [chosen, setChosen] = useState(search.get("from"));
  const runs = useQuery(repeatableQuery);
  const id = chosen ?? runs.data?.find(({ state }) => state === "succeeded")?.id ?? runs.data?.[0]?.id ?? null;
  const run = useQuery({ ...runQuery(id ?? ""), enabled: id !== null });
  useTitle(t("schedules.new"));

  const listed = runs.data ?? [];
  const options = (run.data && !listed.some((one) => one.id === run.data.id) ? [run.data, ...listed] : listed).map((one) => ({
    value: one.id,
    label: [one.name, one.plugin, t(`states.${one.state}`), moment(one.created_at)].filter(Boolean).join(" · "),
  }));
  const error = runs.error ?? run.error;
  return (
    <div className={css["form"]}>
      <PageHead title={t("schedules.new")} crumbs={[{ name: t("schedules.title"), to: paths.schedules }]} note={t("schedules.newNote")} />
      {error ? <ErrorNotice error={error} /> : null}
      {runs.data === undefined && !error ? <Loading /> : null}
      {runs.data?.length === 0 && id === null ? (
        <Card>
          <Empty title={t("schedules.noRun")}>
            <p>{t("schedules.noRunNext")}</p>
            <ButtonLink to={paths.newRun()}>{t("runs.first")}</ButtonLink>
          </Empty>
        </Card>
      ) : null}
      {id !== null && runs.data !== undefined ? (
        <Card title={t("schedules.what")}>
          <SelectField label={t("schedules.repeat")} hint={t("schedules.repeatHint")} value={id} onChange={setChosen} options={options} testId="repeat-select" />
        </Card>
      ) : null}
      {run.data ? <NewScheduleForm key={run.data.id} run={run.data} /> : null}
    </div>
  );
}
