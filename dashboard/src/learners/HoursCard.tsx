import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";

import type { Learner } from "../api/types";
import { lazily } from "../routing/lazily";
import { Card } from "../ui/Card";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { hoursQuery } from "./api";

const HoursPlot = lazily(() => import("../charts/HoursPlot"));

/** The ranking metric of the learner and its baselines, hour by hour. */
export function HoursCard({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const hours = useQuery(hoursQuery(learner));
  const found = hours.data;
  return (
    <Card title={t("learners.hours")} note={t("learners.hoursNote")}>
      {hours.error ? <ErrorNotice error={hours.error} /> : null}
      {hours.isLoading ? <Loading /> : null}
      {found?.hours.length === 0 ? <Empty title={t("learners.noOutcomes")} /> : null}
      {found && found.hours.length > 0 ? (
        <Suspense fallback={<Loading />}>
          <HoursPlot hours={found} name={learner.name} />
        </Suspense>
      ) : null}
    </Card>
  );
}
