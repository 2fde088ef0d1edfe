import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, postForm } from "../api/client";
import { allItems, pagedQuery } from "../api/pages";
import type { AvailabilityRequest, DatasetVersion, FromSource, RevisionPolicy } from "../api/types";

const MOST_POINTS = 1500;

/** All datasets, for choices. */
export const datasetsQuery = queryOptions({
  queryKey: ["datasets", { all: true }],
  queryFn: ({ signal }) => allItems("/datasets", {}, signal),
});

export const datasetPages = pagedQuery(["datasets"], "/datasets");

export function datasetQuery(name: string, version: number | null) {
  return queryOptions({
    queryKey: ["datasets", name, version],
    queryFn: ({ signal }) => get(`/datasets/${part(name)}`, { version }, signal),
  });
}

/** A version never changes, so its rows never do. */
export function rowsQuery(name: string, version: number, series: string | null = null) {
  return queryOptions({
    queryKey: ["dataset-rows", name, version, series],
    queryFn: ({ signal }) => get(`/datasets/${part(name)}/rows`, { version, max_points: MOST_POINTS, series }, signal),
    staleTime: Infinity,
  });
}

const MOST_NEWEST = 500;

/** The newest rows of a version, not thinned: the rows before a forecast. */
export function newestRowsQuery(dataset: string, version: number, series: string | null) {
  return queryOptions({
    queryKey: ["dataset-rows", dataset, version, series, "newest"],
    queryFn: ({ signal }) => get(`/datasets/${part(dataset)}/rows`, { version, max_points: MOST_NEWEST, last: MOST_NEWEST, series }, signal),
    staleTime: Infinity,
  });
}

export const useStateAvailability = (name: string) =>
  useAdded((request: AvailabilityRequest) => post(`/datasets/${part(name)}/available-after`, request));

/** Options for reading a file; the platform's defaults apply to missing ones. */
export interface UploadOptions extends Record<string, string> {
  time: string;
  target: string;
}

function useAdded<Request, Answer = DatasetVersion>(send: (request: Request) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: () => client.invalidateQueries({ queryKey: ["datasets"] }),
  });
}

export const useAddFromSource = () => useAdded((request: FromSource) => post("/datasets/from-source", request));

export const useUpload = () =>
  useAdded(({ file, options }: { file: File; options: Record<string, unknown> }) => {
    const form = new FormData();
    form.append("options", JSON.stringify(options));
    form.append("file", file);
    return postForm("/datasets", form);
  });

/** What a file would become with these options; nothing is stored. */
export function previewQuery(file: File, options: Record<string, unknown>) {
  return queryOptions({
    queryKey: ["dataset-preview", file.name, file.size, file.lastModified, options],
    queryFn: () => {
      const form = new FormData();
      form.append("options", JSON.stringify(options));
      form.append("file", file);
      return postForm("/datasets/preview", form);
    },
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
}

/** A page of the rows of a version. */
export function tableQuery(name: string, version: number, offset: number, limit: number) {
  return queryOptions({
    queryKey: ["dataset-table", name, version, offset, limit],
    queryFn: ({ signal }) => get(`/datasets/${part(name)}/table`, { version, offset, limit }, signal),
    staleTime: Infinity,
  });
}

export function profileQuery(name: string, version: number) {
  return queryOptions({
    queryKey: ["dataset-profile", name, version],
    queryFn: ({ signal }) => get(`/datasets/${part(name)}/profile`, { version }, signal),
    staleTime: Infinity,
  });
}

export function differenceQuery(name: string, version: number, before: number) {
  return queryOptions({
    queryKey: ["dataset-difference", name, version, before],
    queryFn: ({ signal }) => get(`/datasets/${part(name)}/difference`, { version, before }, signal),
    staleTime: Infinity,
  });
}

export const useAppend = (name: string) =>
  useAdded(({ file, options }: { file: File; options: Record<string, string> }) => {
    const form = new FormData();
    form.append("options", JSON.stringify(options));
    form.append("file", file);
    return postForm(`/datasets/${part(name)}/rows`, form);
  });

export const useAddIncumbent = (name: string) =>
  useAdded(({ file, options }: { file: File; options: Record<string, unknown> }) => {
    const form = new FormData();
    form.append("options", JSON.stringify(options));
    form.append("file", file);
    return postForm(`/datasets/${part(name)}/incumbent`, form);
  });

export const useSetRevisions = (name: string) =>
  useAdded((revisions: RevisionPolicy["revisions"]) => post(`/datasets/${part(name)}/revisions`, { revisions }));
