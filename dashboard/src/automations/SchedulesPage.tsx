import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Schedule } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { Badge } from "../ui/Badge";
import { ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Icon } from "../ui/Icon";
import { More } from "../ui/More";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { schedulePages } from "./api";
import { FireOutcome } from "./FireLine";
import { ScheduleActions } from "./ScheduleActions";
import css from "./Schedules.module.css";
import { When } from "./When";

const SHOWN_FIRES = 3;

export default function SchedulesPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const session = useSession();
  const schedules = useInfiniteQuery(schedulePages);
  useTitle(t("schedules.title"));
  return (
    <div data-testid="schedules-list">
      <PageHead title={t("schedules.title")} note={t("schedules.note")}>
        {mayWrite(session) ? (
          <ButtonLink to={paths.newSchedule()} look="primary" testId="new-schedule">
            <Icon name="plus" />
            {t("schedules.new")}
          </ButtonLink>
        ) : null}
      </PageHead>
      <Card>
        {schedules.error ? <ErrorNotice error={schedules.error} /> : null}
        {schedules.isLoading ? <Loading /> : null}
        {schedules.data?.length === 0 ? (
          <Empty title={t("schedules.none")}>
            <p>{t("schedules.noneNext")}</p>
            {mayWrite(session) ? <ButtonLink to={paths.newSchedule()}>{t("schedules.first")}</ButtonLink> : null}
          </Empty>
        ) : null}
        {schedules.data && schedules.data.length > 0 ? <ScheduleTable schedules={schedules.data} /> : null}
        <More list={schedules} />
      </Card>
    </div>
  );
}

function ScheduleTable({ schedules }: { schedules: readonly Schedule[] }) {
  const { t } = useTranslation();
  const session = useSession();
  return (
    <Table caption={t("schedules.title")}>
      <thead>
        <tr>
          <th scope="col">{t("schedules.name")}</th>
          <th scope="col">{t("schedules.when")}</th>
          <th scope="col">{t("schedules.next")}</th>
          <th scope="col">{t("schedules.lastRuns")}</th>
          {mayWrite(session) ? <th scope="col">{t("schedules.actions")}</th> : null}
        </tr>
      </thead>
      <tbody>
        {schedules.map((schedule) => (
          <ScheduleRow key={schedule.id} schedule={schedule} />
        ))}
      </tbody>
    </Table>
  );
}

function ScheduleRow({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const session = useSession();
  const fires = schedule.newest_fires.slice(0, SHOWN_FIRES);
  return (
    <tr>
      <th scope="row">
        <Link href={paths.schedule(schedule.id)}>{schedule.name}</Link>
      </th>
      <td>
        <When schedule={schedule} />
      </td>
      <td className={tableCss["nowrap"]}>{schedule.paused ? <Badge>{t("schedules.paused")}</Badge> : moment(schedule.next_fires[0])}</td>
      <td>
        <div className={css["fires"]}>
          {fires.length === 0 ? <span className={css["soft"]}>{t("schedules.notYet")}</span> : null}
          {fires.map((fire) => (
            <FireOutcome key={fire.fire_time} fire={fire} />
          ))}
        </div>
      </td>
      {mayWrite(session) ? (
        <td>
          <div className={css["actions"]}>
            <ScheduleActions schedule={schedule} small />
          </div>
        </td>
      ) : null}
    </tr>
  );
}
