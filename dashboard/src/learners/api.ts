// Queries and mutations of the learner pages.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post } from "../api/client";
import { pagedQuery } from "../api/pages";
import { readAgain } from "../api/queries";
import type { LearnerCommand, LearnerCopy, LearnerRequest } from "../api/types";

/** The project's stream reports created, started and stopped learners; positions are read every few seconds. */
const READ_MS = 3000;
export const LAST_HOURS = 168;
export const LAST_ANSWERS = 20;
const LAST_ENTRIES = 50;

export const learnerPages = infiniteQueryOptions({ ...pagedQuery(["learners"], "/learners", {}), refetchInterval: READ_MS });

export function learnerQuery(name: string) {
  return queryOptions({
    queryKey: ["learners", name],
    queryFn: ({ signal }) => get(`/learners/${part(name)}`, {}, signal),
    refetchInterval: READ_MS,
  });
}

// Everything below is read again when the learner has committed up to `seq`.

export function scoresQuery(id: string, seq: number) {
  return queryOptions({
    queryKey: ["learners", id, "scores", seq],
    queryFn: ({ signal }) => get(`/learners/${part(id)}/scores`, {}, signal),
    placeholderData: (before) => before,
  });
}

export function hoursQuery(id: string, seq: number) {
  return queryOptions({
    queryKey: ["learners", id, "hours", seq],
    queryFn: ({ signal }) => get(`/learners/${part(id)}/hours`, { last: LAST_HOURS }, signal),
    placeholderData: (before) => before,
  });
}

export function answersQuery(id: string, seq: number) {
  return queryOptions({
    queryKey: ["learners", id, "answers", seq],
    queryFn: ({ signal }) => get(`/learners/${part(id)}/answers`, { last: LAST_ANSWERS }, signal),
    placeholderData: (before) => before,
  });
}

export function timelineQuery(id: string, seq: number, facts: number) {
  return queryOptions({
    queryKey: ["learners", id, "timeline", seq, facts],
    queryFn: ({ signal }) => get(`/learners/${part(id)}/timeline`, { limit: LAST_ENTRIES }, signal),
    placeholderData: (before) => before,
  });
}

function useAction<Asked, T>(act: (asked: Asked) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: act, onSettled: readAgain(client, ["learners"], ["runs"]) });
}

export const useCreateLearner = () => useAction((request: LearnerRequest) => post("/learners", request));
export const useStartLearner = (id: string) => useAction(() => post(`/learners/${part(id)}/start`));
export const useStopLearner = (id: string) => useAction(() => post(`/learners/${part(id)}/stop`));
export const useCopyLearner = (id: string) => useAction((request: LearnerCopy) => post(`/learners/${part(id)}/copies`, request));
export const useCommand = (id: string) => useAction((command: LearnerCommand) => post(`/learners/${part(id)}/commands`, command));
