import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/client";
import type { DatasetSchema, RunPlan, RunRequest } from "../../api/types";
import { rowZoneOf } from "../../language/format";
import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import text from "../../ui/Content.module.css";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { Table } from "../../ui/Table";

const PAUSE_MS = 400;

/** The answer to a dry run of what is typed now, after a short pause; null requests nothing. */
export function usePlan(request: RunRequest | null) {
  const asked = useSettled(request === null ? null : JSON.stringify(request));
  return useQuery({
    queryKey: ["dry-run", asked],
    queryFn: (): Promise<RunPlan> => post("/runs/dry-run", JSON.parse(asked ?? "{}") as unknown),
    enabled: asked !== null && request !== null,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
}

/** The value once it has not changed for a while. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** How many rows and windows each part of the data will have, before anything is started. */
export function PlanCard({ plan, isReady, schema }: { plan: ReturnType<typeof usePlan>; isReady: boolean; schema: DatasetSchema | undefined }) {
  const { t } = useTranslation();
  const { count, row } = useFormats();
  const { data, error, isFetching, isPlaceholderData } = plan;
  const zone = rowZoneOf(schema);
  const hasWindows = data?.parts.some(({ windows }) => windows !== null) ?? false;
  const hasTimes = data?.parts.some(({ start }) => start !== null) ?? false;
  return (
    <Card title={t("newRun.plan")} note={t("newRun.planNote")} testId="plan">
      <div aria-live="polite" aria-busy={isFetching}>
        {!isReady ? (
          <p className={text["soft"]}>{t("newRun.planWaits")}</p>
        ) : error ? (
          <>
            <p>{t("newRun.planRefused")}</p>
            <ErrorNotice error={error} />
          </>
        ) : data === undefined ? (
          <Loading />
        ) : (
          <div className={isPlaceholderData ? text["soft"] : undefined}>
            <Table caption={t("newRun.plan")} testId="plan-table">
              <thead>
                <tr>
                  <th scope="col">{t("newRun.part")}</th>
                  <th scope="col">{t("newRun.rows")}</th>
                  {hasWindows ? <th scope="col">{t("newRun.windows")}</th> : null}
                  {hasTimes ? <th scope="col">{t("newRun.span")}</th> : null}
                </tr>
              </thead>
              <tbody>
                {data.parts.map((part) => (
                  <tr key={part.name}>
                    <th scope="row">{t(`newRun.parts.${part.name}`)}</th>
                    <td>{count(part.rows)}</td>
                    {hasWindows ? <td>{part.windows === null ? "–" : count(part.windows)}</td> : null}
                    {hasTimes ? <td>{part.start === null || part.end === null ? "–" : `${row(part.start, zone)} – ${row(part.end, zone)}`}</td> : null}
                  </tr>
                ))}
              </tbody>
            </Table>
            {hasWindows ? <p className={text["footnote"]}>{t("newRun.windowsHint")}</p> : null}
          </div>
        )}
      </div>
    </Card>
  );
}
