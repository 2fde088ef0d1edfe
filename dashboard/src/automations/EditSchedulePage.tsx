import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { usePaths } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { PageHead } from "../ui/Card";
import { isMissing, PageProblem } from "../ui/PageProblem";
import { scheduleQuery } from "./api";
import { EditScheduleForm } from "./ScheduleForm";
import css from "./Schedules.module.css";

/** Page that changes the name, times and policy of a schedule. */
export default function EditSchedulePage({ id }: { id: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  // Read once, so that typed input is not lost if the schedule fires in the meantime.
  const schedule = useQuery({ ...scheduleQuery(id), refetchInterval: false, refetchOnWindowFocus: false });
  const title = t("schedules.editTitle", { name: schedule.data?.name ?? "" });
  useTitle(schedule.data ? title : "");
  if (schedule.data === undefined || isMissing(schedule.error)) return <PageProblem title={t("schedules.one")} list={{ name: t("schedules.title"), to: paths.schedules }} error={schedule.error} />;
  return (
    <div className={css["form"]}>
      <PageHead title={title} crumbs={[{ name: t("schedules.title"), to: paths.schedules }, { name: schedule.data.name, to: paths.schedule(id) }]} note={t("schedules.editNote")} />
      <EditScheduleForm key={schedule.data.id} schedule={schedule.data} />
    </div>
  );
}
