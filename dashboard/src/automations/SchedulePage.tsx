import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { Fire, Schedule } from "../api/types";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { Badge } from "../ui/Badge";
import { Card, PageHead } from "../ui/Card";
import { Facts } from "../ui/Facts";
import { Empty } from "../ui/Notice";
import { isMissing, PageProblem } from "../ui/PageProblem";
import { Table, tableCss } from "../ui/Table";
import { scheduleQuery } from "./api";
import { FireOutcome } from "./FireLine";
import { NextTimes } from "./NextTimes";
import { ScheduleActions } from "./ScheduleActions";
import css from "./Schedules.module.css";
import { When } from "./When";

export default function SchedulePage({ id }: { id: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const schedule = useQuery(scheduleQuery(id));
  useTitle(schedule.data?.name ?? "");
  if (schedule.data === undefined || isMissing(schedule.error)) return <PageProblem title={t("schedules.one")} list={{ name: t("schedules.title"), to: paths.schedules }} error={schedule.error} />;
  return <ScheduleCards schedule={schedule.data} />;
}

function ScheduleCards({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const { count, duration, moment } = useFormats();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const { run } = schedule;
  const dataset = run.dataset ? <Link href={paths.dataset(run.dataset)}>{run.dataset}</Link> : "–";
  return (
    <div className={css["page"]} data-testid="schedule">
      <PageHead title={schedule.name} crumbs={[{ name: t("schedules.title"), to: paths.schedules }]} note={schedule.paused ? <Badge>{t("schedules.paused")}</Badge> : <When schedule={schedule} />}>
        <ScheduleActions schedule={schedule} onDeleted={() => navigate(paths.schedules, { replace: true })} />
      </PageHead>
      <Card title={t("schedules.next")} note={t("schedules.yourZone")}>
        {schedule.next_fires.length > 0 ? <NextTimes times={schedule.next_fires} zone={schedule.timezone} /> : <p className={css["soft"]}>{t("schedules.noNext")}</p>}
      </Card>
      <Card title={t("schedules.fires")} note={t("schedules.firesNote", { fires: count(schedule.fires), missed: count(schedule.left_out) })}>
        {schedule.newest_fires.length === 0 ? <Empty title={t("schedules.notYet")} /> : <FireTable fires={schedule.newest_fires} />}
      </Card>
      <Card title={t("schedules.what")}>
        <Facts
          facts={[
            { name: t("schedules.when"), value: <When schedule={schedule} /> },
            { name: t("schedules.misfire"), value: t(`schedules.misfires.${schedule.misfire}`) },
            { name: t("schedules.grace"), value: duration(schedule.grace_seconds) },
            { name: t("runs.plugin"), value: run.plugin ?? "–" },
            { name: t("runs.dataset"), value: dataset },
            { name: t("details.seed"), value: String(run.seed) },
            { name: t("runs.created"), value: moment(schedule.created_at) },
            ...Object.entries(run.config ?? {}).map(([name, value]) => ({ name, value: JSON.stringify(value), code: true })),
          ]}
        />
      </Card>
    </div>
  );
}

function FireTable({ fires }: { fires: readonly Fire[] }) {
  const { t } = useTranslation();
  const { instant } = useFormats();
  const paths = usePaths();
  return (
    <Table caption={t("schedules.fires")}>
      <thead>
        <tr>
          <th scope="col">{t("schedules.due")}</th>
          <th scope="col">{t("schedules.fired")}</th>
          <th scope="col">{t("schedules.run")}</th>
          <th scope="col">{t("runs.state")}</th>
        </tr>
      </thead>
      <tbody>
        {fires.map((fire) => (
          <tr key={fire.fire_time}>
            <td className={tableCss["nowrap"]}>{fire.cause === "asked" ? t("schedules.asked") : instant(fire.fire_time)}</td>
            <td className={tableCss["nowrap"]}>{instant(fire.fired_at)}</td>
            <td>{fire.run_id !== null && fire.run_name !== null ? <Link href={paths.run(fire.run_id)}>{fire.run_name}</Link> : "–"}</td>
            <td>
              <FireOutcome fire={fire} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
