import { queryOptions } from "@tanstack/react-query";

import { get, part, readFigure } from "../api/client";
import type { Evaluation } from "../api/evaluation";
import type { Figures } from "../api/figures";
import type { RunDetail } from "../api/types";

export interface FigureProps {
  run: RunDetail;
  evaluation: Evaluation | null;
}

const key = (id: string, name: string) => ["run", id, "figure", name] as const;
const STALE_MS = 60_000;

function query<Name extends keyof Figures>(id: string, name: Name, enabled: boolean) {
  return queryOptions({ queryKey: key(id, name), queryFn: ({ signal }) => readFigure(id, name, signal), enabled, staleTime: STALE_MS });
}

/** A figure that has its own card; not requested if the run lacks it. */
export function figureQuery<Name extends keyof Figures>(run: Pick<RunDetail, "id" | "figures">, name: Name) {
  return query(run.id, name, run.figures.includes(name));
}

/** The forecast of a run that is known by its id only. */
export const forecastQuery = (id: string | null) => query(id ?? "", "forecast", id !== null);

/** A figure of a task kind that the dashboard has no card for. */
export const anyFigureQuery = (id: string, name: string) =>
  queryOptions({ queryKey: key(id, name), queryFn: ({ signal }) => get(`/runs/${part(id)}/figures/${part(name)}`, {}, signal), staleTime: STALE_MS });
