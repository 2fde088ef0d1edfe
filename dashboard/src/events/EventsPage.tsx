import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import { EmptyState } from "../ui/EmptyState";
import { SelectField } from "../ui/forms/Field";
import { More } from "../ui/More";
import { ErrorNotice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Skeleton } from "../ui/Skeleton";
import { Table, tableCss } from "../ui/Table";
import { useTab } from "../ui/Tabs";
import { GROUPS, eventsQuery, type EventGroup } from "./api";
import css from "./Events.module.css";
import { detailsOf, subjectOf } from "./subject";

const CHOICES = ["all", ...GROUPS] as const;

/** The event log of the project, newest first; new events appear at its top while the page is open. */
export default function EventsPage() {
  const { t } = useTranslation();
  const { instant } = useFormats();
  const paths = usePaths();
  const [chosen, choose] = useTab(CHOICES, "type");
  const group = GROUPS.find((each): each is EventGroup => each === chosen) ?? null;
  const events = useInfiniteQuery(eventsQuery(group));
  return (
    <Page title={t("events.title")} note={t("events.note")}>
      <Card>
        <div className={css["filter"]}>
          <SelectField label={t("events.filter")} value={chosen} onChange={choose} options={CHOICES.map((value) => ({ value, label: t(`events.group.${value}`) }))} testId="event-type" />
        </div>
        {events.error ? <ErrorNotice error={events.error} /> : null}
        {events.isLoading ? <Skeleton lines={6} /> : null}
        {events.data?.length === 0 ? <EmptyState title={t("events.none")} text={t("events.noneNext")} /> : null}
        {events.data && events.data.length > 0 ? (
          <Table caption={t("events.title")} testId="events">
            <thead>
              <tr>
                <th scope="col">{t("events.at")}</th>
                <th scope="col">{t("events.type")}</th>
                <th scope="col">{t("events.subject")}</th>
                <th scope="col">{t("events.details")}</th>
              </tr>
            </thead>
            <tbody>
              {events.data.map((event) => {
                const subject = subjectOf(event, paths);
                return (
                  <tr key={event.seq}>
                    <td className={tableCss["nowrap"]}>{instant(event.at)}</td>
                    <th scope="row" className={tableCss["nowrap"]}>
                      <code>{event.type}</code>
                    </th>
                    <td className={css["subject"]} dir="auto">
                      {subject === null ? "–" : subject.to === null ? subject.name : <Link href={subject.to}>{subject.name}</Link>}
                    </td>
                    <td className={css["details"]}>
                      {detailsOf(event.data).map(([name, value]) => (
                        <span key={name}>
                          <code>{name}</code> {value}
                        </span>
                      ))}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </Table>
        ) : null}
        <More list={events} />
      </Card>
    </Page>
  );
}
