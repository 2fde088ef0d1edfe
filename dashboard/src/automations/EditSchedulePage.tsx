import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useTitle } from "../routing/useTitle";
import { PageHead } from "../ui/Card";
import { ErrorNotice, Loading } from "../ui/Notice";
import { scheduleQuery } from "./api";
import { EditScheduleForm } from "./ScheduleForm";
import css from "./Schedules.module.css";

/** Page that changes the name, times and policy of a schedule. */
export default function EditSchedulePage({ id }: { id: string }) {
  const { t } = useTranslation();
  // Read once, so that typed input is not lost if the schedule fires in the meantime.
  const schedule = useQuery({ ...scheduleQuery(id), refetchInterval: false, refetchOnWindowFocus: false });
  const title = t("schedules.editTitle", { name: schedule.data?.name ?? "" });
  useTitle(schedule.data ? title : "");
  if (schedule.error) return <ErrorNotice error={schedule.error} />;
  if (schedule.data === undefined) return <Loading />;
  return (
    <div className={css["form"]}>
      <PageHead title={title} note={t("schedules.editNote")} />
      <EditScheduleForm key={schedule.data.id} schedule={schedule.data} />
    </div>
  );
}
