import { queryOptions } from "@tanstack/react-query";

import { get, part } from "../api/client";
import type { Evaluation } from "../api/evaluation";
import type { Figures } from "../api/figures";
import type { RunDetail } from "../api/types";

export interface FigureProps {
  run: RunDetail;
  evaluation: Evaluation | null;
}

function query<Figure>(id: string, name: string, enabled: boolean) {
  return queryOptions({
    queryKey: ["run", id, "figure", name],
    queryFn: ({ signal }) => get<Figure>(`/runs/${part(id)}/figures/${part(name)}`, {}, signal),
    enabled,
    staleTime: 60_000,
  });
}

/** A figure that has a card of its own; not requested where the run lacks it. */
export function figureQuery<Name extends keyof Figures>(run: Pick<RunDetail, "id" | "figures">, name: Name) {
  return query<Figures[Name]>(run.id, name, run.figures.includes(name));
}

/** The forecast of a run that is known by its id only. */
export const forecastQuery = (id: string | null) => query<Figures["forecast"]>(id ?? "", "forecast", id !== null);

/** A figure of a task kind that the dashboard has no card for. */
export const anyFigureQuery = (id: string, name: string) => query<unknown>(id, name, true);
