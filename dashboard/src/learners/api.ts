// Queries and mutations of the learner pages.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post } from "../api/client";
import { pagedQuery } from "../api/pages";
import { readAgain } from "../api/queries";
import type { Learner, LearnerCommand, LearnerCopy, LearnerRequest } from "../api/types";

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

// Everything below is read again after each commit. Not every commit has a new row: commands, a stop and the end of a feed
// are committed at the row that was the last one before.

type Position = Pick<Learner, "id" | "seq" | "committed_at">;

export function scoresQuery({ id, seq, committed_at: at }: Position) {
  return queryOptions({
    queryKey: ["learners", id, "scores", seq, at],
    queryFn: ({ signal }) => get(`/learners/${part(id)}/scores`, {}, signal),
    placeholderData: (before) => before,
  });
}

export function hoursQuery({ id, seq, committed_at: at }: Position) {
  return queryOptions({
    queryKey: ["learners", id, "hours", seq, at],
    queryFn: ({ signal }) => get(`/learners/${part(id)}/hours`, { last: LAST_HOURS }, signal),
    placeholderData: (before) => before,
  });
}

export function answersQuery({ id, seq, committed_at: at }: Position) {
  return queryOptions({
    queryKey: ["learners", id, "answers", seq, at],
    queryFn: ({ signal }) => get(`/learners/${part(id)}/answers`, { last: LAST_ANSWERS }, signal),
    placeholderData: (before) => before,
  });
}

export function timelineQuery({ id, seq, committed_at: at, facts }: Position & Pick<Learner, "facts">) {
  return queryOptions({
    queryKey: ["learners", id, "timeline", seq, at, facts],
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
