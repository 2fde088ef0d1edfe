import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { sinceQuery } from "../events/api";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import { ErrorNotice } from "../ui/Notice";
import { changesOf } from "./changes";
import css from "./Home.module.css";
import { useLastVisit } from "./lastVisit";

/** What changed since the person's last visit with this browser; nothing on the first visit. */
export function SinceCard() {
  const { t } = useTranslation();
  const { count, moment } = useFormats();
  const paths = usePaths();
  const visit = useLastVisit();
  const since = useQuery(sinceQuery(visit?.seq ?? null));
  if (visit === null) return null;
  const changes = since.data === undefined ? null : changesOf(since.data.items);
  const named = (names: readonly string[], to: (name: string) => string) =>
    names.map((name, index) => (
      <span key={name} dir="auto">
        {index === 0 ? " " : ", "}
        <Link href={to(name)}>{name}</Link>
      </span>
    ));
  return (
    <Card title={t("home.since")} note={t("home.sinceNote", { moment: moment(visit.at) })} actions={<Link href={paths.events}>{t("home.allEvents")}</Link>} testId="since">
      {since.error ? <ErrorNotice error={since.error} /> : null}
      {changes === null ? null : changes.total === 0 ? (
        <p className={css["soft"]}>{t("home.nothingNew")}</p>
      ) : (
        <ul className={css["lines"]}>
          {changes.promoted.length > 0 ? <li>{t("home.promoted")}:{named(changes.promoted.map(({ model }) => model), paths.model)}</li> : null}
          {changes.drifted.length > 0 ? <li>{t("home.drift")}:{named(changes.drifted, paths.model)}</li> : null}
          {changes.datasets.length > 0 ? <li>{t("home.newRows")}:{named(changes.datasets, paths.dataset)}</li> : null}
          {changes.succeeded > 0 ? <li><Link href={`${paths.events}?type=run`}>{t("home.succeeded", { shown: count(changes.succeeded) })}</Link></li> : null}
          {changes.failed > 0 ? <li><Link href={`${paths.events}?type=run`}>{t("home.failed", { shown: count(changes.failed) })}</Link></li> : null}
          {changes.judged > 0 ? <li><Link href={paths.predictions}>{t("home.judged", { shown: count(changes.judged) })}</Link></li> : null}
          <li>
            <Link href={paths.events}>{t(since.data?.next ? "home.moreEvents" : "home.events", { shown: count(changes.total) })}</Link>
          </li>
        </ul>
      )}
    </Card>
  );
}
