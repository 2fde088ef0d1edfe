// State of the report that is written at the end of every run.
import { queryOptions } from "@tanstack/react-query";

import { address, part, readText } from "../../api/client";
import { allItems } from "../../api/pages";
import type { Artifact, RunDetail } from "../../api/types";

/** For this long after the end, and at this interval, the page checks for the report; later it is written on request. */
const COMING_MS = 120_000;
const AGAIN_MS = 2000;
const PROBLEM = "report.problem.txt";
const WITHOUT: readonly string[] = ["trial", "external"];

export type Written = { state: "written"; at: string } | { state: "failed" } | { state: "coming" } | { state: "unknown" };

/** Return the state of the report from the run's files; files from before its end belong to an earlier attempt. */
export function writtenOf(run: Pick<RunDetail, "kind" | "finished_at">, artifacts: readonly Artifact[], now: number): Written {
  const ended = Date.parse(run.finished_at ?? "");
  const since = artifacts.filter((each) => each.kind === "report" && Date.parse(each.created_at) >= ended);
  const document = since.find((each) => each.name.endsWith(".md"));
  if (document) return { state: "written", at: document.created_at };
  if (since.some((each) => each.name === PROBLEM)) return { state: "failed" };
  return !WITHOUT.includes(run.kind) && now - ended < COMING_MS ? { state: "coming" } : { state: "unknown" };
}

export function writtenQuery(run: RunDetail) {
  return queryOptions({
    queryKey: ["run", run.id, "written", run.finished_at],
    queryFn: async ({ signal }) => writtenOf(run, await allItems(`/runs/${part(run.id)}/artifacts`, {}, signal), Date.now()),
    initialData: () => {
      const known = writtenOf(run, run.artifacts, Date.now());
      return known.state === "coming" ? undefined : known;
    },
    staleTime: Infinity,
    refetchInterval: (query) => (query.state.data?.state === "coming" ? AGAIN_MS : false),
  });
}

export function problemQuery(id: string, wanted: boolean) {
  return queryOptions({
    queryKey: ["run", id, "report-problem"],
    queryFn: async ({ signal }) => (await readText(address(`/runs/${part(id)}/artifacts/${PROBLEM}`), signal)).trim(),
    enabled: wanted,
  });
}
